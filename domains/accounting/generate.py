"""Journals of any size: a small firm's months, every transaction in balance, dates ascending."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from domains.accounting.format import render
from domains.kit import Element, element
from domains.kit.generate import FAMILY, fill, person, tokens_of

_SHOPS: tuple[tuple[str, tuple[str, ...], int, int], ...] = (
    ("Premises", ("Rent", "Service charge", "Electricity", "Heating", "Repairs"), 60, 1400),
    ("Materials", ("Timber", "Fabric", "Hardware", "Varnish", "Paper", "Freight"), 12, 680),
    ("Office", ("Software", "Postage", "Telephone", "Stationery", "Cleaning"), 4, 140),
    ("Travel", ("Rail", "Fuel", "Lodging", "Parking", "Air fare"), 6, 420),
    ("Meals", ("Clients", "Team", "Events"), 8, 160),
    ("Insurance", ("Liability", "Building", "Health"), 45, 900),
    ("Marketing", ("Print", "Fairs", "Website"), 20, 750),
    ("Fees", ("Bank", "Legal", "Accounting"), 3, 380),
)
_FIRMS = ("GmbH", "& Sons", "Ltd", "AG", "Oy", "S.A.", "& Co.", "BV")
_TRADES = (
    "Supplies",
    "Logistics",
    "Energy",
    "Print",
    "Hardware",
    "Travel",
    "Catering",
    "Telecom",
    "Insurance",
    "Paper",
)
_NOTES = (
    "paid early, two per cent off", "delivery came in two parts", "credit note expected in a fortnight",
    "see the letter of the 3rd", "half of it is for the back room", "price went up again, asked why",
    "approved by phone", "replaces the broken one", "ask for the missing warranty card", "annual contract, year two",
)  # fmt: skip
_POSTING_NOTES = (
    "20 % VAT",
    "second instalment",
    "incl. deposit",
    "list price less 5 %",
    "shared with next door",
    "net",
)

SMALL = 200
"""Tokens below which a journal has no directives."""


def generate(rng: random.Random, tokens: int) -> Element:
    """A journal in EUR with some invoices in USD. Same `rng` state, same journal."""
    firms = [f"{rng.choice(FAMILY)} {rng.choice(_TRADES)} {rng.choice(_FIRMS)}" for _ in range(max(8, tokens // 250))]
    people = list(dict.fromkeys(person(rng) for _ in range(3)))
    day = date(rng.randint(2015, 2024), rng.randint(1, 12), 1)
    rate = Decimal(rng.randint(8800, 9600)) / 10000
    head: tuple[Element, ...] = (
        element("comment", text=f"{rng.choice(FAMILY)} & {rng.choice(FAMILY)}, books from {day}"),
        element("directive", name="commodity", value="EUR"),
        element("directive", name="commodity", value="USD"),
        element("price", date=day, commodity="USD", amount=rate, currency="EUR"),
    )
    if tokens < SMALL:  # a page torn out of a journal
        head = (head[0],)

    def make(_number: int) -> Element:
        nonlocal day
        day += timedelta(days=rng.choice((0, 0, 1, 1, 1, 2, 3)))
        return transaction(rng, day, firms, people, rate)

    def document(records: Sequence[Element]) -> Element:
        return Element("ledger", {}, (*head, *records))

    return document(fill(tokens, make, lambda records: tokens_of(render(document(records))), least=1))


def transaction(rng: random.Random, day: date, firms: Sequence[str], people: Sequence[str], rate: Decimal) -> Element:
    kind = rng.random()
    remarks: list[Element] = []
    if rng.random() < 0.3:
        remarks.append(element("remark", text=rng.choice(_NOTES)))
    if kind < 0.15:
        payee, postings = f"{rng.choice(firms)}", sale(rng)
    else:
        payee = rng.choice(firms)
        who = rng.choice(people) if rng.random() < 0.35 else None
        if who:
            remarks.append(element("remark", text=f"for: {who}"))
        postings = purchase(rng, who, rate)
    number = rng.randint(1000, 99999)
    if rng.random() < 0.4:
        remarks.append(element("remark", text=f"receipt: receipts/{day:%Y-%m}/{number}.pdf"))
    return Element(
        "transaction",
        {
            "date": day,
            **({"aux_date": day + timedelta(days=rng.randint(1, 5))} if rng.random() < 0.08 else {}),
            "state": "*" if rng.random() < 0.9 else "!",
            **({"code": f"{rng.choice(('INV', 'PO', 'R'))}-{number}"} if rng.random() < 0.35 else {}),
            "payee": payee,
            **({"note": rng.choice(_NOTES)} if rng.random() < 0.2 else {}),
        },
        (*remarks, *postings),
    )


def purchase(rng: random.Random, who: str | None, rate: Decimal) -> list[Element]:
    group, accounts, low, high = rng.choice(_SHOPS)
    chosen = rng.sample(accounts, rng.choice((1, 1, 2, 2, 3)))
    dollars = group == "Materials" and rng.random() < 0.2
    postings, total = [], Decimal(0)
    for account in chosen:
        amount = Decimal(rng.randint(low * 100, high * 100)) / 100
        amount = amount.quantize(Decimal("0.01"))
        cost = {"cost": rate, "cost_currency": "EUR"} if dollars else {}
        total += amount * rate if dollars else amount
        note = rng.choice(_POSTING_NOTES) if rng.random() < 0.15 else None
        postings.append(
            element("posting", account=f"Expenses:{group}:{account}", amount=amount,
                    currency="USD" if dollars else "EUR", comment=note, **cost)
        )  # fmt: skip
    if who and rng.random() < 0.5 and not dollars:
        own = (Decimal(rng.randint(300, 9000)) / 100).quantize(Decimal("0.01"))
        total += own
        postings.append(element("posting", account=f"Assets:Receivable:{who}", amount=own, currency="EUR"))
    source = rng.choice(("Assets:Bank:Current", "Assets:Bank:Current", "Liabilities:Card", "Assets:Cash"))
    return [*postings, element("posting", account=source, amount=-total, currency="EUR")]


def sale(rng: random.Random) -> list[Element]:
    net = (Decimal(rng.randint(20_000, 900_000)) / 100).quantize(Decimal("0.01"))
    tax = (net / 5).quantize(Decimal("0.01"))
    income = rng.choice(("Income:Commissions", "Income:Workshops", "Income:Repairs", "Income:Shop"))
    return [
        element("posting", account="Assets:Bank:Current", amount=net + tax, currency="EUR"),
        element("posting", account=income, amount=-net, currency="EUR"),
        element("posting", account="Liabilities:VAT payable", amount=-tax, currency="EUR", comment="20 %"),
    ]

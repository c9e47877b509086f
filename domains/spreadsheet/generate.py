"""Sheets of any size: deliveries, repairs, courses and rentals, with subtotals that add up."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from domains.kit import Element
from domains.kit.generate import CITIES, FAMILY, fill, person, tokens_of
from domains.spreadsheet.format import cell, labels_of, render, settled
from domains.spreadsheet.values import show

Row = list[str]


@dataclass(frozen=True, slots=True)
class Theme:
    """What a sheet is about. `measures` are (name, least, most, decimals, whether it adds up) before the amount."""

    title: str
    code: tuple[str, str]
    person: tuple[str, ...]
    area: tuple[str, ...]
    item: str
    items: tuple[str, ...]
    measures: tuple[tuple[str, int, int, int, bool], ...]
    flag: str
    remarks: tuple[str, ...]


THEMES = (
    Theme(
        "Deliveries to the mill", ("Ticket", "D-{:05}"),
        ("Supplier", "Grower (supplier)"), ("Area", "Sales area"), "Crop",
        ("winter wheat", "spelt", "rye", "malting barley", "oats", "field beans", "linseed"),
        (("Gross (kg)", 800, 24000, 0, True), ("Distance (km)", 4, 140, 1, True)), "Organic",
        ("moisture above limit", "second load the same day", "sieved twice, 40 kg of chaff",
         "weighed at the old bridge",
         "delivery note missing", "sample kept until May", "price agreed by phone, see mail",
         "wet sacks, dried on site"),
    ),
    Theme(
        "Field service", ("Job no.", "{:06}"), ("Technician", "Customer", "Contact"),
        ("Branch", "Service territory"), "Device",
        ("heat pump", "boiler", "cold store", "lift", "air handler", "door drive", "solar inverter"),
        (("Distance (km)", 2, 310, 1, True), ("Flow temp. (°C)", 28, 74, 1, False)), "Warranty",
        ("part on back order", 'customer asked for "the quiet fan"', "returned on the next day", "no parking, walked",
         "report sent; signature missing", "filter changed as well", "second visit needed", "recall 2019-B applied"),
    ),
    Theme(
        "Freight", ("Consignment", "C{:04}-X"), ("Client", "Customer"), ("Region", "Region of delivery"), "Goods",
        ("books", "ceramics", "machine parts", "seed potatoes", "textiles", "wine", "paper reels"),
        (("Weight (kg)", 5, 2400, 1, True), ("Length (cm)", 40, 620, 0, False)), "Insured",
        ("pallet exchange", "fragile; no stacking", "left with the neighbour, no. 14", "customs papers late",
         "collected by the client", "one carton damaged", "tail lift needed", "rebooked, ferry cancelled"),
    ),
    Theme(
        "Tool hire", ("Hire", "H{:04}"), ("Member", "Name"), ("Site", "Warehouse"), "Tool",
        ("mini digger", "scaffold tower", "floor sander", "breaker", "trencher", "generator", "plate compactor"),
        (("Days", 1, 21, 0, True), ("Weight_kg", 12, 1850, 1, True)), "Returned",
        ("blade worn", "deposit kept, see letter", "extended by phone, two days", "fuel tank empty",
         "brought back a day early", "cleaned on return", "hose replaced", "key lost and found"),
    ),
)  # fmt: skip


@dataclass(slots=True)
class Sheet:
    """One sheet's choices, made before its rows."""

    rng: random.Random
    theme: Theme
    names: list[str]
    people: list[str]
    areas: list[str]
    day: date
    number: int
    block: int
    formulas: bool

    def row(self, _number: int) -> Row:
        rng, theme = self.rng, self.theme
        self.number += rng.choice((1, 1, 1, 2, 3))
        self.day += timedelta(days=rng.choice((0, 0, 0, 1, 1, 2)))
        measured = [
            ""
            if rng.random() < 0.03
            else str(Decimal(rng.randint(low * 10**places, high * 10**places)).scaleb(-places))
            for _, low, high, places, _ in theme.measures
        ]
        count, price = rng.randint(1, 40), Decimal(rng.randint(150, 24000)) / 100
        share = rng.choice((0, 0, 0, 5, 10, Decimal("2.5")))
        amount = (count * price * (100 - share) / 100).quantize(Decimal("0.01"))
        if rng.random() < 0.03:
            count, amount = -count, -amount
        return [
            theme.code[1].format(self.number), str(self.day), rng.choice(self.people), rng.choice(self.areas),
            rng.choice(theme.items), *measured, str(count), f"{price:.2f}", f"{share}%" if share else "",
            f"{amount:.2f}", rng.choice(("TRUE", "TRUE", "FALSE", "")),
            rng.choice(theme.remarks) if rng.random() < 0.3 else "",
        ]  # fmt: skip

    @property
    def sums(self) -> list[int]:
        """The columns that add up."""
        found = [5 + n for n, measure in enumerate(self.theme.measures) if measure[4]]
        return [*found, 5 + len(self.theme.measures), 8 + len(self.theme.measures)]

    def total(self, word: str, rows: Sequence[Row], first: int, last: int) -> Row:
        line = [word] + [""] * (len(self.names) - 1)
        for n in self.sums:
            letter = chr(ord("A") + n)
            added = sum((Decimal(row[n]) for row in rows if row[n]), Decimal(0))
            line[n] = f"=SUBTOTAL(9,{letter}{first}:{letter}{last})" if self.formulas else show(added)
        return line

    def lines(self, rows: Sequence[Row], above: int) -> list[Row]:
        """The rows with a subtotal under every block and the total at the end."""
        result: list[Row] = []
        top = above + 2
        for start in range(0, len(rows), self.block):
            block = rows[start : start + self.block]
            first = above + 2 + len(result)
            result += block
            if len(rows) > self.block:
                result.append(self.total("Subtotal", block, first, first + len(block) - 1))
        return [*result, self.total("Total", rows, top, above + 1 + len(result))]


def generate(rng: random.Random, tokens: int) -> Element:
    """A sheet of about `tokens`. Same `rng` state, same sheet."""
    theme = rng.choice(THEMES)
    start = date(rng.randint(2016, 2024), rng.randint(1, 12), rng.randint(1, 28))
    names = [
        theme.code[0], "Date", rng.choice(theme.person), rng.choice(theme.area), theme.item,
        *(measure[0] for measure in theme.measures), "Units", "Unit price (EUR)", "Rebate", "Amount (EUR)", theme.flag,
        "Remarks",
    ]  # fmt: skip
    people = list(dict.fromkeys(maker(rng) for maker in rng.choices((person, firm), (3, 1), k=4 + tokens // 300)))
    areas = rng.sample(("North", "South", "East", "West", "Coast", "Lakes", "Upper valley", *CITIES), rng.randint(3, 6))
    sheet = Sheet(rng, theme, names, people, areas, start, rng.randint(1, 4000), rng.randint(9, 24), rng.random() < 0.5)
    above = [f"{theme.title}, {rng.choice(FAMILY)} & {rng.choice(FAMILY)}", f"as of {start}"][
        : 1 if tokens < 400 else 2
    ]
    ending = rng.sample(_NOTES, 1 if tokens < 400 else 3)

    def document(rows: Sequence[Row]) -> Element:
        labels = labels_of(names)
        made: dict[tuple[str, str], Element] = {}
        body = []
        for line in sheet.lines(rows, len(above)):
            filled = [pair for pair in zip(labels, line, strict=True) if pair[1]]
            parts = tuple(made.get(pair) or made.setdefault(pair, cell(*pair)) for pair in filled)
            body.append(Element("row", {}, parts))
        return Element("sheet", {}, (
            *(Element("note", {"text": text}) for text in above),
            *(Element("column", {"name": name}) for name in names),
            *body,
            *(Element("note", {"text": text}) for text in ending),
        ))  # fmt: skip

    return settled(document(fill(tokens, sheet.row, lambda rows: tokens_of(render(document(rows))))))


def firm(rng: random.Random) -> str:
    return f"{rng.choice(FAMILY)} {rng.choice(_FIRMS)}"


_FIRMS = ("& Sons", "GmbH", "Ltd", "S.A.", "Oy", "& Co.", "AG", "BV", "Kft.", "ApS")
_NOTES = (
    "Amounts are net of tax; rebates are already taken off.",
    "Lines in minus are corrections of an earlier month.",
    "Empty measurements: the scale was out of order.",
    "Checked against the journal on the last working day.",
    "Questions to accounts, extension 214, mornings only.",
    "Figures are provisional until the annual audit, which begins in the second week of February.",
)

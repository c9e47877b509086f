"""What people ask to have done to a ledger, and how it is done and undone without error."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date
from decimal import Decimal

from domains.accounting.beancount import BEANCOUNT
from domains.accounting.format import FORMAT
from domains.accounting.tables import CSV
from domains.kit import EditError, Element, Files, element, read_csv, write_csv
from domains.kit.edits import edit_fields, proven, rename, slug, sort, split, transform, transform_with


def reimbursed(transaction: Element) -> str | None:
    """Whom the transaction is for: the name in a remark `for: NAME`."""
    for remark in transaction.of("remark"):
        key, colon, name = remark.text("text").partition(":")
        if colon and key.strip().casefold() == "for" and name.strip():
            return name.strip()
    return None


def by_person(transaction: Element, _document: Element) -> str:
    name = reimbursed(transaction)
    return f"{slug(name)}.ledger" if name else "shared.ledger"


def by_category(transaction: Element, _document: Element) -> str:
    """The second part of the first account under Expenses."""
    for posting in transaction.of("posting"):
        parts = posting.text("account").split(":")
        if parts[0] == "Expenses" and len(parts) > 1:
            return f"{slug(parts[1])}.ledger"
    return "no-expense.ledger"


SPLIT_PERSON = split(
    FORMAT, "split_by_person",
    "Sort out who is owed what. Give every transaction that has a comment line `for: NAME` to a file of that "
    "person, named after the person in lower case with hyphens for blanks (Zoë Weiss goes to zoë-weiss.ledger), "
    "and put everything else, directives and comments included, into shared.ledger, all in the order it has now. "
    "Add order.csv with the single column `file`: one line for each entry of today's ledger (transaction, "
    "directive, price or comment line), in today's order, naming the file it went to. Files: {files}.",
    "Put the ledgers together again into {files}: order.csv names, entry by entry (transaction, directive, price "
    "or comment line), the file the next entry comes from; within a file the order stays. Drop order.csv.",
    ("split and merge", "classification", "referencing"), ("transaction",), by_person, rest="shared.ledger",
)  # fmt: skip

SPLIT_CATEGORY = split(
    FORMAT, "split_by_category",
    "Split the ledger by kind of expense. A transaction goes to the file named after the second part of its first "
    "account under Expenses, in lower case with hyphens for blanks (Expenses:Office:Postage goes to "
    "office.ledger); transactions without an expense, and all directives, prices and comment lines, go to "
    "no-expense.ledger. Keep the order within each file. Add order.csv with the single column `file`: one line "
    "for each entry of today's ledger, in today's order, naming the file it went to. Files: {files}.",
    "Merge the ledgers into {files}. order.csv names, entry by entry, the file the next entry comes from; within "
    "a file the order stays. Drop order.csv.",
    ("split and merge", "classification", "domain knowledge"), ("transaction",), by_category, rest="no-expense.ledger",
)  # fmt: skip

# -- receipts, currency, accounts, order ------------------------------------------------------------------------------


def take_receipts(document: Element) -> tuple[Element, str]:
    rows: list[tuple[object, ...]] = []

    def change(entry: Element) -> Element:
        parts = []
        for part in entry.children:
            key, _, file = part.text("text").partition(":")
            if part.kind == "remark" and key.strip() == "receipt" and file.strip():
                rows.append((f"R{len(rows) + 1:03}", entry.get("date"), entry.text("payee"), file.strip()))
                part = element("remark", text=f"see {rows[-1][0]}")
            parts.append(part)
        return entry.with_children(parts)

    changed = document.with_children([change(e) if e.kind == "transaction" else e for e in document.children])
    if not rows:
        raise EditError("take_receipts: no transaction has a receipt")
    changed = edit_fields(changed, ("transaction",), stamp)
    return changed, write_csv(("receipt", "date", "payee", "file"), rows)


def stamp(entry: Element) -> Element:
    """Mark what has a receipt as cleared with evidence, and what has none as open: `(R)` or `(-)` before the note."""
    mark = "[R]" if any(part.text("text").startswith("see R") for part in entry.of("remark")) else "[-]"
    return entry.with_fields(note=f"{mark} {entry.text('note')}".strip())


def unstamp(entry: Element) -> Element:
    note = entry.text("note")
    if note.startswith(("[R]", "[-]")):
        return entry.with_fields(note=note[3:].strip() or None)
    return entry.with_fields(note=f"[no mark] {note}".strip())


def put_receipts(document: Element, files: Files) -> Element:
    table = {row["receipt"]: row["file"] for row in read_csv(files, "receipts.csv", ("receipt", "file"))}

    def change(remark: Element) -> Element:
        words = remark.text("text").split()
        if len(words) == 2 and words[0] == "see" and words[1] in table:
            return remark.with_fields(text=f"receipt: {table[words[1]]}")
        return remark

    return edit_fields(edit_fields(document, ("remark",), change), ("transaction",), unstamp)


RECEIPTS = transform_with(
    FORMAT, "receipts_manifest",
    "The auditors want a manifest of receipts. Number the receipts in the order of the ledger R001, R002, …; "
    "replace each comment line `receipt: FILE` of a transaction by `see R001` with its number, and list them in "
    "receipts.csv with the columns receipt,date,payee,file. So that gaps show, put a mark on the first line of "
    "every transaction: a note that begins with [R] if it has a receipt and [-] if not, before the note it may "
    "have (`2016-06-02 * Uber  ; [-] ride home`). Files: {files}.",
    "The audit is over. Replace each comment line `see R001` by `receipt: FILE` with the file that receipts.csv "
    "gives for that number, and take the marks [R] and [-] off the transactions' notes (a note with nothing else "
    "goes away). Only {files} remains.",
    ("referencing", "domain knowledge", "context expansion"), "receipts.csv", take_receipts, put_receipts,
)  # fmt: skip

RATE = Decimal("1.25")
_MONEY = (("amount", "currency"), ("cost", "cost_currency"), ("assertion", "assertion_currency"))


def exchanged(document: Element, source: str, target: str, rate: Decimal, strict: bool) -> Element:
    """All amounts in one currency in another. Exact: the rate and its inverse are finite decimals."""

    def change(e: Element) -> Element:
        changes: dict[str, Hashable] = {}
        for number, unit in (*_MONEY,) if e.kind == "posting" else (("amount", "currency"),):
            if unit in e.fields and e[unit] == source and number in e.fields:
                changes[number], changes[unit] = e.number(number) * rate, target
            elif strict and e.get(unit) == target and number in e.fields:
                changes[unit] = f"{target}?"
        if e.kind == "posting" and "cost" in changes and e.get("cost_total") is None and e.get("currency") == source:
            del changes["cost"]
        if e.kind == "price" and e.get("commodity") == source:
            changes |= {"commodity": target, "amount": e.number("amount") / rate}
        return e.with_fields(**changes)

    return edit_fields(document, ("posting", "price"), change)


def to_francs(document: Element) -> Element:
    units = {e.get(unit) for e in document.walk() for _, unit in _MONEY}
    if "CHF" in units or "EUR" not in units:
        raise EditError("to_francs: the ledger must have amounts in EUR and none in CHF")
    if any(unit in e.text(name) for e in document.walk() for name in ("lot", "expression") for unit in ("EUR", "CHF")):
        raise EditError("to_francs: lots and expressions in EUR are not restated")
    return exchanged(document, "EUR", "CHF", RATE, strict=False)


def to_euros(document: Element) -> Element:
    return exchanged(document, "CHF", "EUR", 1 / RATE, strict=True)


CURRENCY = transform(
    FORMAT, "eur_to_chf",
    "The books move to Swiss francs. Restate every amount in EUR as CHF at 1 EUR = 1.25 CHF, without rounding: "
    "amounts, costs after @ or @@, balance assertions and prices. Amounts in other currencies stay. Where a "
    "transaction leaves an amount out it may stay out. Directives and comments stay as they are. Result: {files}.",
    "Restate every amount in CHF as EUR again at 1 EUR = 1.25 CHF, without rounding: amounts, costs after @ or "
    "@@, balance assertions and prices. Other currencies, directives and comments stay as they are. Result: "
    "{files}.",
    ("numerical reasoning", "domain knowledge"), to_francs, to_euros,
)  # fmt: skip


def account_codes(names: list[str]) -> dict[str, str]:
    """Four digits: the first from the account's top level (1 Assets … 5 Expenses, 9 else), then a running number."""
    tops = {"Assets": 1, "Liabilities": 2, "Equity": 3, "Income": 4, "Expenses": 5}
    counts: dict[int, int] = {}
    codes = {}
    for name in sorted(names):
        top = tops.get(name.split(":")[0], 9)
        counts[top] = counts.get(top, 0) + 1
        codes[name] = f"{top}{counts[top]:03}"
    return {name: codes[name] for name in names}


FLATTEN = rename(
    FORMAT, "account_codes",
    "Move to numbered accounts. Sort the account names used in postings by plain character order and number them "
    "within their top level: Assets 1001, 1002, …, Liabilities 2001, …, Equity 3001, …, Income 4001, …, Expenses "
    "5001, …, anything else 9001, …. Use the number in place of the account in every posting (directives stay as "
    "they are) and write the chart to accounts.csv with the columns code,account. Files: {files}.",
    "Go back to account names: replace the account number in every posting by the name that accounts.csv gives "
    "for it. Only {files} remains.",
    ("string manipulation", "referencing", "domain knowledge"), [("posting", "account")], account_codes,
    side="accounts.csv", columns=("code", "account"),
)  # fmt: skip


def payee_then_date(entry: Element) -> tuple[str, str]:
    return entry.text("payee"), str(entry.get("date", date.min))


SORT = sort(
    FORMAT, "sort_by_payee",
    "Order the transactions by payee, in plain character order, those of one payee by date, and otherwise in the "
    "order they have; directives, prices and comment lines keep their places. Write order.csv with the single "
    "column `position`: for each transaction in the new order, one line with the place it had among the "
    "transactions before, counting from 1. Files: {files}.",
    "Restore the old order of the transactions: order.csv gives, for each transaction in today's order, the place "
    "it had among the transactions, counting from 1. Directives, prices and comment lines keep their places. Only "
    "{files} remains.",
    ("sorting", "referencing"), ("transaction",), payee_then_date,
)  # fmt: skip

EDITS = tuple(map(proven, (SPLIT_PERSON, SPLIT_CATEGORY, CSV, BEANCOUNT, RECEIPTS, CURRENCY, FLATTEN, SORT)))

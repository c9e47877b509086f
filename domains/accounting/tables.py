"""The ledger as tables and back: a line per posting, and what is no posting beside it."""

from __future__ import annotations

import re
from collections.abc import Hashable

from domains.accounting.amounts import parse_date, parse_number
from domains.accounting.format import FORMAT, POSTING, render_entry
from domains.accounting.reader import MAIN, parse
from domains.kit import EditError, Element, Files, element, read_csv, write_csv
from domains.kit.edits import convert

_ENTRY = ("date", "aux_date", "state", "code", "payee", "note")
_POSTING = tuple(POSTING.fields)
_COLUMNS = ("entry", *_ENTRY, *(f"posting_{name}" if name == "state" else name for name in _POSTING))
_NUMBERS = {"amount", "cost", "assertion"}


def to_csv(document: Element) -> Files:
    rows: list[tuple[object, ...]] = []
    others: list[tuple[object, ...]] = []
    for number, entry in enumerate(document.children, 1):
        if entry.kind != "transaction":
            others.append((number, "entry", render_entry(entry)))
            continue
        line = 0
        for part in entry.children:
            if part.kind == "posting":
                line += 1
                rows.append(
                    (number, *(entry.get(f) for f in _ENTRY), *(part.get(f) for f in _POSTING)),
                )
                others += [(number, f"posting {line}", r.text("text")) for r in part.children]
            else:
                others.append((number, "transaction", part.text("text")))
        if not line:
            rows.append((number, *(entry.get(f) for f in _ENTRY), *("" for _ in _POSTING)))
    return {
        "postings.csv": write_csv(_COLUMNS, rows),
        "others.csv": write_csv(("entry", "belongs_to", "text"), others),
    }


def from_csv(files: Files) -> Element:
    rows = read_csv(files, "postings.csv", ("entry", "payee", "account", "amount"), (*_COLUMNS,))
    entries: dict[int, Element] = {}
    parts: dict[int, list[Element]] = {}
    notes: dict[int, list[Element]] = {}
    for row in rows:
        number = entry_number(row["entry"])
        if number not in entries:
            entries[number] = element("transaction", **{f: typed(f, row[f]) for f in _ENTRY})
            parts[number] = []
        fields = {f: typed(f, row[f"posting_{f}" if f == "state" else f]) for f in _POSTING}
        if any(value is not None for value in fields.values()):
            parts[number].append(element("posting", **fields))
    for row in read_csv(files, "others.csv", ("entry", "belongs_to", "text")):
        number, place = entry_number(row["entry"]), row["belongs_to"].split()
        if place[:1] == ["entry"]:
            for extra in parse({MAIN: row["text"]}).children:
                entries[number] = extra
        else:
            note = element("remark", text=row["text"])
            which = int(place[1]) if len(place) > 1 and place[1].isdigit() else 0
            postings = [p for p in parts.get(number, []) if p.kind == "posting"]
            if 0 < which <= len(postings):
                where = parts[number].index(postings[which - 1])
                parts[number][where] = postings[which - 1].with_children((*postings[which - 1].children, note))
            else:
                notes.setdefault(number, []).append(note)
    return Element(
        "ledger",
        {},
        tuple(e.with_children([*notes.get(n, []), *parts[n]]) if n in parts else e for n, e in sorted(entries.items())),
    )


def entry_number(text: str) -> int:
    if not text.strip().isdigit():
        raise EditError(f"the entry number {text!r} is not a whole number")
    return int(text)


def typed(field: str, text: str) -> Hashable:
    """A cell as the field's type; None when empty; the text itself when it is not of the type."""
    if not text:
        return None
    if field in _NUMBERS:
        sign = -1 if text.startswith("-") else 1
        number = parse_number(text.lstrip("+-").strip())
        return text if number is None else sign * number
    if field in ("date", "aux_date"):
        return parse_date(text) if re.fullmatch(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}", text) else text
    return text


CSV = convert(
    FORMAT, "to_csv",
    "I need the ledger in a spreadsheet. Write postings.csv with one line per posting and the columns "
    + ",".join(_COLUMNS)
    +
        ": entry is the number of the entry in the ledger, counting every transaction, directive, price and "
        "comment line from 1; the transaction's own columns repeat on each of its lines; amounts are plain "
        "numbers with the currency beside them, and an amount the ledger leaves out is filled in; virtual is "
        "`balanced` for [accounts] and `unbalanced` for (accounts); cost_total is `total` where the cost is given "
        "with @@; dates as 2016-06-02; what does not apply stays empty. Everything else goes to others.csv with "
        "the columns entry,belongs_to,text: a comment line of a transaction as `transaction`, one under its nth "
        "posting as `posting n`, without the semicolon; directives, prices and top-level comments verbatim as "
        "`entry`. Files: {files}.",
    "Turn the tables back into a ledger-cli journal, {files}. postings.csv has one line per posting, grouped into "
    "transactions by the entry number; others.csv holds the comment lines of transactions (belongs_to says "
    "`transaction` or `posting n`) and, marked `entry`, the directives, prices and comments that stand between "
    "them. Entries go in the order of their numbers.",
    ("format knowledge", "referencing"), to_csv, from_csv,
)  # fmt: skip

"""What the edits ask of a sheet: its columns by name, which of them are measures or people, which rows are totals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from domains.kit import EditError, Element
from domains.spreadsheet.format import labels_of, shown, slot

AREAS = ("region", "area", "territory", "country", "city", "branch", "site", "warehouse")
PEOPLE = ("customer", "client", "contact", "supplier", "employee", "member", "patient", "driver", "technician")
NAMES = ("name", "full name")
AREAS_NAMED = ", ".join(AREAS[:-1]) + " or " + AREAS[-1]
PEOPLE_NAMED = ", ".join(PEOPLE[:-1]) + " or " + PEOPLE[-1] + ", or is just Name or Full name"
MEASURE = (
    "holds nothing but numbers and formulas below the header (money and percentages are numbers, empty cells ignored)"
)
TOTALS = "that begin with Total, Subtotal or Grand total"
_TOTAL = re.compile(r"(?:grand |sub)?totals?\b", re.IGNORECASE)

Columns = dict[str, str]
"""Label to name, in the order of the columns."""


def columns_of(document: Element) -> Columns:
    names = [e.text("name") for e in document.of("column")]
    return dict(zip(labels_of(names), names, strict=True))


def plain_columns(document: Element, least: int = 2) -> Columns:
    """The columns of a sheet in which every cell has a column and every column a name of its own, else EditError."""
    columns = columns_of(document)
    if (
        len(columns) < least
        or not all(columns.values())
        or len({slot(name) for name in columns.values()}) < len(columns)
    ):
        raise EditError("the sheet needs a header that gives every column a name of its own")
    for row in document.of("row"):
        if any(part["column"] not in columns for part in row.children):
            raise EditError("the sheet has cells without a column name")
    return columns


def column_elements(names: Iterable[str]) -> list[Element]:
    return [Element("column", {"name": name} if name else {}) for name in names]


def by_label(row: Element) -> dict[str, Element]:
    return {part.text("column"): part for part in row.children}


def row_value(row: Element, label: str) -> Decimal | None:
    """The number in a row's cell of that column."""
    value = next((part.get("value") for part in row.children if part.get("column") == label), None)
    return value if isinstance(value, Decimal) else None


def sorted_row(found: dict[str, Element], labels: Sequence[str]) -> Element:
    """A row of these cells in the order of the columns, those of no column behind."""
    known = [found[label] for label in labels if label in found]
    return Element("row", {}, (*known, *(part for label, part in found.items() if label not in labels)))


def is_total(row: Element) -> bool:
    """Whether the first filled cell of a row begins with total or subtotal."""
    return bool(row.children) and bool(_TOTAL.match(shown(row.children[0])))


def measures(document: Element) -> list[str]:
    """The labels of the columns that hold only numbers (money and percentages too) and formulas, and at least one
    number, in the order of the columns."""
    numbers: set[str] = set()
    others: set[str] = set()
    for part in {id(p): p for row in document.of("row") for p in row.children}.values():
        value = part.get("value")
        if isinstance(value, Decimal):
            numbers.add(part.text("column"))
        elif not str(value).startswith("="):
            others.add(part.text("column"))
    return [label for label in columns_of(document) if label in numbers and label not in others]


def area_column(document: Element) -> str:
    """The first column, from the left, whose name has a word of AREAS; EditError when there is none."""
    found = next((label for label in columns_of(document) if set(label.split()) & set(AREAS)), None)
    if found is None:
        raise EditError("no column is named after a region or the like")
    return found


def people_columns(document: Element) -> list[str]:
    """The columns whose name has a word of PEOPLE, or is Name."""
    return [label for label in columns_of(document) if set(label.split()) & set(PEOPLE) or label in NAMES]


def rewritten(document: Element, rename: Callable[[str], str], change: Callable[[str, Element], Element]) -> Element:
    """The sheet with its columns renamed and every cell of a row changed; `change` gets the old name of the cell's
    column, and its result goes under the new one."""
    columns = columns_of(document)
    names = [rename(name) for name in columns.values()]
    moved = dict(zip(columns, labels_of(names), strict=True))
    done: dict[int, Element] = {}

    def new(part: Element) -> Element:
        known = done.get(id(part))
        if known is None:
            label = part.text("column")
            known = change(columns.get(label, ""), part).with_fields(column=moved.get(label, label))
            done[id(part)] = known
        return known

    renamed = iter(column_elements(names))
    return document.with_children([
        next(renamed) if e.kind == "column"
        else e.with_children([new(part) for part in e.children]) if e.kind == "row" else e
        for e in document.children
    ])  # fmt: skip


def changed_rows(before: Element, after: Element) -> float:
    """Share of the rows that differ."""
    pairs = list(zip(before.of("row"), after.of("row"), strict=True))
    return sum(a != b for a, b in pairs) / max(1, len(pairs))

"""Sheets as CSV (RFC 4180 and its relatives): what a reader of the sheet sees.

Above the header stand notes, below it rows and notes. A cell belongs to its row and to its column's name; blank lines,
trailing delimiters, quoting, number formats and the delimiter itself mean nothing. Under three columns or more a line
on which only the first cell is filled is a note.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from domains.kit import Element, Field, Files, Format, Kind, ParseError, Schema, prose, texts, words
from domains.kit.schema import Value, exact, text
from domains.spreadsheet.records import Record, read_records
from domains.spreadsheet.values import TRUTHS, comma_decimals, show, typed

MAIN = "sheet.csv"


def alike(a: Value, b: Value) -> float:
    """Two unequal cells: prose by its words, all else is wrong."""
    if type(a) is str and type(b) is str and a[:1] != "=" and len(a.split()) > 4:
        return text(a, b)
    return 0.0


@lru_cache(maxsize=16384)
def loose(value: Value) -> Hashable:
    return " ".join(value.split()) if type(value) is str else value


def length(value: Value) -> float:
    return max(1.0, 0.1 * len(value.split())) if type(value) is str else 1.0


def first_cell(row: Element) -> str:
    return show(row.children[0].get("value", ""))[:40] if row.children else ""


SCHEMA = Schema(
    {
        "sheet": Kind(),
        "note": Kind({"text": prose(words(0.1))}, order=0.25, label=lambda _: ""),
        "column": Kind({"name": prose()}, key=(("name",),), order=0.25),
        # `id` repeats a cell, to find the row by: the fact itself weighs where it stands.
        "row": Kind({"id": Field(exact, 0.1, loose)}, key=(("id",),), order=0.25, label=first_cell),
        # Column and value weigh the same, so that two values swapped within a row cost two facts.
        "cell": Kind(
            {"column": Field(), "value": Field(alike, length, loose), "unit": Field(weight=0.5)}, key=(("column",),)
        ),
    }
)

_LABEL = re.compile(r"[^\W_]+|[%€$£¥#°+]")
_POSITION = re.compile(r"column (\d{1,7})(?: #\d+)?")


def slot(name: str) -> str:
    """A column's name as its cells carry it, so that `unit_price` and `Unit Price` keep their cells."""
    return " ".join(_LABEL.findall(name.casefold())) or name


def labels_of(names: Sequence[str]) -> list[str]:
    """One label a column, all different: a second `Total` is `total #2`, a column without a name `column 3`."""
    named = [slot(name) if name else "" for name in names]
    taken = set(named)
    met: set[str] = set()
    counts: dict[str, int] = {}
    for n, label in enumerate(named):
        if label and label in met:
            count = counts.get(label, 2)
            while f"{label} #{count}" in taken:
                count += 1
            counts[label] = count
            named[n] = f"{label} #{count}"
            taken.add(named[n])
        met.add(named[n])
    return [label or beyond(n, met) for n, label in enumerate(named)]


def beyond(position: int, taken: set[str]) -> str:
    """The label of a place without a column name."""
    label, count = f"column {position + 1}", 2
    while label in taken:
        label, count = f"column {position + 1} #{count}", count + 1
    return label


def cell(label: str, content: str, comma: bool = False) -> Element:
    """A cell from its text, which is not blank."""
    value, unit = typed(content, comma)
    return Element(
        "cell", {"column": label, "value": value, "unit": unit} if unit else {"column": label, "value": value}
    )


def parse(files: Files) -> Element:
    """The sheet; of several files, one below the other, a header that repeats the first one's left out."""
    children: list[Element] = []
    problems: list[str] = []
    columns: list[Element] = []
    for name, content in texts(files, MAIN):
        records, slips = read_records(content, name)
        problems += slips
        above, header, below = _sheet(records, name, problems)
        if children and (above or not header or header != columns):
            problems.append(f"{name}: not the same columns in the first line as in the file before")
        children += above
        if header != columns:
            children += header
            columns = columns or header
        children += below
    if not children:
        raise ParseError("there is no cell", next(iter(files), MAIN))
    first = labels_of([column.text("name") for column in columns] or [""])[:1]
    return Element("sheet", {}, tuple(identified(children, first)), tuple(problems))


def _sheet(records: list[Record], file: str, problems: list[str]) -> tuple[list[Element], list[Element], list[Element]]:
    """What stands above the header, the columns, what stands below."""
    rows = [cells for _, cells in records]
    comma = comma_decimals(text for cells in rows if not alone(cells) for text in cells if "," in text or "." in text)
    at = header_at(rows, comma)
    names: list[str] = []
    if at is not None:
        names = rows[at][: _width(rows[at])]
    start = 0 if at is None else at + 1
    above = [_note(cells, comma) for cells in rows[: start - 1]] if start else []
    wide = len(names) > 2 or (at is None and any(_width(cells) > 2 for cells in rows))
    below: list[Element] = []
    places = labels_of(names)
    taken = set(places)
    known: list[dict[str, Element]] = [{} for _ in places]
    allowed = len(rows[at]) if at is not None else 0
    for line, cells in records[start:]:
        if len(cells) > len(places):
            width = _width(cells)
            cells = cells[:width]
            if names and width > allowed:
                if all(cells) and is_header(cells, comma):
                    allowed = width  # another table begins
                else:
                    problems.append(f"{file}:{line}: {width} cells under {len(names)} columns")
            while len(places) < width:
                places.append(beyond(len(places), taken))
                known.append({})
        if wide and alone(cells):
            below.append(Element("note", {"text": cells[0]}))
            continue
        found = []
        for label, seen, content in zip(places, known, cells, strict=False):
            if content:
                part = seen.get(content)
                if part is None:
                    part = seen[content] = cell(label, content, comma)
                found.append(part)
        below.append(Element("row", {}, tuple(found)))
    return above, [Element("column", {"name": name} if name else {}) for name in names], below


def identified(below: list[Element], first: list[str]) -> list[Element]:
    """The rows with the value of the first column as their `id`, if nearly all of these differ."""
    found = {
        n: e.children[0]["value"] for n, e in enumerate(below) if e.kind == "row" and [e.children[0]["column"]] == first
    }
    if 10 * len(set(found.values())) < 9 * len(found):
        return below
    return [Element("row", {"id": found[n]}, e.children) if n in found else e for n, e in enumerate(below)]


def _width(cells: Sequence[str]) -> int:
    """Cells up to the last that holds something."""
    width = len(cells)
    while width and not cells[width - 1]:
        width -= 1
    return width


def alone(cells: Sequence[str]) -> bool:
    """Whether only the first cell of a line is filled."""
    return bool(cells[0]) and not any(cells[1:])


def _note(cells: list[str], comma: bool) -> Element:
    if alone(cells):
        return Element("note", {"text": cells[0]})
    return Element("note", {}, tuple(cell(beyond(n, set()), text, comma) for n, text in enumerate(cells) if text))


# -- the header -------------------------------------------------------------------------------------------------------


def header_at(rows: Sequence[list[str]], comma: bool) -> int | None:
    """Which record names the columns: the first that is about as wide as the widest of names, unless data stand above
    it or what follows is much wider. Looks only at what survives rewriting: how many cells are filled and with what."""
    filled = [sum(map(bool, cells)) for cells in rows[:200]]
    found = [n for n, cells in enumerate(rows[:200]) if is_header(cells, comma)]
    most = max((filled[n] for n in found), default=0)
    at = next((n for n in found if filled[n] >= 0.75 * most and filled[n] >= min(most, 2)), None)
    if at is None or any(count >= 0.75 * most for count in filled[:at]):
        return None
    return None if any(count >= 2 * filled[at] for count in filled[at + 1 : at + 6]) else at


def is_header(cells: Sequence[str], comma: bool) -> bool:
    """Whether a record may hold column names: names with letters, and beside them at most a series of years, numbers
    or dates."""
    series: list[Hashable] = []
    named = False
    for content in cells:
        if not content:
            continue
        if len(content) > 1000 or content[0] == "=" or "@" in content or content.upper() in TRUTHS.values():
            return False
        value, unit = typed(content, comma)
        if unit:
            return False
        if not isinstance(value, str):
            series.append(value)
        elif len(content) == 1 or any(c.isalpha() for c in content):
            named = True
        else:
            series.append(re.sub(r"\d", "9", content))
    return named and _in_series(series)


def _in_series(keys: list[Hashable]) -> bool:
    numbers = [key for key in keys if isinstance(key, Decimal) and key == key.to_integral_value()]
    if len(numbers) == len(keys):
        years = all(1900 <= number <= 2100 for number in numbers)
        return years or {b - a for a, b in pairwise(numbers)} == {1}
    if len(keys) < 2:
        return False
    if all(type(key) is date for key in keys):
        return all(a < b for a, b in pairwise(keys)) or all(a > b for a, b in pairwise(keys))  # type: ignore[operator]
    return all(type(key) is str for key in keys) and len(set(keys)) == 1


# -- rendering --------------------------------------------------------------------------------------------------------


def render(document: Element) -> Files:
    """Commas, line feeds, a point before decimals, ISO dates, quotes only where they are needed."""
    names = [column.text("name") for column in document.of("column")]
    labels = labels_of(names)
    places = {label: n for n, label in enumerate(labels)}
    lines: list[str] = []
    headed = False
    for child in document.children:
        if child.kind == "column":
            if not headed:
                lines.append(_line(dict(enumerate(names))))
                headed = True
        elif child.children:
            known, header = (places, labels) if child.kind == "row" else ({}, [])
            cells = {_place(c.text("column"), known, header): shown(c) for c in child.children}
            lines.append(_line(cells, len(header)))
        elif child.text("text"):
            lines.append(quoted(child.text("text")))
    return {MAIN: "\n".join(lines) + "\n"}


def shown(part: Element) -> str:
    """The text of a cell."""
    return show(part.get("value", ""), part.text("unit"))


def _place(label: str, places: dict[str, int], labels: list[str]) -> int:
    """Where a label stands; one that the header does not know goes behind all others."""
    place = places.get(label)
    if place is None:
        match = _POSITION.fullmatch(label)
        place = int(match[1]) - 1 if match else -1
        if place < len(labels) or beyond(place, set(labels)) != label:
            place = max(len(labels), *places.values(), 0) + 1
        places[label] = place
    return place


def _line(cells: dict[int, str], least: int = 0) -> str:
    return ",".join(quoted(cells.get(n, "")) for n in range(max(least, max(cells, default=-1) + 1)))


_SPECIAL = re.compile(r'[,;|\t\n"]|^[`~\ufeff\s]')


def quoted(content: str) -> str:
    """A cell's text, in quotes where any delimiter, a quote or a line break stands in it."""
    return '"' + content.replace('"', '""') + '"' if _SPECIAL.search(content) else content


FORMAT = Format(SCHEMA, parse, render)


def settled(document: Element) -> Element:
    """A sheet put together by an edit, as it would be read: what stands alone on a line is a note."""
    again = parse(render(document)) if document.children else document
    return Element("sheet", {}, again.children, document.problems)

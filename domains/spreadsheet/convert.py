"""Sheets in other shapes: long form for statistics, JSON records for programs."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from domains.kit import EditError, Element, Files, file_named, read_csv, read_json, write_csv
from domains.kit.edits import UNMAPPED, convert, whole_number
from domains.spreadsheet.format import FORMAT, MAIN, cell, labels_of, parse, render, settled, shown, slot
from domains.spreadsheet.values import show, typed
from domains.spreadsheet.view import (
    MEASURE,
    by_label,
    column_elements,
    columns_of,
    measures,
    plain_columns,
    row_value,
    sorted_row,
)

# -- long form --------------------------------------------------------------------------------------------------------

ROW = "row"


def to_long(document: Element) -> Files:
    columns = plain_columns(document, 3)
    chosen = measures(document)
    if len(chosen) < 2 or len(chosen) == len(columns) or ROW in columns:
        raise EditError("to_long: the sheet needs two columns of numbers and one of another kind, and none called row")
    long: list[tuple[object, ...]] = []
    children: list[Element] = []
    kept = [name for label, name in columns.items() if label not in chosen]
    number = 0
    for e in document.children:
        if e.kind == "row":
            number += 1
            parts = by_label(e)
            long += [(number, columns[label], shown(parts[label])) for label in chosen if label in parts]
            rest = [parts[label] for label in columns if label in parts and label not in chosen]
            children.append(Element("row", {}, (cell(ROW, str(number)), *rest)))
        elif e.kind == "note":
            children.append(e)
        elif e is document.of("column")[0]:
            children += column_elements([ROW, *kept])
    return {
        "measures.csv": write_csv((ROW, "measure", "value"), long),
        "attributes.csv": render(document.with_children(children))[MAIN],
        "columns.csv": write_csv(("column",), ((name,) for name in columns.values())),
    }


def from_long(files: Files) -> Element:
    names = [row["column"] for row in read_csv(files, "columns.csv", ("column",))]
    labels = labels_of(names)
    found = _long_values(files, names, labels)
    sheet = parse({"attributes.csv": file_named(files, "attributes.csv")})
    undone = set(measures(sheet)) - {ROW}
    children: list[Element] = []
    headed = False
    for e in sheet.children:
        if e.kind == "column":
            children += [] if headed else column_elements(names)
            headed = True
        elif e.kind == "row":
            children.append(_with_measures(e, found, undone, labels))
        else:
            children.append(e)
    children += [sorted_row(parts, labels) for _, parts in sorted(found.items())]
    return settled(Element("sheet", {}, tuple(children), sheet.problems))


def _long_values(files: Files, names: list[str], labels: list[str]) -> dict[int, dict[str, Element]]:
    """The cells of measures.csv by row and label. Read as a sheet, since a sheet with decimal commas gives values with
    decimal commas."""
    known = dict(zip(map(slot, names), labels, strict=True))
    known |= {slot(show(*typed(name))): label for name, label in zip(names, labels, strict=True) if name}
    table = parse({"measures.csv": file_named(files, "measures.csv")})
    wanted = (ROW, "measure", "value")
    if not set(wanted) <= columns_of(table).keys():
        raise EditError(f"measures.csv: its columns should be {','.join(wanted)}")
    found: dict[int, dict[str, Element]] = {}
    for line in table.of("row"):
        number, measure, value = map(by_label(line).get, wanted)
        if number is None or measure is None or value is None:
            continue
        name = slot(shown(measure))
        label = known.get(name, name)
        place = whole_number(shown(number), "measures.csv")
        found.setdefault(place, {})[label] = value.with_fields(column=label)
    return found


def _with_measures(row: Element, found: dict[int, dict[str, Element]], undone: set[str], labels: list[str]) -> Element:
    """A line of the attributes with its numbers, which are taken out of `found`."""
    parts = by_label(row)
    for label in undone & parts.keys():
        parts[label] = cell(label, UNMAPPED + shown(parts[label]))
    number = row_value(row, ROW)
    if number is None or number != number.to_integral_value():
        # No line of the table: what stands here alone is a note.
        return Element("note", {"text": shown(parts[ROW])}) if parts.keys() == {ROW} else sorted_row(parts, labels)
    del parts[ROW]
    for label, part in found.pop(int(number), {}).items():
        parts[f"{label} (twice)" if label in parts else label] = part
    return sorted_row(parts, labels)


LONG = convert(
    FORMAT, "to_long",
    "Bring the sheet into long form for the statistics package. A column is a measure if it "
    f"{MEASURE}. Number the rows below the header from 1, totals too, but not the lines with only the first cell "
    "filled. measures.csv has the columns row,measure,value and one line for every filled cell of a measure, as it is "
    "written in the sheet; attributes.csv is the sheet without the measures and with a new first column `row` that "
    "holds the number, lines above the header and lines with only the first cell filled unchanged in their places; "
    "columns.csv has the single column `column`: all columns of today's sheet, in order. Files: {files}.",
    "Bring the long form back into one sheet, {files}: the columns in the order of columns.csv, the lines in the order "
    "of attributes.csv, each with the values that measures.csv gives for its number under the measures' names. The "
    "column `row` goes; lines above the header and lines without a number stay in their places as they are.",
    ("format knowledge", "split and merge", "referencing"), to_long, from_long,
)  # fmt: skip

# -- JSON -------------------------------------------------------------------------------------------------------------


def to_json(document: Element) -> Files:
    columns = plain_columns(document, 1)
    above: list[str] = []
    records: list[str] = []
    below = False
    for e in document.children:
        if e.kind == "column":
            below = True
        elif e.kind == "row":
            parts = by_label(e)
            pairs = [f"{_text(columns[label])}: {_value(parts[label])}" for label in columns if label in parts]
            records.append("{" + ", ".join(pairs) + "}")
        else:
            (records if below else above).append(_note(e))
    names = ", ".join(_text(name) for name in columns.values())
    lists = (("above", above), ("records", records))
    blocks = [
        f'"{name}": [\n    ' + ",\n    ".join(lines) + "\n  ]" if lines else f'"{name}": []' for name, lines in lists
    ]
    return {"sheet.json": "{\n  " + ",\n  ".join([blocks[0], f'"columns": [{names}]', blocks[1]]) + "\n}\n"}


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _value(part: Element) -> str:
    if part["value"] in ("TRUE", "FALSE"):
        return part.text("value").lower()
    if isinstance(part["value"], Decimal) and "unit" not in part.fields:
        return shown(part)
    return _text(shown(part))


def _note(note: Element) -> str:
    if not note.children:
        return _text(note.text("text"))
    texts: list[str] = []
    for part in note.children:
        texts += [""] * (int(part.text("column").split()[1]) - 1 - len(texts)) + [shown(part)]
    return "[" + ", ".join(map(_text, texts)) + "]"


def from_json(files: Files) -> Element:
    data = read_json(files, "sheet.json", Decimal)
    if not isinstance(data, dict) or not isinstance(data.get("records"), list):
        raise EditError("sheet.json: an object with a list of records is wanted")
    names = [str(name) for name in _list(data.get("columns"))]
    labels = labels_of(names)
    known = dict(zip(names, labels, strict=True))
    children = [_from_note(note) for note in _list(data.get("above"))] + column_elements(names)
    for record in data["records"]:
        if not isinstance(record, dict):
            children.append(_from_note(record))
            continue
        parts: dict[str, Element] = {}
        for name, value in record.items():
            label = known.get(name) or slot(name) or name
            if (content := _content(value)) and label:
                parts[label] = cell(label, content)
        if parts:
            children.append(sorted_row(parts, labels))
    return settled(Element("sheet", {}, tuple(children)))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _content(value: Any) -> str:
    """A JSON value as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, Decimal):
        return f"{value:f}" if abs(value.adjusted()) < 40 else str(value)
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _from_note(note: Any) -> Element:
    texts = [_content(part) for part in note] if isinstance(note, list) else [_content(note)]
    if len(texts) == 1:
        return Element("note", {"text": texts[0]} if texts[0] else {})
    return Element("note", {}, tuple(cell(f"column {n}", text) for n, text in enumerate(texts, 1) if text))


JSON = convert(
    FORMAT, "to_json",
    "Write the sheet as JSON records for the web team, {files}: an object with `above`, a list of the lines above the "
    'header (a string where only the first cell is filled, else a list of the cells, empty ones as ""); `columns`, a '
    "list of the column names in order; and `records`, a list of one object a row, column name to value, without the "
    "empty cells. Numbers become JSON numbers, TRUE and FALSE booleans; numbers with a currency or percent sign, dates "
    "(as 2024-05-31), codes with leading zeros, formulas and all else strings. A line with only its first cell filled "
    "is a string in its place among the records.",
    "Turn the JSON back into a CSV sheet, {files}: first the lines in `above`, then a header row of `columns`, then "
    "one line for each of `records`, an object filling the cells of a row by column name, a string standing alone in "
    "the first cell of its line.",
    ("format knowledge", "string manipulation"), to_json, from_json,
)  # fmt: skip

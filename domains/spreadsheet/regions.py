"""Sheets by region: one file for each, and the amounts of each in a column of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from domains.kit import EditError, Element, Files, read_csv, write_csv
from domains.kit.edits import slug, split, transform_with
from domains.spreadsheet.format import FORMAT, MAIN, cell, is_header, settled, shown, slot
from domains.spreadsheet.view import (
    AREAS_NAMED,
    MEASURE,
    TOTALS,
    area_column,
    by_label,
    column_elements,
    columns_of,
    is_total,
    measures,
    plain_columns,
    sorted_row,
)

# -- split by region --------------------------------------------------------------------------------------------------

REST, ORDER = "rest.csv", "order.csv"
MOST = 40
"""A split into more files than this is not what anyone asks for."""


regions_in = lru_cache(maxsize=1)(area_column)


def region_file(row: Element, document: Element) -> str:
    part = by_label(row).get(regions_in(document)) if not is_total(row) else None
    return f"{slug(shown(part))}.csv" if part else REST


_DEALT = split(
    FORMAT, "split_by_region",
    "Give each region its own sheet: a row's region stands in the first column whose name contains the word "
    f"{AREAS_NAMED}, and the row goes to a file named after it in lower case with a hyphen for each run of blanks and "
    "signs (St. Gallen: st-gallen.csv). All else goes to rest.csv: the lines above the header, lines with only the "
    f"first cell filled, rows without a region, and rows {TOTALS}. Every file has the header row (in rest.csv below "
    "the lines that stood above it), all columns and the present order. Add order.csv with the single column `file`: "
    "for each line of today's sheet but the header, top to bottom, the file it went to. Files: {files}.",
    "Put the regions together again in {files}: all lines but the headers in the order of order.csv, which names for "
    "each the file it is taken from; within a file the order stays. The header stands once, below the lines that "
    "stand above it in rest.csv. Drop order.csv.",
    ("split and merge", "classification", "referencing"), ("row",), region_file, REST, shared=("column",),
)  # fmt: skip


def write_split(document: Element) -> Files:
    plain_columns(document)
    files = _DEALT.write(document)
    if not 2 <= len(files.keys() - {REST, ORDER}) <= MOST or MAIN in files:
        raise EditError("split_by_region: the rows do not fall into a few regions")
    return files


SPLIT = replace(_DEALT, write=write_split, read=lambda files: settled(_DEALT.read(files)))

# -- pivot ------------------------------------------------------------------------------------------------------------


def layers(document: Element) -> tuple[list[Element], list[Element]]:
    """What stands above the header, and what stands below."""
    header = document.of("column")
    at = document.children.index(header[0]) if header else 0
    return list(document.children[:at]), [e for e in document.children[at:] if e.kind != "column"]


NOWHERE, NOTHING = "(none)", "-"


def pivot(document: Element) -> tuple[Element, str]:
    columns = plain_columns(document, 3)
    area, numbers = area_column(document), measures(document)
    if not numbers or numbers[-1] == area:
        raise EditError("pivot: no column of numbers beside the region")
    amount = numbers[-1]
    rows = [by_label(row) for row in document.of("row")]
    found = [shown(row[area]) if area in row else NOWHERE for row in rows if area in row or amount in row]
    groups = {" ".join(name.split()): None for name in found}
    names: list[str] = []
    for label, name in columns.items():
        names += list(groups) if label == amount else [] if label == area else [name]
    columns_new = columns_of(document.with_children(column_elements(names)))
    if len(groups) > MOST or len({slot(name) for name in names}) < len(names) or not is_header(names, comma=False):
        raise EditError("pivot: the regions do not make columns of their own")
    place = {name: label for label, name in columns_new.items()}

    def change(row: Element) -> Element:
        parts = by_label(row)
        name, value = parts.pop(area, None), parts.pop(amount, None)
        if name is not None or value is not None:
            group = " ".join(shown(name).split()) if name is not None else NOWHERE
            parts[place[group]] = cell(place[group], shown(value) if value is not None else NOTHING)
        return sorted_row(parts, list(columns_new))

    roles = {area: "names", amount: "values"}
    table = write_csv(("column", "role"), ((name, roles.get(label, "kept")) for label, name in columns.items()))
    return with_rows(document, names, change), table


def with_rows(document: Element, names: list[str], change: Callable[[Element], Element]) -> Element:
    """The sheet with other columns and its rows changed."""
    above, below = layers(document)
    body = [change(e) if e.kind == "row" else e for e in below]
    return document.with_children([*above, *column_elements(names), *body])


def unpivot(document: Element, files: Files) -> Element:
    table = read_csv(files, "columns.csv", ("column", "role"))
    names = [row["column"] for row in table]
    columns = columns_of(document.with_children(column_elements(names)))
    role = {row["role"].casefold(): label for row, label in zip(table, columns, strict=True)}
    if not {"names", "values"} <= role.keys():
        raise EditError("columns.csv: no column has the role names, or none the role values")
    kept = {label for row, label in zip(table, columns, strict=True) if row["role"].casefold() == "kept"}
    today = columns_of(document)

    def change(row: Element) -> Element:
        parts = by_label(row)
        spread = [label for label in parts if label not in kept]
        for label in spread[:1]:
            part, name = parts.pop(label), today.get(label, label)
            if name != NOWHERE:
                parts["names"] = cell(role["names"], name)
            if shown(part) != NOTHING:
                parts["values"] = part.with_fields(column=role["values"])
        return sorted_row({part.text("column"): part for part in parts.values()}, list(columns))

    return settled(with_rows(document, names, change))


PIVOT = transform_with(
    FORMAT, "pivot_by_region",
    f"Pivot the sheet by region: the first column whose name contains the word {AREAS_NAMED}. The values are those of "
    f"the last column that {MEASURE}. In place of the value column put one column for each region, named exactly after "
    "it, in the order in which the regions first appear, and drop the region column; every line stays, totals too, "
    "with its value under its region. A value without a region goes under a column (none), a region without a value "
    "gets a hyphen, and where both are empty nothing is entered. Write columns.csv with the columns column,role: the "
    "columns of today's sheet in order, with the role `names` for the region column, `values` for the value column "
    "and `kept` for the others. Files: {files}.",
    "Undo the pivot. columns.csv lists the columns the sheet had, in order. Every column of today's sheet that is not "
    "`kept` there is named after a region: the row's value goes into the column with the role `values`, the name of "
    "the column it stood in into the one with the role `names`. A value under (none) has no region, a hyphen is no "
    "value. Only {files} remains.",
    ("format knowledge", "constraint satisfaction", "referencing"), "columns.csv", pivot, unpivot,
)  # fmt: skip

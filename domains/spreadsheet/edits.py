"""What people ask to have done to a sheet, and how it is done and undone without error."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from domains.kit import EditError, Element, Files, read_csv, write_csv
from domains.kit.edits import UNMAPPED, proven, sort, transform, transform_with
from domains.spreadsheet.convert import JSON, LONG
from domains.spreadsheet.format import FORMAT, MAIN, cell, parse, settled, shown
from domains.spreadsheet.regions import PIVOT, SPLIT
from domains.spreadsheet.view import (
    MEASURE,
    PEOPLE_NAMED,
    TOTALS,
    changed_rows,
    columns_of,
    is_total,
    measures,
    people_columns,
    rewritten,
    row_value,
)  # fmt: skip

# -- units and currency -----------------------------------------------------------------------------------------------


def scaled(value: Decimal, change: Callable[[Decimal], Decimal]) -> Decimal:
    """The changed number without idle zeros, but with two decimals where there were."""
    new = change(value)
    new = new.quantize(Decimal(1)) if new == new.to_integral_value() else new.normalize()
    places = value.as_tuple().exponent
    if isinstance(places, int) and places <= -2 and new == new.quantize(Decimal("0.01")):
        return new.quantize(Decimal("0.01"))
    return new


_RATIOS = {"kg": ("lb", Decimal("2.2")), "km": ("mi", Decimal("0.625")), "cm": ("inch", Decimal("0.4"))}
_UNITS = {"°C": "°F", **{metric: other for metric, (other, _) in _RATIOS.items()}}
_BACK = {other: metric for metric, other in _UNITS.items()}
_METRIC = re.compile(r"(?<![^\W\d_])(kg|km|cm|°C)(?![^\W\d_])")
_IMPERIAL = re.compile(r"(?<![^\W\d_])(lb|mi|inch|°F)(?![^\W\d_])")


def converted(unit: str, value: Decimal) -> Decimal:
    """A number in the other system; `unit` is that of the number."""
    if unit == "°C":
        return scaled(value, lambda v: v * Decimal("1.8") + 32)
    if unit == "°F":
        return scaled(value, lambda v: (v - 32) / Decimal("1.8"))
    if unit in _RATIOS:
        return scaled(value, lambda v: v * _RATIOS[unit][1])
    return scaled(value, lambda v: v / _RATIOS[_BACK[unit]][1])


def to_imperial(document: Element) -> Element:
    names = columns_of(document).values()
    if any(_IMPERIAL.search(name) for name in names) or any(len(_METRIC.findall(name)) > 1 for name in names):
        raise EditError("to_imperial: a column has imperial units already, or two units")

    def change(name: str, part: Element) -> Element:
        unit, value = _METRIC.search(name), part.get("value")
        if unit is None or not isinstance(value, Decimal) or "unit" in part.fields:
            return part
        return part.with_fields(value=converted(unit[1], value))

    return work(document, rewritten(document, lambda name: _METRIC.sub(lambda m: _UNITS[m[1]], name), change))


def to_metric(document: Element) -> Element:
    def rename(name: str) -> str:
        left = _METRIC.sub(lambda m: f"{m[1]}?", name)
        return _IMPERIAL.sub(lambda m: _BACK[m[1]], left)

    def change(name: str, part: Element) -> Element:
        unit, value = _IMPERIAL.search(name) or _METRIC.search(name), part.get("value")
        if unit is None or not isinstance(value, Decimal) or "unit" in part.fields:
            return part
        return part.with_fields(value=converted(_UNITS.get(unit[1], unit[1]), value))

    return settled(rewritten(document, rename, change))


def work(before: Element, after: Element) -> Element:
    """The result, if it was worth asking for."""
    if changed_rows(before, after) < 0.25:
        raise EditError("too few rows would change")
    return after


UNITS = transform(
    FORMAT, "to_imperial",
    "The American partner wants no metric units. In every column whose name contains kg, km, cm or °C as a unit of its "
    "own (Weight (kg), weight_kg), convert all numbers below the header, totals too, at 1 kg = 2.2 lb, 1 km = 0.625 "
    "mi, 1 cm = 0.4 inch and °F = °C × 1.8 + 32, without rounding, and put lb, mi, inch or °F for the unit in the "
    "name. Texts, formulas, percentages and everything else stay. Result: {files}.",
    "Back to metric units: in every column whose name contains lb, mi, inch or °F as a unit of its own, convert all "
    "numbers below the header, totals too, at 1 kg = 2.2 lb, 1 km = 0.625 mi, 1 cm = 0.4 inch and °C = (°F − 32) / "
    "1.8, and put kg, km, cm or °C for the unit in the name. Texts, formulas, percentages and everything else stay. "
    "Result: {files}.",
    ("numerical reasoning", "domain knowledge"), to_imperial, to_metric,
)  # fmt: skip

RATE = Decimal("1.25")
_EURO = re.compile(r"(?<![^\W\d_])EUR(?![^\W\d_])|€")
_DOLLAR = re.compile(r"(?<![^\W\d_])USD(?![^\W\d_])|\$")
_TO_DOLLAR, _TO_EURO = {"EUR": "USD", "€": "$"}, {"USD": "EUR", "$": "€"}


def to_dollars(document: Element) -> Element:
    dollars = any(_DOLLAR.search(name) for name in columns_of(document).values())
    if dollars or any(_DOLLAR.search(part.text("unit")) for row in document.of("row") for part in row.children):
        raise EditError("to_usd: the sheet has amounts in dollars already")

    def change(name: str, part: Element) -> Element:
        value, unit = part.get("value"), part.text("unit")
        if not isinstance(value, Decimal) or not (unit in _TO_DOLLAR or (not unit and _EURO.search(name))):
            return part
        return part.with_fields(value=scaled(value, lambda v: v * RATE), unit=_TO_DOLLAR.get(unit) or None)

    return work(document, rewritten(document, lambda name: _EURO.sub(lambda m: _TO_DOLLAR[m[0]], name), change))


def to_euros(document: Element) -> Element:
    def rename(name: str) -> str:
        return _DOLLAR.sub(lambda m: _TO_EURO[m[0]], _EURO.sub(lambda m: f"{m[0]}?", name))

    def change(name: str, part: Element) -> Element:
        value, unit = part.get("value"), part.text("unit")
        money = unit in _TO_EURO or unit in _TO_DOLLAR
        if not isinstance(value, Decimal) or not (
            money or (not unit and (_DOLLAR.search(name) or _EURO.search(name)))
        ):  # fmt: skip
            return part
        old = _TO_EURO.get(unit, f"{unit}?" if unit else None)
        return part.with_fields(value=scaled(value, lambda v: v / RATE), unit=old)

    return settled(rewritten(document, rename, change))


CURRENCY = transform(
    FORMAT, "eur_to_usd",
    "Restate the sheet in dollars at 1 EUR = 1.25 USD, without rounding: all numbers below the header, totals too, in "
    "the columns whose name contains EUR or €, and every number elsewhere that carries € or EUR itself. Put USD for "
    "EUR and $ for € in those names and cells. Percentages, formulas, texts, notes and all else stay. Result: {files}.",
    "Restate the sheet in euros at 1 EUR = 1.25 USD, without rounding: all numbers below the header, totals too, in "
    "the columns whose name contains USD or $, and every number elsewhere that carries $ or USD itself. Put EUR for "
    "USD and € for $ in those names and cells. Percentages, formulas, texts, notes and all else stay. Result: "
    "{files}.",
    ("numerical reasoning", "domain knowledge"), to_dollars, to_euros,
)  # fmt: skip

# -- people, order ----------------------------------------------------------------------------------------------------

_CODE = re.compile(r"P\d{3,}")


def people_replaced(document: Element, new: Callable[[str], str]) -> Element:
    """The sheet with the cells of the people's columns replaced, but for total rows."""
    labels = set(people_columns(document))

    def change(row: Element) -> Element:
        if row.kind != "row" or is_total(row):
            return row
        parts = [
            cell(part.text("column"), new(" ".join(shown(part).split()))) if part["column"] in labels else part
            for part in row.children
        ]
        return row.with_children(parts)

    return document.with_children([change(e) for e in document.children])


def anonymise(document: Element) -> tuple[Element, str]:
    codes: dict[str, str] = {}

    def new(name: str) -> str:
        if _CODE.fullmatch(name):
            raise EditError("anonymise: the people have numbers already")
        return codes.setdefault(name, f"P{len(codes) + 1:03}")

    changed = work(document, people_replaced(document, new))
    return changed, write_csv(("code", "name"), ((code, name) for name, code in codes.items()))


def identify(document: Element, files: Files) -> Element:
    names = {row["code"]: row["name"] for row in read_csv(files, "key.csv", ("code", "name"))}
    return settled(people_replaced(document, lambda code: names.get(code) or UNMAPPED + code))


ANONYMISE = transform_with(
    FORMAT, "anonymise",
    "The sheet goes to an outside analyst: take the people out. In every column whose name contains the word "
    f"{PEOPLE_NAMED}, replace each filled cell below the header by a code, the same for the same text: P001, P002, … "
    "in the order in which the texts first appear, line by line and from left to right. Leave alone lines with only "
    f"the first cell filled and rows {TOTALS}. Write key.csv with the columns code,name. Files: {{files}}.",
    "The analysis is back. Replace every code P001, P002, … in the columns of people by the text that key.csv gives "
    "for it. Only {files} remains.",
    ("string manipulation", "referencing", "classification"), "key.csv", anonymise, identify,
)  # fmt: skip


_SORT = (
    f"Largest first, please: order the rows by the last column that {MEASURE}, from the largest number to the "
    "smallest, equal ones in their present order; below them the rows without a number there, and at the very end the "
    f"rows {TOTALS}, both in their present order. Lines with only the first cell filled keep their places and are not "
    "counted as rows; formulas stay as they are. Write order.csv with the single column `position`: for each row in "
    "the new order, its place among the rows before, from 1. Files: {files}.",
    "Bring the rows back into their old order: order.csv gives, for each row in today's order, the place it had among "
    "the rows, from 1. Lines with only the first cell filled keep their places and are not counted. Only {files} "
    "remains.",
    ("sorting", "numerical reasoning"),
)


def write_sorted(document: Element) -> Files:
    labels = measures(document)
    if not labels:
        raise EditError("sort_by_amount: no column holds only numbers")

    def rank(row: Element) -> tuple[int, Decimal]:
        value = row_value(row, labels[-1])
        return (2, Decimal(0)) if is_total(row) else (1, Decimal(0)) if value is None else (0, -value)

    files = sort(FORMAT, "sort_by_amount", *_SORT, ("row",), rank).write(document)
    if parse({MAIN: files[MAIN]}) == document:
        raise EditError("sort_by_amount: the rows are in this order already")
    return files


SORT = replace(sort(FORMAT, "sort_by_amount", *_SORT, ("row",), is_total), write=write_sorted)

EDITS = tuple(map(proven, (SPLIT, UNITS, CURRENCY, ANONYMISE, SORT, PIVOT, LONG, JSON)))

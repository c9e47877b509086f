"""Dates, numbers and amounts as ledgers write them."""

from __future__ import annotations

import re
from collections.abc import Hashable
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

DATE = r"(?:\d{4}[-/.])?\d{1,2}[-/.]\d{1,2}"
_NAME = r"[^\s\d\"+\-.,;@={}()\[\]*/^&|<>!?:']+"
UNIT = rf'"[^"]+"|{_NAME}'
NUMBER = r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)(?:[.,]\d+)?|\d[\d,.'’_]*|\.\d+"
# Blanks are not given back (`*+`): a long run of them would be divided in every way there is.
_AMOUNT = re.compile(rf"([-+])?\s*+({UNIT})?\s*+([-+])?\s*+({NUMBER})\s*+({UNIT})?")
_SHOWN = 200
"""Characters in which a format shows its amount."""
_GROUPS = str.maketrans("", "", "'’_ \u00a0\u202f")
_PLAIN = re.compile(_NAME)
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")


@lru_cache(maxsize=8192)
def parse_date(text: str, year: int | None = None) -> Hashable:
    """A date; `01-05` where the year is nowhere given; the text itself when no such day exists."""
    numbers = [int(n) for n in re.split(r"[-/.]", text)]
    partial = len(numbers) == 2
    if partial:
        numbers.insert(0, 2000 if year is None else year)
    try:
        day = date(*numbers)
    except (ValueError, TypeError):
        return text
    return f"{day:%m-%d}" if partial and year is None else day


@lru_cache(maxsize=8192)
def parse_number(text: str, mark: str = "") -> Decimal | None:
    """A number as ledgers write it: 1,234.56 or 1.234,56 or 12,50. The decimal mark, where it is known, tells 1.234
    from 1234."""
    text = text.translate(_GROUPS)
    if not mark:
        mark = "," if text.count(",") == 1 and len(text) - text.find(",") != 4 else "."
    commas, points = text.count(","), text.count(".")
    if commas and points:
        mark = max(",.", key=text.rfind)
    elif commas + points > 1:
        mark = "," if points else "."
    elif commas + points and not re.fullmatch(r"\d{1,3}[.,]\d{3}", text):
        mark = "," if commas else "."
    try:
        return Decimal(text.replace("." if mark == "," else ",", "").replace(",", ".").rstrip("."))
    except InvalidOperation:
        return None


def decimal_mark(sample: str) -> str:
    """The decimal mark in an amount that shows a format, as `1.000,00 EUR` does; "" when it does not tell."""
    amount = _AMOUNT.search(sample[:_SHOWN])
    digits = amount[4].translate(_GROUPS) if amount else ""
    last = max(digits.rfind(","), digits.rfind("."))
    if last < 0 or (len(digits) - last == 4 and len(set(digits) & set(",.")) == 1):
        return ""
    return digits[last]


@lru_cache(maxsize=8192)
def parse_amount(text: str, mark: str = "") -> tuple[Decimal, str, int] | None:
    """(number, currency, length read) at the start of a text."""
    match = _AMOUNT.match(text)
    if match is None:
        return None
    sign, before, inner, digits, after = match.groups()
    number = parse_number(digits, mark)
    if number is None:
        return None
    if (sign == "-") != (inner == "-"):
        number = -number
    end = match.end() if not (before and after) else match.start(5)
    return number, (before or after or "").strip('"'), end


def show_unit(unit: Hashable) -> str:
    """A commodity, in quotes where its name needs them."""
    text = "" if unit is None else str(unit)
    return text if not text or _PLAIN.fullmatch(text) else f'"{text}"'


def show_amount(number: Hashable, currency: Hashable) -> str:
    """`$5.00` for signs, `5.00 EUR` for names."""
    unit = show_unit(currency)
    shown = f"{number:f}" if isinstance(number, Decimal) else str(number)
    if _THOUSANDS.fullmatch(shown):
        shown += "0"  # 1.234 is a thousand and more where the decimal mark is a comma
    if unit and not unit[0].isalnum() and unit[0] != '"':
        return f"-{unit}{shown[1:]}" if shown.startswith("-") else f"{unit}{shown}"
    return f"{shown} {unit}" if unit else shown

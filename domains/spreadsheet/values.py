"""What a cell says: numbers, money, percentages, dates, truth values, formulas and text, and how they are written.

A cell is typed by its text alone: quoting says nothing. `1,234.50` is 1234.5; `0012` is text; `12.5%` is 12.5 with the
unit `%`; `$5`, `5 $` and `-$5` carry the unit `$`; `=SUM(B2:B4)` stays a text.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

LONGEST = 60
"""No number or date is longer than this many characters."""
TRUTHS = {"true": "TRUE", "false": "FALSE"}
"""Truth values stay texts: Python's True equals 1, a cell's does not."""

_CODES = (
    "AED|AUD|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|HKD|HUF|IDR|ILS|INR|ISK|JPY|KES|KRW|MAD|MXN|MYR|NGN|NOK|"
    "NZD|PEN|PHP|PLN|RON|RSD|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR"
)
_MONEY = (
    rf"(?:[ACRS]|US|HK|MX|NT)\$|[$€£¥₹₽₩₺₪₫₴₦฿₱]|(?:{_CODES})(?![A-Za-z])|Rs\.?(?![A-Za-z])|kr|zł|Kč|Ft|Fr\.|руб\.|лв"
)
_BLANKS = " \xa0\u202f\u2009"
_GAP = f"[{_BLANKS}]?"
_POINT = (
    r"(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]\d{1,2})?|\.\d+|[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}(?:\.\d+)?"
    rf"|[1-9]\d{{0,2}}(?:['’{_BLANKS}]\d{{3}})+(?:\.\d+)?"
)
_COMMA = rf"(?:0|[1-9]\d*)(?:,\d+)?(?:[eE][+-]\d{{1,2}})?|,\d+|[1-9]\d{{0,2}}(?:[.'’{_BLANKS}]\d{{3}})+(?:,\d+)?"


def _number(core: str) -> re.Pattern[str]:
    return re.compile(
        rf"(\()?([-+−])?{_GAP}({_MONEY})?{_GAP}([-+−])?({core}){_GAP}({_MONEY}|[%‰])?(-)?(\))?", re.ASCII
    )  # fmt: skip


_WITH_POINT, _WITH_COMMA = _number(_POINT), _number(_COMMA)
_BRACKETS = re.compile(rf"({_MONEY})?{_GAP}\(([^()]*)\){_GAP}({_MONEY}|[%‰])?", re.ASCII)
_NOT_POINT, _NOT_COMMA = re.compile(rf"[,'’{_BLANKS}]"), re.compile(rf"[.'’{_BLANKS}]")
_DIGIT = re.compile(r"[0-9]")
_ISO = re.compile(r"(\d{4})([-/])(\d\d?)\2(\d\d?)(?:[T ](\d\d?):(\d\d)(?::(\d\d))?)?", re.ASCII)
_DOTTED = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})", re.ASCII)
_NAMED = re.compile(r"(\d\d?)[ -]([A-Z][a-z]{2,8})[ -](\d{4})", re.ASCII)
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip


@lru_cache(maxsize=65536)
def typed(text: str, comma: bool = False) -> tuple[Hashable, str]:
    """(value, unit) of a cell's text, which is stripped and not empty. `comma`: the sheet writes decimal commas."""
    if len(text) > LONGEST or not _DIGIT.search(text):
        return TRUTHS.get(text.casefold(), text), ""
    found = _read(_WITH_COMMA, text) if comma else None
    found = found or _read(_WITH_POINT, text)
    if found:
        return found
    return _day(text) or text, ""


def comma_decimals(texts: Iterable[str]) -> bool:
    """Whether a sheet writes decimal commas: more cells are numbers only that way than only with a decimal point."""
    point = comma = 0
    for text in texts:
        if len(text) > LONGEST or "e" in text or "E+" in text or "E-" in text:
            continue
        if "," in text or "." in text:
            with_point, with_comma = _read(_WITH_POINT, text), _read(_WITH_COMMA, text)
            comma += with_comma is not None and with_point is None
            point += with_point is not None and with_comma is None
    return comma > point


def _read(pattern: re.Pattern[str], text: str) -> tuple[Decimal, str] | None:
    if ")" in text and (around := _BRACKETS.fullmatch(text)):
        text = f"({around[1] or ''}{around[2]}{around[3] or ''})"  # $ (5) as ($5)
    match = pattern.fullmatch(text)
    if match is None:
        return None
    opening, sign, before, inner, core, after, trailing, closing = match.groups()
    marks = (sign is not None) + (inner is not None) + (trailing is not None) + (opening is not None)
    plain = core.isdigit()
    if marks > 1 or bool(opening) != bool(closing) or (before and after):
        return None
    unit = before or after or ""
    if plain and (opening or trailing) and not unit and (len(core) < 3 or 1500 <= int(core) <= 2100):
        return None  # (12) is a footnote, (2019) a year and 12- the beginning of a range
    if sign == "+" and plain and len(core) > 6:
        return None  # a telephone number
    if " " in core and core.replace(" ", "").isdigit() and not unit:
        return None  # 110 001 is a code or two numbers
    digits = (_NOT_COMMA if pattern is _WITH_COMMA else _NOT_POINT).sub("", core).replace(",", ".")
    value = Decimal(digits)
    if len(digits) > 40 or abs(value.adjusted()) > 30:
        return None
    negative = opening or trailing or "-" in (sign, inner) or "−" in (sign, inner)
    return (-value if negative else value), unit


def _day(text: str) -> date | None:
    """A date whose order of day and month is beyond doubt; 03/04/2024 is not and stays a text."""
    try:
        if match := _ISO.fullmatch(text):
            year, _, month, day, hour, minute, second = match.groups()
            if hour:
                return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
            return date(int(year), int(month), int(day))
        if match := _DOTTED.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
        if match := _NAMED.fullmatch(text):
            month = next((n for n, name in enumerate(_MONTHS, 1) if name.startswith(match[2].lower())), 0)
            return date(int(match[3]), month, int(match[1]))
    except ValueError:
        return None
    return None


def show(value: Hashable, unit: str = "") -> str:
    """The canonical text of a cell: `typed(show(value, unit)) == (value, unit)`."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        if unit in ("%", "‰"):
            return text + unit
        if unit and not unit[0].isalnum():
            return f"-{unit}{text[1:]}" if text.startswith("-") else unit + text
        return f"{text} {unit}" if unit else text
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value)

"""Figures and periods inside running text: found, taken out as facts of their own, and written back.

A sentence keeps a SLOT for each. `$1.2 billion`, `$1,200 million` and `$1.2bn` are one value; in `between $4.1 and $4.3
billion` both are billions. A value's exponent remembers how it was written: 1.24E+9 is `1.24 billion`, 1240000000 is
`1,240,000,000`. Numbers inside words (5G, 10-K's K), clock times, dates and telephone numbers stay in the text.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise, zip_longest
from typing import Any, NamedTuple

from domains.kit import Element

SLOT = "□"
"""Stands for a figure or a period in the text of a sentence."""

_CODES = (
    "USD|EUR|GBP|CHF|JPY|CAD|AUD|NZD|HKD|SGD|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|CNY|RMB|INR|KRW|TWD|BRL|MXN|CLP|ZAR|TRY|"
    "ILS|AED|SAR|XDR"
)
_PREFIX = rf"(?:US|CA?|AU?|NZ|HK|S|R|NT|MX)?\$|[€£¥₹₩₺₪]|(?:{_CODES}|Rs|kr|SFr) ?"
_MONEY_WORDS = r"dollars?|euros?|pounds?|yen|francs?|kron(?:or|er|e)|rupees?|cents?|pence"
_COUNTS = (
    "employees|people|colleagues|stores|restaurants|sites|locations|branches|shares|units|customers|clients|"
    "subscribers|users|patients|vessels|ships|aircraft|tonnes|tons|ounces|barrels|wafers|households|homes|days|weeks|months|years|"
    "MW|GW|MWh|GWh|TWh|TEUs?|kt|Mt|koz|Moz|km|square (?:feet|metres|meters)"
)
_NUMBER = r"(?!0\d)(?:\d{1,3}(?:[,']\d{3}){1,6}(?!\d)|\d{1,15})(?:\.\d{1,12})?|(?<![\d])\.\d{1,12}"
_WORD_SCALE = r"[ -]?(?:(?i:thousand|million|billion|trillion)|mln|mn|bn|tn)(?!\w)"
_LETTER_SCALE = r" ?(?:MM|mm|[kKmMbB])(?!\w)"
_UNIT = (
    r"[ -]?(?i:percentage[ -]points?|basis[ -]points?|percent|per cent|pct)(?!\w)| ?(?:bps|bp|pps?|ppts?|pts)(?!\w)|"
    rf" ?%|x(?!\w)|p(?!\w)| times(?!\w)|[ -](?i:{_MONEY_WORDS})(?!\w)| (?:{_COUNTS})(?!\w)"
)
_END = r"(?!\w|[./:-]\d|,\d{3}|%)"
"""What may not stand behind a year."""
_BARE_YEAR = rf"(?:19|20)\d\d{_END}"
_YEAR = (
    rf"(?i:fiscal|calendar)(?i: year)? (?:{_BARE_YEAR}|'\d\d(?!\w))|(?:FY|CY) ?(?:{_BARE_YEAR}|'?\d\d(?!\w))"
    rf"|{_BARE_YEAR}"
)
_PART = r"Q[1-4]|[1-4]Q|H[12]|[12]H|(?i:first|second|third|fourth)[ -](?i:quarter|half)"
_OPEN = r"(?<![^\s(\[\"'])"
_NEGATIVE = (
    rf"{_OPEN}(?:(?P<before>{_PREFIX})(?:\((?P<owed>{_NUMBER})\)|-(?P<inner>{_NUMBER}))"
    rf"|\((?P<below>{_NUMBER})\)(?P<rate> ?%))"
)
_FOUND = re.compile(
    r"(?P<skip>(?:https?://|www\.)\S{1,300}|(?<![\w.])(?:\d{1,2}:\d\d(?::\d\d)?|\d{4}-\d\d-\d\d"
    r"|\d{1,9}(?:\.\d{1,9}){2,9}|\+\d[\d ()-]{6,20}\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\(?\d{3}\)?[ -]\d{3}-\d{4})(?!\w))"
    rf"|(?<!\w)(?P<part>{_PART})(?:(?P<short>\d\d){_END}|(?!\w)(?: ?'(?P<tick>\d\d){_END}|,?(?: of)? (?P<of>{_YEAR}))?)"
    rf"|(?<![\w.,:/^#$-])(?P<year>{_YEAR})"
    rf"|(?<![\w.,:/^#])(?<!\d')(?:{_NEGATIVE}|(?:{_OPEN}(?P<minus>-))?(?P<pre>{_PREFIX})?(?P<num>{_NUMBER}))"
    rf"(?P<scale>{_WORD_SCALE}|{_LETTER_SCALE})?(?P<unit>{_UNIT})?(?!\w|[.,:/]\d)"
)
_MAY = re.compile(r"\d|(?i:quarter|half)")
_SCALES = {
    "k": 3, "thousand": 3, "m": 6, "mm": 6, "mn": 6, "mln": 6, "million": 6, "b": 9, "bn": 9, "billion": 9, "tn": 12,
    "trillion": 12,
}  # fmt: skip
_POWERS = {12: "trillion", 9: "billion", 6: "million", 3: "thousand"}
_IS_PREFIX = re.compile(_PREFIX)
_UNITS = {
    "percent": "%", "per cent": "%", "pct": "%", "basis point": "bp", "basis points": "bp", "bps": "bp",
    "percentage point": "pp", "percentage points": "pp", "pps": "pp", "ppt": "pp", "ppts": "pp", "pts": "pp",
    "times": "x", "usd": "us$", "eur": "€", "euro": "€", "euros": "€", "gbp": "£", "pound": "£", "pounds": "£",
    "jpy": "¥", "yen": "¥", "dollar": "$", "dollars": "$", "franc": "chf", "francs": "chf", "sfr": "chf",
    "cent": "cents", "inr": "₹", "rs": "₹", "rupee": "₹", "rupees": "₹", "krw": "₩", "rmb": "cny", "cad": "c$",
    "ca$": "c$", "aud": "a$", "au$": "a$", "hkd": "hk$", "sgd": "s$", "brl": "r$", "krona": "kr", "kronor": "kr",
    "krone": "kr", "kroner": "kr",
}  # fmt: skip
_MONEY = frozenset(("$", "€", "£", "¥", "chf", "₹", "kr"))
_ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4"}


class Span(NamedTuple):
    """A figure or period in a text, from `start` to `end`."""

    start: int
    end: int
    fact: Element


@lru_cache(maxsize=1024)
def unit_code(unit: str) -> str:
    """One code for all spellings of a unit."""
    plain = unit.lstrip("-").replace("-", " ").casefold()
    return _UNITS.get(plain, plain)


def part_code(part: Any) -> Hashable:
    """`third quarter`, `3Q` and `Q3` are Q3."""
    text = str(part).casefold().replace("-", " ")
    word, _, kind = text.partition(" ")
    if word in _ORDINALS:
        return kind[:1].replace("q", "Q").replace("h", "H") + _ORDINALS[word]
    return "".join(sorted(text.upper(), reverse=True))


def year_code(year: Any) -> Hashable:
    """`fiscal year 2025`, `FY2025` and `FY25` are FY2025."""
    text = str(year).casefold()
    digits = "".join(c for c in text if c.isdigit())
    kind = "FY" if text[:1] == "f" else "CY" if text[:1] == "c" else ""
    return kind + ("20" + digits if len(digits) == 2 else digits)


def is_money(figure: Element) -> bool:
    """Whether a figure has a currency before it or its name behind it; cents and pence have not."""
    unit = figure.text("unit")
    return is_prefix(unit) or unit_code(unit) in _MONEY


def is_rate(figure: Element) -> bool:
    return unit_code(figure.text("unit")) in ("%", "bp", "pp")


class _Read:
    """A figure while its neighbours may still lend it a unit or a scale. `weak`: no figure unless one does; `scale` is
    what a letter behind it stands for when it turns out to be money, and `reach` where it ends then."""

    __slots__ = ("end", "number", "power", "prefixed", "reach", "scale", "start", "unit", "weak")

    def __init__(self, match: re.Match[str], text: str) -> None:
        groups = match.groupdict()
        self.start, self.end = match.span()
        sign = groups["pre"] or groups["before"]
        self.prefixed = sign is not None
        self.unit = (sign or groups["rate"] or groups["unit"] or "").strip()
        if self.prefixed and groups["unit"]:  # `$5 million dollars`: the word stays in the text
            self.end = match.start("unit")
        negative = groups["owed"] or groups["inner"] or groups["below"]
        digits = negative or groups["num"]
        self.number = Decimal(digits.replace(",", "").replace("'", ""))
        if negative or groups["minus"]:
            self.number = -self.number
        self.power = self.scale = 0
        self.reach = self.end
        self.weak = False
        if groups["scale"]:
            self.read_scale(groups["scale"], match, text)
        if not (self.unit or self.power) and digits.isdigit() and len(digits) > 3:
            # A year, an identifier; `1250 employees` is a figure.
            self.weak = self.weak or not re.match(r" [a-z]", text[self.end : self.end + 2])
        self.settle()

    def read_scale(self, written: str, match: re.Match[str], text: str) -> None:
        power = _SCALES[written.strip(" -").casefold()]
        letter = len(written.strip()) < 3 and written.strip() not in ("bn", "mn", "tn")
        if letter and not self.prefixed and written not in ("k", "K", "M", "B"):  # 5 m may be metres
            self.end, self.reach = match.start("scale"), match.end("scale")
            self.unit, self.scale = "", power
            self.weak = text[self.end].isalnum()
        else:
            self.power = power

    def borrow(self, sign: str) -> None:
        """The currency before the other end of the range is this one's too."""
        self.unit, self.prefixed, self.weak = sign, True, False
        if self.scale:
            self.power, self.end = self.scale, self.reach
            self.settle()

    def settle(self) -> None:
        """Number and scale as they will be written."""
        if self.power:
            self.number, self.power = scaled(self.number.scaleb(self.power))

    def element(self) -> Element:
        value = self.number.scaleb(self.power) if self.power else self.number
        return Element("figure", {"value": value, "unit": self.unit} if self.unit else {"value": value})


def _period(match: re.Match[str]) -> Element:
    groups = match.groupdict()
    if groups["year"]:
        return Element("period", {"year": groups["year"]})
    two = groups["short"] or groups["tick"]
    year = "20" + two if two else groups["of"]
    return Element("period", {"part": groups["part"], "year": year} if year else {"part": groups["part"]})


def spans(text: str) -> list[Span]:
    """All figures and periods of a text, in order."""
    if not _MAY.search(text):
        return []
    found: list[Span | _Read] = []
    for match in _FOUND.finditer(text):
        if match["part"] or match["year"]:
            found.append(Span(*match.span(), _period(match)))
        elif not match["skip"]:
            found.append(_Read(match, text))
    pairs = [(a, b) for a, b in pairwise(found) if isinstance(a, _Read) and isinstance(b, _Read) and _range(a, b, text)]
    lent = bool(pairs)
    while lent:  # to its end, so that what is written back reads the same
        lent = False
        for a, b in pairs:
            lent = _lend(a, b) or lent
    return [
        f if isinstance(f, Span) else Span(f.start, f.end, f.element())
        for f in found
        if isinstance(f, Span) or not f.weak
    ]


def _range(a: _Read, b: _Read, text: str) -> bool:
    gap = text[a.end : b.start]
    between = gap == " and " and text[max(0, a.start - 8) : a.start].casefold() == "between "
    return between or gap in ("-", " - ", " to ", " -- ")


def _lend(a: _Read, b: _Read) -> bool:
    """The two ends of a range share what is written once: `$4 to 5 million`, `10-15%`. Whether anything was lent."""
    lent = False
    if a.prefixed and not b.unit:
        b.borrow(a.unit)
        lent = True
    elif not a.unit and not a.weak and not b.prefixed and unit_code(b.unit) in ("%", "bp", "pp"):
        a.unit, lent = b.unit, True
    if (
        b.power
        and not (a.power or a.weak or b.weak)
        and a.number <= b.number
        and unit_code(a.unit) == unit_code(b.unit)
    ):
        number, power = scaled(a.number.scaleb(b.power))
        if power:
            a.number, a.power, lent = number, power, True
    return lent


def taken(text: str) -> tuple[str, tuple[Element, ...]]:
    """The text with slots, and what stood there."""
    found = spans(text)
    if not found:
        return text, ()
    pieces, at = [], 0
    for start, end, _ in found:
        pieces += [text[at:start], SLOT]
        at = end
    return "".join(pieces) + text[at:], tuple(span.fact for span in found)


def filled(text: str, facts: tuple[Element, ...]) -> str:
    """The text with its figures and periods written out; those beyond the slots stand at the end."""
    pieces = text.split(SLOT)
    shown = [show(fact) for fact in facts]
    slots = len(pieces) - 1
    line = pieces[0] + "".join(a + b for a, b in zip_longest(shown[:slots], pieces[1:], fillvalue=""))
    return " ".join([line, *shown[slots:]])


def is_prefix(unit: str) -> bool:
    return _IS_PREFIX.fullmatch(unit) is not None


def show(fact: Element) -> str:
    if fact.kind == "period":
        part, year = fact.text("part"), fact.text("year")
        return f"{part}{' of ' if ' ' in part and year else ' '}{year}".strip()
    value, unit = fact.get("value"), fact.text("unit")
    if not isinstance(value, Decimal):
        return unit
    digits = show_number(abs(value))
    sign = "-" if value < 0 else ""
    if is_prefix(unit):
        return f"{sign}{unit}{' ' if unit[-1].isalpha() else ''}{digits}"
    return f"{sign}{digits}{'' if unit in ('', '%', 'x', 'p') or unit[0] == '-' else ' '}{unit}"


def scaled(value: Decimal) -> tuple[Decimal, int]:
    """A value as number and power of ten: 1.24 and 9 when its exponent says that it was written so."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent > 0:
        for power in _POWERS:
            if abs(value) >= 10**power:
                return value.scaleb(-power), power
    return value, 0


def show_number(value: Decimal) -> str:
    """`1.24 billion` or all digits."""
    number, power = scaled(value)
    return f"{number:,f} {_POWERS[power]}" if power else f"{number:,f}"

"""The values that texts hold: words, numbers and codes, each in one spelling, counted.

They keep through a sort or a change of format what every line loses.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from fractions import Fraction
from html import unescape
from typing import Literal

Kind = Literal["word", "number", "code"]
KINDS: tuple[Kind, ...] = ("word", "number", "code")
Values = dict[Kind, Counter[str]]

LONGEST_NUMBER = 15
"""Digits of a number that is reckoned with."""
MOST_CONSTANTS = 12
"""Constants of an instruction that numbers are tried against."""

NUMBER = re.compile(r"\d+(?:\.\d+)?")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)([-/]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_TOKEN = re.compile(r"[^\W_]+(?:\.\d+)?")
_ESCAPE = re.compile(r"\\[nNrt]")
_FOLD = re.compile(r"(?<=[^\n]{70})\r?\n[ \t](?=\S)")


def values_of(texts: Collection[str], layout: re.Pattern[str] | None = None) -> Values:
    """The values of texts: words of three letters and more without case, numbers without idle zeros, dates as
    2024-01-31, and tokens that mix letters with digits. What `layout` matches is no value. Linear in the texts."""
    words, numbers, codes = Counter[str](), Counter[str](), Counter[str]()
    for text in texts:
        bare = unescape(_ESCAPE.sub(" ", _FOLD.sub("", text)))
        bare = bare if layout is None else layout.sub(" ", bare)
        numbers.update(f"{year}-{month}-{day}" for year, _, month, day in _DATE.findall(bare))
        for token in _TOKEN.findall(_DATE.sub(" ", bare)):
            if token.isalpha():
                if len(token) > 2:
                    words[token.casefold()] += 1
            elif NUMBER.fullmatch(token):
                numbers[_plain(token)] += 1
            else:
                codes[token] += 1
    return {"word": words, "number": numbers, "code": codes}


def _plain(number: str) -> str:
    whole, _, part = number.partition(".")
    part = part.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{part}" if part else "")


def uninflected(words: Collection[str], others: Collection[str]) -> list[str]:
    """The words but those that stand among the others too, or do with up to two letters more or fewer at their end."""
    stems = {other[:length] for other in others for length in (len(other), len(other) - 1, len(other) - 2)}
    known = set(others)
    return [w for w in words if w not in stems and not (len(w) > 3 and (w[:-1] in known or w[:-2] in known))]


class Sources:
    """The numbers that others may have been computed from."""

    def __init__(self, numbers: Collection[str], constants: Collection[Fraction]) -> None:
        self._known = set(numbers)
        self._digits = {_significant(number) for number in numbers}
        self._steps = [c for c in constants if c][:MOST_CONSTANTS]

    def explain(self, number: str) -> bool:
        """Whether a number is one of these after one step with the constants: x * c or x / c, perhaps with its decimal
        point moved (1.7 kg are 59.5 oz at 0.035 oz a gram), x * c + d or (x - d) / c."""
        value = _fraction(number)
        if value is None:
            return False
        steps = self._steps
        scaled = (x for c in steps if c != 1 for x in (value / c, value * c))
        shifted = (x for c in steps for d in steps for x in ((value - d) / c, value * c + d))
        return any(_significant(_written(x)) in self._digits for x in scaled) or any(
            _written(x) in self._known for x in shifted
        )


def constants_of(numbers: Collection[str]) -> list[Fraction]:
    """The numbers that can be reckoned with."""
    return [value for number in numbers if (value := _fraction(number)) is not None]


def _fraction(number: str) -> Fraction | None:
    return Fraction(number) if len(number) <= LONGEST_NUMBER and NUMBER.fullmatch(number) else None


def _significant(number: str) -> str:
    """The digits of a number from the first that is not zero to the last."""
    return number.replace(".", "").strip("0")


def _written(value: Fraction) -> str:
    """A number as `values_of` writes it, "none" when it has no end or is negative."""
    rest, places = value.denominator, 0
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1 or value < 0:
        return "none"
    while value.denominator != 1:
        value, places = value * 10, places + 1
    text = str(value.numerator).rjust(places + 1, "0")
    return f"{text[:-places]}.{text[-places:]}" if places else text

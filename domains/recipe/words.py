"""When two texts of a recipe say the same: emphasis, fractions, unit spellings, degree signs, quotes and durations."""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from domains.kit.schema import text
from domains.recipe.facts import bare
from domains.recipe.measures import UNITS, plain_fractions

_STRESS = re.compile(r"(\*\*|\*|(?<!\w)__?)([^*_\s](?:[^*_]*[^*_\s])?)(\1)")
_DEGREES = re.compile(r"(\d)\s*(?:°|º|(?i:degrees?|deg\.?)(?!\w))\s*(?:(?i:(c)(?:elsius)?|(f)(?:ahrenheit)?)\b)?")
_BARE = re.compile(r"\b(\d{2,3})\s?([CF])\b(?!\.)")
_UNIT = re.compile(r"(\d)[ -]?(fluid ounces?|fl\.? ?oz|[A-Za-z]{1,11})\b\.?(?=(\s+[A-Z]|\s*$)?)")
_RANGE = re.compile(r"(\d)\s?[–—-]\s?(\d)")
_TIMES = {
    "min": "min", "mins": "min", "minute": "min", "minutes": "min", "h": "h", "hr": "h", "hrs": "h", "hour": "h",
    "hours": "h", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
}  # fmt: skip
_WORDS = {**{k: v for k, v in UNITS.items() if len(k) > 1 or k in "gl"}, **_TIMES}
_DURATION = re.compile(
    r"(?i)p?t?(?:(\d{1,4}(?:\.\d{1,3})?)\s*(?:h|hrs?|hours?|std\.?|stunden?)(?![a-z])\.?)?(?:,|\s+and|\s+)?\s*"
    r"(?:(\d{1,5})\s*(?:m|mins?|minutes?|minuten)(?![a-z])\.?)?"
)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "\u202f": " "})
LONG = 20_000


@lru_cache(maxsize=16384)
def canon(value: str) -> str:
    """One spelling of all that mean the same to a cook."""
    if len(value) > LONG:
        return " ".join(value.split())
    line = value.translate(_QUOTES)
    if "*" in line or "_" in line:
        line = _STRESS.sub(r"\2", _STRESS.sub(r"\2", line))
    line = " ".join(plain_fractions(line).split())
    if any(c.isdigit() for c in line):
        line = _DEGREES.sub(lambda m: f"{m[1]} °{'C' if m[2] else 'F' if m[3] else ''}", line)
        line = _BARE.sub(r"\1 °\2", line)
        line = _UNIT.sub(_unit, _RANGE.sub(r"\1-\2", line))
    return line


def _unit(match: re.Match[str]) -> str:
    word = match[2].casefold().replace("fl. oz", "fl oz")
    known = _WORDS.get(word) if match[2] not in ("G", "H") else None
    # A full stop that may end a sentence stays.
    stop = "." if match[0].endswith(".") and (known is None or match[3] is not None) else ""
    return f"{match[1]} {known}{stop}" if known else match[0]


def same_words(a: Any, b: Any) -> float:
    """Share of words kept in order, after `canon`."""
    return text(canon(a), canon(b))


def heading(value: str) -> Hashable:
    """Headings: a colon at the end means nothing."""
    return canon(value).rstrip(": ")


def duration(value: str) -> Hashable:
    """Values of facts: `1 h 15 min`, `75 minutes` and `PT1H15M` are one; else as any text."""
    line = value.strip()
    match = _DURATION.fullmatch(line) if len(line) < 40 else None
    if match and (match[1] or match[2]):
        return float(match[1] or 0) * 60 + int(match[2] or 0)
    return canon(value)


def fact_name(value: str) -> Hashable:
    """`Prep`, `prep time` and `Prep Time:` are one."""
    name = " ".join(bare(str(value)).replace("_", " ").strip(" :").split())
    return name.removesuffix(" time") or name


def cells(value: Any) -> Hashable:
    """A table row, cell by cell."""
    return tuple(canon(cell) for cell in value)

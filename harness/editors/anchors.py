"""Where in a file the lines of a block are: exactly, else but for white space, else by the one place that is nearly so.

Several exact places, or several but for white space, are none: which one was meant cannot be known. White space is the
blank at either end of a line, the width of that within it, and empty lines. The nearest place counts when the lines are
alike to NEAR, none less than LINE, and no other place comes within MARGIN; it is looked for among runs of as many lines
as the block has.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal

Way = Literal["exact", "white space", "near"]
WAYS: tuple[Way, ...] = ("exact", "white space", "near")

NEAR = 0.9
LINE = 0.6
MARGIN = 0.05
"""Normalised Indel similarity (rapidfuzz), lines weighted with their length."""
WORK = 1e10
"""What looking for near places may cost in a reply, in pairs of characters compared: a few seconds. Beyond, blocks are
found exactly, or but for white space, or not at all."""
_PAIR = 500
"""What a pair of lines costs however short they are."""
PLACES = 5
"""Places of an ambiguous block that are told."""


@dataclass(frozen=True, slots=True)
class Found:
    """The lines from `start` up to `stop`, from 0. `pairs` are lines of the block and of the file that correspond."""

    start: int
    stop: int
    way: Way
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """Why there is no one place; `near` are the lines that come nearest, from the first up to the second number."""

    why: str
    near: tuple[int, int] | None = None


class Budget:
    """What is left of WORK."""

    def __init__(self, work: float = WORK) -> None:
        self._left = work

    def allows(self, work: float) -> bool:
        """Whether that much is left; if so it is taken."""
        if work > self._left:
            return False
        self._left -= work
        return True


class Runs:
    """Lines to look for runs of lines in."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._known = set(lines)
        self._text = "\n" + "".join(line + "\n" for line in lines)
        self._starts = [0, *accumulate(len(line) + 1 for line in lines)]

    def places(self, want: Sequence[str]) -> list[int]:
        """The first lines of up to PLACES runs equal to `want`."""
        if not all(line in self._known for line in want):
            return []
        needle = "\n" + "".join(line + "\n" for line in want)
        found: list[int] = []
        at = self._text.find(needle)
        while at >= 0 and len(found) < PLACES:
            found.append(bisect_right(self._starts, at) - 1)
            at = self._text.find(needle, at + 1)
        return found


class Anchors:
    """One file's lines, looked through for blocks."""

    def __init__(self, lines: Sequence[str], budget: Budget) -> None:
        self._budget = budget
        self._exact = Runs(lines)
        self._kept = [n for n, line in enumerate(lines) if line.strip()]
        self._plain = [plain(lines[n]) for n in self._kept]
        self._size = sum(map(len, self._plain))
        self._loose: Runs | None = None

    def find(self, want: Sequence[str], line: int | None = None) -> Found | Lost:
        """The one place of these lines. A diff's `line`, from 1, decides between several exact ones."""
        places = self._exact.places(want)
        if line is not None and len(places) > 1 and line - 1 in places:
            places = [line - 1]
        if len(places) == 1:
            start = places[0]
            return Found(start, start + len(want), "exact", tuple((n, start + n) for n in range(len(want))))
        if places:
            return _several(places)
        kept = [n for n, text in enumerate(want) if text.strip()]
        loose = [plain(want[n]) for n in kept]
        if not loose:
            return Lost("its SEARCH part is blank")
        self._loose = self._loose or Runs(self._plain)
        places = self._loose.places(loose)
        if len(places) > 1:
            return _several([self._kept[n] for n in places])
        return self._found(places[0], kept, "white space") if places else self._near(loose, kept)

    def _found(self, first: int, kept: Sequence[int], way: Way) -> Found:
        run = self._kept[first : first + len(kept)]
        return Found(run[0], run[-1] + 1, way, tuple(zip(kept, run, strict=True)))

    def _near(self, want: Sequence[str], kept: Sequence[int]) -> Found | Lost:
        why = "its SEARCH part is not in the file"
        runs = len(self._plain) - len(want) + 1
        cost = sum(map(len, want)) * self._size + _PAIR * len(want) * len(self._plain)
        if runs < 1 or not self._budget.allows(cost):
            return Lost(why)
        alike, least = _alike(want, self._plain, runs)
        best = int(alike.argmax())
        score = float(alike[best])
        run = self._kept[best : best + len(want)]
        alike[best] = 0.0
        if score >= NEAR and least[best] >= LINE:
            if score - float(alike.max()) >= MARGIN:
                return self._found(best, kept, "near")
            why += ", and more than one place is nearly so"
        return Lost(why, (run[0], run[-1] + 1))


def plain(line: str) -> str:
    """A line but for its white space."""
    return " ".join(line.split())


def _alike(want: Sequence[str], have: Sequence[str], runs: int) -> tuple[Any, Any]:
    """How alike `want` is to each run of as many lines, and the least alike of their lines. In [0, 1]."""
    import numpy as np
    from rapidfuzz.distance import Indel
    from rapidfuzz.process import cdist

    theirs, ours = list(dict.fromkeys(want)), list(dict.fromkeys(have))
    table = cdist(theirs, ours, scorer=Indel.normalized_similarity, dtype=np.float32)
    column = {text: n for n, text in enumerate(ours)}
    row = {text: n for n, text in enumerate(theirs)}
    columns = np.array([column[text] for text in have])
    total = sum(map(len, want))
    alike, least = np.zeros(runs), np.ones(runs)
    for n, text in enumerate(want):
        found = table[row[text], columns[n : n + runs]]
        alike += found * (len(text) / total)
        np.minimum(least, found, out=least)
    return alike, least


def _several(places: Sequence[int]) -> Lost:
    more = " and more" if len(places) == PLACES else ""
    return Lost(f"its SEARCH part is there more than once, in lines {', '.join(str(n + 1) for n in places)}{more}")

"""What became of the errors planted in a document: kept, repaired or made into other ones, and what the model damaged
besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domains import Change, Files

Where = tuple[tuple[int, ...], str | None]


@dataclass(frozen=True, slots=True)
class Fate:
    """After one hop. Of the planted errors, the share that stands as it was planted, that is right again, and that is
    wrong in another way; None where nothing was planted. `own` is the loss at all other places: the model's own."""

    kept: float | None
    repaired: float | None
    worse: float | None
    own: float


class Planted:
    """The errors of one document: where they are in it, and what stood there before. An invented record is a place
    without anything before."""

    def __init__(self, domain: str, clean: Files, seed: Files) -> None:
        import domains

        found = domains.score(domain, clean, seed).changes
        self._values: dict[Where, str] = {
            (c.candidate, c.field): c.before or ""
            for c in found
            if c.kind == "altered" and c.candidate is not None and c.field is not None
        }
        self._records = [c.candidate for c in found if c.kind == "spurious" and c.candidate is not None]

    @property
    def count(self) -> int:
        return len(self._values) + len(self._records)

    def fate(self, changes: Sequence[Change], loss: float, longest: int) -> Fate:
        """From what the document lost against the planted one. Values were cut at `longest` characters."""
        lost: Mapping[Where, Change] = {(c.reference, c.field): c for c in changes if c.reference is not None}
        gone = {c.reference for c in changes if c.kind == "missing" and c.field is None}
        kept = repaired = 0
        ours: set[Where] = set()
        for (place, name), right in self._values.items():
            change = lost.get((place, name))
            if change is not None:
                ours.add((place, name))
                repaired += change.kind == "altered" and change.after == right[:longest]
            elif not _above(place, gone) and (place, "") not in lost:
                kept += 1
        for place in self._records:
            below = {where for where in lost if where[0][: len(place)] == place}
            if _above(place, gone):
                repaired += 1
                ours |= {where for where in lost if where == (place, None)}
            elif below:
                ours |= below
            else:
                kept += 1
        own = max(0.0, loss - sum(lost[where].share for where in ours))
        if not self.count:
            return Fate(None, None, None, own)
        whole = self.count
        return Fate(kept / whole, repaired / whole, (whole - kept - repaired) / whole, own)


def _above(place: tuple[int, ...], gone: set[tuple[int, ...] | None]) -> bool:
    """Whether an element, or one it stands in, is gone."""
    return any(place[:depth] in gone for depth in range(len(place) + 1))

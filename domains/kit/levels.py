"""The children of two elements as they are compared: what stands in a container that the other document lacks is lifted
out of it.

When a model drops a heading, or puts one above everything, what it holds has changed its level and nothing else. Only
the container's own facts are lost then, or invented.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from domains.kit.element import Element
from domains.kit.index import Index

LIFT = 0.5
"""Share of a container's mass that must stand unchanged on the other document's level."""

Place = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """Elements side by side. `places` are their child numbers, None when nothing was lifted; `shells` are the positions
    of containers whose children stand behind them."""

    items: Sequence[Element]
    places: Sequence[Place] | None = None
    shells: frozenset[int] = frozenset()

    def place(self, position: int) -> Place:
        return (position,) if self.places is None else self.places[position]


def levels(left: Sequence[Element], right: Sequence[Element], index: Index) -> tuple[Level, Level]:
    """Both sides of a comparison. Elements must be in the index."""
    if not any(e.children for e in left) and not any(e.children for e in right):
        return Level(left), Level(right)
    mine, others = index.identities(left), index.identities(right)
    free_left, free_right = Counter(mine), Counter(others)
    both = free_left & free_right
    free_left -= both
    free_right -= both
    return (
        _level(left, _lifted(left, free_left, right, free_right, index), index),
        _level(right, _lifted(right, free_right, left, free_left, index), index),
    )


def _lifted(
    elements: Sequence[Element], own: Counter[int], others: Sequence[Element], free: Counter[int], index: Index
) -> list[int]:
    """The containers without a twin most of which stands, unchanged, on the other side's level."""
    found = []
    for n, e in enumerate(elements):
        if not e.children or not own[index.identity(e)]:
            continue
        shared = _shared(e.children, free, index)
        if shared and shared >= LIFT * index.mass(e):
            held = (o for o in others if o.kind == e.kind and o.children and free[index.identity(o)])
            if all(_shared(e.children, Counter(index.identities(o.children)), index) < shared for o in held):
                found.append(n)
    return found


def _shared(elements: Sequence[Element], there: Counter[int], index: Index) -> float:
    """Mass of the elements that are there too."""
    if not any(there[identity] for identity in index.identities(elements)):
        return 0.0
    left = Counter(there)
    mass = 0.0
    for e in elements:
        identity, weight = index.entry(e)
        if left[identity] > 0:
            left[identity] -= 1
            mass += weight
    return mass


def _level(elements: Sequence[Element], lifted: list[int], index: Index) -> Level:
    if not lifted:
        return Level(elements)
    items: list[Element] = []
    places: list[Place] = []
    shells: list[int] = []
    for n, e in enumerate(elements):
        items.append(e)
        places.append((n,))
        if n in lifted:
            shells.append(len(items) - 1)
            items[-1] = Element(e.kind, e.fields)
            index.identity(items[-1])
            items += e.children
            places += [(n, k) for k in range(len(e.children))]
    return Level(tuple(items), places, frozenset(shells))

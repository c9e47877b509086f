"""How two Elements of a domain compare: which fields count, how much, and when two values are the same.

A comparator gives the similarity of two unequal values in [0, 1]; equal values are never asked about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rapidfuzz.distance import LCSseq

from domains.kit.element import STRAY, Element

Value = Any
"""A field's value as its parser typed it: the comparator and the parser of a domain agree on the type."""


class SchemaError(Exception):
    """A document holds a kind or a field that its schema does not weigh: a fact that no score would see."""


def exact(_a: Value, _b: Value) -> float:
    """Equal or not. For identifiers, codes, names, dates, numbers: a changed number is wrong, not close."""
    return 0.0


def text(a: Value, b: Value) -> float:
    """Share of words kept in order: LCS(a, b) / max(len(a), len(b)), in words. Removing or replacing k of n words gives
    1 - k/n; adding k gives n/(n + k)."""
    left, right = str(a).split(), str(b).split()
    longest = max(len(left), len(right))
    return LCSseq.similarity(left, right) / longest if longest else 1.0


def bag(a: Value, b: Value) -> float:
    """Tuples without order: size of the multiset intersection / size of the larger."""
    longest = max(len(a), len(b))
    return (Counter(a) & Counter(b)).total() / longest if longest else 1.0


def sequence(a: Value, b: Value) -> float:
    """Tuples in order: longest common subsequence / length of the longer."""
    longest = max(len(a), len(b))
    return LCSseq.similarity(a, b) / longest if longest else 1.0


@dataclass(frozen=True, slots=True)
class Field:
    """How one field compares. Two values are equal when their `canon` is; `weight` is its mass, or gives it from the
    value (for a text whose mass should grow with its length)."""

    how: Callable[[Value, Value], float] = exact
    weight: float | Callable[[Value], float] = 1.0
    canon: Callable[[Value], Hashable] | None = None


def spaced(value: Value) -> Hashable:
    """Canonical form of prose: runs of white space count as one blank."""
    return " ".join(str(value).split())


def words(per_word: float = 0.1, least: float = 1.0) -> Callable[[Value], float]:
    """A weight that grows with the number of words of a text, from `least`."""
    return lambda value: max(least, per_word * len(str(value).split()))


def prose(weight: float | Callable[[Value], float] = 1.0) -> Field:
    """A text field in which white space does not matter."""
    return Field(text, weight, spaced)


@dataclass(frozen=True, slots=True)
class Kind:
    """How Elements of one kind compare.

    fields   every field that may occur, with its comparator and weight
    key      groups of fields that identify an element among its siblings, best first: ("uid",) or ("date", "payee")
    order    mass that an element loses when it is out of place among its siblings; 0 where order means nothing
    weight   mass of the element's mere existence, beside its fields; needed only by kinds that may have no field
    label    what a path shows in brackets; default the first key's values
    """

    fields: Mapping[str, Field] = field(default_factory=dict)
    key: tuple[tuple[str, ...], ...] = ()
    order: float = 0.0
    weight: float = 0.0
    label: Callable[[Element], str] | None = None

    def name(self, element: Element) -> str:
        """What tells this element from its siblings, for a person; "" when nothing does."""
        if self.label is not None:
            return self.label(element)
        if self.key:
            return " ".join(str(element.fields[k]) for k in self.key[0] if k in element.fields)
        return ""


class Schema:
    """The kinds of a domain. A `stray` kind is always there: unplaced text weighs like one fact."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self.kinds: Mapping[str, Kind] = {STRAY: Kind({"text": prose()}, order=0.0), **kinds}

    def kind(self, name: str) -> Kind:
        try:
            return self.kinds[name]
        except KeyError:
            raise SchemaError(f"kind {name!r} is not in the schema ({', '.join(sorted(self.kinds))})") from None

    def with_field(self, kinds: tuple[str, ...], name: str, rule: Field) -> Schema:
        """A schema in which these kinds have one field more."""
        changed = {k: replace(self.kinds[k], fields={**self.kinds[k].fields, name: rule}) for k in kinds}
        return Schema({**self.kinds, **changed})

    def unordered(self) -> Schema:
        """A schema in which no element's place among its siblings matters."""
        return Schema({name: replace(kind, order=0.0) for name, kind in self.kinds.items()})

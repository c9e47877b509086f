"""Comparison: the score of a candidate document against a reference, its exact decomposition, and the list of Changes.

score = preserved mass / (reference mass + spurious mass), in [0, 1]; 1 - score = missing + altered + spurious + moved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from domains.kit.align import align, in_order
from domains.kit.element import STRAY, Element
from domains.kit.index import Index
from domains.kit.levels import Level, levels
from domains.kit.schema import Schema

Loss = Literal["missing", "altered", "spurious", "moved"]


@dataclass(frozen=True, slots=True)
class Change:
    """One loss: what it is, where, what stood there and what stands there now. `share` is its part of `1 - score`.

    `reference` and `candidate` are the positions of the element in either document (child numbers from the root), None
    where it has none; `field` is None when the whole element is concerned, "" when all but what stands below it is.
    """

    kind: Loss
    path: str
    before: str | None
    after: str | None
    share: float
    field: str | None
    reference: tuple[int, ...] | None
    candidate: tuple[int, ...] | None

    def __str__(self) -> str:
        before, after = self.before or "", self.after or ""
        if self.kind == "missing":
            return f"{self.path} missing: {before}"
        if self.kind == "spurious":
            return f"{self.path} invented: {after}"
        return f"{self.path}{' moved:' if self.kind == 'moved' else ''} {before} -> {after}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How much of a reference a candidate preserves. `valid`: the format's own tool would accept the candidate as it
    stands. `reference_mass` and `spurious_mass` are in schema weights; the shares are parts of the loss and add up."""

    score: float
    missing: float
    altered: float
    spurious: float
    moved: float
    changes: tuple[Change, ...]
    valid: bool
    reference_mass: float
    spurious_mass: float


class Delta:
    """What is lost between two unequal elements of one kind, in schema weights, and where. One node of a tree."""

    __slots__ = ("altered", "children", "fields", "gone", "left", "lefts", "missing", "moved", "new", "right", "rights",
                 "shifted", "spurious")  # fmt: skip

    def __init__(self, left: Element, right: Element) -> None:
        self.left, self.right = left, right
        self.lefts, self.rights = Level(left.children), Level(right.children)
        self.missing = self.altered = self.spurious = self.moved = 0.0
        self.fields: list[tuple[Loss, str, object, object, float]] = []
        self.children: list[tuple[int, int, Delta]] = []
        self.gone: list[int] = []
        self.new: list[int] = []
        self.shifted: list[tuple[int, int, float]] = []


class Comparer:
    """Compares documents of one schema. Keeps what it has seen, so several comparisons of one hop share the work."""

    def __init__(self, schema: Schema) -> None:
        self.index = Index(schema)
        self._deltas: dict[tuple[int, int], Delta] = {}

    @property
    def size(self) -> int:
        """How many elements it keeps in mind."""
        return len(self.index)

    def compare(self, reference: Element, candidate: Element, *, changes: bool = True) -> Comparison:
        """Score `candidate` against `reference`; both are roots of one kind. Without `changes` the list stays empty,
        which saves naming every one. SchemaError when a fact has no weight."""
        same = self.index.identity(reference) == self.index.identity(candidate)
        mass = self.index.mass(reference)
        valid = not candidate.problems and all(e.kind != STRAY for e in candidate.children)
        if same:
            return Comparison(1.0, 0.0, 0.0, 0.0, 0.0, (), valid, mass, 0.0)
        delta = self.delta(reference, candidate)
        whole = mass + delta.spurious
        if whole == 0.0:  # two documents without a single fact
            return Comparison(1.0, 0.0, 0.0, 0.0, 0.0, (), valid, 0.0, 0.0)
        named = tuple(self._changes(delta, "", (), (), whole)) if changes else ()
        missing, altered = delta.missing / whole, delta.altered / whole
        spurious, moved = delta.spurious / whole, delta.moved / whole
        score = max(0.0, 1.0 - (missing + altered + spurious + moved))
        return Comparison(score, missing, altered, spurious, moved, named, valid, mass, delta.spurious)

    def kept(self, left: Element, right: Element) -> float:
        """Share of the heavier element's mass that a match of the two preserves."""
        identity, mass = self.index.entry(left)
        twin, other = self.index.entry(right)
        if identity == twin:
            return 1.0
        whole = max(mass, other)
        if not whole:
            return 1.0
        if not left.children and not right.children:
            return self._kept_fields(left, right) / whole
        delta = self.delta(left, right)
        return (mass - delta.missing - delta.altered - delta.moved) / whole

    def delta(self, left: Element, right: Element) -> Delta:
        known = self._deltas.get((id(left), id(right)))
        if known is None:
            known = self._deltas[id(left), id(right)] = Delta(left, right)
            if left.kind != right.kind:
                raise ValueError(f"cannot compare {left.kind} with {right.kind}")
            self._fields(known)
            if left.children or right.children:
                self._below(known)
        return known

    def _fields(self, delta: Delta) -> None:
        before, after = delta.left.fields, delta.right.fields
        if before == after:
            return
        rules = self.index.rule(delta.left.kind).fields
        for name, a in before.items():
            b = after.get(name)
            if a == b:
                continue
            rule = rules[name]
            mass = rule.weight(a) if callable(rule.weight) else rule.weight
            if b is None:
                delta.missing += mass
                delta.fields.append(("missing", name, a, None, mass))
            elif rule.canon is None or rule.canon(a) != rule.canon(b):
                mass *= 1.0 - rule.how(a, b)
                delta.altered += mass
                delta.fields.append(("altered", name, a, b, mass))
        for name, b in after.items():
            if name not in before:
                rule = rules[name]
                mass = rule.weight(b) if callable(rule.weight) else rule.weight
                delta.spurious += mass
                delta.fields.append(("spurious", name, None, b, mass))

    def _kept_fields(self, left: Element, right: Element) -> float:
        """Mass that two elements without children have in common: what `_fields` does not lose, without the record."""
        kind = self.index.rule(left.kind)
        kept = kind.weight + kind.order
        after = right.fields
        for name, a in left.fields.items():
            b = after.get(name)
            if b is None:
                continue
            rule = kind.fields[name]
            mass = rule.weight(a) if callable(rule.weight) else rule.weight
            if a == b or (rule.canon is not None and rule.canon(a) == rule.canon(b)):
                kept += mass
            else:
                kept += mass * rule.how(a, b)
        return kept

    def _below(self, delta: Delta) -> None:
        index = self.index
        delta.lefts, delta.rights = levels(delta.left.children, delta.right.children, index)
        left, right = delta.lefts.items, delta.rights.items
        pairs = align(left, right, index, self.kept)
        order = {kind: index.rule(kind).order for kind in {e.kind for e in left}}
        placed = [(i, j) for i, j in pairs if order[left[i].kind]]
        if any(a[1] > b[1] for a, b in pairwise(placed)):
            stay = in_order([j for _, j in placed])
            for position, (i, j) in enumerate(placed):
                if position not in stay:
                    mass = order[left[i].kind]
                    delta.moved += mass
                    delta.shifted.append((i, j, mass))
        same_left, same_right = index.identities(left), index.identities(right)
        for i, j in pairs:
            if same_left[i] != same_right[j]:
                below = self.delta(left[i], right[j])
                delta.children.append((i, j, below))
                delta.missing += below.missing
                delta.altered += below.altered
                delta.spurious += below.spurious
                delta.moved += below.moved
        kept_left, kept_right = {i for i, _ in pairs}, {j for _, j in pairs}
        delta.gone = [i for i in range(len(left)) if i not in kept_left]
        delta.new = [j for j in range(len(right)) if j not in kept_right]
        delta.missing += sum(index.mass(left[i]) for i in delta.gone)
        delta.spurious += sum(index.mass(right[j]) for j in delta.new)

    def _changes(
        self, delta: Delta, path: str, here: tuple[int, ...], there: tuple[int, ...], whole: float
    ) -> Iterator[Change]:
        dot = path + "." if path else ""
        for kind, name, a, b, mass in delta.fields:
            yield Change(kind, dot + name, _show(a), _show(b), mass / whole, name, here, there)
        left, right = delta.lefts, delta.rights
        schema = self.index.schema
        name_left = _level_names(left, schema) if delta.children or delta.gone or delta.shifted else []
        events: list[tuple[int, int, Iterator[Change]]] = []
        for i, j, mass in delta.shifted:
            change = Change("moved", dot + name_left[i], f"position {i + 1}", f"position {j + 1}", mass / whole, None,
                            here + left.place(i), there + right.place(j))  # fmt: skip
            events.append((i, 0, iter((change,))))
        for i, j, below in delta.children:
            place, other = here + left.place(i), there + right.place(j)
            events.append((i, 1, self._changes(below, dot + name_left[i], place, other, whole)))
        for i in delta.gone:
            mass, field = self.index.mass(left.items[i]), "" if i in left.shells else None
            change = Change("missing", dot + name_left[i], describe(left.items[i]), None, mass / whole, field,
                            here + left.place(i), None)  # fmt: skip
            events.append((i, 2, iter((change,))))
        for _, _, found in sorted(events, key=lambda e: e[:2]):
            yield from found
        if delta.new:
            name_right = _level_names(right, schema)
            for j in delta.new:
                mass, field = self.index.mass(right.items[j]), "" if j in right.shells else None
                yield Change("spurious", dot + name_right[j], None, describe(right.items[j]), mass / whole, field, None,
                             there + right.place(j))  # fmt: skip


def compare(schema: Schema, reference: Element, candidate: Element) -> Comparison:
    """One comparison; see `Comparer.compare`."""
    return Comparer(schema).compare(reference, candidate)


def _level_names(level: Level, schema: Schema) -> list[str]:
    """How each element of a level is called: what was lifted keeps the name of its container."""
    if level.places is None:
        return _names(level.items, schema)
    tops = _names([e for e, place in zip(level.items, level.places, strict=True) if len(place) == 1], schema)
    names = []
    for container, top in enumerate(tops):
        inner = [e for e, place in zip(level.items, level.places, strict=True) if place[:-1] == (container,)]
        names += [top, *(f"{top}.{name}" for name in _names(inner, schema))]
    return names


def _names(elements: Sequence[Element], schema: Schema) -> list[str]:
    """How each sibling is called in a path: `kind[name]`, `kind[name #2]` for namesakes, `kind[n]` without a name."""
    names = [(e.kind, schema.kind(e.kind).name(e)) for e in elements]
    count = Counter(names)
    met: Counter[tuple[str, str]] = Counter()
    shown = []
    for kind, name in names:
        met[kind, name] += 1
        number = met[kind, name]
        inner = str(number) if not name else name if count[kind, name] == 1 else f"{name} #{number}"
        shown.append(f"{kind}[{inner}]")
    return shown


def _show(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, tuple):
        return ", ".join(str(v) for v in value)
    return str(value)


def describe(element: Element, limit: int = 200) -> str:
    """An element in one line: the values of its fields and of those below it."""
    parts = [shown for e in element.walk() for v in e.fields.values() if (shown := _show(v)) is not None]
    line = " | ".join(parts) or element.kind
    return line if len(line) <= limit else line[: limit - 1] + "…"

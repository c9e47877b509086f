"""The document that most of several versions agree on: every element is there, holds what it holds and stands where it
stands in the majority of them.

Versions are aligned one after the other with the first, the pivot, which also decides every tie.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from functools import cmp_to_key

from domains.kit.align import align
from domains.kit.compare import Comparer
from domains.kit.domain import Domain
from domains.kit.element import Element
from domains.kit.schema import Field, Kind, Schema, text

LEAST = 0.51
"""Share for a vote: strangers in each other's place must not vote for one another."""

_LINES = Schema({"text": Kind(), "line": Kind({"text": Field(text)}, order=1.0)})


def vote(domain: Domain, documents: Sequence[Element]) -> Element:
    """The majority of versions of one document, the first of them the pivot. Of errors that come to each element
    independently at rate p, three versions leave 3p^2 - 2p^3. ValueError when there is no version, or of two kinds."""
    return _Majority(domain.schema).of(documents)


def vote_lines(versions: Sequence[str]) -> str:
    """The majority of versions of one text, line by line."""
    roots = [
        Element("text", {}, tuple(Element("line", {"text": line}) for line in version.split("\n")))
        for version in versions
    ]
    return "\n".join(line.text("text") for line in _Majority(_LINES).of(roots).children)


def mend(domain: Domain, candidate: Element, reference: Element, seen: Callable[[], bool]) -> Element:
    """The candidate with some of its differences from the reference mended: `seen` is asked about each, once."""
    return _Mending(domain.schema, seen).of((candidate, reference))


class _Column:
    """One element as the versions have it: `held` and `place` by version number."""

    def __init__(self, version: int, place: int, element: Element) -> None:
        self.face = element
        """What later versions are aligned with."""
        self.held = {version: element}
        self.place = {version: place}

    def add(self, version: int, place: int, element: Element) -> None:
        self.held[version] = element
        self.place[version] = place


class _Settlement(ABC):
    """One document made of several. What is decided where they differ is the subclass's; `least` is the share of two
    elements' mass that must agree for them to be versions of one element."""

    least = LEAST

    def __init__(self, schema: Schema) -> None:
        self.comparer = Comparer(schema)
        self.index = self.comparer.index

    def of(self, documents: Sequence[Element]) -> Element:
        if len({document.kind for document in documents}) != 1:
            raise ValueError("one document can only be made of versions of one kind")
        for document in documents:
            self.index.identity(document)
        return self._settled(documents)

    @abstractmethod
    def value(self, keys: Sequence[Hashable]) -> int:
        """The version whose value is taken; None among the keys is an absent field."""

    @abstractmethod
    def present(self, column: _Column, versions: int) -> bool:
        """Whether an element stays."""

    @abstractmethod
    def ordered(self, columns: list[_Column]) -> list[_Column]:
        """The elements that stay, which not all versions have in the order they stand in here."""

    def _settled(self, versions: Sequence[Element]) -> Element:
        pivot = versions[0]
        if len(set(self.index.identities(versions))) == 1:
            return pivot
        fields = self._fields(versions)
        kept = [c for c in self._columns(versions) if self.present(c, len(versions))]
        order = any(self.index.rule(column.face.kind).order for column in kept)
        if order and any(_out_of_order(kept, version) for version in range(len(versions))):
            kept = self.ordered(kept)
        children = tuple(self._settled([c.held[version] for version in sorted(c.held)]) for c in kept)
        if fields == pivot.fields and children == pivot.children:
            return pivot
        return Element(pivot.kind, fields, children, pivot.problems)

    def _fields(self, versions: Sequence[Element]) -> dict[str, Hashable]:
        rules = self.index.rule(versions[0].kind).fields
        chosen: dict[str, Hashable] = {}
        for name in dict.fromkeys(name for version in versions for name in version.fields):
            canon = rules[name].canon
            values = [version.fields.get(name) for version in versions]
            keys = [canon(v) if canon is not None and v is not None else v for v in values]
            value = values[0] if len(set(keys)) == 1 else values[self.value(keys)]
            if value is not None:
                chosen[name] = value
        return chosen

    def _columns(self, versions: Sequence[Element]) -> list[_Column]:
        """The children of all versions, those of one element in one column, in the pivot's order; what it lacks stands
        behind what it follows elsewhere."""
        columns = [_Column(0, place, child) for place, child in enumerate(versions[0].children)]
        for version, parent in enumerate(versions[1:], 1):
            partner = self._partners(columns, parent.children)
            behind: dict[int, list[_Column]] = {}
            last = -1
            for place, child in enumerate(parent.children):
                at = partner.get(place)
                if at is None:
                    behind.setdefault(last, []).append(_Column(version, place, child))
                else:
                    columns[at].add(version, place, child)
                    last = at
            if behind:
                rows = ([column, *behind.get(at, ())] for at, column in enumerate(columns))
                columns = [*behind.get(-1, ()), *(column for row in rows for column in row)]
        return columns

    def _partners(self, columns: Sequence[_Column], children: Sequence[Element]) -> dict[int, int]:
        """The column of each child that has one. Alignment also pairs strangers that stand in each other's place, which
        would let an invented element vote for another one; what is alone of its kind on both sides is no stranger."""
        faces = [column.face for column in columns]
        here, there = (Counter(e.kind for e in side) for side in (faces, children))
        return {
            j: i
            for i, j in align(faces, children, self.index, self.comparer.kept)
            if here[faces[i].kind] == there[faces[i].kind] == 1
            or self.comparer.kept(faces[i], children[j]) >= self.least
        }  # fmt: skip


class _Majority(_Settlement):
    def value(self, keys: Sequence[Hashable]) -> int:
        count = Counter(keys)
        most = max(count.values())
        return next(n for n, key in enumerate(keys) if count[key] == most)

    def present(self, column: _Column, versions: int) -> bool:
        return 2 * len(column.held) + (0 in column.held) > versions

    def ordered(self, columns: list[_Column]) -> list[_Column]:
        return sorted(columns, key=cmp_to_key(_before))


class _Mending(_Settlement):
    least = 0.0  # of two versions one is right: what stands in an element's place is that element, altered

    def __init__(self, schema: Schema, seen: Callable[[], bool]) -> None:
        super().__init__(schema)
        self.seen = seen

    def value(self, keys: Sequence[Hashable]) -> int:
        return int(len(keys) > 1 and self.seen())

    def present(self, column: _Column, versions: int) -> bool:
        return len(column.held) == versions or (0 in column.held) != self.seen()

    def ordered(self, columns: list[_Column]) -> list[_Column]:
        return sorted(columns, key=cmp_to_key(_after_last)) if self.seen() else columns


def _out_of_order(columns: Sequence[_Column], version: int) -> bool:
    places = [c.place[version] for c in columns if version in c.place]
    return places != sorted(places)


def _before(a: _Column, b: _Column) -> int:
    """Negative when most of the versions that have both have `a` first; of as many, the earliest decides."""
    both = [version for version in sorted(a.place) if version in b.place]
    balance = sum(1 if a.place[version] > b.place[version] else -1 for version in both)
    return balance or (a.place[both[0]] - b.place[both[0]] if both else 0)


def _after_last(a: _Column, b: _Column) -> int:
    """Negative when the last version that has both has `a` first."""
    both = [version for version in a.place if version in b.place]
    return a.place[max(both)] - b.place[max(both)] if both else 0

"""The two smallest nouns: Files, what a model sees, and Element, what an expert reads in them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from decimal import Decimal

Files = Mapping[str, str]
"""File name to text. What a model is shown and what it returns."""

MAX_DEPTH = 60
"""Deepest nesting of Elements a document may have; parsers raise ParseError beyond it."""

STRAY = "stray"
"""Kind of the Elements that hold text a parser could not place: no text vanishes."""


class Element:
    """One node of a parsed document: its kind, its typed fields and its children. Immutable by contract and guarded.

    Field values are hashable (str, int, Decimal, bool, date, time, tuples of these); an absent field is not in
    `fields`. `problems` says what the parser had to recover from (at the root; `file:line: what`). It takes no part
    in equality, so a document recovered from a slip equals the clean one.
    """

    __slots__ = ("_hash", "children", "fields", "kind", "problems")

    kind: str
    fields: Mapping[str, Hashable]
    children: tuple[Element, ...]
    problems: tuple[str, ...]
    _hash: int | None

    def __init__(
        self,
        kind: str,
        fields: Mapping[str, Hashable] | None = None,
        children: tuple[Element, ...] = (),
        problems: tuple[str, ...] = (),
    ) -> None:
        _set_kind(self, kind)
        _set_fields(self, fields if fields is not None else {})
        _set_children(self, children)
        _set_problems(self, problems)
        _set_hash(self, None)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Element is immutable: use `with_fields` or `with_children` instead of setting {name}")

    def __getitem__(self, name: str) -> Hashable:
        """Value of a field; KeyError when absent."""
        return self.fields[name]

    def get(self, name: str, default: Hashable = None) -> Hashable:
        return self.fields.get(name, default)

    def text(self, name: str) -> str:
        """A field as str, "" when absent."""
        value = self.fields.get(name)
        return "" if value is None else str(value)

    def number(self, name: str) -> Decimal:
        """A field that must be a Decimal. KeyError when absent, TypeError when the parser kept it as something else."""
        value = self.fields[name]
        if not isinstance(value, Decimal):
            raise TypeError(f"{self.kind}.{name} is {value!r}, not a Decimal")
        return value

    def with_fields(self, **changes: Hashable) -> Element:
        """A copy with these fields replaced; None removes a field."""
        fields = {**self.fields, **changes}
        return Element(self.kind, {k: v for k, v in fields.items() if v is not None}, self.children, self.problems)

    def with_children(self, children: tuple[Element, ...] | list[Element]) -> Element:
        return Element(self.kind, self.fields, tuple(children), self.problems)

    def of(self, *kinds: str) -> list[Element]:
        """The children of these kinds, in order."""
        return [child for child in self.children if child.kind in kinds]

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in document order."""
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            stack.extend(reversed(element.children))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Element):
            return NotImplemented
        return self is other or (
            self.kind == other.kind and self.fields == other.fields and self.children == other.children
        )

    def __hash__(self) -> int:
        if self._hash is None:
            _set_hash(self, hash((self.kind, frozenset(self.fields.items()), self.children)))
        return self._hash  # type: ignore[return-value]  # set on the line above

    def __repr__(self) -> str:
        parts = [f"{k}={v!r}" for k, v in self.fields.items()]
        if self.children:
            parts.append(f"{len(self.children)} children")
        return f"<{self.kind} {' '.join(parts)}>".replace(" >", ">")


# The slots' own setters: the class guards its attributes, its constructor is the hot path of every parser.
_set_kind = Element.__dict__["kind"].__set__
_set_fields = Element.__dict__["fields"].__set__
_set_children = Element.__dict__["children"].__set__
_set_problems = Element.__dict__["problems"].__set__
_set_hash = Element.__dict__["_hash"].__set__


def element(kind: str, *children: Element, **fields: Hashable) -> Element:
    """An Element from keywords; fields that are None or "" are left out."""
    return Element(kind, {k: v for k, v in fields.items() if v is not None and v != ""}, children)


def stray(text: str, **fields: Hashable) -> Element:
    """Text that could not be placed, kept so that it is seen."""
    return element(STRAY, text=text, **fields)


class ParseError(ValueError):
    """Meaning is lost: the document cannot be read. `str()` is `file:line: what is wrong`; `line` counts from 1."""

    def __init__(self, message: str, file: str = "", line: int = 0) -> None:
        place = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(place + message)
        self.file = file
        self.line = line


class EditError(ValueError):
    """An edit has no result on these files: `apply` on a document that does not admit it, or `invert` on files it
    cannot read."""

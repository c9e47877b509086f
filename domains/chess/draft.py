"""A line of moves while it is being read."""

from __future__ import annotations

from collections.abc import Hashable

from domains.chess.board import Position
from domains.kit import Element


class Line:
    """A game or a variation that is being read: what it has so far, its last move still open, and where that led."""

    __slots__ = ("before", "children", "fields", "kind", "move", "parts", "position")

    def __init__(self, kind: str, position: Position | None) -> None:
        self.kind = kind
        self.fields: dict[str, Hashable] = {}
        self.children: list[Element] = []
        self.move: dict[str, Hashable] | None = None
        self.parts: list[Element] = []
        self.position = self.before = position

    def settle(self) -> None:
        if self.move is not None:
            self.children.append(Element("move", self.move, tuple(self.parts)))
            self.move, self.parts = None, []

    def add(self, e: Element) -> None:
        (self.children if self.move is None else self.parts).append(e)

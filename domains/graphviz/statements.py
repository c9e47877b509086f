"""The grammar of DOT, by recursive descent: tokens to statements."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from domains.graphviz.format import attribute, left_of, merged, ported
from domains.graphviz.lexer import EDGE, END, HTML, QUOTED, WORD, Lexer, writable
from domains.graphviz.values import KEYWORDS
from domains.kit import MAX_DEPTH, Element, ParseError, stray

_IDS = (WORD, QUOTED, HTML)
MAX_EDGES = 100_000
"""Most edges that groups (`{a b} -> {c d}`) may stand for in a document."""

Ends = list[tuple[str, str | None]]
"""Nodes with their ports."""
Side = Ends | Element
"""One side of an edge: nodes, or a subgraph."""


class Statements:
    """Reads the statements of a graph from tokens. `at` is the number of the token it stands before."""

    def __init__(self, lexer: Lexer) -> None:
        self.lexer = lexer
        self.kinds, self.values = lexer.kinds, lexer.values
        self.at = 0
        self._comment = 0
        self._named: dict[str, list[Element]] = {}
        self._expanded = 0
        self._arrow = ""

    def problem(self, what: str, at: int | None = None) -> None:
        self.lexer.problem(self.lexer.starts[self.at if at is None else at], what)

    def remarks(self) -> Iterator[Element]:
        """The comments before the next token."""
        comments = self.lexer.comments
        while self._comment < len(comments) and comments[self._comment][0] <= self.at:
            yield Element("remark", {"text": comments[self._comment][1]})
            self._comment += 1

    def header_here(self) -> Element | None:
        """`strict digraph NAME {`, taken when it stands here."""
        kinds, values, at = self.kinds, self.values, self.at
        fields: dict[str, str | bool] = {}
        if kinds[at] == WORD and values[at].casefold() == "strict":
            fields["strict"] = True
            at += 1
        if kinds[at] != WORD or values[at].casefold() not in ("graph", "digraph"):
            return None
        fields["type"] = values[at].casefold()
        at += 1
        if kinds[at] in _IDS:
            fields["id"] = values[at]
            at += 1
        if kinds[at] != "{":
            return None
        self.at = at + 1
        return Element("header", fields)

    def _graph_begins(self) -> bool:
        here = self.at
        found = self.values[here].casefold() in KEYWORDS and self.header_here() is not None
        self.at = here
        return found

    # -- statements ---------------------------------------------------------------------------------------------------

    def body(self, depth: int) -> list[Element]:
        """Statements up to the closing brace, which is taken."""
        if depth >= MAX_DEPTH:
            raise ParseError("subgraphs are nested too deeply", self.lexer.name, self.line())
        out: list[Element] = []
        seen: set[str] = set()
        while True:
            out += self.remarks()
            kind = self.kinds[self.at]
            if kind == "}":
                self.at += 1
                break
            if kind == END or (kind == WORD and self._graph_begins()):
                self.problem("a closing brace is missing")
                break
            if kind in (";", ","):
                self.at += 1
            else:
                for e in self.statement(depth):
                    # A second bare mention of a node says nothing.
                    if e.kind == "node" and len(e.fields) == 1:
                        if not e.children and e.text("id") in seen:
                            continue
                        seen.add(e.text("id"))
                    out.append(e)
        return merged(out)

    def statement(self, depth: int) -> list[Element]:
        first, kind, value = self.at, self.kinds[self.at], self.values[self.at]
        following = self.kinds[first + 1] if kind in _IDS else END
        if following == "=" or (kind == QUOTED and following == "+"):
            name = self.identifier()
            if self.kinds[self.at] == "=":
                self.at += 1
                return [self.valued("setting", name)]
            self.at = first
        if kind == WORD and following not in (EDGE, ":") and value.casefold() in ("graph", "node", "edge"):
            self.at += 1
            return self.declaration(value.casefold(), first)
        return self.chain(depth)

    def declaration(self, what: str, first: int) -> list[Element]:
        """`node [...]`: defaults for what follows; `graph [...]`: settings of this graph."""
        if self.kinds[self.at] != "[":
            return self.give_up(first)
        listed = self.attributes()
        if what == "graph":
            return [Element("setting", a.fields) for a in listed]
        return [Element("defaults", {"of": what}, tuple(listed))]

    def give_up(self, first: int) -> list[Element]:
        """A stray of the rest of the line, or statement, that cannot be read."""
        kinds = self.kinds
        self.at = max(self.at, first + 1)
        while kinds[self.at] not in (END, ";", "{", "}") and self.lexer.same_line(self.at):
            self.at += 1
        text = self.lexer.source(first, self.at)
        self.problem(f"not a statement: {text[:60]}", first)
        return [stray(text)]

    def chain(self, depth: int) -> list[Element]:
        """A node, an edge, a chain of edges or a subgraph, with its attributes."""
        first = rest = self.at
        sides: list[Side] = []
        while True:
            side = self.side(depth)
            if side is None:
                return [*(s for s in sides if isinstance(s, Element)), *self.give_up(rest)]
            sides.append(side)
            if isinstance(side, Element):
                rest = self.at
            if self.kinds[self.at] != EDGE:
                break
            if self.values[self.at] != self._arrow:
                self.problem(f"{self.values[self.at]} should be {self._arrow} in this graph")
            self.at += 1
        listed = self.attributes() if self.kinds[self.at] == "[" else []
        if len(sides) > 1:
            return self.edges(sides, listed) or self.give_up(first)
        (side,) = sides
        if isinstance(side, Element):
            return [side, stray(self.lexer.source(rest, self.at))] if listed else [side]
        return [
            Element("node", {"id": name} if port is None else {"id": name, "port": port}, tuple(listed))
            for name, port in side
        ]

    def side(self, depth: int) -> Side | None:
        """One side of an edge, or a statement without edges; None when none stands here."""
        kind = self.kinds[self.at]
        if kind == "{" or (kind == WORD and self.values[self.at].casefold() == "subgraph"):
            return self.subgraph(depth)
        if kind not in _IDS:
            return None
        nodes = [self.node()]
        while self.kinds[self.at] == "," and self.kinds[self.at + 1] in _IDS and self.kinds[self.at + 2] != "=":
            self.at += 1
            nodes.append(self.node())
        return nodes

    def subgraph(self, depth: int) -> Element:
        fields: dict[str, str] = {}
        if self.kinds[self.at] == WORD:
            self.at += 1
            if self.kinds[self.at] in _IDS:
                fields["id"] = self.identifier()
        children: list[Element] = []
        if self.kinds[self.at] == "{":
            self.at += 1
            children = self.body(depth + 1)
        group = Element("subgraph", fields, tuple(children))
        if fields:
            self._named.setdefault(fields["id"], []).append(group)
        return group

    def edges(self, sides: list[Side], listed: list[Element]) -> list[Element]:
        """Every edge of a chain, after the subgraphs that say more than which nodes are in them; none when a side is
        empty."""
        ends = [self.members(s) if isinstance(s, Element) else s for s in sides]
        if not all(ends):
            return []
        self._spend(sum(len(a) * len(b) - 1 for a, b in pairwise(ends)))
        out = [e for s in sides if isinstance(s, Element) for e in left_of(s)]
        for tails, heads in pairwise(ends):
            for tail, tail_port in tails:
                for head, head_port in heads:
                    attributes = ported(listed, tail_port, head_port)
                    out.append(Element("edge", {"tail": tail, "head": head}, tuple(attributes)))
        return out

    def members(self, group: Element) -> Ends:
        """The nodes of a subgraph, in the order of their mention; a named one has all it was given so far."""
        found: dict[str, None] = {}
        for part in self._named.get(group.text("id"), []) if "id" in group.fields else [group]:
            for e in part.walk():
                self._spend(1)
                if e.kind == "node":
                    found[e.text("id")] = None
                elif e.kind == "edge":
                    found[e.text("tail")] = found[e.text("head")] = None
        return [(name, None) for name in found]

    def _spend(self, count: int) -> None:
        self._expanded += count
        if self._expanded > MAX_EDGES:
            raise ParseError(f"groups stand for more than {MAX_EDGES} edges", self.lexer.name, self.line())

    # -- parts of statements ------------------------------------------------------------------------------------------

    def node(self) -> tuple[str, str | None]:
        if self.kinds[self.at] == WORD and self.values[self.at].casefold() in KEYWORDS:
            self.problem(f"{self.values[self.at]} is a keyword: as a node it must be in quotes")
        name = self.identifier()
        parts: list[str] = []
        while self.kinds[self.at] == ":" and self.kinds[self.at + 1] in _IDS and len(parts) < 2:
            self.at += 1
            parts.append(self.identifier())
        return name, ":".join(parts) if parts else None

    def identifier(self) -> str:
        """An id that stands here, strings joined with +."""
        kind, value = self.kinds[self.at], self.values[self.at]
        self.at += 1
        if kind == HTML:
            return writable(f"<{value}>".replace("\n", "\\n"))
        if kind == QUOTED and self.kinds[self.at] == "+":
            parts = [value]
            while self.kinds[self.at] == "+" and self.kinds[self.at + 1] == QUOTED:
                parts.append(self.values[self.at + 1])
                self.at += 2
            return "".join(parts)
        return value

    def valued(self, kind: str, name: str) -> Element:
        """The attribute whose value stands here, after the =."""
        if self.kinds[self.at] not in _IDS:
            self.problem(f"{name} has no value")
            return attribute(kind, name, None)
        if self.kinds[self.at] == HTML:
            self.at += 1
            return attribute(kind, name, self.values[self.at - 1], is_html=True)
        value = self.identifier()
        while self.kinds[self.at] == ":" and self.kinds[self.at + 1] in _IDS:
            self.problem(f"{name}={value}: must be in quotes")
            self.at += 1
            value += ":" + self.identifier()
        return attribute(kind, name, value)

    def attributes(self) -> list[Element]:
        """All of `[a=b, c=d][e=f]`. A list without its end ends where a statement seems to begin."""
        kinds = self.kinds
        found: list[Element] = []
        while kinds[self.at] == "[":
            self.at += 1
            while kinds[self.at] != "]":
                kind = kinds[self.at]
                if kind in _IDS:
                    here = self.at
                    name = self.identifier()
                    if kinds[self.at] == "=":
                        self.at += 1
                        found.append(self.valued("attr", name))
                        continue
                    if kinds[self.at] not in (EDGE, "[", "{") and self.lexer.same_line(here):
                        self.problem(f"{name} has no value", here)
                        found.append(attribute("attr", name, None))
                        continue
                    self.at = here
                elif kind in (",", ";"):
                    self.at += 1
                    continue
                elif kind not in ("}", "{", "[", END) and self.lexer.same_line(self.at):
                    self.problem(f"{self.values[self.at][:20]} in a list of attributes")
                    found.append(attribute("attr", writable(self.values[self.at]), None))
                    self.at += 1
                    continue
                self.problem("a list of attributes without its ]")
                return found
            self.at += 1
        return found

    def line(self) -> int:
        return self.lexer.line(self.lexer.starts[self.at])

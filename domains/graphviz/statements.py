"""The grammar of DOT, by recursive descent: tokens to statements."""

from __future__ import annotations

from itertools import pairwise

from domains.graphviz.format import left_of, merged, ported
from domains.graphviz.lexer import EDGE, END, QUOTED, WORD
from domains.graphviz.parts import IDS, Parts
from domains.graphviz.values import KEYWORDS
from domains.kit import MAX_DEPTH, Element, ParseError, stray

MAX_EDGES = 100_000
"""Most edges that groups (`{a b} -> {c d}`) may stand for in a document."""

Ends = list[tuple[str, str | None]]
"""Nodes with their ports."""
Side = Ends | Element
"""One side of an edge: nodes, or a subgraph."""


class Statements(Parts):
    """Reads the statements of a graph from tokens. `at` is the number of the token it stands before."""

    def header_here(self, lenient: bool = False) -> Element | None:
        """`strict digraph NAME {`, taken when it stands here; leniently a line of its own without the brace too."""
        kinds, values, at = self.kinds, self.values, self.at
        fields: dict[str, str | bool] = {}
        if kinds[at] == WORD and values[at].casefold() == "strict":
            fields["strict"] = True
            at += 1
        if kinds[at] != WORD or values[at].casefold() not in ("graph", "digraph"):
            return None
        fields["type"] = values[at].casefold()
        at += 1
        if kinds[at] in IDS and (not lenient or self.lexer.same_line(at)):
            fields["id"] = values[at]
            at += 1
        if kinds[at] == "{":
            self.at = at + 1
        elif lenient and not self.lexer.same_line(at):
            self.problem("an opening brace is missing")
            self.at = at
        else:
            return None
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
        outer = self.lexer.indent(self.at - 1)
        indented = self.lexer.indent(self.at) > outer or self.lexer.same_line(self.at)
        while True:
            out += self.remarks()
            kind = self.kinds[self.at]
            if self.braces > 0 and indented and depth > 2 and self.outside(outer):
                self.braces -= 1
                self.problem("a closing brace is missing")
                break
            if kind == "}":
                self.at += 1
                if depth > 2 or self.braces >= 0 or self.kinds[self.at] == END or self._graph_begins():
                    break
                self.braces += 1
                self.problem("an opening brace is missing", self.at - 1)
                continue
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

    def outside(self, indent: int) -> bool:
        """Whether a line begins here that by its indentation is no longer in the subgraph whose line has `indent`."""
        here = self.lexer.indent(self.at)
        return not self.lexer.same_line(self.at) and (here < indent or (here == indent and self.kinds[self.at] != "}"))

    def statement(self, depth: int) -> list[Element]:
        first, kind, value = self.at, self.kinds[self.at], self.values[self.at]
        following = self.kinds[first + 1] if kind in IDS else END
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
            if not self.arrow():
                break
            if self.values[self.at] != self._arrow:
                self.problem(f"{self.values[self.at]} should be {self._arrow} in this graph")
            self.at += 1
        grouped = len(sides) == 1 and isinstance(sides[0], Element)
        listed = self.attributes() if self.kinds[self.at] == "[" or not (grouped or not self.list_begins()) else []
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
        if kind not in IDS:
            return None
        nodes = [self.node()]
        while self.kinds[self.at] == "," and self.kinds[self.at + 1] in IDS and self.kinds[self.at + 2] != "=":
            self.at += 1
            nodes.append(self.node())
        return nodes

    def subgraph(self, depth: int) -> Element:
        fields: dict[str, str] = {}
        if self.kinds[self.at] == WORD:
            self.at += 1
            if self.kinds[self.at] in IDS:
                fields["id"] = self.identifier()
        children: list[Element] = []
        if self.kinds[self.at] == "{":
            self.at += 1
            children = self.body(depth + 1)
        elif self.braces < 0 and not self.lexer.same_line(self.at):
            self.braces += 1
            self.problem("an opening brace is missing")
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

"""Files to a document: the graphs in them, and what stands around those."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domains.graphviz.format import MAIN, SCHEMA, render
from domains.graphviz.lexer import END, WORD, Lexer
from domains.graphviz.statements import Statements
from domains.kit import Element, Files, Format, ParseError, stray, texts


def parse(files: Files) -> Element:
    """The graphs in all files given, in the order of their names. The first is the document, others stand under it."""
    graphs: list[tuple[Element, list[Element]]] = []
    outside: list[Element] = []
    problems: list[str] = []
    for name, text in texts(files, MAIN):
        if not re.search("graph", text, re.IGNORECASE):
            raise ParseError("there is no graph in this file", name)
        parser = Parser(Lexer(name, text))
        found, strays = parser.graphs()
        if not found:  # a header may have lost its brace
            parser = Parser(parser.lexer)
            found, strays = parser.graphs(lenient=True)
        if not found:
            raise ParseError("there is no graph in this file", name, 1)
        graphs += found
        outside += strays
        problems += parser.lexer.problems
    (header, body), *others = graphs
    more = [Element("graph", head.fields, tuple(children)) for head, children in others]
    return Element("dot", {}, (header, *body, *more, *outside), tuple(problems))


class Parser(Statements):
    """Reads one file."""

    def graphs(self, lenient: bool = False) -> tuple[list[tuple[Element, list[Element]]], list[Element]]:
        """(header, statements) of each graph, and what stands outside them."""
        found: list[tuple[Element, list[Element]]] = []
        outside: list[Element] = []
        while self.kinds[self.at] != END:
            if self.kinds[self.at] in (";", "{", "}"):
                if self.kinds[self.at] != ";":
                    self.problem("a brace outside of any graph")
                self.at += 1
                continue
            header = self.header_here(lenient and not found)
            if header is None:
                outside += self.prose()
                continue
            body = list(self.remarks())
            self._named.clear()
            self._arrow = "--" if header["type"] == "graph" else "->"
            body += self.body(2)
            found.append((header, body))
        if found:
            found[-1][1].extend(self.remarks())
        return found, outside

    def prose(self) -> Iterator[Element]:
        """Text outside of graphs, a stray a line."""
        first = self.at
        self.at += 1
        while self.kinds[self.at] not in (END, "{", "}") and self.lexer.same_line(self.at):
            if self.kinds[self.at] == WORD and self._graph_begins():
                break
            self.at += 1
        text = self.lexer.source(first, self.at)
        self.problem(f"outside of any graph: {text[:60]}", first)
        yield stray(text)


FORMAT = Format(SCHEMA, parse, render)

"""What statements of DOT are made of: ids, ports, lists of attributes, and what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from domains.graphviz.format import attribute
from domains.graphviz.lexer import EDGE, END, HTML, JUNK, QUOTED, WORD, Lexer, writable
from domains.graphviz.values import KEYWORDS
from domains.kit import Element, stray

IDS = (WORD, QUOTED, HTML)
_LISTED = frozenset((*IDS, "=", ",", "+"))


class Parts:
    """Reads parts of statements from tokens. `at` is the number of the token it stands before."""

    def __init__(self, lexer: Lexer) -> None:
        self.lexer = lexer
        self.kinds, self.values = lexer.kinds, lexer.values
        self.at = 0
        self.braces = lexer.kinds.count("{") - lexer.kinds.count("}")
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

    def node(self) -> tuple[str, str | None]:
        if self.kinds[self.at] == WORD and self.values[self.at].casefold() in KEYWORDS:
            self.problem(f"{self.values[self.at]} is a keyword: as a node it must be in quotes")
        name = self.identifier()
        parts: list[str] = []
        while self.kinds[self.at] == ":" and self.kinds[self.at + 1] in IDS and len(parts) < 2:
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
        if self.kinds[self.at] not in IDS:
            self.problem(f"{name} has no value")
            return attribute(kind, name, None)
        if self.kinds[self.at] == HTML:
            self.at += 1
            return attribute(kind, name, self.values[self.at - 1], is_html=True)
        value = self.identifier()
        while self.kinds[self.at] == ":" and self.kinds[self.at + 1] in IDS:
            self.problem(f"{name}={value}: must be in quotes")
            self.at += 1
            value += ":" + self.identifier()
        return attribute(kind, name, value)

    def attributes(self) -> list[Element]:
        """All of `[a=b, c=d][e=f]`. A list without its end ends where a statement seems to begin."""
        kinds = self.kinds
        found: list[Element] = []
        while kinds[self.at] == "[" or self.list_begins():
            if kinds[self.at] == "[":
                self.at += 1
            else:
                self.problem("a list of attributes without its [")
            while kinds[self.at] != "]":
                kind = kinds[self.at]
                if kind in IDS:
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
                elif self.bullet(self.at) or (kind not in ("}", "{", "[", END) and self.lexer.same_line(self.at)):
                    self.problem(f"{self.values[self.at][:20]} in a list of attributes")
                    found.append(attribute("attr", writable(self.values[self.at]), None))
                    self.at += 1
                    continue
                self.problem("a list of attributes without its ]")
                return found
            self.at += 1
        return found

    def list_begins(self) -> bool:
        """Whether attributes stand here that lack their bracket: there is one that closes, and none that opens."""
        kinds, at = self.kinds, self.at
        if kinds[at] not in IDS or kinds[at + 1] != "=" or not self.lexer.same_line(at):
            return False
        stop = at + 200
        while kinds[at] in _LISTED and at < stop:
            at += 1
        return kinds[at] == "]"

    def bullet(self, at: int) -> bool:
        """Whether a mark of Markdown stands before a statement or attribute."""
        return self.kinds[at] == JUNK and self.values[at] in ("-", "*", "**") and self.kinds[at + 1] in IDS

    def arrow(self) -> bool:
        """Whether an edge operator stands here, or on one line with its nodes what is meant as one."""
        kind, value = self.kinds[self.at], self.values[self.at]
        if kind == EDGE:
            return True
        return (
            kind in (WORD, JUNK)
            and value in ("-", "→", "⟶", "⇒", "—", "–")
            and self.kinds[self.at + 1] in (*IDS, "{")
            and self.lexer.same_line(self.at)
        )

    def give_up(self, first: int) -> list[Element]:
        """A stray of the rest of the line, or statement, that cannot be read."""
        kinds = self.kinds
        self.at = max(self.at, first + 1)
        if self.bullet(first):
            self.problem("not DOT", first)
            return [stray(self.values[first])]
        listing = False
        while kinds[self.at] not in (END, ";", "{", "}") and (
            kinds[self.at] != EDGE if listing else self.lexer.same_line(self.at)
        ):
            listing = kinds[self.at] == "[" or (listing and kinds[self.at] != "]")
            self.at += 1
        text = self.lexer.source(first, self.at)
        self.problem(f"not a statement: {text[:60]}", first)
        return [stray(text)]

    def line(self) -> int:
        return self.lexer.line(self.lexer.starts[self.at])

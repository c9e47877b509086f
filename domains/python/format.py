"""Python source as a reader of its syntax tree sees it, one Element a definition, statement and comment.

https://docs.python.org/3/reference/

Layout, quotes, line wraps, redundant parentheses and number notations are none of its content; names, literals,
comments and docstrings are. A statement that cannot be parsed costs that statement. Nothing is executed.
"""

from __future__ import annotations

import ast
import re

from domains.kit import Element, Files, Format, ParseError, stray, unfence
from domains.python.parts import clean
from domains.python.reader import Reader
from domains.python.render import render
from domains.python.schema import SCHEMA
from domains.python.source import comments, starts, tree

_OPENING = re.compile(r"(if|for|while|with|try|class|def|async|elif|else|except|finally|@)\b|@")
_HEAD_LINES = 12
"""Lines over which the head of a broken block may run."""
PIECES = 20_000
"""Broken pieces of one file that are looked into one by one."""
LEVELS = 12


def parse(files: Files) -> Element:
    """The package of these modules, in the order of their names. ParseError when none holds any Python."""
    problems: list[str] = []
    modules = [module(name, unfence(text), problems) for name, text in sorted(files.items())]
    if not any(m.children or m.get("doc") for m in modules):
        raise ParseError("there is no Python in it", next(iter(files), ""), 1)
    return Element("package", {}, tuple(modules), tuple(problems))


def module(name: str, source: str, problems: list[str]) -> Element:
    try:
        found = tree(source)
        if found is not None:
            return Reader(source, comments(source)).module(name, found)
        repair = Repair(name, problems)
        known = len(problems)
        body = repair.body(source, 1, 0)
    except ParseError as error:
        raise ParseError(str(error), name, error.line) from None
    if repair.lost and all(e.kind in ("stray", "comment") for e in body):
        lost = next(e.text("text") for e in body if e.kind == "stray")
        raise ParseError(f"this is not Python: {lost[:40]!r}", name, 1)
    if len(problems) == known:
        problems.append(f"{name}: every piece is Python, the whole is not: a body is missing, or it is indented wrong")
    doc, rest = leading_doc(body)
    above = body[0].get("above") if doc else None
    return Element("module", {"name": name}, tuple(rest)).with_fields(above=above, doc=doc or None)


def leading_doc(body: list[Element]) -> tuple[str, list[Element]]:
    """The docstring that a body read piece by piece begins with, and the rest."""
    at = next((n for n, e in enumerate(body) if e.kind != "parameter"), None)
    if at is None or body[at].kind != "statement" or (text := body[at].text("text"))[:1] not in ("'", '"'):
        return "", body
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return "", body
    if not isinstance(value, str) or not clean(value):
        return "", body
    return clean(value), [*body[:at], *body[at + 1 :]]


class Repair:
    """Reads a source that does not parse piece by piece, so that what is broken stays small."""

    def __init__(self, name: str, problems: list[str]) -> None:
        self.name, self.problems = name, problems
        self.lost = 0
        self.tried = 0

    def body(self, source: str, line: int, level: int, *, brackets: bool = True) -> list[Element]:
        """The statements of a text without indentation, whose first line is `line` of the file."""
        lines = source.split("\n")
        found: list[Element] = []
        begins = starts(source, brackets=brackets)
        first = begins[0] if begins else len(lines)
        if any(text.strip() for text in lines[:first]):  # what begins with an indentation
            begins = [0, *begins]
        if not begins:
            return []
        for begin, end in zip(begins, [*begins[1:], len(lines)], strict=True):
            found += self.piece("\n".join(lines[begin:end]), line + begin, level, brackets=brackets)
        return found

    def piece(self, text: str, line: int, level: int, *, brackets: bool) -> list[Element]:
        self.tried += 1
        whole = tree(text) if self.tried < PIECES else None
        if whole is not None:
            reader = Reader(text, comments(text))
            return reader.body(whole.body, len(reader.lines) + 1, 0) if whole.body else reader.trailing(len(text), 0)
        if brackets and len(starts(text, brackets=False)) > 1:  # a bracket was never closed
            return self.body(text, line, level, brackets=False)
        opened = self.opened(text, line, level) if level < LEVELS else None
        return opened if opened is not None else [self.unread(text, line)]

    def unread(self, text: str, line: int) -> Element:
        lines = [part.rstrip() for part in text.strip("\n").split("\n")]
        self.lost += 1
        self.problems.append(f"{self.name}:{line}: this is not Python: {text.strip()[:60]!r}")
        return stray("\n".join(lines).rstrip())

    def opened(self, text: str, line: int, level: int) -> list[Element] | None:
        """A block whose heads can be read, with whatever of its bodies can. None when a head cannot."""
        lines = text.split("\n")
        found: list[Element] = []
        at = 0
        while at < len(lines):
            if not lines[at].strip() or (lines[at].startswith("#") and not found):
                at += 1
                continue
            if not _OPENING.match(lines[at]):
                return None
            got = self.head("\n".join(lines[:at] if not found else []), lines, at)
            if got is None:
                return None
            head, after = got
            end = next((n for n in range(after, len(lines)) if lines[n][:1] not in ("", " ", "\t", "#")), len(lines))
            body = self.body(dedented(lines[after:end]), line + after, level + 1)
            body = [*head.of("parameter"), *body]
            doc, body = leading_doc(body) if head.kind in ("function", "class") else ("", body)
            found.append((head.with_fields(doc=doc) if doc else head).with_children(body))
            at = end
        return found

    def head(self, before: str, lines: list[str], at: int) -> tuple[Element, int] | None:
        """The element that a head opens, without its body, and the line after the head."""
        word = re.match(r"\w*", lines[at])[0]  # type: ignore[index]  # matches always
        prefix = {"elif": "if x: pass\n", "else": "if x: pass\n", "except": "try: pass\n", "finally": "try: pass\n"}
        suffix = "\nfinally: pass" if word == "try" else ""
        for end in range(at + 1, min(len(lines), at + _HEAD_LINES) + 1):
            if not re.search(r":\s*(#.*)?$", lines[end - 1]):
                continue
            last = re.sub(r":\s*(#.*)?$", lambda m: f": pass  {m[1] or ''}", lines[end - 1])
            text = "\n".join([before, prefix.get(word, "") + "\n".join([*lines[at : end - 1], last])]) + suffix
            found = tree(text.lstrip("\n"))
            if found is None:
                continue
            body = Reader(text.lstrip("\n"), comments(text.lstrip("\n"))).body(found.body, len(lines) + 9, 0)
            e = body[1 if word in prefix else 0]
            return e.with_children(e.of("parameter")), end
        if word in ("", "def", "class", "async") or not re.search(r"\S.*:\s*$", lines[at]):
            return None
        self.problems.append(f"{self.name}: this is not Python: {lines[at][:60]!r}")
        return Element("block", {"head": lines[at].rstrip()[:-1].rstrip()}), at + 1


def dedented(lines: list[str]) -> str:
    """Lines without the indentation of the first."""
    first = next((line for line in lines if line.strip()), "")
    width = len(first) - len(first.lstrip())
    return "\n".join(line[min(width, len(line) - len(line.lstrip())) :] for line in lines)


FORMAT = Format(SCHEMA, parse, render)

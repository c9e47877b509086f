"""Source text before it is a tree: where its comments are, and where its top-level pieces begin."""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from typing import NamedTuple

# Strings first found are skipped whole; one that is never closed runs to the end of the text (of the line, if it has
# single quotes). Possessive, so that every text is read in one pass.
STRING = (
    r'"""[^\\"]*+(?:(?:\\.|"(?!""))[^\\"]*+)*+(?:"""|\Z)'
    r"|'''[^\\']*+(?:(?:\\.|'(?!''))[^\\']*+)*+(?:'''|\Z)"
    r'|"(?:[^"\\\n]|\\.)*+"?'
    r"|'(?:[^'\\\n]|\\.)*+'?"
)
_SCAN = re.compile(rf"#[^\n]*+|{STRING}|\\.|[(\[{{]++|[)\]}}]++", re.DOTALL)
_CLAUSE = re.compile(r"(?:else|elif|except|finally)\b")


class Comment(NamedTuple):
    """A comment: its line from 1, its column, its text without the `#`, and whether it has the line to itself."""

    line: int
    column: int
    text: str
    alone: bool


def tree(source: str) -> ast.Module | None:
    """The syntax tree, None when there is none. Never executes, never warns."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def comments(source: str) -> list[Comment]:
    """All comments, in order."""
    if "#" not in source:
        return []
    found = []
    line = position = 0
    for m in _SCAN.finditer(source):
        start = m.start()
        if source[start] != "#":
            continue
        line += source.count("\n", position, start)
        position = start
        begin = source.rfind("\n", 0, start) + 1
        alone = not source[begin:start].strip()
        found.append(Comment(line + 1, start - begin, m[0][1:].strip(), alone))
    return found


def starts(source: str, *, brackets: bool = True) -> list[int]:
    """Line numbers (from 0) at which a statement without indentation begins, its decorators and the comments above it
    included. With `brackets` those inside of brackets do not count; clauses such as `else` go on with what is above."""
    lines = source.split("\n")
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    inside, depths = _inside(source, offsets)
    found: list[int] = []
    decorated = continued = False
    last = -1
    for n, line in enumerate(lines):
        code = n not in inside and bool(line) and line[0] not in " \t\f#)]}" and line.strip()
        fits = code and not continued and not _CLAUSE.match(line) and (not brackets or not depths[n])
        if fits:
            if not decorated:
                found.append(_first_comment(lines, last + 1, n))
            decorated = line[0] == "@"
        continued = line.endswith("\\")
        if line.strip() and not line.startswith("#"):
            last = n
    return found


def _first_comment(lines: list[str], least: int, n: int) -> int:
    """The first of the comment lines right above line `n`, blank lines apart."""
    first = n
    while n > least:
        n -= 1
        if lines[n].startswith("#"):
            first = n
        elif lines[n].strip():
            break
    return first


def _inside(source: str, offsets: list[int]) -> tuple[set[int], list[int]]:
    """Lines that begin inside a string, and how many brackets are open where each line begins."""
    inside: set[int] = set()
    steps: list[tuple[int, int]] = [(-1, 0)]
    depth = 0
    for m in _SCAN.finditer(source):
        first = m[0][0]
        if first in "([{":
            depth += len(m[0])
        elif first in ")]}":
            depth = max(0, depth - len(m[0]))
        else:
            if first in "\"'" and "\n" in m[0]:
                inside.update(range(bisect_right(offsets, m.start()), bisect_right(offsets, m.end() - 1)))
            continue
        steps.append((m.start(), depth))
    depths, at = [], 0
    for offset in offsets:
        while at + 1 < len(steps) and steps[at + 1][0] < offset:
            at += 1
        depths.append(steps[at][1])
    return inside, depths

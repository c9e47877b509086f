"""A reply as changes to files: search/replace blocks, unified diffs, and plain lines that delete or rename a file.

Forms that are understood, freely mixed, in code fences or not:
- `<<<<<<< SEARCH`, `=======`, `>>>>>>> REPLACE`, the file's name in the line or the fence before. A block without a
  name is for the file of the block before it, or for the only file there is. An empty SEARCH part makes a new file;
- unified diffs (`harness.editors.diffs`), whose line numbers need not be right, and the `*** Begin Patch` form;
- `*** Delete File: NAME`, `*** Rename File: OLD -> NEW`;
- a fenced block with the name and the whole text of a file that was asked for and is not there yet.

Reading is linear in the reply. Nothing is matched here: a block that makes no sense carries its `fault`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from domains import Files
from harness.editors.blocks import MAX_LABEL, blocks
from harness.editors.diffs import read_diffs
from harness.editors.hunks import LONG, Hunk
from harness.editors.names import Names

SPLITS = 4
"""Lines of equals signs in a block that are tried as the one that parts it."""

_OPEN = re.compile(r"[ \t]*(<{5,}|-{5,})[ \t]*(?:SEARCH|ORIGINAL)\b[ \t>:]*(.*)", re.IGNORECASE)
_CLOSE = re.compile(r"[ \t]*(>{5,}|\+{5,})[ \t]*(?:REPLACE|UPDATED)\b.*", re.IGNORECASE)
_DIVIDER = re.compile(r"[ \t]*(={5,})[ \t]*")
_LOOK_BACK = 3


def read_hunks(reply: str, names: Names, files: Files, wanted: Sequence[str]) -> list[Hunk]:
    """The changes in a reply, in order. `files` are those that may be changed, `wanted` the names asked for."""
    lines = reply.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    reader = _Reader(lines, names, files)
    found = reader.run()
    outside = reader.outside
    found += read_diffs(outside, names)
    made = {hunk.name for _, hunk in found}
    new = [name for name in wanted if name not in files and name not in made]
    hunks = [hunk for _, hunk in sorted(found, key=lambda pair: pair[0])]
    return [*hunks, *_whole(outside, names, new)] if new else hunks


def _whole(lines: Sequence[str], names: Names, new: Sequence[str]) -> list[Hunk]:
    """New files that the reply gives whole."""
    found = {}
    for part in blocks("\n".join(lines), names):
        named = names.in_info(part.info) or names.in_heading(part.heading)
        if named is not None and named.name in new and part.closed and part.text.strip():
            found[named.name] = Hunk(named.name, put=tuple(part.text.removesuffix("\n").split("\n")))
    return list(found.values())


class _Reader:
    """Takes the search/replace blocks out of a reply; `outside` is the rest, line for line."""

    def __init__(self, lines: list[str], names: Names, files: Files) -> None:
        self.lines, self.names = lines, names
        self._texts = {name: f"\n{text}\n" for name, text in files.items()}
        self.outside = list(lines)
        self._free = 0
        self._last = next(iter(files)) if len(files) == 1 else ""

    def run(self) -> list[tuple[int, Hunk]]:
        """The blocks, each with the line of the reply it begins in."""
        found, at = [], 0
        while at < len(self.lines):
            opened = _matched(_OPEN, self.lines[at])
            if opened is None:
                at += 1
                continue
            length = len(opened[1])
            stop, closed = self._end(at + 1, length)
            name = self._name(at, opened[2])
            found.append((at, self._hunk(name, self.lines[at + 1 : stop], length, closed)))
            after = stop + closed
            self.outside[at:after] = [""] * (after - at)
            self._last, self._free, at = name, after, after
        return found

    def _end(self, at: int, length: int) -> tuple[int, bool]:
        """Where the block's lines end, and whether at a closing mark: else at the next block or the reply's end."""
        while at < len(self.lines):
            line = self.lines[at]
            closing = _matched(_CLOSE, line)
            if closing is not None and _fits(len(closing[1]), length):
                return at, True
            opening = _matched(_OPEN, line)
            if opening is not None and _fits(len(opening[1]), length):
                return at, False
            at += 1
        return at, False

    def _name(self, at: int, tail: str) -> str:
        """The file a block is for: named behind the mark or in the lines before it, else that of the block before."""
        if tail and (named := self.names.in_heading(tail)) is not None:
            return named.name
        looked = 0
        for n in range(at - 1, self._free - 1, -1):
            line = self.lines[n].strip()
            looked += 1
            if looked > _LOOK_BACK:
                break
            if not line:
                continue
            fence = line.startswith(("```", "~~~"))
            named = self.names.in_info(line.strip("`~ ")) if fence else self.names.in_heading(line)
            if named is not None:
                return named.name
            if not fence:
                break
        return self._last

    def _hunk(self, name: str, body: list[str], length: int, closed: bool) -> Hunk:
        if not name:
            return Hunk("", tuple(body), fault="it does not say which file it is for")
        exact: list[int] = []
        near: list[int] = []
        for n, line in enumerate(body):
            if (divider := _matched(_DIVIDER, line)) is not None:
                (exact if len(divider[1]) == length else near).append(n)
        dividers = exact or ([] if length >= LONG else near)
        if not dividers:
            return Hunk(name, tuple(body), fault=f"it has no line {'=' * length}")
        # The longest SEARCH part that is there: a document may have lines of equals signs of its own.
        tried = reversed(dividers[:SPLITS]) if len(dividers) > 1 else ()
        at = next((n for n in tried if self._there(name, body[:n])), dividers[0])
        fault = "" if closed else f"it has no line {'>' * length} REPLACE"
        return Hunk(name, tuple(body[:at]), tuple(body[at + 1 :]), fault=fault)

    def _there(self, name: str, lines: list[str]) -> bool:
        text = self._texts.get(name)
        return text is not None and bool(lines) and "\n" + "\n".join(lines) + "\n" in text


def _fits(found: int, length: int) -> bool:
    return found == length if length >= LONG else found < LONG


def _matched(pattern: re.Pattern[str], line: str) -> re.Match[str] | None:
    # Most lines begin with none of these, and a pattern is never tried on a long one.
    bare = line.lstrip(" \t")[:1]
    return pattern.fullmatch(line) if bare and bare in "<>=-+" and len(line) <= MAX_LABEL else None

"""Unified diffs in a reply, with or without line numbers, and the `*** Begin Patch` form."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.editors.blocks import MAX_LABEL
from harness.editors.hunks import Hunk
from harness.editors.names import Names

_RANGE = re.compile(r"@@+[ \t]*-(\d{1,9})(?:,(\d{1,9}))?[ \t]+\+\d{1,9}(?:,\d{1,9})?[ \t]*@@.*")
_STARRED = re.compile(
    r"\*\*\*[ \t]*(Begin|End|Update|Add|Delete|Rename|Move)\b[ \t]*(?:Patch|File|to|of File)?[ \t]*:?[ \t]*(.*)",
    re.IGNORECASE,
)
_NOTHING = "/dev/null"


def read_diffs(lines: Sequence[str], names: Names) -> list[tuple[int, Hunk]]:
    """The hunks, deletions and renamings, each with the line it begins in. Linear."""
    return _Scan(lines, names).run()


class _Scan:
    def __init__(self, lines: Sequence[str], names: Names) -> None:
        self.lines, self.names = lines, names
        self.found: list[tuple[int, Hunk]] = []
        self.name = self.old = ""
        self.fenced = self.adding = False

    def run(self) -> list[tuple[int, Hunk]]:
        at = 0
        while at < len(self.lines):
            at = self._step(at)
        return self.found

    def _step(self, at: int) -> int:
        """Reads what begins at a line; the line after it."""
        line = self.lines[at]
        if line.startswith(("```", "~~~")):
            self.fenced, self.name = not self.fenced, ""
        elif line.startswith("--- ") and at + 1 < len(self.lines) and self.lines[at + 1].startswith("+++ "):
            self._header(at)
            return at + 2
        elif line.startswith("***") and len(line) <= MAX_LABEL and (starred := _STARRED.fullmatch(line)) is not None:
            return self._starred(at, starred[1].lower(), starred[2].strip())
        elif line.startswith("rename from "):
            self.old = self._named(line.removeprefix("rename from "))
        elif line.startswith("rename to ") and self.old:
            self.found.append((at, Hunk(self.old, kind="move", to=self._named(line.removeprefix("rename to ")))))
        elif self.name and line.startswith("@@"):
            return self._hunk(at + 1, line)
        return at + 1

    def _header(self, at: int) -> None:
        old, new = self._path(self.lines[at]), self._path(self.lines[at + 1])
        self.name = old if new == _NOTHING else new
        self.adding = False
        if new == _NOTHING:
            self.found.append((at, Hunk(old, kind="delete")))
            self.name = ""
        elif old not in (_NOTHING, new) and self.names.known(old) is not None and self.names.known(new) is not None:
            moved = Hunk(old, kind="move", to=new)
            if all(hunk != moved for _, hunk in self.found[-1:]):
                self.found.append((at, moved))

    def _starred(self, at: int, verb: str, rest: str) -> int:
        if verb in ("begin", "end"):
            self.name = "" if verb == "begin" else self.name
        elif verb == "delete":
            self.found.append((at, Hunk(self._named(rest), kind="delete")))
        elif verb == "rename":
            old, arrow, new = rest.partition("->") if "->" in rest else rest.partition(" to ")
            fault = "" if arrow else "it does not give the new name after ->"
            self.found.append((at, Hunk(self._named(old), kind="move", to=self._named(new), fault=fault)))
        elif verb == "move":
            if self.name:
                self.found.append((at, Hunk(self.name, kind="move", to=self._named(rest))))
        else:
            self.name, self.adding = self._named(rest), verb == "add"
            following = self.lines[at + 1] if at + 1 < len(self.lines) else ""
            if self.adding or following[:1] in (" ", "+", "-"):
                return self._hunk(at + 1, "")
        return at + 1

    def _hunk(self, at: int, header: str) -> int:
        """The hunk whose first line this is; the line after its last."""
        start = at
        want: list[str] = []
        put: list[str] = []
        blank = 0
        while at < len(self.lines) and not self._ends(at):
            line = self.lines[at]
            at += 1
            if line.startswith("\\"):
                continue
            # An empty line has lost its blank, or it is what separates the diff from the text after it.
            blank = blank + 1 if not line else 0
            mark, rest = (line[0], line[1:]) if line[:1] in (" ", "+", "-") else (" ", line)
            if mark != "+":
                want.append(rest)
            if mark != "-":
                put.append(rest)
        want, put = (lines[: len(lines) - blank] if blank else lines for lines in (want, put))
        stated = _RANGE.fullmatch(header) if len(header) <= MAX_LABEL else None
        if want or put:
            if self.adding:
                want = []
            # Lines without context go in after the line stated only where the header says that nothing is replaced.
            at_line = int(stated[1]) if stated and (want or stated[2] == "0") else None
            self.found.append((start, Hunk(self.name, tuple(want), tuple(put), at_line)))
        return at

    def _ends(self, at: int) -> bool:
        line = self.lines[at]
        if not line or line[0] in " +\\":
            return False
        if line[0] == "-":
            return line.startswith("--- ") and at + 1 < len(self.lines) and self.lines[at + 1].startswith("+++ ")
        if line.startswith(("@@", "```", "~~~", "diff --git ", "*** ")):
            return True
        # Within a fence every line is the diff's, also one whose first blank got lost.
        return not self.fenced

    def _path(self, line: str) -> str:
        return self._named(line[4:].partition("\t")[0])

    def _named(self, text: str) -> str:
        """The file that a path is, in the prompt's spelling where the prompt has it."""
        path = text.strip().strip("`\"'")
        short = path[2:] if path.startswith(("a/", "b/")) else path
        return self.names.known(path) or self.names.known(short) or short

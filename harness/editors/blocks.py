"""Blocks of a reply: fenced as in CommonMark, with the slips that models make, or wrapped as `<file name="...">`.

Everything here is linear in the reply, whatever it holds: no pattern is tried on a line longer than MAX_LABEL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

MAX_LABEL = 300
"""Longest line, in characters, that may carry a file name."""

_WRAPPER = re.compile(
    r"""[ \t]*<(file|document|doc|artifact|output|result)\s[^<>]*?\b(?:name|path|filename|title)\s*=\s*"""
    r"""(?:"([^"]*)"|'([^']*)'|([^\s<>"']+))[^<>]*>(.*)""",
    re.IGNORECASE | re.DOTALL,
)
_LANGUAGE = re.compile(r"[A-Za-z][\w+#.-]{0,30}")
_TICKED = re.compile(r"(?:[\w+#.-]{1,30}[ \t]+)?`[^`]+`")
_RUNS = re.compile(r"`+")


@dataclass(frozen=True, slots=True)
class Block:
    """`info` is what follows the opening fence, `heading` the line of prose just before it (at most one blank line
    between); `wrapper` the name of a wrapper around it. `closed` is False when another file or the end came first."""

    info: str
    heading: str
    wrapper: str
    lines: tuple[str, ...]
    closed: bool

    @property
    def text(self) -> str:
        """The content, ending with one newline; "" when there is none."""
        text = "\n".join(self.lines).rstrip("\n")
        return text + "\n" if text else ""


@dataclass(frozen=True, slots=True)
class _Fence:
    mark: str
    length: int
    indent: str
    info: str


class _Unbalanced(Exception):
    """Reading fences with a language word as nested leaves the reply without an end."""


def fence_for(texts: Iterable[str]) -> str:
    """A fence that no line of these texts can close."""
    # Most documents hold no run of three, and looking for one costs nothing.
    longest = max((len(run) for text in texts if "```" in text for run in _RUNS.findall(text)), default=0)
    return "`" * max(3, longest + 1)


def fenced(name: str, text: str, fence: str | None = None) -> str:
    """A file as prompts show it and replies should."""
    fence = fence or fence_for((text,))
    body = text if not text or text.endswith("\n") else text + "\n"
    return f"{fence}{name}\n{body}{fence}\n"


class Known(Protocol):
    """The names of a prompt's files, as far as blocks need them."""

    def known(self, text: str) -> str | None:
        """The file that a text names."""

    def opens(self, info: str) -> bool:
        """Whether an info string surely names a file."""


def blocks(reply: str, names: Known) -> list[Block]:
    """The blocks of a reply, in order. A fence or wrapper that names a file of the prompt starts a new block even where
    the one before was left open."""
    # CRLF is an artefact of the wire. Other line separators are content: a document may hold them.
    lines = reply.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    try:
        return _Scan(lines, names, nested=True).run()
    except _Unbalanced:
        return _Scan(lines, names, nested=False).run()


class _Scan:
    def __init__(self, lines: list[str], names: Known, nested: bool) -> None:
        self.lines, self.names, self.nested = lines, names, nested
        self.at = 0
        self.heading, self.gap = "", 0
        self.wrapper = ""

    def run(self) -> list[Block]:
        found = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            fence = _fence(line)
            if fence is not None:
                found.append(self.fenced(fence))
            elif (wrapped := self.opens_wrapper(line)) is not None:
                if (block := self.wrapped(*wrapped)) is None:
                    continue
                found.append(block)
            elif line.strip():
                self.heading, self.gap = line, 0
                continue
            else:
                self.gap += 1
                if self.gap > 1:
                    self.heading = ""
                continue
            self.heading, self.gap, self.wrapper = "", 0, ""
        return found

    def fenced(self, fence: _Fence) -> Block:
        """The block whose opening line was just read."""
        start, inner = self.at, list[int]()
        closed = parted = False
        while self.at < len(self.lines):
            line = _fence(self.lines[self.at])
            self.at += 1
            if line is None or line.mark != fence.mark or line.length < fence.length:
                continue
            if line.info:
                if self.names.opens(line.info):
                    self.at -= 1
                    return self.block(fence, start, self.at, closed=False)
                # Models put Markdown with code in it between fences no longer than the inner ones.
                if self.nested and _LANGUAGE.fullmatch(line.info):
                    inner.append(line.length)
                    parted = True
            elif inner:
                if line.length >= inner[-1]:
                    inner.pop()
            elif len(line.indent) <= len(fence.indent) + 3:
                closed = True
                break
        # An outer fence forgotten after an inner one is common; prose after a block that never closes is no document.
        if inner or (parted and not closed and self.ends_in_prose()):
            raise _Unbalanced
        return self.block(fence, start, self.at - closed, closed)

    def ends_in_prose(self) -> bool:
        last = next((line for line in reversed(self.lines) if line.strip()), "")
        return _fence(last) is None

    def block(self, fence: _Fence, start: int, stop: int, closed: bool) -> Block:
        lines = self.lines[start:stop]
        if fence.indent:
            lines = [_outdent(line, fence.indent) for line in lines]
        return Block(fence.info, self.heading, self.wrapper, tuple(lines), closed)

    def opens_wrapper(self, line: str) -> tuple[str, str, str] | None:
        """Tag, name and rest of the line, if this opens a wrapper of a known file."""
        if len(line) > MAX_LABEL or (match := _WRAPPER.fullmatch(line)) is None:
            return None
        name = match[2] or match[3] or match[4] or ""
        return (match[1], name, match[5]) if self.names.known(name) else None

    def wrapped(self, tag: str, name: str, rest: str) -> Block | None:
        """The wrapper's content as a block, or None when it holds a fence, which then has the wrapper's name."""
        following = next((n for n in range(self.at, len(self.lines)) if self.lines[n].strip()), None)
        if not rest.strip() and following is not None and _fence(self.lines[following]) is not None:
            self.wrapper, self.at = name, following
            return None
        end = f"</{tag}>".casefold()
        if rest.rstrip().casefold().endswith(end):
            return Block("", "", name, (rest.rstrip()[: -len(end)],), closed=True)
        # The last closing tag before the next file: the document may itself have elements of that name.
        stop, last = self.at, None
        while stop < len(self.lines) and (stop == self.at or self.opens_wrapper(self.lines[stop]) is None):
            if self.lines[stop].rstrip()[-len(end) :].casefold() == end:
                last = stop
            stop += 1
        lines = ([rest] if rest.strip() else []) + self.lines[self.at : stop if last is None else last]
        if last is not None and (tail := self.lines[last].rstrip()[: -len(end)]).strip():
            lines.append(tail)
        self.at = stop if last is None else last + 1
        return Block("", "", name, tuple(lines), last is not None)


def _fence(line: str) -> _Fence | None:
    """The fence that a line is, opening or closing."""
    if "```" not in line and "~~~" not in line:
        return None
    bare = line.lstrip(" \t")
    mark = bare[:1]
    if mark not in ("`", "~") or not bare.startswith(mark * 3):
        return None
    rest = bare.lstrip(mark)
    info = rest.strip(" \t")
    # A backtick after the run makes inline code of it, but for a name in backticks, which models do write.
    if mark == "`" and "`" in info and (len(info) > MAX_LABEL or not _TICKED.fullmatch(info)):
        return None
    return _Fence(mark, len(bare) - len(rest), line[: len(line) - len(bare)], info)


def _outdent(line: str, indent: str) -> str:
    """The line without the indentation of its block's fence, or as much of it as it has."""
    blank = " \t" if "\t" in indent else " "
    head = line[: len(indent)]
    return head.lstrip(blank) + line[len(indent) :]

"""A model's reply as files.

What is taken for a file, in this order:
- a block whose info string, wrapper, line before or first line names it. Of two copies the last complete one counts, a
  surely named one before one that a sentence seems to introduce;
- blocks without a name, when they are as many as the expected files still missing: in order;
- no block at all: the whole reply, only when one file is expected, the prompt showed it and the reply begins with the
  line it begins with. Any other text without a block is prose, a refusal as likely as a document, and is no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.editors.blocks import Block, blocks
from harness.editors.names import Names
from harness.filenames import is_safe


@dataclass(frozen=True, slots=True)
class Parsed:
    """`files` in the order of the reply, each ending with one newline; `dropped` are names that may not be kept;
    `unclosed` is the file that the end of the reply cut off, if any."""

    files: dict[str, str]
    dropped: tuple[str, ...] = ()
    unclosed: str | None = None


@dataclass(frozen=True, slots=True)
class _Copy:
    name: str
    block: Block
    sure: bool
    label_inside: bool = False

    @property
    def text(self) -> str:
        return replace(self.block, lines=self.block.lines[1:]).text if self.label_inside else self.block.text


def parse_reply(reply: str, expected: Sequence[str], shown: Mapping[str, str]) -> Parsed:
    """The files in a reply to a prompt that showed the files `shown` and asked for `expected`. Never raises; linear."""
    names = Names(expected, shown)
    found = blocks(reply, names)
    copies: list[_Copy] = []
    nameless: list[Block] = []
    dropped: dict[str, None] = {}
    for block in found:
        copy = _named(block, names)
        if copy is None:
            if block.text.strip():
                nameless.append(block)
        elif names.known(copy.name) is None and not is_safe(copy.name):
            dropped[copy.name] = None
        else:
            copies.append(copy)
    have = {copy.name for copy in copies}
    missing = [name for name in expected if name not in have]
    if len(nameless) == len(missing):
        copies += [_Copy(name, block, False) for name, block in zip(missing, nameless, strict=True)]
    elif not found and len(expected) == 1 and (whole := _bare(reply, expected[0], shown)) is not None:
        copies.append(_Copy(expected[0], whole, False))
    cut = [copy.name for copy in copies if found and copy.block is found[-1] and not copy.block.closed]
    files = _best(copies)
    return Parsed(files, tuple(name for name in dropped if name not in files), cut[0] if cut else None)


def _named(block: Block, names: Names) -> _Copy | None:
    if block.wrapper:
        return _Copy(names.known(block.wrapper) or block.wrapper, block, True)
    inside = names.in_info(block.info)
    above = names.in_heading(block.heading)
    if inside is not None and (inside.sure or above is None):
        return _Copy(inside.name, block, True)
    if above is not None:
        return _Copy(above.name, block, above.sure)
    first = names.in_first_line(block.lines[0]) if block.lines else None
    if first is None:
        return None
    name, alone = first
    # A comment that names the file may be the document's own first line: it stays.
    return _Copy(name, block, alone, label_inside=alone)


def _best(copies: Sequence[_Copy]) -> dict[str, str]:
    chosen: dict[str, _Copy] = {}
    for copy in copies:
        other = chosen.get(copy.name)
        if other is None or (copy.block.closed, copy.sure) >= (other.block.closed, other.sure):
            chosen[copy.name] = copy
    return {copy.name: copy.text for copy in chosen.values()}


def _bare(reply: str, name: str, shown: Mapping[str, str]) -> Block | None:
    """The whole reply, if it begins as the file of that name in the prompt does."""
    lines = reply.removeprefix("\ufeff").replace("\r\n", "\n").strip("\n").split("\n")
    first = next((line for line in shown.get(name, "").split("\n") if line.strip()), None)
    return Block("", "", "", tuple(lines), True) if first is not None and lines[0].strip() == first.strip() else None

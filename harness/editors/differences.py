"""What a model that works in search/replace blocks would have written: the blocks between two states of some files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from domains import Files
from harness.editors.anchors import Runs
from harness.editors.hunks import block, marks


def as_blocks(files: Files, before: Files) -> str:
    """Blocks that make `before` into `files`, with no more lines around a change than it takes to find it."""
    length = marks([*files.values(), *before.values()])
    parts: list[str] = []
    for name, text in sorted(files.items()):
        if name not in before:
            parts.append(block(name, "", _ended(text), length))
        elif before[name] != text:
            parts += [block(name, want, put, length) for want, put in changes(before[name], text)]
    # Files that are not asked for go of themselves where others change or are made.
    return "\n".join(parts or [f"*** Delete File: {name}\n" for name in sorted(before) if name not in files])


def changes(old: str, new: str) -> Iterator[tuple[str, str]]:
    """The lines to look for and those to put there, change by change, all as the file is before any of them."""
    from rapidfuzz.distance import Indel

    mine, theirs = (_ended(text).split("\n")[:-1] for text in (old, new))
    if not any(line.strip() for line in mine):
        yield "", _ended(new)
        return
    runs = Runs(mine)
    changes = [code for code in Indel.opcodes(mine, theirs) if code.tag != "equal"]
    regions = _merged(_findable(runs, mine, code.src_start, code.src_end) for code in changes)
    moved = at = 0
    for start, stop in regions:
        begin = start + moved
        while at < len(changes) and changes[at].src_end <= stop:
            code = changes[at]
            moved += (code.dest_end - code.dest_start) - (code.src_end - code.src_start)
            at += 1
        yield _joined(mine[start:stop]), _joined(theirs[begin : stop + moved])


def _merged(regions: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Changes that need the same lines to be found are one."""
    found: list[tuple[int, int]] = []
    for start, stop in sorted(regions):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found


def _findable(runs: Runs, lines: Sequence[str], start: int, stop: int) -> tuple[int, int]:
    """The smallest run around these lines, by powers of two, that is there once and not blank."""
    around = 0 if start < stop else 1
    while True:
        first, last = max(0, start - around), min(len(lines), stop + around)
        want = lines[first:last]
        if (any(line.strip() for line in want) and len(runs.places(want)) == 1) or len(want) == len(lines):
            return first, last
        around = max(1, 2 * around)


def _joined(lines: Sequence[str]) -> str:
    return "".join(line + "\n" for line in lines)


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"

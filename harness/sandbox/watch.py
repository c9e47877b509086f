"""What the kernel's limits leave open, looked at while a command runs: all processes' memory together, the number of
files, a flood of output, the clock."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from harness.sandbox.base import Limits, Reason

INTERVAL = 0.05
"""Seconds between two looks; what a command can take between them is what it can go over its limit by."""
_PAGE = os.sysconf("SC_PAGE_SIZE")


async def watch(first: int, places: Sequence[int], flooded: Callable[[], bool], limits: Limits) -> Reason:
    """Returns when a limit is crossed. `first` is the process id of the sandbox's first process, `places` descriptors
    of the file systems it can write."""
    end = time.monotonic() + limits.seconds
    while True:
        left = end - time.monotonic()
        if left <= 0:
            return "time"
        await asyncio.sleep(min(INTERVAL, left))
        if flooded():
            return "output"
        if sum(_entries(place) for place in places) > limits.files:
            return "files"
        # Resident pages count shared ones once for each process; only when they seem too many are they told apart.
        if _sum(first, _resident) > limits.memory_mb << 20 < _sum(first, _proportional):
            return "memory"


def children(process: int) -> list[int]:
    """Process ids of the children of a process, whichever of its threads made them; none of one that is gone."""
    found: list[int] = []
    try:
        for thread in Path(f"/proc/{process}/task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    except (FileNotFoundError, ProcessLookupError):
        return found
    return found


def lineage(process: int) -> list[int]:
    """A process, its only child, the only child of that, and so on to the last."""
    line = [process]
    while len(found := children(line[-1])) == 1:
        line += found
    return line


def _entries(place: int) -> int:
    told = os.fstatvfs(place)
    return told.f_files - told.f_ffree


def _sum(first: int, measure: Callable[[Path], int]) -> int:
    total = 0
    for process in _tree(first):
        try:
            total += measure(Path(f"/proc/{process}"))
        except (FileNotFoundError, ProcessLookupError):
            continue  # gone since it was listed
    return total


def _tree(first: int) -> Iterator[int]:
    """All processes of the sandbox: who loses its parent becomes a child of the first."""
    waiting = [first]
    while waiting:
        process = waiting.pop()
        yield process
        waiting += children(process)


def _resident(process: Path) -> int:
    return int((process / "statm").read_text().split()[1]) * _PAGE


def _proportional(process: Path) -> int:
    """Bytes held, a shared page divided among those who share it. A process that hides this counts in full."""
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except PermissionError:
        return _resident(process)
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))

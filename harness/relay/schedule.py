"""What is asked when: the plan of a chain, from its seed alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from harness.errors import UsageError
from harness.seeds import rng

ROUND_ROBIN = "round-robin"


def named(schedule: str) -> tuple[str, ...]:
    """The edits a schedule names, none for round-robin. UsageError for a schedule that is none."""
    kind, _, rest = schedule.partition(":")
    edits = tuple(part.strip() for part in rest.split(",") if part.strip())
    if schedule == ROUND_ROBIN or (kind == "single" and len(edits) == 1) or (kind == "list" and edits):
        return edits
    raise UsageError(f"unknown schedule {schedule!r}: write round-robin, single:EDIT or list:EDIT,EDIT")


def plan(schedule: str, edits: Sequence[str], material: str) -> Iterator[str]:
    """The edit of each round trip, without end. Round-robin: all of them, shuffled anew each epoch. A longer run begins
    with the shorter one's plan."""
    listed = named(schedule)
    epoch = 0
    while True:
        turn = list(listed or edits)
        if not listed:
            rng("epoch", material, epoch).shuffle(turn)
        yield from turn
        epoch += 1


def direction(hop: int) -> Literal["forward", "backward"]:
    """Hops count from 1: odd ones go forward."""
    return "forward" if hop % 2 else "backward"

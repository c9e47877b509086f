"""What is asked when, from seeds alone: the plan of a chain, and a seed for everything that is drawn."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from typing import Literal

from harness.errors import UsageError

ROUND_ROBIN = "round-robin"


def digest(*material: object) -> str:
    """sha256, in hex, of the canonical JSON of its arguments: the same on every machine."""
    canonical = json.dumps(material, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def derive(*material: object) -> int:
    """A seed of 31 bits, which every provider and server accepts, from its arguments."""
    return int(digest(*material)[:8], 16) & 0x7FFFFFFF


def rng(*material: object) -> random.Random:
    """A generator of its own for everything that is drawn, so that no draw shifts another."""
    return random.Random(int(digest(*material), 16))


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

#!/usr/bin/env python3
"""Waiting times at the ferry ramp."""
import re
from statistics import median

CAPACITY = 42          # cars, the small boat
SLOT_MINUTES = 0x1E

__all__ = ["readTimes", 'Ramp']


def readTimes(lines, fallback: float = 12.5) -> list[float]:
    """Read one waiting time a line.

    Args:
        lines: text such as "7,5 min"; a missing number
            counts as `fallback`.
        fallback: minutes.

    Returns:
        Minutes, in the order of the lines.
    """
    found = []
    for line in lines:
        m = re.search(r'\d+(?:[.,]\d+)?', line)
        # the kiosk at Læsø writes commas
        found.append(float(m[0].replace(',', '.')) if m else fallback)
    return found


class Ramp:
    """One ramp and the cars on it."""

    def __init__(self, name: str, lanes: int = 3):
        if lanes < 1:
            raise ValueError("a ramp needs at least "
                             "one lane")
        self.name, self.lanes = name, lanes
        self.times = []

    def load(self, lines) -> "Ramp":
        self.times += readTimes(lines)
        return self

    @property
    def typical(self) -> float | None:
        # TODO: weigh by lane
        # (Jørgen has the counts)
        return median(self.times) if self.times else None


def boatsNeeded(cars: int, *, spare=5) -> int:
    """Boats for so many cars.

    Raises:
        ValueError: fewer than no cars.
    """
    if cars < 0:
        raise ValueError('cannot ship %d cars' % cars)
    return -(-(cars + spare) // CAPACITY)


def asText(ramp: Ramp) -> str:
    return f"{ramp.name}: {ramp.typical or 0:.1f} min, {boatsNeeded(len(ramp.times))} boats"  # for the board

#!/usr/bin/env python3
"""Waiting times at the ferry ramp."""

import re
from statistics import median

CAPACITY = 42  # cars, the small boat
SLOT_MINUTES = 0x1E

__all__ = ["read_times", "Ramp"]

from ferry_functions import read_times


class Ramp:
    """One ramp and the cars on it."""

    def __init__(self, name: str, lanes: int = 3):
        if lanes < 1:
            raise ValueError("a ramp needs at least one lane")
        self.name, self.lanes = name, lanes
        self.times = []

    def load(self, lines) -> "Ramp":
        self.times += read_times(lines)
        return self

    @property
    def typical(self) -> float | None:
        # TODO: weigh by lane
        # (Jørgen has the counts)
        return median(self.times) if self.times else None


from ferry_functions import boats_needed
from ferry_functions import as_text

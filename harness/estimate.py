"""A figure with its 95 % interval: what every statistic here answers with."""

from __future__ import annotations

import math
from dataclasses import dataclass

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its interval, and how many independent units (rollouts, environments) it rests on. None where there is
    nothing to say: a limit that is None is unknown, so the interval is open on that side."""

    value: float | None
    low: float | None
    high: float | None
    count: int

    def __contains__(self, value: float) -> bool:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return low - 1e-12 <= value <= high + 1e-12


NOTHING = Estimate(None, None, None, 0)

"""Recovery after errors: what is left of the damage once so many right turns have followed, and how soon it halves."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from harness.horizon.intervals import LEVEL, NOTHING, Estimate, paired
from harness.horizon.play import Turn
from harness.seeds import derive

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 2000
GRID = 400
"""Half-lives that are tried, from a twentieth of the shortest way between two gaps to the whole way seen."""

Dosed = Mapping[tuple[str, int, Fraction], Mapping[int, Turn]]
"""Turns by arm, gap and rate, then by rollout."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """One arm at one rate: the loss against the clean history after each number of right turns, and the half-life of
    the damage in right turns, inf when it did not halve within the gaps seen, None when there is none to halve. An
    answer that is true in spite of a wrong predecessor (gap 0) is no damage."""

    arm: str
    rate: Fraction
    losses: tuple[tuple[int, Estimate], ...]
    half_life: Estimate


def recoveries(doses: Dosed, clean: Mapping[int, Turn]) -> tuple[Recovery, ...]:
    """Of every arm and rate that was tried with two gaps or more."""
    found: defaultdict[tuple[str, Fraction], dict[int, Mapping[int, Turn]]] = defaultdict(dict)
    for (arm, gap, rate), turns in doses.items():
        if rate:
            found[arm, rate][gap] = turns
    return tuple(_recovery(*key, gaps, clean) for key, gaps in sorted(found.items()) if len(gaps) > 1)


def _recovery(arm: str, rate: Fraction, turns: Mapping[int, Mapping[int, Turn]], clean: Mapping[int, Turn]) -> Recovery:
    gaps = sorted(turns)
    losses = []
    for gap in gaps:
        both = sorted(clean.keys() & turns[gap].keys())
        losses.append((gap, paired([_unharmed(clean[n]) for n in both], [_unharmed(turns[gap][n]) for n in both])))
    everywhere = sorted(set(clean).intersection(*turns.values()))
    rows = [[int(_unharmed(clean[n])) - int(_unharmed(turns[gap][n])) for gap in gaps] for n in everywhere]
    damaged = losses[0][1].low is not None and losses[0][1].low > 0
    return Recovery(arm, rate, tuple(losses), half_life(gaps, rows) if damaged else NOTHING)


def _unharmed(turn: Turn) -> bool:
    return turn.right or turn.true


def half_life(gaps: Sequence[int], rows: Sequence[Sequence[int]], level: float = LEVEL) -> Estimate:
    """The h of a loss that decays as 2^(-gap / h), by least squares, in right turns; inf when it is longer than the way
    from the first gap to the last. `rows` holds a rollout's loss at every gap. The interval is the percentile bootstrap
    over rollouts (Efron, 1979), which keeps each one's losses together."""
    import numpy as np

    if not rows:
        return NOTHING
    losses = np.array(rows, dtype=float)
    rng = np.random.default_rng(derive("half-life", len(rows), *gaps))
    picked = rng.integers(len(rows), size=(RESAMPLES, len(rows)))
    weights = np.stack([np.bincount(row, minlength=len(rows)) for row in picked]) / len(rows)
    value = _fitted(gaps, losses.mean(axis=0, keepdims=True))[0]
    drawn = np.sort(_fitted(gaps, weights @ losses))
    tail = (1 - level) / 2
    low, high = drawn[math.floor(tail * RESAMPLES)], drawn[math.ceil((1 - tail) * RESAMPLES) - 1]
    return Estimate(float(value), float(low), float(high), len(rows))


def _fitted(gaps: Sequence[int], losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """The half-life of each row of mean losses."""
    import numpy as np

    way = np.array(gaps, dtype=float) - gaps[0]
    tried = np.geomspace(np.diff(way).min() / 20, way[-1], GRID)
    shapes = np.exp2(-way / tried[:, None])
    # The best height for a shape is a projection; what is left is least where the projection is largest.
    heights = losses @ shapes.T / np.linalg.norm(shapes, axis=1)
    best = np.argmax(np.maximum(heights, 0.0), axis=1)
    return np.where(best == GRID - 1, np.inf, tried[best])

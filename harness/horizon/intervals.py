"""95 % intervals: of a share, of a mean, of a difference and of a slope over rollouts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev

from harness.estimate import LEVEL, NOTHING, Estimate

__all__ = ["LEVEL", "NOTHING", "Estimate", "lifetime", "mean", "paired", "share", "slope"]


def share(hits: int, count: int, level: float = LEVEL) -> Estimate:
    """A share of independent trials, with the exact interval of Clopper and Pearson (1934), which covers at least as
    often as it says."""
    from scipy.special import betaincinv  # not scipy.stats, which takes a second to import

    if not count:
        return NOTHING
    tail = (1 - level) / 2
    low = float(betaincinv(hits, count - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, count - hits, 1 - tail)) if hits < count else 1.0
    return Estimate(hits / count, low, high, count)


def mean(values: Sequence[float], level: float = LEVEL) -> Estimate:
    """A mean over rollouts, with Student's interval; open on both sides with fewer than two."""
    from scipy.special import stdtrit

    count = len(values)
    if not count:
        return NOTHING
    middle = fmean(values)
    if count < 2:
        return Estimate(middle, None, None, count)
    reach = float(stdtrit(count - 1, (1 + level) / 2)) * stdev(values) / math.sqrt(count)
    return Estimate(middle, middle - reach, middle + reach, count)


def paired(first: Sequence[bool], second: Sequence[bool], level: float = LEVEL) -> Estimate:
    """The share of `first` less that of `second`, over the same rollouts, with the interval of Bonett and Price (2012):
    Wald's after one more pair of each discordant kind, which holds its level for few rollouts too."""
    count = len(first)
    if not count:
        return NOTHING
    up = sum(a and not b for a, b in zip(first, second, strict=True))
    down = sum(b and not a for a, b in zip(first, second, strict=True))
    p, q = (up + 1) / (count + 2), (down + 1) / (count + 2)
    reach = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt((p + q - (p - q) ** 2) / (count + 2))
    return Estimate((up - down) / count, max(-1.0, p - q - reach), min(1.0, p - q + reach), count)


def slope(rows: Sequence[Sequence[tuple[float, float]]], level: float = LEVEL) -> Estimate:
    """The slope of y over x, each row one rollout's (x, y): the mean of the rollouts' own slopes, so that what they
    share does not count as evidence."""
    own = [found for row in rows if (found := _slope(row)) is not None]
    return mean(own, level)


def _slope(row: Sequence[tuple[float, float]]) -> float | None:
    """Least squares; None where x does not vary."""
    if len(row) < 2:
        return None
    middle_x, middle_y = fmean(x for x, _ in row), fmean(y for _, y in row)
    spread = sum((x - middle_x) ** 2 for x, _ in row)
    return sum((x - middle_x) * (y - middle_y) for x, y in row) / spread if spread > 1e-12 else None


def lifetime(survivors: Sequence[int], count: int, threshold: float, level: float = LEVEL) -> Estimate:
    """The first turn at which the share of survivors is below the threshold, turns counting from 1; inf when that has
    not come to pass (right-censored). `survivors` is how many of `count` are left after each turn. The interval inverts
    the exact tests of the shares, as Brookmeyer and Crowley (1982) do for a median."""
    if not count or not survivors:
        return NOTHING
    parts = [share(left, count, level) for left in survivors]

    def first(below: Sequence[float | None]) -> float:
        return next((float(n) for n, part in enumerate(below, 1) if part is not None and part < threshold), math.inf)

    low, value, high = ([getattr(part, side) for part in parts] for side in ("low", "value", "high"))
    return Estimate(first(value), first(low), first(high), count)

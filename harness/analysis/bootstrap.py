"""Intervals whose unit is the environment (a domain's document), stratified by domain: never the hop or the repeat.

Repeats of an environment are averaged first. A figure's standard error is that of its jackknife values over
environments. Scores are skewed, most documents well and a few lost: their intervals are Student's t corrected for
skewness (Hall 1992, "On the removal of skewness by transformation"). Differences have long tails on both sides: theirs
are symmetric bootstrap-t (Hall 1988). With 24 to 45 environments percentile and BCa bootstraps cover too seldom;
tests/analysis/test_analysis_coverage.py holds these to their 95 %. Probabilities come from the cluster bootstrap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from harness.estimate import LEVEL, NOTHING, Estimate
from harness.seeds import derive

if TYPE_CHECKING:
    import pandas as pd

UNIT = ["domain", "document", "document_hash"]
"""Columns that tell environments apart."""
RESAMPLES = 2000
LEAST = 3
"""Environments of a stratum, so that a skewness can be told from them."""

FARTHEST = 30.0
"""Standard errors beyond which resamples tell nothing of a figure without bounds: one environment differs, or two."""

Array = NDArray[np.float64]
Bounds = tuple[float, float]
Statistic = Callable[[Array], Array]
"""Figures of the means: takes means of shape (rows, columns), gives figures of shape (rows, figures), NaN for none."""


@dataclass(frozen=True, eq=False)
class Panel:
    """Environments by columns (hops, mostly): `values[i, j]` is the mean over repeats of environment `units[i]` at
    `columns[j]`, NaN where nothing counts."""

    units: tuple[tuple[str, ...], ...]
    columns: tuple[Any, ...]
    values: Array

    @cached_property
    def strata(self) -> NDArray[np.int64]:
        """Number of each environment's stratum: its domain. Domains of fewer than LEAST environments are one stratum
        together, since so few do not say how they vary; if that is too small it joins the smallest other."""
        return _strata([unit[0] for unit in self.units])

    def minus(self, other: Panel) -> Panel:
        """This less the other, over the environments and columns both have: for paired comparisons."""
        mine, theirs = ({unit: i for i, unit in enumerate(p.units)} for p in (self, other))
        units = tuple(unit for unit in self.units if unit in theirs)
        columns = tuple(column for column in self.columns if column in other.columns)
        left = self.values[np.ix_([mine[u] for u in units], [self.columns.index(c) for c in columns])]
        right = other.values[np.ix_([theirs[u] for u in units], [other.columns.index(c) for c in columns])]
        return Panel(units, columns, left - right)

    def only(self, rows: NDArray[np.bool_]) -> Panel:
        """The environments at which `rows` is true."""
        return Panel(
            tuple(u for u, kept in zip(self.units, rows, strict=True) if kept), self.columns, self.values[rows]
        )

    def whole(self) -> Panel:
        """The environments that have every column."""
        rows = np.asarray(np.isfinite(self.values).all(axis=1), dtype=np.bool_)
        return self.only(rows)

    def at(self, column: Any) -> Panel:
        """One column, of the environments that have it."""
        values = self.values[:, [self.columns.index(column)]]
        return Panel(self.units, (column,), values).only(~np.isnan(values[:, 0]))


def panel(steps: pd.DataFrame, column: str = "credit", by: str = "hop") -> Panel:
    """The panel of one column of the steps, repeats averaged, with a column for each value of `by`."""
    means = steps.groupby([*UNIT, by], sort=True)[column].mean().unstack(by)
    values = means.to_numpy(dtype="float64", na_value=np.nan)
    return Panel(tuple(tuple(map(str, unit)) for unit in means.index), tuple(means.columns.tolist()), values)


def features(table: pd.DataFrame, columns: list[str]) -> Panel:
    """The panel of several columns of a table with one row a chain (or more), averaged by environment."""
    means = table.groupby(UNIT, sort=True)[columns].mean()
    values = means.to_numpy(dtype="float64", na_value=np.nan)
    return Panel(tuple(tuple(map(str, unit)) for unit in means.index), tuple(columns), values)


def means(data: Panel, bounds: Bounds | None = (0.0, 1.0), level: float = LEVEL) -> list[Estimate]:
    """The mean of each column over the environments that have it."""
    return [estimates(data.at(column), lambda m: m, bounds, level)[0] for column in data.columns]


def estimate(data: Panel, statistic: Statistic, bounds: Bounds | None = None, level: float = LEVEL) -> Estimate:
    """One figure of the column means."""
    return estimates(data, statistic, bounds, level)[0]


def estimates(data: Panel, statistic: Statistic, bounds: Bounds | None = None, level: float = LEVEL) -> list[Estimate]:
    """Figures of the column means. `bounds` are the least and the most a figure can be; a least below 0 says that it
    is a difference, and which interval that takes is said above. A figure is open on both sides where its interval
    cannot be told: with fewer than LEAST environments, when it is undefined without one of them, or when it is without
    bounds and hangs on one. Where no environment differs, the bounds, if any, say what could have gone unseen."""
    if not len(data.units):
        return [NOTHING] * int(statistic(np.full((1, len(data.columns)), np.nan)).shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        whole, left_out = _jackknife(data.values)
        value, without = statistic(whole)[0], statistic(left_out)
    pulls = (len(data.units) - 1) * (value - without)
    return [_interval(float(v), pull, data.strata, bounds, level) for v, pull in zip(value, pulls.T, strict=True)]


def quotient(data: Panel, scale: float = 1.0) -> Estimate:
    """`scale` times the mean of the first column over that of the second. None where the second is not above 0; open
    where no environment differs, for nothing then bounds what went unseen."""

    def ratio(rows: Array) -> Array:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(rows[:, [1]] > 0.0, scale * rows[:, [0]] / rows[:, [1]], np.nan)

    found = estimate(data, ratio, (-np.inf, np.inf))
    return Estimate(found.value, None, None, found.count) if found.low == found.high else found


def _jackknife(values: Array) -> tuple[Array, Array]:
    """Column means over all environments, (1, columns), and without each in turn, (environments, columns)."""
    there = ~np.isnan(values)
    filled = np.where(there, values, 0.0)
    total, count = filled.sum(axis=0), there.sum(axis=0)
    return (total / count)[None, :], (total - filled) / (count - there)


def _interval(value: float, pull: Array, strata: NDArray[np.int64], bounds: Bounds | None, level: float) -> Estimate:
    """From the influence of each environment on the figure."""
    count = len(pull)
    if np.isnan(value):
        return Estimate(None, None, None, count)
    if count < LEAST or not np.isfinite(pull).all():
        return Estimate(value, None, None, count)
    size = np.bincount(strata)
    centred = (pull - _stratum_means(pull, strata)) / count
    n = size[strata]
    error = float(np.sqrt(np.sum(centred**2 * n / (n - 1))))
    low, high = bounds or (-np.inf, np.inf)
    if error <= 1e-12 * max(1.0, abs(value)):
        return _unvaried(value, count, bounds, level)
    if bounds is not None and low < 0.0:
        reach = _symmetric(centred, strata, level)
        if reach > FARTHEST and np.isinf(bounds).any():
            return Estimate(value, None, None, count)
        return Estimate(value, float(max(low, value - reach * error)), float(min(high, value + reach * error)), count)
    skew = float(np.sum(centred**3 * n**2 / ((n - 1) * (n - 2)))) / error**3
    reach = float(student.ppf((1 + level) / 2, count - len(size)))
    ends = [value - _straightened(y, skew) * error for y in (reach, -reach)]
    return Estimate(value, float(max(low, ends[0])), float(min(high, ends[1])), count)


def _symmetric(centred: Array, strata: NDArray[np.int64], level: float) -> float:
    """How many standard errors a difference may be off: the quantile of |t| over resamples, strata resampled whole."""
    size = np.bincount(strata)
    drawn = _whole_resamples(strata.tobytes())
    spread = np.zeros(len(drawn))
    for stratum, n in enumerate(size):
        own, values = drawn[:, strata == stratum], centred[strata == stratum]
        spread += (own @ values**2 - (own @ values) ** 2 / n) * n / (n - 1)
    error = np.sqrt(np.maximum(spread, 0.0))
    told = error > 1e-9 * float(np.abs(centred).max())
    return float(np.quantile(np.abs((drawn @ centred)[told]) / error[told], level))


@lru_cache(maxsize=8)
def _whole_resamples(strata: bytes) -> Array:
    """How often each environment is drawn, (RESAMPLES / 2, environments), n of a stratum's n. Many figures share it."""
    code = np.frombuffer(strata, dtype=np.int64)
    rng = np.random.default_rng(derive("studentised", len(code)))
    found = np.empty((RESAMPLES // 2, len(code)))
    for stratum, n in enumerate(np.bincount(code)):
        found[:, code == stratum] = rng.multinomial(int(n), np.full(int(n), 1.0 / n), size=len(found))
    return found


def _stratum_means(values: Array, strata: NDArray[np.int64]) -> Array:
    """The mean of each value's stratum."""
    found: Array = (np.bincount(strata, values) / np.bincount(strata))[strata]
    return found


def _straightened(y: float, skew: float) -> float:
    """The studentised value at which Hall's transformation W + g W^2/3 + g^2 W^3/27 + g/6 is `y`."""
    if abs(skew) < 1e-6:
        return y
    return 3.0 / skew * (float(np.cbrt(1.0 + skew * (y - skew / 6.0))) - 1.0)


def _unvaried(value: float, count: int, bounds: Bounds | None, level: float) -> Estimate:
    """No environment differs. As many as Clopper and Pearson's limit for 0 of `count` may yet, and be as far off as can
    be."""
    if bounds is None or np.isinf(bounds).any():
        return Estimate(value, value, value, count)
    unseen = float(1.0 - ((1.0 - level) / 2.0) ** (1.0 / count))
    low, high = bounds
    return Estimate(value, value - unseen * (value - low), value + unseen * (high - value), count)


def weights(strata: NDArray[np.int64], seed: int = 0, resamples: int = RESAMPLES) -> Array:
    """Bootstrap weights, (resamples, environments). From a stratum of n, n - 1 environments are drawn, each counting
    n / (n - 1), so that means vary as much as they should (Rao and Wu 1988)."""
    rng = np.random.default_rng(derive("bootstrap", seed, len(strata)))
    found = np.empty((resamples, len(strata)))
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        n = len(rows)
        drawn = max(1, n - 1)
        found[:, rows] = rng.multinomial(drawn, np.full(n, 1.0 / n), size=resamples) * (n / drawn)
    return found


def resampled(data: Panel, seed: int = 0, resamples: int = RESAMPLES) -> Array:
    """Column means of resamples, (resamples, columns); NaN where a resample has none."""
    there = ~np.isnan(data.values)
    drawn = weights(data.strata, seed, resamples)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Array = (drawn @ np.where(there, data.values, 0.0)) / (drawn @ there.astype("float64"))
    return found


def probability(holds: NDArray[np.bool_], environments: int) -> float:
    """The share of resamples in which something holds, drawn towards one half as by one environment that says nothing:
    never 0 or 1."""
    return float((holds.mean() * environments + 0.5) / (environments + 1))


def _strata(domains: list[str]) -> NDArray[np.int64]:
    code = np.unique(np.array(domains, dtype=object).astype(str), return_inverse=True)[1].astype(np.int64)
    if not len(code):
        return code
    size = np.bincount(code)
    small = np.flatnonzero(size < LEAST)
    if len(small):
        pooled = int(small[0])
        if size[small].sum() < LEAST and len(small) < len(size):
            pooled = int(np.argmin(np.where(size < LEAST, np.iinfo(np.int64).max, size)))
        code = np.where(np.isin(code, small), pooled, code)
    return np.unique(code, return_inverse=True)[1].astype(np.int64)

"""RS@k over the hops: the curve, its area, how fast it decays, whether it levels off, and readiness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.integrate import trapezoid
from scipy.stats import rankdata

from harness.analysis.bootstrap import (
    Array,
    Panel,
    estimate,
    estimates,
    means,
    panel,
    probability,
    resampled,
    weights,
)  # fmt: skip
from harness.analysis.fits import SLOWEST, fit, predict
from harness.estimate import LEVEL, NOTHING, Estimate

if TYPE_CHECKING:
    import pandas as pd

READY = 0.98
READY_AT = 20
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Decay:
    """How the backward hops' curve falls. `rate` is per hop, of a exp(-rate k); `start` is a; `half_life` = ln 2 / rate
    in hops, its high limit None where no decay is within the interval. `floor` is where the other curve levels off.
    `gain` is by how much the floor lessens the squared error of hops of environments left out of the fit. `plateau`:
    yes where both gain and floor are above 0 beyond doubt, no where the gain is not, beyond doubt."""

    rate: Estimate
    start: Estimate
    half_life: Estimate
    floor: Estimate
    gain: Estimate
    plateau: Literal["yes", "no", "undecided"]


@dataclass(frozen=True, slots=True)
class Readiness:
    """RS after `hop` hops in one domain, and the probability that the domain's is READY or more."""

    hop: int
    rs: Estimate
    probability: float


def curve(steps: pd.DataFrame) -> dict[int, Estimate]:
    """RS@k of every hop, forward ones too."""
    data = panel(steps)
    return dict(zip(data.columns, means(data), strict=True))


def area(steps: pd.DataFrame) -> Estimate:
    """Area under the curve from hop 0, where RS is 1, by trapezes, over its length: the mean RS of a relay. Hops at
    which nothing counts are bridged."""
    return area_of(panel(steps))


def area_of(data: Panel) -> Estimate:
    """`area` of a panel of hops."""
    known = ~np.isnan(data.values).all(axis=0)
    if not known.any():
        return NOTHING
    data = Panel(data.units, tuple(np.array(data.columns)[known].tolist()), data.values[:, known])
    at = np.array([0, *data.columns], dtype="float64")

    def under(rows: Array) -> Array:
        whole = np.column_stack([np.ones(len(rows)), rows])
        found: Array = (trapezoid(whole, at, axis=1) / at[-1])[:, None]
        return found

    return estimate(data, under, (0.0, 1.0))


def below(steps: pd.DataFrame, threshold: float = HALF) -> Estimate:
    """The first hop after which RS@k is below `threshold`. None where the curve, or its upper limits, never were."""
    found = curve(steps)

    def first(side: str) -> float | None:
        under = (hop for hop, e in found.items() if (limit := getattr(e, side)) is not None and limit < threshold)
        return next((float(hop) for hop in under), None)

    return Estimate(first("value"), first("low"), first("high"), max((e.count for e in found.values()), default=0))


def decay(steps: pd.DataFrame) -> Decay | None:
    """The decay of the backward hops; None with fewer than four of them, which a floor would fit whatever they are."""
    data = panel(steps[steps["direction"] == "backward"]).whole()
    if len(data.columns) < 4 or not len(data.units):
        return None
    hops = np.array(data.columns, dtype="float64")
    rate, start = rate_of(data)
    floor = estimate(data, lambda rows: fit(hops, rows, floor=True)[:, 2:], (0.0, 1.0))
    gain = _gain(data, hops)
    plateau: Literal["yes", "no", "undecided"] = "undecided"
    if min(gain.low or 0.0, floor.low or 0.0) > 0.0:
        plateau = "yes"
    elif gain.high is not None and gain.high <= 0.0:
        plateau = "no"
    return Decay(rate, start, _half_life(rate), floor, gain, plateau)


def rate_of(data: Panel) -> list[Estimate]:
    """Rate per hop and start of the decay without a floor, of a panel of hops without gaps."""
    hops = np.array(data.columns, dtype="float64")
    return estimates(data, lambda rows: fit(hops, rows, floor=False)[:, :2], (0.0, np.inf))


def _half_life(rate: Estimate) -> Estimate:
    def of(limit: float | None) -> float | None:
        return None if limit is None or limit <= 2 * SLOWEST else float(np.log(2.0) / limit)

    return Estimate(of(rate.value), of(rate.high), of(rate.low), rate.count)


def _gain(data: Panel, hops: Array) -> Estimate:
    """Leave-one-out: both curves are fitted without an environment and foretell its mean square distance."""
    count = len(data.units)
    if count < 3:
        return Estimate(None, None, None, count)
    others = (data.values.sum(axis=0) - data.values) / (count - 1)
    without, with_floor = (
        ((data.values - predict(hops, fit(hops, others, floor=floor))) ** 2).mean(axis=1) for floor in (False, True)
    )
    return means(Panel(data.units, ("gain",), (without - with_floor)[:, None]), None)[0]


def readiness(steps: pd.DataFrame) -> dict[str, Readiness]:
    """By domain, at hop READY_AT or, in a shorter study, at its last backward hop."""
    found = {}
    for name, own in steps[(steps["direction"] == "backward") & (steps["hop"] <= READY_AT)].groupby("domain"):
        hop = int(own["hop"].max())
        data = panel(own).at(hop)
        if len(data.units):
            holds = resampled(data)[:, 0] >= READY
            found[str(name)] = Readiness(hop, means(data)[0], probability(holds, len(data.units)))
    return found


def rank_agreement(steps: Mapping[str, pd.DataFrame], short: int = 2, long: int = 20) -> dict[str, Estimate]:
    """How RS@short ranks models as RS@long does: Spearman's and Kendall's coefficient (tau-b), over the environments
    that all models have, with the percentile interval of resampled environments. `steps` is by model. NOTHING for fewer
    than three models."""
    panels = [panel(own[own["hop"].isin((short, long))]) for own in steps.values()]
    panels = [p for p in panels if set(p.columns) == {short, long}]
    shared = sorted(set.intersection(*(set(p.units) for p in panels))) if panels else []
    if len(panels) < 3 or not shared:
        return {"spearman": NOTHING, "kendall": NOTHING}
    rows = [[{u: i for i, u in enumerate(p.units)}[unit] for unit in shared] for p in panels]
    values = np.stack([p.values[row] for p, row in zip(panels, rows, strict=True)])
    frame = Panel(tuple(shared), (), np.empty((len(shared), 0)))
    drawn = np.vstack([np.ones(len(shared)), weights(frame.strata, resamples=500)])
    there = ~np.isnan(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        ends = np.einsum("rn,mnk->rmk", drawn, np.where(there, values, 0.0)) / np.einsum("rn,mnk->rmk", drawn, there)
    told = {}
    for name, how in (("spearman", _spearman), ("kendall", _kendall)):
        with np.errstate(invalid="ignore", divide="ignore"):
            draws = how(ends[:, :, 0], ends[:, :, 1])
        usable = draws[1:][~np.isnan(draws[1:])]
        value = None if np.isnan(draws[0]) else float(draws[0])
        tails = np.quantile(usable, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if len(usable) and len(shared) > 1 else None
        low, high = (None, None) if tails is None else (float(tails[0]), float(tails[1]))
        told[name] = Estimate(value, low, high, len(shared))
    return told


def _spearman(first: Array, second: Array) -> Array:
    """Row by row, the correlation of ranks; NaN where all tie."""
    x, y = (rankdata(side, axis=1) - (side.shape[1] + 1) / 2 for side in (first, second))
    found: Array = (x * y).sum(axis=1) / np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
    return found


def _kendall(first: Array, second: Array) -> Array:
    """Row by row, tau-b; NaN where all tie."""
    x, y = (np.sign(side[:, :, None] - side[:, None, :]) for side in (first, second))
    found: Array = (x * y).sum(axis=(1, 2)) / np.sqrt((x * x).sum(axis=(1, 2)) * (y * y).sum(axis=(1, 2)))
    return found

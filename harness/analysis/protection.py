"""What protections around an editor prevent, do themselves, raise for nothing and cost, hop by hop.

At each hop the editor's own result and the one that was taken instead start from the same input and are both measured
(`bare`, `bare_step`; `credit`, `step`), so their difference is what the protections did there. What that comes to over
a whole relay, in which what one hop kept is the next one's input, is told by `ways`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.bootstrap import Array, Bounds, estimate, features, means, quotient
from harness.estimate import NOTHING, Estimate

if TYPE_CHECKING:
    import pandas as pd

PLACES = 9
"""To which scores are compared: a result file has no more."""
SIGNED: Bounds = (-1.0, 1.0)
WORST = 10.0
"""Times the editor's own damage: an interval of what is left that goes beyond it says nothing, and is open."""
COST: Bounds = (0.0, np.inf)


@dataclass(frozen=True, slots=True)
class Protection:
    """What one set of protections did around one editor of one model, means over `hops`. With the loss of the editor's
    own result, d = 1 - bare_step, and of the one that was taken, t = 1 - step, both against the hop's input and 1 for
    a failure, unknown where the input no longer admits the edit (`infeasible`), which nothing at that hop can help:

    damage        mean d: what the editor alone damages of what it is given
    prevented     mean of credit - bare: RS that the hop has more for its protections (0.01 is a point)
    share         1 - mean t / mean d: the part of the damage that was prevented; below 0 where they damage more
    harmed        share of hops that have less RS for their protections
    harm          mean of max(0, bare - credit): what they damage themselves, already taken off `prevented`
    false_alarms  of the hops at which nothing was wrong (d = 0), the share at which a protection stepped in
    caught        of the hops at which something was (d > 0), the share at which one did
    extra_calls   beyond those of the editor alone
    extra_cost    likewise in US dollars
    per_dollar    points of RS prevented per extra dollar
    per_call      points of RS prevented per extra call

    `fired` says at how many hops each protection stepped in. Hops that could not be read are in the costs alone. None
    where something is unknown, a price too, and for a ratio to nothing."""

    hops: int
    damage: Estimate
    prevented: Estimate
    share: Estimate
    harmed: Estimate
    harm: Estimate
    false_alarms: Estimate
    caught: Estimate
    extra_calls: Estimate
    extra_cost: Estimate
    per_dollar: Estimate
    per_call: Estimate
    fired: Mapping[str, int]


def protection(steps: pd.DataFrame) -> Protection | None:
    """What protections did over these steps, of one model under one condition; None where there are none."""
    if "protect" not in steps or steps["protect"].isna().all():
        return None
    table = _told(steps[steps["protect"].notna()])
    known = table[table["prevented"].notna()]
    wrong, right = table[table["damage"] > 0.0], table[table["damage"] == 0.0]
    return Protection(
        len(table),
        _mean(table, "damage"),
        _mean(known, "prevented", SIGNED),
        _share(table),
        _mean(known, "harmed"),
        _mean(known, "harm"),
        _mean(right, "alarm"),
        _mean(wrong, "alarm"),
        _cost(table, "extra_calls"),
        _cost(table, "extra_cost_usd"),
        _per(table, "extra_cost_usd"),
        _per(table, "extra_calls"),
        dict(Counter(name for told in table["fired"] for name in dict.fromkeys(_names(told)))),
    )


def _names(fired: str) -> list[str]:
    """The protections of a cell of the column `fired`."""
    return [name for name in map(str.strip, fired.split(",")) if name]


def _told(steps: pd.DataFrame) -> pd.DataFrame:
    """With the losses `damage` and `left`, and whether a protection stepped in."""
    bare, prevented = steps["bare"].astype("float64"), steps["prevented"].astype("float64").round(PLACES)
    alone, left = ((1.0 - steps[name].astype("float64")).round(PLACES) for name in ("bare_step", "step"))
    failed = (bare == 0.0) & alone.isna()  # a result that can be measured has a step
    hopeless = steps["outcome"] == "infeasible"
    fired = steps["fired"].fillna("").astype(str)
    return steps.assign(
        prevented=prevented,
        damage=alone.mask(failed, 1.0).mask(hopeless),
        left=left.mask(steps["failed"], 1.0).mask(hopeless),
        harmed=(prevented < 0.0).astype("float64").mask(prevented.isna()),
        harm=(-prevented).clip(lower=0.0),
        fired=fired,
        alarm=(fired != "").astype("float64"),
        extra_calls=steps["extra_calls"].astype("float64"),
        extra_cost_usd=steps["extra_cost_usd"].astype("float64"),
    )


def _mean(table: pd.DataFrame, name: str, bounds: Bounds = (0.0, 1.0)) -> Estimate:
    return means(features(table, [name]), bounds)[0] if len(table) else NOTHING


def _share(table: pd.DataFrame) -> Estimate:
    """Of the hops at which both results could be measured. Its interval is that of log(t / d), which is open on no side
    and less skewed. Where a few documents lose most of all that is lost it still covers too seldom: in studies of 24 to
    45 environments 80 to 91 times in 100."""
    both = table[table["damage"].notna() & table["left"].notna()]
    data = features(both, ["left", "damage"])
    left, logs = quotient(data), estimate(data, _log_ratio, (-np.inf, np.inf))
    if left.value is None:
        return left
    told = logs.low is not None and logs.high is not None and logs.low < logs.high <= math.log(WORST)
    ends = (logs.high, logs.low) if told else (None, None)
    low, high = (None if end is None else 1.0 - math.exp(end) for end in ends)
    return Estimate(1.0 - left.value, low, high, left.count)


def _log_ratio(rows: Array) -> Array:
    """Of each row, shape (rows, 1); NaN where there is none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Array = np.log(rows[:, [0]] / rows[:, [1]])
    return np.where(np.isfinite(found), found, np.nan)


def _cost(table: pd.DataFrame, name: str) -> Estimate:
    return NOTHING if table[name].isna().any() else _mean(table, name, COST)


def _per(table: pd.DataFrame, name: str) -> Estimate:
    """Points of RS prevented at a hop per unit of what a hop costs more."""
    if table[name].isna().any():
        return NOTHING
    return quotient(features(table, ["prevented", name]), 100.0)

"""What hops cost: dollars, tokens, seconds, and these per point of RS. What is unknown stays unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.bootstrap import Array, estimate, features
from harness.estimate import NOTHING, Estimate

if TYPE_CHECKING:
    import pandas as pd

MEASURES = ("cost_usd", "input_tokens", "output_tokens", "latency", "calls")


@dataclass(frozen=True, slots=True)
class Spending:
    """One measure: `hop` per hop, `chain` per relay, `total` over all chains, `kept` and `lost` per point (hundredth)
    of RS kept, or lost, at the chains' last hop. None throughout where a hop's figure is `unknown`, rather than a sum
    that leaves it out; `kept` and `lost` are None where nothing was."""

    hop: Estimate
    chain: Estimate
    total: float | None
    kept: Estimate
    lost: Estimate
    unknown: int


def spending(steps: pd.DataFrame, measures: Sequence[str] = MEASURES) -> dict[str, Spending]:
    """By measure: `cost_usd`, tokens, `latency` in seconds, `calls`."""
    return {name: _spending(steps, name) for name in measures}


def _spending(steps: pd.DataFrame, name: str) -> Spending:
    unknown = int(steps[name].isna().sum())
    if unknown or not len(steps):
        return Spending(NOTHING, NOTHING, None, NOTHING, NOTHING, unknown)
    paid = steps.assign(spent=steps[name].astype("float64"), number=1.0)
    ordered = paid.sort_values(["chain", "hop"]).groupby("chain")
    chains = ordered[["domain", "document", "document_hash"]].first()
    chains[["spent", "number"]] = ordered[["spent", "number"]].sum()
    chains["rs"] = ordered["credit"].last()  # the last hop that counts: an unread one does not
    data = features(chains, ["spent", "number", "rs"])
    spent = [lambda rows: rows[:, [0]] / rows[:, [1]], lambda rows: rows[:, [0]]]
    hop, chain = (_positive(estimate(data, how)) for how in spent)
    counted = data.only(~np.isnan(data.values[:, 2]))
    return Spending(
        hop, chain, float(paid["spent"].sum()),
        _positive(estimate(counted, lambda rows: _per_point(rows[:, 0], rows[:, 2]))),
        _positive(estimate(counted, lambda rows: _per_point(rows[:, 0], 1.0 - rows[:, 2]))),
        0,
    )  # fmt: skip


def _per_point(spent: Array, points: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Array = np.where(points > 1e-9, spent / (100.0 * points), np.nan)[:, None]
    return found


def _positive(found: Estimate) -> Estimate:
    """Nothing costs less than nothing."""
    low = None if found.low is None else max(0.0, found.low)
    return Estimate(found.value, low, found.high, found.count)

"""Critical errors: round trips in which a document loses CRITICAL or more of its credit (the paper's ten points)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.bootstrap import Array, Panel, estimate, estimates, features, means, panel
from harness.estimate import NOTHING, Estimate

if TYPE_CHECKING:
    import pandas as pd

CRITICAL = 0.10
_PARTS = ["missing", "altered", "spurious", "moved"]


@dataclass(frozen=True, slots=True)
class Critical:
    """`chains`: by backward hop, the share of chains that have had one; a chain that stopped short counts as far as it
    came. `rate`: per round trip. `share`: of all that round trips lose (gains apart), the share lost in critical ones.
    `drop`: their mean size. `deletion` and `failure`: the share of them in which what went missing grew more than what
    was altered, invented and moved together, and in which the hop failed. `errors`: how many there are."""

    chains: dict[int, Estimate]
    rate: Estimate
    share: Estimate
    drop: Estimate
    deletion: Estimate
    failure: Estimate
    errors: int


def trips(steps: pd.DataFrame) -> pd.DataFrame:
    """A row a round trip whose backward hop counts: the steps' columns, `drop` (credit lost since the last one that
    counted, hop 0 having 1), `gone` and `other` (by how much missing content, and all other loss, has grown) and
    `critical`."""
    table = steps[(steps["direction"] == "backward") & steps["credit"].notna()].sort_values(["chain", "hop"]).copy()
    table["drop"] = table.groupby("chain")["credit"].shift(1, fill_value=1.0) - table["credit"]
    parts = table[_PARTS].astype("float64")
    table["gone"] = parts["missing"]
    table["other"] = parts["altered"] + parts["spurious"] + parts["moved"]
    for name in ("gone", "other"):  # a failure measures neither: growth is since the last hop that did
        before = table.groupby("chain")[name].ffill().groupby(table["chain"]).shift(1).fillna(0.0)
        table[name] = table[name] - before
    table["critical"] = table["drop"] >= CRITICAL - 1e-9
    return table


def critical(steps: pd.DataFrame) -> Critical:
    """The critical errors of some chains."""
    table = trips(steps)
    if not len(table):
        return Critical({}, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, 0)
    table["struck"] = table["critical"].astype("float64")
    table["had"] = table.groupby("chain")["struck"].cummax()
    chains = panel(table, "had")
    data = trips_panel(steps)
    share, drop, deletion, failure = ratios_of(data)
    by_hop = {int(hop): e for hop, e in zip(chains.columns, means(chains), strict=True)}
    rate = estimate(data, lambda rows: rows[:, :1], (0.0, 1.0))
    return Critical(by_hop, rate, share, drop, deletion, failure, int(table["critical"].sum()))


def trips_panel(steps: pd.DataFrame) -> Panel:
    """By environment, a mean round trip: whether it was critical, what it lost (gains apart), what of that in a
    critical one, and whether that was a deletion or a failure."""
    table = trips(steps)
    table["struck"] = table["critical"].astype("float64")
    table["lost"] = table["drop"].clip(lower=0.0)
    table["heavy"] = table["drop"] * table["struck"]
    table["failure"] = table["struck"] * table["failed"].astype("float64")
    table["deletion"] = (table["critical"] & ~table["failed"] & (table["gone"] > table["other"])).astype("float64")
    return features(table, ["struck", "lost", "heavy", "deletion", "failure"])


def ratios_of(data: Panel) -> list[Estimate]:
    """Of a panel of `trips_panel`: share, drop, deletion and failure of `Critical`."""

    def ratios(rows: Array) -> Array:
        number, lost, heavy, deletion, failure = rows.T
        with np.errstate(invalid="ignore", divide="ignore"):
            own = [np.where(number > 0.0, part / number, np.nan) for part in (heavy, deletion, failure)]
            return np.column_stack([np.where(lost > 0.0, heavy / lost, np.nan), *own])

    return estimates(data, ratios, (0.0, 1.0))

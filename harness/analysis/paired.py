"""Two sets of chains against each other, on the same environments, plans and seeds.

All figures are of the second less the first: what is above 0 got better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Literal

import numpy as np

from harness.analysis.bootstrap import Bounds, features, means, panel, quotient
from harness.estimate import LEVEL, NOTHING, Estimate

if TYPE_CHECKING:
    import pandas as pd

CHAIN = ["domain", "document", "document_hash", "repeat", "schedule", "seed"]
"""Columns that a chain and its partner have in common: they make the same plan and the same draws."""
LOSSES = ("missing", "altered", "spurious", "moved")
_MEASURES = ["credit", "step", "done", "calls", "cost_usd", *LOSSES]
_RANGE = (-1.0, 1.0)
_ANY: Bounds = (-np.inf, np.inf)


@dataclass(frozen=True, eq=False)
class Pairs:
    """The hops that both sides have, a row each: CHAIN, hop, edit, direction and, of either side with the suffix _a or
    _b, chain, outcome and the measures; `difference` is of credit, missing where either is unread. `alone_a` and
    `alone_b` count the chains without a partner, `other_plan` the chains whose partner was asked for other edits."""

    table: pd.DataFrame
    alone_a: int
    alone_b: int
    other_plan: int

    @property
    def chains(self) -> int:
        return int(self.table["chain_b"].nunique())

    @property
    def last(self) -> int:
        """The last hop that half the pairs have reached, a backward one where there is one; 0 without pairs."""
        reached = self.table.groupby("hop")["chain_b"].count()
        common = [int(hop) for hop, count in reached.items() if 2 * count >= self.chains]  # type: ignore[call-overload]
        return max([hop for hop in common if hop % 2 == 0] or common, default=0)

    def at(self, hop: int) -> pd.DataFrame:
        """The pairs that were both measured there."""
        rows = self.table[self.table["hop"] == hop]
        return rows[rows["difference"].notna()]


def pair(first: pd.DataFrame, second: pd.DataFrame) -> Pairs:
    """Pairs the steps of two sides, each with at most one chain for every value of CHAIN (ValueError otherwise)."""
    wanted = [*CHAIN, "hop", "edit", "direction", "chain", "outcome", *_MEASURES]
    table = first[wanted].merge(
        second[wanted], on=[*CHAIN, "hop"], suffixes=("_a", "_b"), validate="one_to_one", how="inner"
    )
    strange = (table["edit_a"] != table["edit_b"]) | (table["direction_a"] != table["direction_b"])
    strangers = set(table.loc[strange, "chain_b"])
    table = table[~table["chain_b"].isin(strangers)]
    table = table.drop(columns=["edit_b", "direction_b"]).rename(columns={"edit_a": "edit", "direction_a": "direction"})
    table["difference"] = (table["credit_b"] - table["credit_a"]).round(9)  # a results file has fewer places
    alone = [
        own["chain"].nunique() - table[f"chain_{side}"].nunique() - len(strangers)
        for own, side in ((first, "a"), (second, "b"))
    ]
    ordered = table.sort_values([*CHAIN, "hop"], kind="stable").reset_index(drop=True)
    return Pairs(ordered, alone[0], alone[1], len(strangers))


def differences(pairs: Pairs, level: float = LEVEL) -> dict[int, Estimate]:
    """The difference in RS@k at every hop k, its interval by environments."""
    if not len(pairs.table):
        return {}
    data = panel(pairs.table, "difference")
    return {int(hop): found for hop, found in zip(data.columns, means(data, _RANGE, level), strict=True)}


def by_domain(pairs: Pairs, hop: int) -> dict[str, Estimate]:
    """The difference in RS@hop of each domain, the largest loss first."""
    found = {str(domain): _mean(rows, "difference") for domain, rows in pairs.at(hop).groupby("domain", sort=True)}
    return dict(sorted(found.items(), key=lambda item: item[1].value or 0.0))


def by_edit(pairs: Pairs) -> dict[str, Estimate]:
    """The difference in the hops' own work (`step`), by domain and edit, the largest loss first."""
    table = pairs.table.assign(own=pairs.table["step_b"] - pairs.table["step_a"])
    table = table[table["own"].notna()]
    named = table["domain"].astype(str) + "/" + table["edit"].astype(str)
    found = {str(name): _mean(rows, "own") for name, rows in table.groupby(named, sort=True)}
    return dict(sorted(found.items(), key=lambda item: item[1].value or 0.0))


def by_loss(pairs: Pairs, hop: int) -> dict[str, Estimate]:
    """The difference in each kind of loss at `hop`, over the pairs in which neither side failed; above 0 is worse."""
    rows = pairs.at(hop)
    found = {}
    for kind in LOSSES:
        own = rows.assign(own=rows[f"{kind}_b"] - rows[f"{kind}_a"])
        found[kind] = _mean(own[own["own"].notna()], "own")
    return found


def compliance(pairs: Pairs) -> Estimate:
    """The difference in `done`, forward hops."""
    table = pairs.table.assign(own=pairs.table["done_b"] - pairs.table["done_a"])
    return _mean(table[table["own"].notna()], "own")


def price(pairs: Pairs, hop: int, measure: Literal["cost_usd", "calls"]) -> tuple[Estimate, Estimate]:
    """What a relay of the second costs more, up to `hop`, below 0 where it costs less; and the points (hundredths) of
    RS@hop by which it is better per unit of that, None where it does not cost more. NOTHING where a hop's cost is
    unknown."""
    counted = pairs.table["chain_b"].isin(pairs.at(hop)["chain_b"])
    table = pairs.table[counted & (pairs.table["hop"] <= hop)]
    more = (table[f"{measure}_b"] - table[f"{measure}_a"]).astype("float64")
    if more.isna().any() or not len(table):
        return NOTHING, NOTHING
    rows = table[table["hop"] == hop].assign(more=more.groupby(table["chain_b"]).transform("sum"))
    data = features(rows, ["difference", "more"])
    return means(data.at("more"), _ANY)[0], quotient(data, 100.0)


def worst(pairs: Pairs, hop: int, count: int = 5) -> list[tuple[int, int, int, float]]:
    """The regressions: (chain of the first, chain of the second, hop, difference at `hop`), the largest loss first. The
    hop named is the one, up to `hop`, at which the second fell behind the first the most."""
    rows = pairs.at(hop)
    rows = rows[rows["difference"] < 0].sort_values(["difference", "chain_b"], kind="stable").head(count)
    return [
        (int(a), int(b), _fell(pairs.table[(pairs.table["chain_b"] == b) & (pairs.table["hop"] <= hop)]), float(d))
        for a, b, d in zip(rows["chain_a"], rows["chain_b"], rows["difference"], strict=True)
    ]


def guarded(values: Sequence[float], level: float = LEVEL) -> Estimate:
    """The mean of differences in [-1, 1], for a decision: Student's interval of the values and one more at either end
    of the range. Bonett and Price (2012) do so for shares; it keeps few or equal values from looking certain, and takes
    about as many all equal ones to exclude a mean of -margin, log(alpha) / log(1 - margin), as an exact test does."""
    from scipy.stats import t

    count = len(values)
    if not count:
        return NOTHING
    padded = [*values, *_RANGE]
    reach = float(t.ppf((1 + level) / 2, len(padded) - 1)) * stdev(padded) / math.sqrt(len(padded))
    centre = fmean(padded)
    return Estimate(fmean(values), max(-1.0, centre - reach), min(1.0, centre + reach), count)


def _mean(rows: pd.DataFrame, column: str) -> Estimate:
    return means(panel(rows.assign(all=0), column, "all"), _RANGE)[0] if len(rows) else NOTHING


def _fell(chain: pd.DataFrame) -> int:
    """Backward hops are told first: there the document is in its own format."""
    own = chain[chain["difference"].notna()]
    backward = own[own["direction"] == "backward"]
    own = backward if len(backward) else own
    falls = own["difference"].diff().fillna(own["difference"])
    return int(own["hop"].tolist()[falls.to_numpy().argmin()])

"""One decision on its way: what has been bought for it, what it cost, and the pairs it gave."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from harness.analysis.sequential import Array, Design
from harness.budget import Budget
from harness.calls import Means
from harness.comparison import compare_pairs
from harness.estimate import NOTHING, Estimate
from harness.gating.baseline import Plan
from harness.gating.verdict import Look, Verdict
from harness.sides import Side, paired
from harness.store import Reader
from harness.study import Study, run_async
from harness.suites.price import LOW, estimate
from harness.table import bills

if TYPE_CHECKING:
    import pandas as pd

    from harness.analysis.paired import Pairs


@dataclass(slots=True)
class Session:
    """`path` is the store that the chains are bought into, `means` how they are run; its budget is that of all looks
    together."""

    plan: Plan
    design: Design
    path: Path
    means: Means
    looks: list[Look] = field(default_factory=list)
    budget: Budget = field(init=False)
    _study: Study | None = None
    _pairs: Pairs | None = None
    _seen: set[tuple[Any, ...]] = field(default_factory=set)
    _unit: int = 0

    def __post_init__(self) -> None:
        for model in self.plan.models if self.means.max_cost is not None else ():
            self.means.account(model, self.plan.spec(1).base_url).check()
        self.budget = self.means.purse()
        self.means = replace(self.means, budget=self.budget)
        spec = self.plan.spec(1)
        self._unit = len(spec.environments()) * (spec.repeats if self.plan.grows == "documents" else 1)

    @property
    def hop(self) -> int:
        return self.plan.spec(1).hops

    @property
    def cost(self) -> float | None:
        """US dollars that the chains took so far, in whichever run they were bought; None when a price is unknown."""
        costs = [bill["cost_usd"] for bill in self._bills()]
        return None if None in costs else float(sum(costs))

    @property
    def missing(self) -> int:
        """Pairs that were wanted and stopped short."""
        if self._study is None:
            return 0
        short = self._study.unfinished
        return len({(c.domain, c.document, c.repeat) for c in self._study.chains if c.number in short})

    def pairs_of(self, amount: int) -> int:
        """Pairs in that many documents, or repeats."""
        return self._unit * amount

    def stop(self, amount: int, following: int) -> str:
        """Why going from one amount to the next would not fit the budget, "" when it may: a batch that is broken off
        says less than none. The first is foreseen as `run --dry-run` does, a later one at the mean of the chains so
        far. That no call crosses a limit is the budget's own affair."""
        most, cost = self.means.max_cost, self.cost
        if self.budget.stop or most is None or cost is None:
            return self.budget.stop
        if amount:
            more = cost / amount * (following - amount)
        else:
            prices = estimate(self.plan.spec(following), self.path, self.means.account("").price)
            more = sum(price.low or 0.0 for price in prices) / LOW
        return "the next batch would cross --max-cost" if cost + more > most else ""

    async def buy(self, amount: int) -> None:
        """Runs up to that many documents or repeats, continuing what is there, and pairs what came."""
        plan = self.plan
        self._study = await run_async(plan.models, plan.domains, store=self.path, means=self.means, **plan.size(amount))
        baseline, candidate = self._sides()
        if len(baseline.steps) and len(candidate.steps):
            self._pairs = paired(baseline, candidate)

    def _sides(self) -> tuple[Side, Side]:
        study = self._study
        if study is None:
            raise RuntimeError("nothing is bought yet")
        own = [Side(name, study.steps[study.steps["model"] == name], study) for name in self.plan.models]
        return self.plan.baseline or own[1], own[0]

    def rows(self) -> pd.DataFrame | None:
        """The pairs measured at the last hop."""
        return None if self._pairs is None else self._pairs.at(self.hop)

    def fresh(self) -> Array:
        """The differences that were not there at the last look, shape (1, pairs)."""
        from harness.analysis.paired import CHAIN

        rows = self.rows()
        if rows is None:
            return np.zeros((1, 0))
        keys = [tuple(key) for key in rows[CHAIN].astype(str).to_numpy()]
        new = [key not in self._seen for key in keys]
        self._seen.update(keys)
        found: Array = rows["difference"].to_numpy(dtype="float64")[new][None, :]
        return found

    def by_environment(self) -> list[float]:
        """The differences, repeats of an environment averaged."""
        from harness.analysis.bootstrap import UNIT

        rows = self.rows()
        return [] if rows is None else [float(d) for d in rows.groupby(UNIT, sort=True)["difference"].mean()]

    def look(self, found: Estimate) -> None:
        """Notes what is known now."""
        if found.value is not None and found.low is not None and found.high is not None:
            rows = self.rows()
            self.looks.append(Look(0 if rows is None else len(rows), found.value, found.low, found.high, self.cost))

    def verdict(
        self,
        outcome: Literal["pass", "fail", "inconclusive"],
        reason: str,
        found: Estimate | None = None,
        *,
        further: int | None = None,
    ) -> Verdict:
        """What is said in the end."""
        rows, comparison = self.rows(), None
        count = 0 if rows is None else len(rows)
        if self._pairs is not None and count:
            baseline, candidate = self._sides()
            comparison = compare_pairs(baseline, candidate, self._pairs, hop=self.hop)
        if self.missing:
            reason += f"; {self.missing} pairs are unfinished: the same command continues them"
        return Verdict(
            outcome, reason, self.plan.models[0], self.plan.name, self.hop, self.design, found or NOTHING, count,
            self.missing, further, sum(bill["calls"] for bill in self._bills()), self.cost, tuple(self.looks),
            comparison,
        )  # fmt: skip

    def _bills(self) -> list[dict[str, Any]]:
        """What each chain took."""
        if self._study is None:
            return []
        with Reader(self.path) as reader:
            paid = bills(reader)
        return [paid[chain.number] for chain in self._study.chains]

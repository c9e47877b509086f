"""One decision on its way: what has been bought for it, what it cost, and the pairs it gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from harness.analysis.sequential import Array, Design
from harness.comparison import compare_pairs
from harness.estimate import NOTHING, Estimate
from harness.gating.baseline import Plan
from harness.gating.purse import Purse, spent, unpriced
from harness.gating.verdict import Look, Verdict
from harness.sides import Side, paired
from harness.store import Reader
from harness.study import Study, run_async
from harness.table import bills

if TYPE_CHECKING:
    import pandas as pd

    from harness.analysis.paired import Pairs


@dataclass(slots=True)
class Session:
    """`path` is the store that the chains are bought into, `running` the settings of `run_async` that change nothing of
    the results."""

    plan: Plan
    design: Design
    purse: Purse
    path: Path
    running: Mapping[str, Any]
    looks: list[Look] = field(default_factory=list)
    _study: Study | None = None
    _pairs: Pairs | None = None
    _seen: set[tuple[Any, ...]] = field(default_factory=set)
    _unit: int = 0

    def __post_init__(self) -> None:
        spec = self.plan.spec(1)
        self._unit = len(spec.environments()) * (spec.repeats if self.plan.grows == "documents" else 1)

    @property
    def hop(self) -> int:
        return self.plan.spec(1).hops

    @property
    def cost(self) -> float:
        """US dollars so far. UsageError when a price is unknown and there is a limit to keep."""
        known = None if self._study is None else spent(self._study)
        if known is None and self._study is not None and self.purse.limit is not None:
            raise unpriced(" or ".join(self.plan.models))
        return known or 0.0

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

    def foreseen(self, amount: int, following: int) -> float:
        """US dollars of going from one amount to the next, at the mean of the chains so far."""
        if self.purse.limit is None:
            return 0.0
        if not amount:
            return self.purse.first(self.plan.spec(following))
        return self.cost / amount * (following - amount)

    async def buy(self, amount: int) -> None:
        """Runs up to that many documents or repeats, continuing what is there, and pairs what came."""
        plan = self.plan
        self._study = await run_async(plan.models, plan.domains, store=self.path, **self.running, **plan.size(amount))
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
            cost = spent(self._study) if self._study is not None else 0.0
            self.looks.append(Look(0 if (rows := self.rows()) is None else len(rows), found.value, found.low,
                                   found.high, cost))  # fmt: skip

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
            self.missing, further, self._calls(), spent(self._study) if self._study is not None else 0.0,
            tuple(self.looks), comparison,
        )  # fmt: skip

    def _calls(self) -> int:
        if self._study is None:
            return 0
        with Reader(self.path) as reader:
            paid = bills(reader)
        return sum(paid[chain.number]["calls"] for chain in self._study.chains)

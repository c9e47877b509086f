"""What a gate says, and how it came to say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from harness.analysis.sequential import Design
from harness.comparison import Comparison
from harness.estimate import Estimate

EXIT: Mapping[str, int] = {"pass": 0, "fail": 1, "inconclusive": 3}


@dataclass(frozen=True, slots=True)
class Look:
    """What was known after a batch: pairs so far, mean difference, its limits, cost so far of what was bought."""

    pairs: int
    mean: float
    low: float
    high: float
    cost: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`difference` is RS@hop of the candidate less that of the baseline; each of its limits by itself holds with
    probability 1 - alpha, at all looks together. pass: the lower limit is above -margin; fail: the upper
    one is below; else inconclusive. `reason` says why it ended there; `further` pairs would decide if they came like
    those so far, None when none would. `pairs` are decided on, `missing` were wanted and not finished. `calls` and
    `cost_usd` are of all chains bought for it, `cost_usd` None when a price is unknown;
    `looks` has one entry for a run of fixed size."""

    outcome: Literal["pass", "fail", "inconclusive"]
    reason: str
    candidate: str
    baseline: str
    hop: int
    design: Design
    difference: Estimate
    pairs: int
    missing: int
    further: int | None
    calls: int
    cost_usd: float | None
    looks: tuple[Look, ...]
    comparison: Comparison | None

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 3 inconclusive."""
        return EXIT[self.outcome]

    def to_dict(self) -> dict[str, Any]:
        """For JSON: what is unknown is None."""
        told = asdict(self) | {"exit_code": self.exit_code}
        told["comparison"] = self.comparison and self.comparison.to_dict()
        return told

    def headline(self) -> str:
        """The verdict in one sentence. Names of models are as the user wrote them."""
        margin, d = f"{self.design.margin:.3f}", self.difference
        said = {
            "pass": f"{self.candidate} is not worse than {self.baseline} by {margin} or more",
            "fail": f"{self.candidate} is worse than {self.baseline} by more than {margin}",
            "inconclusive": f"not decided whether {self.candidate} is worse than {self.baseline} by {margin}",
        }[self.outcome]
        if d.value is None:
            return f"{self.outcome}: {said}: {self.reason}"
        return (
            f"{self.outcome}: {said}: RS@{self.hop} differs by {d.value:+.3f} ({_limit(d.low)} to {_limit(d.high)}, "
            f"{self.pairs} pairs); {self.reason}"
        )

    def outlook(self) -> str:
        """What would decide; "" when it is decided."""
        if self.outcome != "inconclusive":
            return ""
        if self.further is None:
            return "at this difference no number of chains would decide: choose another margin"
        return f"about {self.further:,} further pairs of chains would decide, should they come like those so far"


def _limit(value: float | None) -> str:
    return "?" if value is None else f"{value:+.3f}"

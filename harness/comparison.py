"""Two sets of chains compared: who keeps more, where, and the worst regressions with what was lost in them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.estimate import Estimate
from harness.sides import Side, open_side, paired
from harness.study import Hop

if TYPE_CHECKING:
    from domains import Change
    from harness.analysis.paired import Pairs

CHANGES = 12
"""Changes kept of a regression, the largest first."""
LINES = 40
"""Lines kept of its text."""


@dataclass(frozen=True, slots=True)
class Regression:
    """A pair in which the second side ended lower. `difference` is that of RS at the comparison's hop; `hop` is where
    it fell behind the most, with the score of either side there. `changes` are what the second lost there and the first
    did not, `text` a unified diff from the first's document to the second's; both empty without stored documents."""

    chain_a: int
    chain_b: int
    domain: str
    document: str
    repeat: int
    hop: int
    edit: str
    direction: str
    outcome: str
    difference: float
    rs_a: float | None
    rs_b: float | None
    changes: tuple[Mapping[str, Any], ...] = ()
    text: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The second less the first, over `pairs` chains that both have. `rs_a` and `rs_b` are RS@hop over the pairs,
    `difference` is by hop. `better`, `worse` and `equal` count pairs at `hop`; `alone_a` and `alone_b` chains without a
    partner, `other_plan` chains whose partner was asked for other edits. `cost` (US dollars) and `calls` are what a
    relay takes more up to `hop`, `per_dollar` the points of RS@hop won per dollar of that, None where it does not cost
    more. Intervals are of 95 % each."""

    a: str
    b: str
    hop: int
    pairs: int
    alone_a: int
    alone_b: int
    other_plan: int
    better: int
    worse: int
    equal: int
    rs_a: float
    rs_b: float
    difference: Mapping[int, Estimate]
    domains: Mapping[str, Estimate]
    edits: Mapping[str, Estimate]
    losses: Mapping[str, Estimate]
    compliance: Estimate
    cost: Estimate
    calls: Estimate
    per_dollar: Estimate
    regressions: tuple[Regression, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON: hops are strings, what is unknown is None."""
        return asdict(self) | {"difference": {str(hop): asdict(found) for hop, found in self.difference.items()}}


def compare(first: str | Side, second: str | Side, *, store: str | Path | None = None, hop: int | None = None,
            worst: int = 5) -> Comparison:  # fmt: skip
    """Compares two sides over the chains both have: same document, plan, seed and repeat. A side is written STORE,
    STORE#MODEL, STORE#MODEL?CONDITION=VALUE&… (`editor=patch&protect=guard,verify`, `protect=none`), or MODEL with
    `store`; STORE may be a results file (JSON). UsageError when a side is not one model under one condition, or when
    nothing pairs."""
    a, b = (side if isinstance(side, Side) else open_side(side, store) for side in (first, second))
    return compare_pairs(a, b, paired(a, b), hop=hop, worst=worst)


def compare_pairs(a: Side, b: Side, pairs: Pairs, *, hop: int | None = None, worst: int = 5) -> Comparison:
    """The comparison of sides already paired. UsageError when no pair has that hop."""
    from harness.analysis import paired as figures

    hop = hop or pairs.last
    rows = pairs.at(hop)
    if not len(rows):
        raise UsageError(
            f"no pair of {a.name} and {b.name} is measured at hop {hop}: both have hops up to {pairs.last}"
        )
    fell = tuple(_regression(a, b, pairs, *place) for place in figures.worst(pairs, hop, worst))
    difference = rows["difference"]
    cost, per_dollar = figures.price(pairs, hop, "cost_usd")
    return Comparison(
        a.name, b.name, hop, len(rows), pairs.alone_a, pairs.alone_b, pairs.other_plan,
        int((difference > 0).sum()), int((difference < 0).sum()), int((difference == 0).sum()),
        float(rows["credit_a"].mean()), float(rows["credit_b"].mean()), figures.differences(pairs),
        figures.by_domain(pairs, hop), figures.by_edit(pairs), figures.by_loss(pairs, hop), figures.compliance(pairs),
        cost, figures.price(pairs, hop, "calls")[0], per_dollar, fell,
    )  # fmt: skip


def _regression(a: Side, b: Side, pairs: Pairs, chain_a: int, chain_b: int, hop: int, fall: float) -> Regression:
    table = pairs.table
    row = table[(table["chain_b"] == chain_b) & (table["hop"] == hop)].iloc[0]
    changes: tuple[Mapping[str, Any], ...] = ()
    text: tuple[str, ...] = ()
    if a.study is not None and b.study is not None:
        left, right = a.study.hop(chain_a, hop), b.study.hop(chain_b, hop)
        changes, text = _lost(left, right), _text(left, right)
    return Regression(
        chain_a, chain_b, str(row["domain"]), str(row["document"]), int(row["repeat"]), hop, str(row["edit"]),
        str(row["direction"]), str(row["outcome_b"]), fall, _number(row["credit_a"]), _number(row["credit_b"]),
        changes, text,
    )  # fmt: skip


def _number(value: Any) -> float | None:
    return None if value != value else float(value)


def _lost(left: Hop, right: Hop) -> tuple[Mapping[str, Any], ...]:
    """What the right one lost and the left one did not."""
    known = {_what(change) for change in _changes(left)}
    own = sorted((c for c in _changes(right) if _what(c) not in known), key=lambda change: -change.share)
    return tuple(
        {"kind": c.kind, "path": c.path, "before": c.before, "after": c.after, "share": c.share, "told": str(c)}
        for c in own[:CHANGES]
    )


def _changes(hop: Hop) -> tuple[Change, ...]:
    measured = hop.measurement
    return measured.rs.changes if measured is not None and measured.rs is not None else ()


def _what(change: Change) -> tuple[object, ...]:
    return change.kind, change.path, change.field, change.after


def _text(left: Hop, right: Hop) -> tuple[str, ...]:
    rows: list[str] = []
    for name in sorted({*left.step.after, *right.step.after}):
        old, new = (side.step.after.get(name, "").splitlines() for side in (left, right))
        rows += difflib.unified_diff(old, new, f"{name} (first)", f"{name} (second)", lineterm="", n=1)
    kept = rows[:LINES]
    return (*kept, f"… and {len(rows) - LINES} more lines") if len(rows) > LINES else tuple(kept)

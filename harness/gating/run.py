"""The gate at work: buys chains, looks, and stops when the evidence decides or the means are spent."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness.analysis.sequential import Design
from harness.analysis.sequential import Sequence as Race
from harness.errors import UsageError
from harness.estimate import Estimate
from harness.gating.baseline import make_plan
from harness.gating.session import Session
from harness.gating.verdict import Verdict

if TYPE_CHECKING:
    from harness.calls import Means

FIRST = 12
"""Pairs of the first batch, at least."""
GROWTH = 0.05
"""A later batch is at least this share of what there is: fewer looks cost little and save much work."""
MOST = 2000
"""Pairs bought unless told otherwise."""
LOST = 0.05
"""With more than this share of the pairs unfinished nothing passes: the chains that stop may be the bad ones."""

Outcome = Literal["pass", "fail", "inconclusive"]


def gate(
    candidate: str,
    baseline: str,
    *,
    domains: Sequence[str] | str = (),
    margin: float = 0.02,
    alpha: float = 0.05,
    power: float = 0.95,
    adaptive: bool = False,
    max_chains: int | None = None,
    store: str | Path | None = None,
    means: Means | None = None,
    **conditions: Any,
) -> Verdict:
    """Decides whether `candidate` is worse than `baseline` by `margin` of RS or more, at k = 2 * round_trips.

    `baseline` is a model, run on the same environments, or a file: a store (STORE#MODEL when it holds several) or a
    results file; then environments, plan and seeds are the file's, `domains` may choose among them, and `conditions`
    say only how the candidate is asked.

    Without `adaptive` the run that `conditions` describe is bought and judged once. With it documents (repeats, where
    documents are given) are bought in seeded batches until the evidence decides, at most `max_chains` pairs (default
    2000). The limits of Means (`max_cost`, `max_calls`, `max_time`) are those of all batches together; like
    `max_chains`, money and calls count what `store` already held of this decision. The same call again on the same
    `store` buys nothing twice. Raises UsageError for what the caller can mend and
    Denied when a provider turns us away."""
    from harness.calls import blocking

    terms: dict[str, Any] = {
        "domains": domains, "margin": margin, "alpha": alpha, "power": power, "adaptive": adaptive,
        "max_chains": max_chains, "store": store, "means": means, **conditions,
    }  # fmt: skip
    return blocking(lambda: gate_async(candidate, baseline, **terms), "harness.gate_async")


async def gate_async(
    candidate: str,
    baseline: str,
    *,
    domains: Sequence[str] | str = (),
    margin: float = 0.02,
    alpha: float = 0.05,
    power: float = 0.95,
    adaptive: bool = False,
    max_chains: int | None = None,
    store: str | Path | None = None,
    means: Means | None = None,
    **conditions: Any,
) -> Verdict:
    """`gate`, within a running event loop. Raises as it does: UsageError, Denied."""
    from harness.calls import divided

    if max_chains is not None and max_chains < 1:
        raise UsageError("--max-chains must be at least 1")
    given, shaping = divided(means, conditions)
    named = (domains,) if isinstance(domains, str) else tuple(domains)
    plan = make_plan(candidate, baseline, named, shaping)
    folder = None if store is not None else Path(tempfile.mkdtemp(prefix="palimpsest-"))
    path = Path(store) if store is not None else Path(str(folder)) / "gate.db"
    try:
        session = Session(plan, Design(margin, alpha, power), path, given)
        return await (adapt(session, max_chains or MOST) if adaptive else judge_once(session, max_chains))
    finally:
        if folder is not None:
            shutil.rmtree(folder)


async def judge_once(session: Session, most: int | None) -> Verdict:
    """Everything bought, one look: the interval of environments, `paired.guarded`."""
    from harness.analysis.paired import guarded

    plan, design = session.plan, session.design
    amount = plan.limit or int(plan.conditions.get(plan.grows, 1))
    wanted = session.pairs_of(amount)
    if most is not None and wanted > most:
        raise UsageError(f"this decision takes {wanted} pairs, more than --max-chains {most}: use --adaptive")
    if session.stop(0, amount):
        return session.verdict("inconclusive", "the cost foreseen is above --max-cost: nothing was bought")
    await session.buy(amount)
    values = session.by_environment()
    found = guarded(values, 1 - 2 * design.alpha)
    session.look(found)
    outcome: Outcome = "inconclusive"
    if found.low is not None and found.low > -design.margin and session.missing <= LOST * wanted:
        outcome = "pass"
    elif found.high is not None and found.high < -design.margin:
        outcome = "fail"
    further = _further(values, wanted / max(1, len(values)), design) if outcome == "inconclusive" else None
    reason = "; ".join(filter(None, ["one look at a run of fixed size", session.budget.stop]))
    return session.verdict(outcome, reason, found, further=further)


def _further(values: list[float], per_environment: float, design: Design) -> int | None:
    """Pairs that a run of fixed size would need beyond those there are, at the declared power."""
    from statistics import fmean, stdev

    distance = abs(fmean(values) + design.margin) if values else 0.0
    if distance < 1e-6:
        return None
    padded = [*values, -1.0, 1.0]
    wanted = Design(min(distance, 0.99), design.alpha, design.power).fixed_size(stdev(padded))
    return max(1, math.ceil((wanted - len(values)) * per_environment))


async def adapt(session: Session, most: int) -> Verdict:
    """Batches until they decide, or until a limit: `sequential.Sequence`."""
    race = Race(session.design)
    amount = 0
    while True:
        following = next_amount(session, amount)
        reason = _limit(session, amount, following, most)
        if reason:
            return _end(session, race, "inconclusive", reason)
        await session.buy(following)
        amount = following
        race.add(session.fresh())
        if race.count:
            session.look(_state(race))
        outcome = race.outcome[0]
        if outcome == "pass" and session.missing > LOST * session.pairs_of(amount):
            return _end(session, race, "inconclusive", "too many chains stopped short for anything to pass")
        if outcome == "inconclusive":
            return _end(session, race, outcome, "shown to be worse, but not by more than the margin")
        if outcome:
            return _end(session, race, outcome, f"decided at look {len(session.looks)}")


def next_amount(session: Session, amount: int) -> int:
    """Documents or repeats after the next batch; every domain gets equally many."""
    following = amount + max(math.ceil(FIRST / session.pairs_of(1)), math.ceil(GROWTH * amount))
    return min(following, session.plan.limit or following)


def _limit(session: Session, amount: int, following: int, most: int) -> str:
    """Which limit forbids the next batch; "" when none does."""
    if following == amount:
        return f"{session.plan.name} has no more chains: give a longer baseline, or the model itself"
    if session.pairs_of(following) > most:
        return f"--max-chains {most} is reached"
    return session.stop(amount, following)


def _state(race: Race) -> Estimate:
    low, high = race.interval()
    return Estimate(float(race.mean[0]), low, high, race.count)


def _end(session: Session, race: Race, outcome: Outcome, reason: str) -> Verdict:
    found = _state(race) if race.count else None
    return session.verdict(outcome, reason, found, further=race.further() if outcome == "inconclusive" else None)

"""The results of a horizon study: its turns as a table, its figures as plain values."""

from __future__ import annotations

import math
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import fields
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harness.calls import Means, blocking, divided
from harness.errors import UsageError
from harness.horizon import metrics
from harness.horizon.engine import run_horizon, stored_turns
from harness.horizon.intervals import Estimate
from harness.horizon.metrics import Played
from harness.horizon.spec import HorizonSpec
from harness.rates import share
from harness.store import Reader, Spent

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

TURN_COLUMNS = {
    "chain": "number of the cell in its store",
    "model": "full model name",
    "task": "name of the task",
    "size": "items a turn",
    "material": "how much the task's turns share: words of the dictionary, largest number, accounts …",
    "mode": "direct, cot or thinking",
    "mitigation": "what was done against errors",
    "guided": "whether the answer was begun for the model",
    "design": "target: one call behind a written history; curve: every turn generated",
    "rollout": "which rollout, counts from 0; the same one is the same for every model and condition",
    "arm": "how the chosen turns look, missing for a curve",
    "rate": "share of wrong turns asked for, missing for a curve",
    "kind": "reset or propagate, missing for a curve",
    "gap": "right turns just before the target, missing for a curve",
    "turn": "counts from 1",
    "wrong": "realised share of wrong states in the history",
    "inconsistent": "realised share of states that do not follow from those before",
    "answer": "what was read in the reply, missing when nothing could be",
    "follows": "the answer from what was visible",
    "truth": "the true answer",
    "right": "turn accuracy: the answer follows from what was visible",
    "true": "the answer is the true one",
    "outcome": "class of the answer",
    "input_tokens": "as the provider counted",
    "output_tokens": "likewise",
    "cost_usd": "missing when a price is unknown",
    "latency": "seconds of the successful calls",
    "calls": "replies the turn took",
}


class HorizonStudy:
    """What a store holds of horizon studies; `keys` restricts it to one run's cells."""

    def __init__(self, path: Path, keys: Sequence[str] | None = None, reasons: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.unfinished = dict(reasons or {})
        self._keys = None if keys is None else frozenset(keys)

    @cached_property
    def _numbered(self) -> list[tuple[int, Played]]:
        with Reader(self.path) as reader:
            return [
                (number, (cell, turn))
                for number, cell, turn in stored_turns(reader)
                if self._keys is None or cell.key in self._keys
            ]

    @property
    def played(self) -> list[Played]:
        """Every turn with its cell."""
        return [played for _, played in self._numbered]

    @cached_property
    def turns(self) -> pd.DataFrame:
        """A row a turn, columns as in TURN_COLUMNS."""
        import pandas as pd

        rows = []
        for number, (cell, turn) in self._numbered:
            spent, dose = Spent.total(turn.replies), cell.dose
            of_dose = [None] * 4 if dose is None else [dose.arm, float(dose.rate), dose.kind, dose.gap]
            rows.append([
                number, cell.model, cell.task, cell.size, cell.material, cell.mode, cell.mitigation, cell.guided,
                "curve" if dose is None else "target", cell.number, *of_dose, turn.turn, turn.wrong, turn.inconsistent,
                None if turn.answer is None else str(turn.answer), str(turn.follows), str(turn.truth), turn.right,
                turn.true, turn.outcome, spent.input, spent.output, spent.cost, spent.latency, spent.calls,
            ])  # fmt: skip
        return pd.DataFrame(rows, columns=list(TURN_COLUMNS))

    def targets(self) -> dict[metrics.Condition, metrics.Target]:
        """The figures of each condition whose histories were written for the model."""
        found = metrics.by_condition(p for p in self.played if p[0].dose is not None)
        return {condition: metrics.target(played) for condition, played in found.items()}

    def curves(self) -> dict[metrics.Condition, metrics.Curve]:
        """The figures of each condition in which the model generated every turn."""
        found = metrics.by_condition(p for p in self.played if p[0].dose is None)
        return {condition: metrics.curve(played) for condition, played in found.items()}

    def summary(self) -> dict[str, Any]:
        """All figures as JSON; an interval is {value, low, high, count}, infinity is null with `censored`."""
        return {
            "store": str(self.path),
            "turns": len(self.played),
            "unfinished": self.unfinished,
            "targets": [{**_told(c), **_json_target(t)} for c, t in self.targets().items()],
            "curves": [{**_told(c), **_json_curve(t)} for c, t in self.curves().items()],
        }


def _told(condition: metrics.Condition) -> dict[str, Any]:
    return condition._asdict()


def as_json(estimate: Estimate) -> dict[str, Any]:
    """An interval as summaries have it."""
    parts = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    censored = {"censored": True} if any(v == math.inf for v in parts.values()) else {}
    return {**{k: None if v == math.inf else v for k, v in parts.items()}, "count": estimate.count, **censored}


def _json_target(found: metrics.Target) -> dict[str, Any]:
    return {
        "turn": found.turns, "first": as_json(found.first), "clean": as_json(found.clean),
        "long_context_loss": as_json(found.context),
        "doses": [
            {"arm": d.arm, "gap": d.gap, "rate": float(d.rate), "wrong": d.wrong, "inconsistent": d.inconsistent,
             "accuracy": as_json(d.accuracy), "true": as_json(d.true), "self_conditioning": as_json(d.loss),
             "outcomes": {name: as_json(e) for name, e in d.outcomes.items()}}
            for d in found.doses
        ],
        "slopes": {arm: as_json(e) for arm, e in found.slopes.items()},
        "smallest_rate": {arm: None if r is None else float(r) for arm, r in found.smallest.items()},
        "recoveries": [
            {"arm": r.arm, "rate": float(r.rate), "half_life": as_json(r.half_life),
             "losses": [{"gap": gap, "loss": as_json(e)} for gap, e in r.losses]}
            for r in found.recoveries
        ],
    }  # fmt: skip


def _json_curve(found: metrics.Curve) -> dict[str, Any]:
    return {
        "turn_accuracy": [as_json(e) for e in found.turn], "true_accuracy": [as_json(e) for e in found.true],
        "task_accuracy": [as_json(e) for e in found.task], "horizon": as_json(found.horizon),
        "constant_error_horizon": None if found.constant == math.inf else found.constant,
        "outcomes": {name: as_json(e) for name, e in found.outcomes.items()},
    }  # fmt: skip


def load(path: str | Path) -> HorizonStudy:
    """The horizon studies in a store. UsageError when there is none or another version made it."""
    study = HorizonStudy(Path(path))
    _ = study.played
    return study


def make_spec(models: Sequence[str] | str, conditions: Mapping[str, Any]) -> HorizonSpec:
    """A spec from what callers write: lists for tuples, rates as text or numbers. UsageError for an unknown name."""
    known = {field.name for field in fields(HorizonSpec)}
    unknown = sorted(set(conditions) - known)
    if unknown:
        raise UsageError(f"unknown condition {unknown[0]!r}: there are {', '.join(sorted(known))}")
    given = dict(conditions)
    if "gaps" in given:
        given["gaps"] = (given["gaps"],) if isinstance(given["gaps"], int) else tuple(given["gaps"])
    for name in ("tasks", "modes", "arms", "mitigations"):
        if name in given:
            given[name] = (given[name],) if isinstance(given[name], str) else tuple(given[name])
    if "rates" in given:
        given["rates"] = tuple(rate if isinstance(rate, Fraction) else share(str(rate)) for rate in given["rates"])
    return HorizonSpec((models,) if isinstance(models, str) else tuple(models), **given)


def run(
    models: Sequence[str] | str, *, store: str | Path | None = None, means: Means | None = None, **conditions: Any
) -> HorizonStudy:
    """Asks the models and returns the results. `conditions` are HorizonSpec's fields and Means's; with `store` the run
    continues what is there, without, its results go when the study does."""
    return blocking(lambda: run_async(models, store=store, means=means, **conditions), "harness.horizon.run_async")


async def run_async(
    models: Sequence[str] | str, *, store: str | Path | None = None, means: Means | None = None, **conditions: Any
) -> HorizonStudy:
    """`run`, within a running event loop."""
    given, rest = divided(means, conditions)
    spec = make_spec(models, rest)
    path = Path(store) if store is not None else Path(tempfile.mkdtemp(prefix="palimpsest-")) / "study.db"
    try:
        reasons = await run_horizon(spec, path, given)
    except BaseException:
        if store is None:
            shutil.rmtree(path.parent)
        raise
    study = HorizonStudy(path, [cell.key for cell in spec.cells()], reasons)
    if store is None:
        weakref.finalize(study, shutil.rmtree, path.parent)
    return study

"""`palimpsest horizon run | length | show`: tables of what errors in its context do to a model."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.cli.run import of_budget, progress_bar
from harness.cli.terminal import interval, out, percent, say, table
from harness.errors import UsageError
from harness.horizon.intervals import Estimate
from harness.horizon.longest import Length, length
from harness.horizon.metrics import Condition, Curve, Target
from harness.horizon.recovery import Recovery
from harness.horizon.study import HorizonStudy, load, run
from harness.horizon.tasks import find

COLUMNS_WIDE = (1, 2, 3, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000)
"""Turns of a curve that are shown."""


def run_study(models: list[str], conditions: Mapping[str, Any], store: Path | None, as_json: bool) -> bool:
    """Runs and prints; false when cells were left unfinished."""
    with progress_bar("turns", "right") as report:
        study = run(models, store=store, report=report, notify=say, **conditions)
    show(study, as_json)
    return _complete(study.unfinished)


def find_length(models: list[str], conditions: Mapping[str, Any], store: Path | None, as_json: bool) -> bool:
    """Searches and prints; false when rollouts were left unfinished."""
    with progress_bar("turns", "right") as report:
        found = length(models, store=store, report=report, notify=say, **conditions)
    if as_json:
        out.print(json.dumps(found.summary()), soft_wrap=True)
    else:
        for result in found.results:
            _length(result)
    return _complete(found.unfinished)


def _complete(unfinished: Mapping[str, str]) -> bool:
    """Tells what was left unfinished, if anything was."""
    for reason in [reason for reason in unfinished.values() if not of_budget(reason)][:5]:
        say(f"a rollout stopped: {reason}", "yellow")
    if unfinished:
        say(f"{len(unfinished)} rollouts are unfinished; run the same command again to continue", "yellow")
    return not unfinished


def whole_numbers(option: str, text: str) -> list[int]:
    """Whole numbers with commas between. UsageError for anything else."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() for part in parts):
        raise UsageError(f"{option} takes whole numbers with commas between, not {text!r}")
    return [int(part) for part in parts]


def show_store(store: Path, as_json: bool) -> None:
    show(load(store), as_json)


def show(study: HorizonStudy, as_json: bool) -> None:
    if as_json:
        out.print(json.dumps(study.summary()), soft_wrap=True)
        return
    targets, curves = study.targets(), study.curves()
    if not targets and not curves:
        say(f"{study.path} holds no horizon study")
    for condition, target in targets.items():
        _target(condition, target)
    for condition, curve in curves.items():
        _curve(condition, curve)


def _target(condition: Condition, found: Target) -> None:
    if found.turns == 1:
        out.print(f"\n{title(condition)}, first turn, {found.clean.count} rollouts: {interval(found.clean)}")
        return
    rows = [
        ["", "", "0 %", "0", "0", interval(found.clean), "", ""],
        *(
            [d.arm, str(d.gap), percent(float(d.rate)), percent(d.wrong), percent(d.inconsistent), interval(d.accuracy),
             interval(d.loss), ", ".join(f"{name} {percent(e.value or 0)}" for name, e in d.outcomes.items())]
            for d in found.doses
        ),
    ]  # fmt: skip
    columns = [("errors are", ""), ("gap", "right"), ("rate", "right"), ("wrong", "right"), ("inconsistent", "right"),
               ("turn accuracy", ""), ("lost against 0 %", ""), ("answers", "")]  # fmt: skip
    out.print(
        table(f"\n{title(condition)}, turn {found.turns}, {found.clean.count} rollouts", columns, [[*r] for r in rows])
    )
    out.print(f"first turn {interval(found.first)}; long-context loss {interval(found.context)}")
    for arm, estimate in found.slopes.items():
        if estimate.value is not None:
            smallest = found.smallest[arm]
            told = f"smallest rate with an effect {percent(float(smallest))}" if smallest else "no rate has an effect"
            out.print(f"self-conditioning, {arm}: {interval(estimate)} per share of wrong states; {told}")
    if found.recoveries:
        _recoveries(found.recoveries)


def _recoveries(found: Sequence[Recovery]) -> None:
    """What is left of the damage after each number of right turns."""
    gaps = sorted({gap for recovery in found for gap, _ in recovery.losses})
    rows = []
    for recovery in found:
        losses = dict(recovery.losses)
        cells = [interval(losses[gap]) if gap in losses else "-" for gap in gaps]
        rows.append(
            [recovery.arm, percent(float(recovery.rate)), *cells, within(recovery.half_life, gaps[-1] - gaps[0])]
        )
    columns = [("errors are", ""), ("rate", "right"), *((f"after {gap}", "") for gap in gaps), ("half-life", "")]
    out.print(table("\nlost against 0 % once so many right turns have followed", columns, [[*r] for r in rows]))


def _length(found: Length) -> None:
    rows = [[str(size), interval(estimate), str(estimate.count)] for size, estimate in found.tried]
    columns = [("items", "right"), ("turn accuracy", ""), ("rollouts", "right")]
    out.print(f"\n{title(found.condition, sized=False)}, a single turn")
    out.print(table("", columns, [[*r] for r in rows]))
    if found.longest.value is None:
        out.print("longest turn: unknown, rollouts are missing")
    else:
        told = [turns(v, found.largest) for v in (found.longest.value, found.longest.low, found.longest.high)]
        out.print(f"longest turn with an accuracy of {percent(found.accuracy)}: {told[0]} items [{told[1]}, {told[2]}]")


def _curve(condition: Condition, found: Curve) -> None:
    shown = [n for n in COLUMNS_WIDE if n < len(found.turn)] + [len(found.turn)]
    rows = [
        [str(n), interval(found.turn[n - 1]), interval(found.true[n - 1]), interval(found.task[n - 1])] for n in shown
    ]
    columns = [("turn", "right"), ("turn accuracy", ""), ("true accuracy", ""), ("task accuracy", "")]
    out.print(table(f"\n{title(condition)}, {found.turn[0].count} rollouts", columns, [[*r] for r in rows]))
    low, value, high, constant = (
        turns(v, len(found.turn)) for v in (found.horizon.low, found.horizon.value, found.horizon.high, found.constant)
    )
    out.print(f"horizon (task accuracy below one half): {value} [{low}, {high}]; with independent errors: {constant}")
    out.print("answers: " + ", ".join(f"{name} {percent(e.value or 0)}" for name, e in found.outcomes.items()))


def title(condition: Condition, *, sized: bool = True) -> str:
    parts = [condition.model, condition.task]
    if condition.material != find(condition.task).width:
        parts[1] += f" of {condition.material}"
    parts += [f"{condition.size} a turn"] * sized + [condition.mode] + ["guided"] * condition.guided
    return ", ".join([*parts, *([condition.mitigation] if condition.mitigation != "none" else [])])


def within(estimate: Estimate, seen: int) -> str:
    """A number of right turns with its interval, each at most as far as was seen."""
    if estimate.value is None:
        return "no damage"
    value, low, high = (
        f"> {seen}" if v == math.inf else f"{v:.2g}" for v in (estimate.value, estimate.low or 0, estimate.high or 0)
    )
    return f"{value} [{low}, {high}]"


def turns(value: float | None, last: int) -> str:
    """A turn, or that it lies beyond the last one seen."""
    return "-" if value is None else f"> {last}" if value == math.inf else f"{value:.0f}"

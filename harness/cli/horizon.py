"""`palimpsest horizon run | show`: tables of what errors in its context do to a model."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.cli.run import progress_bar
from harness.cli.terminal import out, say, table
from harness.horizon.intervals import Estimate
from harness.horizon.metrics import Condition, Curve, Target
from harness.horizon.study import HorizonStudy, load, run

COLUMNS_WIDE = (1, 2, 3, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000)
"""Turns of a curve that are shown."""


def run_study(models: list[str], conditions: Mapping[str, Any], store: Path | None, as_json: bool) -> bool:
    """Runs and prints; false when cells were left unfinished."""
    with progress_bar("turns", "right") as report:
        study = run(models, store=store, report=report, notify=say, **conditions)
    show(study, as_json)
    for reason in list(study.unfinished.values())[:5]:
        say(f"a rollout stopped: {reason}", "yellow")
    if study.unfinished:
        say(f"{len(study.unfinished)} rollouts are unfinished; run the same command again to continue", "yellow")
    return not study.unfinished


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
    rows = [
        ["", "0 %", "0", "0", interval(found.clean), "", ""],
        *(
            [d.arm, percent(float(d.rate)), percent(d.wrong), percent(d.inconsistent), interval(d.accuracy),
             interval(d.loss), ", ".join(f"{name} {percent(e.value or 0)}" for name, e in d.outcomes.items())]
            for d in found.doses
        ),
    ]  # fmt: skip
    columns = [("errors are", ""), ("rate", "right"), ("wrong", "right"), ("inconsistent", "right"),
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


def title(condition: Condition) -> str:
    model, task, size, mode, mitigation, guided = condition
    parts = [model, task, f"{size} a turn", mode, *(["guided"] if guided else [])]
    return ", ".join([*parts, *([mitigation] if mitigation != "none" else [])])


def interval(estimate: Estimate) -> str:
    """0.850 [0.772, 0.909]"""
    if estimate.value is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def percent(value: float) -> str:
    return f"{100 * value:.3g} %"


def turns(value: float | None, last: int) -> str:
    """A turn, or that it lies beyond the last one seen."""
    return "-" if value is None else f"> {last}" if value == math.inf else f"{value:.0f}"

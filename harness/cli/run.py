"""`palimpsest run`: the progress bar, and what is printed at the end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import harness
from harness.cli.show import print_study
from harness.cli.terminal import err, interactive, money, out, plain, say, share
from harness.errors import UsageError
from harness.progress import Progress as State
from harness.progress import Report

Conditions = Mapping[str, Any]
"""Fields of RunSpec and of Means, as the options gave them."""


def size(text: str) -> int | None:
    """`fixtures`, or a number of tokens. UsageError for anything else."""
    if text == "fixtures":
        return None
    if text.isdecimal():
        return int(text)
    raise UsageError(f"--doc-tokens takes `fixtures` or a number of tokens, not {text!r}")


def run_study(models: list[str], domains: list[str], conditions: Conditions, store: Path | None, as_json: bool) -> bool:
    """Runs and prints; false when chains were left unfinished."""
    with progress_bar() as report:
        study = harness.run(models, domains, store=store, report=report, notify=say, **conditions)
    if as_json:
        out.print(json.dumps(study.summary()), soft_wrap=True)
    else:
        print_study(study)
    return not tell_unfinished(study)


def tell_unfinished(study: harness.Study) -> bool:
    """Says which chains stopped short and why; true when there are any."""
    reasons = study.unfinished
    for number, reason in [(n, reason) for n, reason in reasons.items() if not of_budget(reason)][:5]:
        say(f"chain {number} stopped: {reason}", "yellow")
    if reasons:
        say(f"{len(reasons)} chains are unfinished; run the same command again to continue them", "yellow")
    return bool(reasons)


def of_budget(reason: str) -> bool:
    """Whether a chain stopped at a limit of the user's, which is told once for all of them."""
    return reason.startswith("BudgetSpent: ")


@contextmanager
def progress_bar(unit: str = "hops", figure: str = "RS") -> Iterator[Report]:
    """A bar on standard error with the live figure of each model, the cost and the time left; where standard error is
    no terminal, a line at every tenth of the way."""
    if not interactive():
        yield _lines(unit, figure)
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TextColumn(unit),
        TimeRemainingColumn(), TextColumn("{task.fields[live]}"),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=None, live="")

        def report(state: State) -> None:
            bar.update(task, completed=state.hops, total=state.total, live=live(state, figure))

        yield report


def _lines(unit: str, figure: str) -> Report:
    told = -1

    def report(state: State) -> None:
        nonlocal told
        tenth = 10 * state.hops // max(1, state.total)
        if tenth > told:
            told = tenth
            say(f"{state.hops}/{state.total} {unit}  {live(state, figure)}")

    return report


def live(state: State, figure: str = "RS") -> str:
    """The figure now and cost so far, in one line."""
    rs = "  ".join(f"{plain(model)} {share(value)}" for model, value in state.rs.items())
    stopped = f"  {state.stopped} stopped" if state.stopped else ""
    return f"{figure} {rs}  cost {money(state.cost)}{stopped}"

"""`palimpsest horizon run | length | show`: the options; what each does is in `harness.cli.horizon`."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.main import app
from harness.cli.options import (
    AcceptDrift,
    ApiMode,
    BaseUrl,
    Concurrency,
    Effort,
    Json,
    Log,
    MaxCalls,
    MaxCost,
    MaxTime,
    MaxTokens,
    Models,
    Price,
    Seed,
    Store,
    StoreFile,
    Temperature,
    Timeout,
    means,
)

horizon_app = typer.Typer(help="Errors in a model's own context: what they do to it.", no_args_is_help=True)
app.add_typer(horizon_app, name="horizon")

Task = Annotated[
    str,
    typer.Option(help="dictsum, retrieve, add, prefix_sum, matrix, permutation, ledger, editlog; commas between."),
]
Design = Annotated[str, typer.Option(help="target: one call behind a written history; curve: every turn.")]
Turns = Annotated[int, typer.Option(help="The target turn, or the length of the curve.")]
Size = Annotated[int, typer.Option(help="Items a turn.")]
Material = Annotated[
    int | None,
    typer.Option(
        help="Words of the dictionary (dictsum, retrieve: 100), largest number (add, prefix_sum: 99), items "
        "(permutation: 8), accounts (ledger: 5), words of the text (editlog: 8)."
    ),
]
Rollouts = Annotated[int, typer.Option(help="Drawn instances of the task.")]
RolloutsEach = Annotated[int, typer.Option(help="Drawn instances of the task, at each number of items.")]
Rates = Annotated[str, typer.Option(help="Shares of wrong turns in the history, commas between.")]
Modes = Annotated[str, typer.Option(help="direct, cot, thinking; commas between.")]
Arms = Annotated[str, typer.Option(help="said, quoted, masked, padding, foreign; commas between.")]
Mitigations = Annotated[
    str,
    typer.Option(help="none, window:N, carried, heal, redact, flag, compact:N, verify, vote:N; commas between."),
]
Kind = Annotated[str, typer.Option(help="reset: each wrong state is truth and error; propagate: errors live on.")]
Magnitude = Annotated[str, typer.Option(help="small, large or any.")]
Position = Annotated[
    str, typer.Option(help="uniform, early, late, or burst: as long whatever the gap, just before it.")
]
Gaps = Annotated[
    str, typer.Option(help="Right turns just before the target, commas between; several tell how soon it recovers.")
]
Largest = Annotated[int, typer.Option(help="Most items a turn that are tried.")]
Accuracy = Annotated[float, typer.Option(help="Turn accuracy that counts as mastered.")]
Guided = Annotated[bool, typer.Option("--guided", help="Begin the answer for the model.")]


@horizon_app.command("run")
def horizon_run(
    model: Models,
    task: Task = "dictsum",
    design: Design = "target",
    turns: Turns = 100,
    size: Size = 1,
    material: Material = None,
    rollouts: Rollouts = 100,
    rates: Rates = "0,1%,25%,50%,100%",
    modes: Modes = "direct",
    arms: Arms = "said",
    mitigations: Mitigations = "none",
    kind: Kind = "reset",
    magnitude: Magnitude = "any",
    position: Position = "uniform",
    gaps: Gaps = "1",
    seed: Seed = 0,
    store: Store = None,
    guided: Guided = False,
    temperature: Temperature = None,
    effort: Effort = None,
    max_tokens: MaxTokens = None,
    base_url: BaseUrl = None,
    api_mode: ApiMode = "auto",
    concurrency: Concurrency = "auto",
    max_cost: MaxCost = None,
    max_calls: MaxCalls = None,
    max_time: MaxTime = None,
    price: Price = None,
    timeout: Timeout = 600.0,
    log: Log = None,
    accept_drift: AcceptDrift = False,
    json: Json = False,
) -> None:
    """Ask models for turns behind histories with a known share of errors, or for whole curves."""
    from harness.cli.horizon import run_study, whole_numbers

    conditions = {
        "tasks": task.split(","), "design": design, "turns": turns, "size": size, "material": material,
        "rollouts": rollouts, "rates": rates.split(","), "modes": modes.split(","), "arms": arms.split(","),
        "mitigations": mitigations.split(","), "kind": kind, "magnitude": magnitude, "position": position,
        "gaps": whole_numbers("--gaps", gaps), "seed": seed, "guided": guided, "temperature": temperature,
        "effort": effort, "max_tokens": max_tokens, "base_url": base_url, "api_mode": api_mode,
        **means(timeout, log, max_cost, max_calls, max_time, price, concurrency), "accept_drift": accept_drift,
    }  # fmt: skip
    raise typer.Exit(0 if run_study(model, conditions, store, json) else 1)


@horizon_app.command("length")
def horizon_length(
    model: Models,
    task: Task = "dictsum",
    largest: Largest = 64,
    accuracy: Accuracy = 0.8,
    material: Material = None,
    rollouts: RolloutsEach = 50,
    modes: Modes = "direct",
    seed: Seed = 0,
    store: Store = None,
    guided: Guided = False,
    temperature: Temperature = None,
    effort: Effort = None,
    max_tokens: MaxTokens = None,
    base_url: BaseUrl = None,
    api_mode: ApiMode = "auto",
    concurrency: Concurrency = "auto",
    max_cost: MaxCost = None,
    max_calls: MaxCalls = None,
    max_time: MaxTime = None,
    price: Price = None,
    timeout: Timeout = 600.0,
    log: Log = None,
    accept_drift: AcceptDrift = False,
    json: Json = False,
) -> None:
    """Find the most items in a single turn that models answer right: doubled until they fail, then bisected."""
    from harness.cli.horizon import find_length

    conditions = {
        "tasks": task.split(","), "largest": largest, "accuracy": accuracy, "material": material,
        "rollouts": rollouts, "modes": modes.split(","), "seed": seed, "guided": guided, "temperature": temperature,
        "effort": effort, "max_tokens": max_tokens, "base_url": base_url, "api_mode": api_mode,
        **means(timeout, log, max_cost, max_calls, max_time, price, concurrency), "accept_drift": accept_drift,
    }  # fmt: skip
    raise typer.Exit(0 if find_length(model, conditions, store, json) else 1)


@horizon_app.command("show")
def horizon_show(store: StoreFile, json: Json = False) -> None:
    """The figures of the horizon studies in a store."""
    from harness.cli.horizon import show_store

    show_store(store, json)

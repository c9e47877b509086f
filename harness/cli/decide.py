"""The commands that decide between two models: `compare` and `gate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.main import app
from harness.cli.options import (
    BaseUrl,
    Concurrency,
    Effort,
    Json,
    Log,
    MaxCalls,
    MaxCost,
    MaxTime,
    MaxTokens,
    Price,
    Store,
    Temperature,
    Timeout,
    means,
)

_SIDE = "STORE, STORE#MODEL, 'STORE#MODEL?editor=patch&protect=guard,verify', a results file; or MODEL with --store."


@app.command()
def compare(
    a: Annotated[str, typer.Argument(help=_SIDE)],
    b: Annotated[str, typer.Argument(help="Likewise; figures are of B less A.")],
    store: Annotated[Path | None, typer.Option(help="Where A and B, given as models, are to be found.")] = None,
    hop: Annotated[
        int | None, typer.Option(help="Counts from 1; default the last that half the pairs reached.")
    ] = None,
    worst: Annotated[int, typer.Option(help="Regressions shown with their diffs.")] = 5,
    json: Json = False,
) -> None:
    """Two models, or two conditions of one, paired on the same documents, plans and seeds: what got better or worse."""
    from harness.cli.compare import show_comparison

    show_comparison(a, b, store, hop, worst, json)


@app.command()
def gate(
    candidate: Annotated[str, typer.Option(help="The model to decide on.")],
    baseline: Annotated[
        str, typer.Option(help="A model, or a file: STORE, STORE#MODEL or a results file. With a file documents, plan "
                               "and seeds are the file's.")
    ],
    margin: Annotated[float, typer.Option(help="The loss of RS that is accepted.")] = 0.02,
    alpha: Annotated[float, typer.Option(help="Rate at which either wrong decision may happen.")] = 0.05,
    power: Annotated[float, typer.Option(help="How often a candidate equal to the baseline shall pass.")] = 0.95,
    adaptive: Annotated[
        bool, typer.Option("--adaptive", help="Buy chains in batches and stop as soon as they decide.")
    ] = False,
    max_chains: Annotated[int | None, typer.Option(help="Pairs bought at most; --adaptive: 2000 by default.")] = None,
    max_cost: MaxCost = None,
    domains: Annotated[str, typer.Option(help="Names with commas between, or all.")] = "all",
    round_trips: Annotated[int | None, typer.Option(help="Default 10; RS is judged after the last.")] = None,
    repeats: Annotated[int | None, typer.Option(help="Chains of each document.")] = None,
    doc_tokens: Annotated[
        str | None, typer.Option(help="fixtures, or the size of generated documents; default fixtures.")
    ] = None,
    documents: Annotated[int | None, typer.Option(help="Generated ones of each domain, without --adaptive.")] = None,
    distractors: Annotated[int | None, typer.Option(help="Tokens of other files beside the document.")] = None,
    schedule: Annotated[str | None, typer.Option(help="round-robin, single:EDIT or list:EDIT,EDIT…")] = None,
    seed: Annotated[int | None, typer.Option(help="Every random choice comes from it.")] = None,
    policy: Annotated[str | None, typer.Option(help="What a failed hop leaves: accept, keep, retry:N.")] = None,
    editor: Annotated[str | None, typer.Option(help="How a model is asked to edit: rewrite, patch, tools …")] = None,
    protect: Annotated[
        str | None, typer.Option(help="Around the editor: vote:N, guard, verify, checkpoint, or none.")
    ] = None,
    guided: Annotated[bool, typer.Option("--guided", help="Begin each file of the reply for the model.")] = False,
    temperature: Temperature = None,
    effort: Effort = None,
    max_tokens: MaxTokens = None,
    base_url: BaseUrl = None,
    api_mode: Annotated[str | None, typer.Option(help="openai: models: chat, responses, or auto.")] = None,
    store: Store = None,
    concurrency: Concurrency = "auto",
    max_calls: MaxCalls = None,
    max_time: MaxTime = None,
    price: Price = None,
    timeout: Timeout = 600.0,
    log: Log = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML there.", dir_okay=False)] = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Write a summary there; $GITHUB_STEP_SUMMARY gets it anyway.", dir_okay=False)
    ] = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Is a candidate worse than a baseline by more than a margin? Exit status 0 no, 1 yes, 3 not decided."""
    from harness.cli.gate import run_gate
    from harness.cli.run import size

    shaping = {
        "round_trips": round_trips, "repeats": repeats, "documents": documents, "distractors": distractors,
        "schedule": schedule, "seed": seed, "policy": policy, "editor": editor, "protect": protect,
        "guided": guided or None, "temperature": temperature, "effort": effort, "max_tokens": max_tokens,
        "base_url": base_url, "api_mode": api_mode,
    }  # fmt: skip
    conditions: dict[str, object] = {name: value for name, value in shaping.items() if value is not None}
    if doc_tokens is not None:
        conditions["doc_tokens"] = size(doc_tokens)
    terms = {
        "margin": margin, "alpha": alpha, "power": power, "adaptive": adaptive, "max_chains": max_chains,
        **means(timeout, log, max_cost, max_calls, max_time, price, concurrency),
    }  # fmt: skip
    files = {"junit": junit, "markdown": markdown}
    raise typer.Exit(run_gate(candidate, baseline, domains.split(","), terms, conditions, store, files, json))

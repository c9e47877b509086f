"""The commands and their options; what each does lies in a module of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.main import app

domains_app = typer.Typer(help="The document types: list them, look at one, run the battery.", no_args_is_help=True)
models_app = typer.Typer(
    help="The ways to reach a model, what each needs and what is set.", invoke_without_command=True
)
app.add_typer(domains_app, name="domains")
app.add_typer(models_app, name="models")
horizon_app = typer.Typer(help="Errors in a model's own context: what they do to it.", no_args_is_help=True)
app.add_typer(horizon_app, name="horizon")

Models = Annotated[
    list[str],
    typer.Option("--model", "-m", help="openai:NAME, anthropic:NAME, local:, sim:NAME …; repeat for several."),
]
Seed = Annotated[int, typer.Option(help="Every random choice comes from it.")]
Store = Annotated[
    Path | None, typer.Option(help="SQLite file that keeps the study; naming it again continues it.", dir_okay=False)
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
BaseUrl = Annotated[
    str | None, typer.Option(help="Server of openai: and anthropic: models: vLLM, Ollama, OpenRouter, Azure …")
]
Concurrency = Annotated[int, typer.Option(help="Chains at once.")]
Editor = Annotated[str, typer.Option(help="How a model is asked to edit.")]
Guided = Annotated[
    bool, typer.Option("--guided", help="Begin each file of the reply for the model; very small models need it.")
]
Policy = Annotated[str, typer.Option(help="What a failed hop leaves: accept (what came), keep (the old), retry:N.")]
Temperature = Annotated[float | None, typer.Option(help="Sampling temperature; default the provider's own.")]
Effort = Annotated[str | None, typer.Option(help="Reasoning effort, as the provider spells it.")]
MaxTokens = Annotated[int | None, typer.Option(help="Longest reply in tokens; default the provider's own.")]
Schedule = Annotated[str, typer.Option(help="round-robin, single:EDIT or list:EDIT,EDIT…")]
Distractors = Annotated[int, typer.Option(help="Tokens of other files beside the document; 0 for none.")]
RoundTrips = Annotated[int, typer.Option(help="An edit forward and back, chained so often.")]
ApiMode = Annotated[str, typer.Option(help="openai: models: chat, responses, or auto.")]
Timeout = Annotated[float, typer.Option(help="Seconds for one call.")]


@app.command()
def run(
    model: Models,
    domains: Annotated[str, typer.Option(help="Names with commas between, or all.")] = "all",
    round_trips: RoundTrips = 10,
    repeats: Annotated[int, typer.Option(help="Chains of each document.")] = 1,
    doc_tokens: Annotated[
        str, typer.Option(help="fixtures (written by hand, 2-5k tokens), or the size of generated documents.")
    ] = "fixtures",
    documents: Annotated[int, typer.Option(help="Generated documents of each domain.")] = 1,
    distractors: Distractors = 10_000,
    schedule: Schedule = "round-robin",
    seed: Seed = 0,
    store: Store = None,
    editor: Editor = "rewrite",
    guided: Guided = False,
    policy: Policy = "accept",
    temperature: Temperature = None,
    effort: Effort = None,
    max_tokens: MaxTokens = None,
    base_url: BaseUrl = None,
    api_mode: ApiMode = "auto",
    concurrency: Concurrency = 8,
    timeout: Timeout = 600.0,
    json: Json = False,
) -> None:
    """Send documents through relays on one model or several; the same command again continues a stopped run."""
    from harness.cli.run import run_study, size

    conditions = {
        "round_trips": round_trips,
        "repeats": repeats,
        "doc_tokens": size(doc_tokens),
        "documents": documents,
        "distractors": distractors,
        "schedule": schedule,
        "seed": seed,
        "editor": editor,
        "guided": guided,
        "policy": policy,
        "temperature": temperature,
        "effort": effort,
        "max_tokens": max_tokens,
        "base_url": base_url,
        "api_mode": api_mode,
    }
    done = run_study(model, domains.split(","), conditions, store, concurrency, timeout, json)
    raise typer.Exit(0 if done else 1)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A document of your own.")],
    model: Models,
    domain: Annotated[str | None, typer.Option(help="Its type; default guessed from name and content.")] = None,
    round_trips: RoundTrips = 3,
    seed: Seed = 0,
    store: Store = None,
    editor: Editor = "rewrite",
    guided: Guided = False,
    policy: Policy = "accept",
    temperature: Temperature = None,
    effort: Effort = None,
    max_tokens: MaxTokens = None,
    base_url: BaseUrl = None,
    api_mode: ApiMode = "auto",
    timeout: Timeout = 600.0,
    json: Json = False,
) -> None:
    """Send a document of your own through a relay and say what became of it."""
    from harness.cli.check import check_file

    conditions = {
        "round_trips": round_trips,
        "distractors": 0,
        "seed": seed,
        "editor": editor,
        "guided": guided,
        "policy": policy,
        "temperature": temperature,
        "effort": effort,
        "max_tokens": max_tokens,
        "base_url": base_url,
        "api_mode": api_mode,
    }
    done = check_file(file, domain, model, conditions, store, timeout, json)
    raise typer.Exit(0 if done else 1)


StoreFile = Annotated[Path, typer.Argument(help="The SQLite file of a study.", dir_okay=False)]


@app.command()
def show(store: StoreFile, json: Json = False) -> None:
    """RS@k per model and domain, compliance, failures and cost."""
    from harness.cli.show import show_study

    show_study(store, json)


@app.command()
def diff(
    store: StoreFile,
    chain: Annotated[str | None, typer.Option(help="Its number or the beginning of its key.")] = None,
    hop: Annotated[int | None, typer.Option(help="Counts from 1; default the one that lost most.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Without --chain: the worst chain of this model.")
    ] = None,
    limit: Annotated[int, typer.Option(help="Changes shown; 0 for all.")] = 30,
) -> None:
    """What one hop did: every changed value, and the text before and after."""
    from harness.cli.diff import show_diff

    show_diff(store, chain, hop, model, limit)


@app.command()
def rescore(store: StoreFile) -> None:
    """Measure a stored study again, offline, from its replies; needed after an upgrade that changes scores."""
    from harness.cli.show import rescore_study

    rescore_study(store)


@domains_app.command("list")
def domains_list() -> None:
    """Name, title, category and file extensions."""
    from harness.cli.domains import list_domains

    list_domains()


@domains_app.command("show")
def domains_show(name: str) -> None:
    """What counts in a domain, what is equal, its edits, and a sample: the page of docs/domains."""
    from harness.cli.domains import show_domain

    show_domain(name)


@domains_app.command("try")
def domains_try(
    name: str,
    edit: Annotated[str | None, typer.Argument(help="Default: all.")] = None,
    tokens: Annotated[int, typer.Option("--tokens", help="Size of a generated document; 0: a fixture.")] = 0,
    lines: Annotated[int, typer.Option("--lines", help="Lines shown of each file.")] = 12,
) -> None:
    """Do edits without error and undo them: what a model is told, the files wanted, what comes back."""
    from harness.cli.domains import try_edits

    raise typer.Exit(0 if try_edits(name, edit, tokens, lines) else 1)


@domains_app.command("check")
def domains_check(
    names: Annotated[list[str] | None, typer.Argument(help="Default: all.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small documents, one seed.")] = False,
) -> None:
    """Run the battery: self-score, round trips, mutations, equivalences, hostile input, cost."""
    from harness.cli.domains import check_domains

    raise typer.Exit(0 if check_domains(names or [], quick) else 1)


@horizon_app.command("run")
def horizon_run(
    model: Models,
    task: Annotated[
        str, typer.Option(help="dictsum, retrieve, add, prefix_sum, matrix, permutation, ledger, editlog.")
    ] = "dictsum",
    design: Annotated[
        str, typer.Option(help="target: one call behind a written history; curve: every turn.")
    ] = "target",
    turns: Annotated[int, typer.Option(help="The target turn, or the length of the curve.")] = 100,
    size: Annotated[int, typer.Option(help="Items a turn.")] = 1,
    rollouts: Annotated[int, typer.Option(help="Drawn instances of the task.")] = 100,
    rates: Annotated[
        str, typer.Option(help="Shares of wrong turns in the history, commas between.")
    ] = "0,1%,25%,50%,100%",
    modes: Annotated[str, typer.Option(help="direct, cot, thinking.")] = "direct",
    arms: Annotated[str, typer.Option(help="said, quoted, masked, padding, foreign.")] = "said",
    mitigations: Annotated[
        str, typer.Option(help="none, window:N, carried, heal, redact, flag, compact:N, verify, vote:N.")
    ] = "none",
    kind: Annotated[
        str, typer.Option(help="reset: each wrong state is truth and error; propagate: errors live on.")
    ] = "reset",
    magnitude: Annotated[str, typer.Option(help="small, large or any.")] = "any",
    position: Annotated[str, typer.Option(help="uniform, early, late or burst.")] = "uniform",
    gap: Annotated[int, typer.Option(help="Right turns just before the target.")] = 1,
    seed: Seed = 0,
    store: Store = None,
    guided: Annotated[bool, typer.Option("--guided", help="Begin the answer for the model.")] = False,
    temperature: Temperature = None,
    effort: Effort = None,
    max_tokens: MaxTokens = None,
    base_url: BaseUrl = None,
    api_mode: ApiMode = "auto",
    concurrency: Concurrency = 8,
    timeout: Timeout = 600.0,
    json: Json = False,
) -> None:
    """Ask models for turns behind histories with a known share of errors, or for whole curves."""
    from harness.cli.horizon import run_study

    conditions = {
        "tasks": task.split(","), "design": design, "turns": turns, "size": size, "rollouts": rollouts,
        "rates": rates.split(","), "modes": modes.split(","), "arms": arms.split(","),
        "mitigations": mitigations.split(","), "kind": kind, "magnitude": magnitude, "position": position, "gap": gap,
        "seed": seed, "guided": guided, "temperature": temperature, "effort": effort, "max_tokens": max_tokens,
        "base_url": base_url, "api_mode": api_mode, "concurrency": concurrency, "timeout": timeout,
    }  # fmt: skip
    raise typer.Exit(0 if run_study(model, conditions, store, json) else 1)


@horizon_app.command("show")
def horizon_show(
    store: StoreFile,
    json: Json = False,
) -> None:
    """The figures of the horizon studies in a store."""
    from harness.cli.horizon import show_store

    show_store(store, json)


@models_app.callback()
def models(context: typer.Context) -> None:
    """The ways to reach a model, what each needs and what is set."""
    if context.invoked_subcommand is None:
        from harness.cli.models import list_models

        list_models()


@models_app.command("pull")
def models_pull() -> None:
    """Fetch the weights of `local:` (93 MB) into the user cache."""
    from harness.cli.models import pull_weights

    pull_weights()

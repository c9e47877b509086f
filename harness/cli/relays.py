"""The commands that send documents through relays: `run` and `check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.main import app
from harness.cli.options import (
    AcceptDrift,
    ApiMode,
    BaseUrl,
    Concurrency,
    Distractors,
    Editor,
    Effort,
    Guided,
    Json,
    Log,
    MaxCalls,
    MaxCost,
    MaxTime,
    MaxTokens,
    Models,
    Policy,
    Price,
    Protect,
    RoundTrips,
    Schedule,
    Seed,
    Store,
    Temperature,
    Timeout,
    means,
)
from harness.cli.suite import dry_run as foretell
from harness.cli.suite import with_suite, written


@app.command()
def run(
    context: typer.Context,
    model: Models,
    domains: Annotated[str, typer.Option(help="Names with commas between, or all.")] = "all",
    suite: Annotated[
        str | None, typer.Option(help="quick, core, full, long, or a file: domains, documents and round trips.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it takes: calls, tokens, price.")] = False,
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
    editor: Editor = ["rewrite"],  # noqa: B006 - typer copies it
    protect: Protect = ["none"],  # noqa: B006
    guided: Guided = False,
    policy: Policy = "accept",
    memory: Annotated[
        str, typer.Option(help="stateless: each hop a fresh call; session: the conversation stays in context.")
    ] = "stateless",
    heal: Annotated[bool, typer.Option("--heal", help="Undo the model's errors before each hop.")] = False,
    planted: Annotated[
        str, typer.Option(help="Shares of the facts to corrupt before the start, as 0,1%,25%; each a condition.")
    ] = "",
    plant: Annotated[
        str, typer.Option(help="Classes of planted errors: digit, entity, record, instruction.")
    ] = "digit",
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
    agent_network: Annotated[
        bool, typer.Option("--agent-network", help="The agent of command:'…' may use the network.")
    ] = False,
    agent_env: Annotated[
        list[str] | None, typer.Option(help="A variable of yours that the agent gets; repeat.")
    ] = None,
    agent_readable: Annotated[list[str] | None, typer.Option(help="A path that the agent may read; repeat.")] = None,
    agent_time: Annotated[str, typer.Option(help="Longest work of the agent on one hop, as 90s or 10m.")] = "10m",
    agent_memory: Annotated[int, typer.Option(help="Memory of the agent in MB.")] = 2048,
    agent_cost: Annotated[
        str, typer.Option(help="Regular expression that finds US dollars in what the agent says, in its first group.")
    ] = "",
    json: Json = False,
) -> None:
    """Send documents through relays on one model or several; the same command again continues a stopped run."""
    from harness.budget import seconds
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
        "protect": protect,
        "guided": guided,
        "policy": policy,
        "memory": memory,
        "heal": heal,
        "agent_network": agent_network,
        "agent_env": agent_env or (),
        "agent_readable": agent_readable or (),
        "agent_time": seconds(agent_time),
        "agent_memory": agent_memory,
        "agent_cost": agent_cost,
        "planted": planted.split(",") if planted else (),
        "plant": plant.split(","),
        "temperature": temperature,
        "effort": effort,
        "max_tokens": max_tokens,
        "base_url": base_url,
        "api_mode": api_mode,
    }
    names, conditions = with_suite(suite, domains.split(","), conditions, written(context))
    if dry_run:
        foretell(model, names, conditions, store, price, json)
        return
    carried = means(timeout, log, max_cost, max_calls, max_time, price, concurrency)
    done = run_study(model, names, {**conditions, **carried, "accept_drift": accept_drift}, store, json)
    raise typer.Exit(0 if done else 1)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A document of your own.")],
    model: Models,
    domain: Annotated[str | None, typer.Option(help="Its type; default guessed from name and content.")] = None,
    round_trips: RoundTrips = 3,
    seed: Seed = 0,
    store: Store = None,
    editor: Editor = ["rewrite"],  # noqa: B006 - typer copies it
    protect: Protect = ["none"],  # noqa: B006
    guided: Guided = False,
    policy: Policy = "accept",
    temperature: Temperature = None,
    effort: Effort = None,
    max_tokens: MaxTokens = None,
    base_url: BaseUrl = None,
    api_mode: ApiMode = "auto",
    max_cost: MaxCost = None,
    max_calls: MaxCalls = None,
    max_time: MaxTime = None,
    price: Price = None,
    timeout: Timeout = 600.0,
    log: Log = None,
    accept_drift: AcceptDrift = False,
    json: Json = False,
) -> None:
    """Send a document of your own through a relay and say what became of it."""
    from harness.cli.check import check_file

    conditions = {
        "round_trips": round_trips,
        "distractors": 0,
        "seed": seed,
        "editor": editor,
        "protect": protect,
        "guided": guided,
        "policy": policy,
        "temperature": temperature,
        "effort": effort,
        "max_tokens": max_tokens,
        "base_url": base_url,
        "api_mode": api_mode,
    }
    carried = means(timeout, log, max_cost, max_calls, max_time, price)
    done = check_file(file, domain, model, {**conditions, **carried, "accept_drift": accept_drift}, store, json)
    raise typer.Exit(0 if done else 1)

"""Options that several commands share. Light, for it is read before every command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

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
Concurrency = Annotated[str, typer.Option(help="Calls at once, or auto: as many as the provider allows.")]
MaxCost = Annotated[
    float | None, typer.Option(help="US dollars that this may cost, earlier runs on the store included.")
]
MaxCalls = Annotated[
    int | None, typer.Option(help="Calls that this may take, failed ones and earlier runs on the store included.")
]
MaxTime = Annotated[str | None, typer.Option(help="90s, 30m or 2h from now; after it no new call is sent.")]
Price = Annotated[str | None, typer.Option(help="IN/OUT in dollars for a million tokens, where a price is not known.")]
Editor = Annotated[
    list[str],
    typer.Option(
        help="How a model is asked to edit: rewrite, patch, tools … or command:'AGENT …'; repeat for several."
    ),
]
Protect = Annotated[
    list[str],
    typer.Option(
        help="none, or what stands around the editor: vote:N, guard, verify, checkpoint, commas between; repeat to "
        "compare."
    ),
]
AgentNetwork = Annotated[bool, typer.Option("--agent-network", help="The agent of command:'…' may use the network.")]
AgentEnv = Annotated[list[str] | None, typer.Option(help="A variable of yours that the agent gets; repeat for more.")]
AgentReadable = Annotated[list[str] | None, typer.Option(help="A path that the agent may read; repeat for more.")]
AgentTime = Annotated[str, typer.Option(help="Longest work of the agent on one hop, as 90s or 10m.")]
AgentMemory = Annotated[int, typer.Option(help="Memory of the agent in MB.")]
AgentCost = Annotated[
    str, typer.Option(help="Regular expression that finds US dollars in what the agent prints, in its first group.")
]
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
Log = Annotated[
    Path | None,
    typer.Option(help="File that gets a line of JSON for every attempt over HTTP; no bodies, no keys.", dir_okay=False),
]
AcceptDrift = Annotated[
    bool,
    typer.Option(
        "--accept-drift", help="Go on where the provider answers with another model than before; told apart in results."
    ),
]
StoreFile = Annotated[Path, typer.Argument(help="The SQLite file of a study.", dir_okay=False)]


def means(
    timeout: float, log: Path | None, max_cost: float | None, max_calls: int | None, max_time: str | None,
    price: str | None, concurrency: str = "auto",
) -> dict[str, Any]:  # fmt: skip
    """Fields of Means, as the options gave them. UsageError for what cannot be read."""
    from harness.budget import seconds
    from harness.errors import UsageError

    if concurrency != "auto" and not concurrency.isdecimal():
        raise UsageError(f"--concurrency takes a number or auto, not {concurrency!r}")
    return {
        "concurrency": None if concurrency == "auto" else int(concurrency), "timeout": timeout, "log": log,
        "max_cost": max_cost, "max_calls": max_calls, "max_time": None if max_time is None else seconds(max_time),
        "price": price,
    }  # fmt: skip

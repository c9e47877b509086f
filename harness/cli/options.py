"""Options that several commands share. Light, for it is read before every command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
StoreFile = Annotated[Path, typer.Argument(help="The SQLite file of a study.", dir_okay=False)]

"""A run from its spec to its end: models opened, chains planned, hops run, everything closed again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.calls import Means, open_line
from harness.editors import open_editor, open_simulated, protections
from harness.editors.base import Editor
from harness.errors import UsageError
from harness.provenance import collect
from harness.relay.engine import Relay
from harness.relay.scoring import Scoring, version
from harness.relay.spec import AGENT, ChainSpec, Policy, RunSpec, expand
from harness.store import Reader, Store
from harness.store.schema import check_path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left: the keys of its chains and, of those that stopped short, why."""

    keys: tuple[str, ...]
    reasons: Mapping[str, str]


def open_editors(spec: RunSpec) -> dict[str, list[Editor]]:
    """The editors of each model, with each set of protections. UsageError for a simulated model or an editor that does
    not exist."""
    wanted = [protections.read(text) for text in spec.protect]
    found = {}
    for model in spec.models:
        made = (protections.protected(editor, own) for editor in _editors(spec, model) for own in wanted)
        found[model] = list({editor.name: editor for editor in made}.values())
    return found


def _editors(spec: RunSpec, model: str) -> list[Editor]:
    if model.startswith("sim:"):
        return [open_simulated(model)]
    agent = spec.agent()
    if agent is not None and model.startswith(AGENT):
        from harness.editors.command import Command

        return [Command(agent)]
    return [
        open_editor(
            name, guided=spec.guided, max_tokens=spec.max_tokens, temperature=spec.temperature, effort=spec.effort
        )
        for name in spec.editor if not name.startswith(AGENT)
    ]  # fmt: skip


def plan_chains(spec: RunSpec) -> list[ChainSpec]:
    """The chains of a run. Reads fixtures and makes documents, asks no model."""
    return list(expand(spec, open_editors(spec), spec.environments()))


async def run_relay(spec: RunSpec, path: Path, means: Means) -> Outcome:
    """Runs `spec` into the store at `path`, continuing what is there. Denied and UsageError end it with everything
    stored, as does cancellation."""
    editors = open_editors(spec)
    chains = list(expand(spec, editors, spec.environments()))
    workers = means.workers if means.workers is not None else max(1, (os.cpu_count() or 2) - 1)
    async with AsyncExitStack() as stack:
        budget = means.purse()
        check_path(path, write=True)
        lines = {
            name: await open_line(
                name, means, stack, base_url=spec.base_url, api_mode=spec.api_mode, agent=spec.agent()
            )
            for name in editors
        }
        store = stack.enter_context(Store(path))  # last: a wrong model's name should not leave an empty store
        store.begin("run", noted(spec), collect(), means.clock, accept_drift=means.accept_drift)
        check_scorers(store, spec.domains)
        scoring = Scoring(workers)
        stack.push_async_callback(scoring.close)
        relay = Relay(
            store, scoring, lines, round_trips=spec.round_trips, policy=Policy.read(spec.policy),
            session=spec.memory == "session", heal=spec.heal, concurrency=means.concurrency, clock=means.clock,
            report=means.report, budget=budget,
        )  # fmt: skip
        reasons = await relay.run(chains)
    return Outcome(tuple(chain.key for chain in chains), reasons)


def noted(spec: RunSpec) -> dict[str, Any]:
    """A spec as JSON for the record of its run; of the user's own document the names alone."""
    told = {**asdict(spec), "files": [name for name, _ in spec.files], "planted": [str(rate) for rate in spec.planted]}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}


def check_scorers(store: Reader, names: Iterable[str]) -> None:
    """UsageError when the store holds steps of these domains that another version of their code measured."""
    found = store.scorers()
    for name in names:
        if found.get(name, set()) - {version(name)}:
            raise UsageError(
                f"{store.path} holds {name} steps that another version of palimpsest scored: run `palimpsest rescore "
                f"{store.path}` first, or name another store"
            )

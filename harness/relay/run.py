"""A run from its spec to its end: models opened, chains planned, hops run, everything closed again."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from harness.backends import open_backend
from harness.editors import open_editor, open_simulated
from harness.editors.base import Editor
from harness.errors import UsageError
from harness.relay.engine import Model, Relay
from harness.relay.progress import Report
from harness.relay.scoring import Scoring, version
from harness.relay.spec import ChainSpec, Policy, RunSpec, expand
from harness.store import Reader, Store
from harness.store.schema import check_path

LOCAL_WIDTH = 2
"""Calls at once of a model on this machine."""


@dataclass(frozen=True, slots=True)
class Means:
    """How a run is carried out, which changes nothing of its results: calls at once, scoring processes (None: one
    fewer than processors; 0: none), seconds for a call and for all attempts at it, attempts, a local model's context,
    who is told what."""

    concurrency: int = 8
    workers: int | None = None
    timeout: float = 600.0
    attempts: int = 6
    context: int = 8192
    report: Report | None = None
    notify: Callable[[str], None] | None = None
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise UsageError("concurrency must be at least 1")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left: the keys of its chains and, of those that stopped short, why."""

    keys: tuple[str, ...]
    reasons: Mapping[str, str]


def open_editors(spec: RunSpec) -> dict[str, Editor]:
    """The editor of each model. UsageError for a simulated model or an editor that does not exist."""
    return {
        name: open_simulated(name)
        if name.startswith("sim:")
        else open_editor(
            spec.editor,
            guided=spec.guided,
            max_tokens=spec.max_tokens,
            temperature=spec.temperature,
            effort=spec.effort,
        )
        for name in spec.models
    }


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
        check_path(path, write=True)
        models = {name: await _open(name, editor, spec, means, stack) for name, editor in editors.items()}
        store = stack.enter_context(Store(path))  # last: a wrong model's name should not leave an empty store
        check_scorers(store, spec.domains)
        scoring = Scoring(workers)
        stack.push_async_callback(scoring.close)
        relay = Relay(
            store, scoring, models, round_trips=spec.round_trips, policy=Policy.read(spec.policy),
            concurrency=means.concurrency, clock=means.clock, report=means.report,
        )  # fmt: skip
        reasons = await relay.run(chains)
    return Outcome(tuple(chain.key for chain in chains), reasons)


async def _open(name: str, editor: Editor, spec: RunSpec, means: Means, stack: AsyncExitStack) -> Model:
    if name.startswith("sim:"):
        return Model(editor)
    from harness.backends.limits import Retrying

    local = name.startswith("local:")
    remote = name.partition(":")[0] in ("openai", "anthropic")
    # In a thread: a local server takes seconds to load its weights.
    backend = await asyncio.to_thread(
        open_backend, name, base_url=spec.base_url if remote else None, api_mode=spec.api_mode, timeout=means.timeout,
        context=means.context, parallel=min(LOCAL_WIDTH, means.concurrency), notify=means.notify,
    )  # fmt: skip
    stack.push_async_callback(backend.close)
    return Model(
        editor, Retrying(backend, timeout=means.timeout, attempts=means.attempts), LOCAL_WIDTH if local else None
    )


def check_scorers(store: Reader, names: Iterable[str]) -> None:
    """UsageError when the store holds steps of these domains that another version of their code measured."""
    found = store.scorers()
    for name in names:
        if found.get(name, set()) - {version(name)}:
            raise UsageError(
                f"{store.path} holds {name} steps that another version of palimpsest scored: run `palimpsest rescore "
                f"{store.path}` first, or name another store"
            )

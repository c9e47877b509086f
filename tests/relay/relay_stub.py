"""What the tests of the relay share: a server that speaks OpenAI's chat format, editors and backends that follow a
script, and the audit of a store."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import domains
from harness.backends.base import Message, Reply, Request, Usage
from harness.editors.base import Ask, Edited, Task
from harness.lines import Line
from harness.relay.engine import Relay
from harness.relay.scoring import Scoring
from harness.relay.spec import ChainSpec, Policy, RunSpec, expand
from harness.store import Store

_CLOCKS = {"received", "latency", "raw", "run"}


def audit(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything a store holds but the clock's values, in order."""
    found = {}
    with sqlite3.connect(path) as connection:
        for table in ("chains", "steps", "changes", "guards", "traces", "replies", "blobs"):
            cursor = connection.execute(f"SELECT * FROM {table}")  # noqa: S608
            kept = [n for n, column in enumerate(cursor.description) if column[0] not in _CLOCKS]
            found[table] = sorted(tuple(row[n] for n in kept) for row in cursor)
    connection.close()
    return found


def perfect(task: Task) -> dict[str, str]:
    """The task done without error."""
    edit = domains.get(task.domain).edit(task.edit)
    try:
        return dict(edit.apply(task.files) if task.direction == "forward" else edit.invert(task.files))
    except (domains.EditError, domains.ParseError):
        return dict(task.files)


@dataclass
class Scripted:
    """An Editor that asks once and does the task perfectly, unless `bend` makes something else of it."""

    bend: Callable[[Task, int, dict[str, str]], Edited | None] = lambda _task, _nth, _files: None
    name: str = "scripted"
    fingerprint: str = "1"
    tasks: list[Task] = field(default_factory=list)

    async def edit(self, task: Task, ask: Ask) -> Edited:
        self.tasks.append(task)
        nth = sum((t.edit, t.direction, t.files) == (task.edit, task.direction, task.files) for t in self.tasks)
        await ask(Request((Message("user", f"{task.direction} {task.edit}"),), seed=task.seed))
        files = perfect(task)
        return self.bend(task, nth, files) or Edited(files)


@dataclass
class Answering:
    """A Backend that answers, or raises what `trouble` makes of the number of the call."""

    trouble: Callable[[int], BaseException | None] = lambda _call: None
    name: str = "test:answering"
    calls: int = 0

    async def generate(self, request: Request) -> Reply:
        self.calls += 1
        error = self.trouble(self.calls)
        if error is not None:
            raise error
        await asyncio.sleep(0)
        return Reply(f"done {request.seed}", "stop", Usage(10, 5, 0, 0), latency=0.5, cost=0.25, model="m")

    async def close(self) -> None:
        pass


def small(**changes: Any) -> RunSpec:
    """A run of one chain that takes a moment."""
    return RunSpec(**{"models": ("test:one",), "domains": ("accounting",), "round_trips": 2, "doc_tokens": 300,
                      "distractors": 0, **changes})  # fmt: skip


def chains_of(spec: RunSpec, editor: Any) -> list[ChainSpec]:
    return list(expand(spec, dict.fromkeys(spec.models, (editor,)), spec.environments()))


async def relay(path: Path, spec: RunSpec, editor: Any, backend: Any, **options: Any) -> dict[str, str]:
    """Runs `spec` with an editor and a backend of the test's own; the reasons of chains that stopped short."""
    scoring = options.pop("scoring", None) or Scoring(0)
    settings = {"concurrency": 4, "clock": lambda: 0.0, **options}
    with Store(path) as store:
        lines = dict.fromkeys(spec.models, Line(backend))
        run = Relay(store, scoring, lines, round_trips=spec.round_trips, policy=Policy.read(spec.policy), **settings)
        return await run.run(chains_of(spec, editor))


def same_file(messages: list[dict[str, str]]) -> str:
    """The first file of the prompt under every name that the prompt's end asks for."""
    prompt = messages[-1]["content"]
    names = dict.fromkeys(re.findall(r"`([^`\s]+\.[a-z]+)`", prompt[-4000:]))
    start = prompt.index("\n", prompt.index("```")) + 1
    text = prompt[start : prompt.index("\n```", start)]
    return "\n\n".join(f"```{name}\n{text}\n```" for name in names)

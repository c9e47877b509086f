"""What the tests of the relay share: a server that speaks OpenAI's chat format, editors and backends that follow a
script, and the audit of a store."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import domains
from harness.backends.base import Message, Reply, Request, Usage
from harness.calls import Line
from harness.editors.base import Ask, Edited, Task
from harness.relay.engine import Model, Relay
from harness.relay.scoring import Scoring
from harness.relay.spec import ChainSpec, Policy, RunSpec, expand
from harness.store import Store

_CLOCKS = {"received", "latency", "raw"}


def audit(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything a store holds but the clock's values, in order."""
    found = {}
    with sqlite3.connect(path) as connection:
        for table in ("chains", "steps", "replies", "blobs"):
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
    return list(expand(spec, dict.fromkeys(spec.models, editor), spec.environments()))


async def relay(path: Path, spec: RunSpec, editor: Any, backend: Any, **options: Any) -> dict[str, str]:
    """Runs `spec` with an editor and a backend of the test's own; the reasons of chains that stopped short."""
    scoring = options.pop("scoring", None) or Scoring(0)
    settings = {"concurrency": 4, "clock": lambda: 0.0, **options}
    with Store(path) as store:
        models = {name: Model(editor, Line(backend)) for name in spec.models}
        run = Relay(store, scoring, models, round_trips=spec.round_trips, policy=Policy.read(spec.policy), **settings)
        return await run.run(chains_of(spec, editor))


class ChatServer(threading.Thread):
    """Answers chat completions on a socket of its own after `latency` seconds: the first file of the prompt under every
    name that the prompt's end asks for. The same answer to the same request, always."""

    def __init__(self, latency: float) -> None:
        super().__init__(daemon=True)
        self.latency = latency
        self.received = 0
        self.url = ""
        self._up = threading.Event()
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> ChatServer:
        self.start()
        self._up.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self.join()

    def run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._ending = asyncio.Event()
        server = await asyncio.start_server(self._client, "127.0.0.1", 0, limit=2**22)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        self._up.set()
        await self._ending.wait()
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                size = int(head.partition("content-length:")[2].split()[0])
                prompt = json.loads(await reader.readexactly(size))["messages"][-1]["content"]
                self.received += 1
                await asyncio.sleep(self.latency)
                body = json.dumps(_completion(prompt)).encode()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ")
                writer.write(f"{len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the client was killed
        finally:
            writer.close()


def _completion(prompt: str) -> dict[str, Any]:
    names = dict.fromkeys(re.findall(r"`([^`\s]+\.[a-z]+)`", prompt[-4000:]))
    start = prompt.index("\n", prompt.index("```")) + 1
    text = prompt[start : prompt.index("\n```", start)]
    content = "\n\n".join(f"```{name}\n{text}\n```" for name in names)
    return {
        "id": "1", "object": "chat.completion", "model": "stub",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 50},
    }  # fmt: skip

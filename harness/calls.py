"""The calls of a run: how many at once, each kept before it is read; what an outage or a refusal leaves of a chain."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol, TypeVar

from harness.backends import ApiMode, open_backend
from harness.backends.base import Backend, Reply, Request, request_key
from harness.errors import Denied, PalimpsestError, Rejected, UsageError
from harness.progress import Report
from harness.store import Place

log = logging.getLogger("palimpsest")

Generate = Callable[[Request], Awaitable[Reply]]
Keep = Callable[[Place, Reply], Awaitable[None]]

LOCAL_WIDTH = 2
"""Calls at once of a model on this machine."""
SPARE = 0.25
"""Chains under way beyond the calls allowed at once, as a share: while some are scored, others keep the provider
busy."""


class Walked(Protocol):
    """A chain, of whatever kind."""

    @property
    def key(self) -> str: ...

    @property
    def model(self) -> str: ...


C = TypeVar("C", bound=Walked)
T = TypeVar("T")


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


def divided(means: Means | None, conditions: Mapping[str, Any]) -> tuple[Means, dict[str, Any]]:
    """What callers write, as Means and the conditions of a spec."""
    of_means = {field.name for field in fields(Means)}
    given = replace(means or Means(), **{name: value for name, value in conditions.items() if name in of_means})
    return given, {name: value for name, value in conditions.items() if name not in of_means}


def blocking(work: Callable[[], Coroutine[Any, Any, T]], waiting: str) -> T:
    """Runs `work` to its end. UsageError within an event loop, which is to await `waiting` instead."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    raise UsageError(f"there is a running event loop (a notebook?): write `await {waiting}(...)`")


@dataclass(frozen=True, slots=True)
class Line:
    """How one model is reached: None for a simulated one. `width` bounds its own calls at once, None: no bound."""

    backend: Backend | None = None
    width: int | None = None


class Lines:
    """All models of a run. `concurrency` bounds the calls at once; `paid` is told the cost of each in US dollars."""

    def __init__(self, lines: Mapping[str, Line], concurrency: int, paid: Callable[[float | None], None]) -> None:
        self._lines = lines
        self._paid = paid
        self._calls = asyncio.Semaphore(concurrency)
        self._own = {name: asyncio.Semaphore(line.width) for name, line in lines.items() if line.width}

    async def generate(self, name: str, request: Request) -> Reply:
        """Asks a model, when its turn has come."""
        backend = self._lines[name].backend
        if backend is None:
            raise Rejected(f"{name} has no backend to ask")
        async with AsyncExitStack() as gates:
            # A model's own gate first: who waits there must not hold a place that another model could use.
            for gate in filter(None, (self._own.get(name), self._calls)):
                await gates.enter_async_context(gate)
            reply = await backend.generate(request)
        self._paid(reply.cost)
        return reply


async def open_line(
    name: str, means: Means, stack: AsyncExitStack, *, base_url: str | None, api_mode: ApiMode = "auto"
) -> Line:
    """The line to a model, closed with the stack. UsageError for what the user can mend."""
    if name.startswith("sim:"):
        return Line()
    from harness.backends.limits import Retrying

    remote = name.partition(":")[0] in ("openai", "anthropic")
    # In a thread: a local server takes seconds to load its weights.
    backend = await asyncio.to_thread(
        open_backend, name, base_url=base_url if remote else None, api_mode=api_mode, timeout=means.timeout,
        context=means.context, parallel=min(LOCAL_WIDTH, means.concurrency), notify=means.notify,
    )  # fmt: skip
    stack.push_async_callback(backend.close)
    patient = Retrying(backend, timeout=means.timeout, attempts=means.attempts)
    return Line(patient, LOCAL_WIDTH if name.startswith("local:") else None)


class Asking:
    """The calls of one hop or turn. A reply that is stored is not asked for again; a new one is stored before anybody
    sees it."""

    def __init__(self, hop: int, known: Mapping[Place, Reply], generate: Generate, keep: Keep) -> None:
        self._hop = hop
        self._known = known
        self._generate = generate
        self._keep = keep
        self.replies: list[Reply] = []

    def attempt(self, number: int) -> Generate:
        """The `ask` of one attempt."""
        calls = 0

        async def ask(request: Request) -> Reply:
            nonlocal calls
            calls += 1
            place = Place(self._hop, number, calls, request_key(request))
            reply = self._known.get(place)
            if reply is None:
                reply = await self._generate(request)
                await self._keep(place, reply)
            self.replies.append(reply)
            return reply

        return ask


async def walk_all(
    chains: Sequence[C], concurrency: int, walk: Callable[[C], Awaitable[None]], stopped: Callable[[C, str], None]
) -> None:
    """Walks every chain to its end, or until it cannot go on: `stopped` is told why. Denied and UsageError end the
    whole run, once everything that came is stored."""
    waiting = iter(chains)

    async def work() -> None:
        for chain in waiting:
            reason = await _reason(chain, walk)
            if reason:
                stopped(chain, reason)

    crew = min(len(chains), concurrency + max(4, int(concurrency * SPARE)))
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(crew):
                group.create_task(work())
    except BaseExceptionGroup as errors:
        raise _first(errors) from None


async def _reason(chain: C, walk: Callable[[C], Awaitable[None]]) -> str:
    """Why a chain stopped short, "" when it did not."""
    try:
        await walk(chain)
    except (Denied, UsageError):
        raise
    except PalimpsestError as error:
        return f"{type(error).__name__}: {error}"
    except Exception as error:  # a reply that trips a bug of ours costs its chain, not the run
        log.exception("chain %.12s of %s stopped by a fault of palimpsest", chain.key, chain.model)
        return f"fault: {type(error).__name__}: {error}"
    return ""


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one that tells the user most: several chains may have been refused at once."""
    leaves = list(_leaves(errors))
    ours = [leaf for leaf in leaves if isinstance(leaf, PalimpsestError)]
    return (ours or leaves)[0]


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error

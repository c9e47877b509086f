"""The calls of a run: how many at once, each kept before it is read; what an outage or a refusal leaves of a chain."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harness.backends import ApiMode, open_backend
from harness.backends.base import Reply, Request, request_key
from harness.backends.prices import Price
from harness.budget import Account, Budget
from harness.errors import Denied, PalimpsestError, UsageError
from harness.lines import USUAL, C, Line, Lines
from harness.progress import Report
from harness.store import Place

if TYPE_CHECKING:
    from harness.backends.limiter import Limiter
    from harness.editors.command import CommandSettings

log = logging.getLogger("palimpsest")

Generate = Callable[[Request], Awaitable[Reply]]
Keep = Callable[[Place, Reply], Awaitable[None]]

LOCAL_WIDTH = 2
"""Calls at once of a model on this machine."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Means:
    """How a run is carried out, which changes nothing of its results: calls at once, scoring processes (None: one
    fewer than processors; 0: none), seconds for a call and for all attempts at it, attempts, a local model's context,
    who is told what, where each attempt over HTTP is logged, whether a model that the provider has put behind a name
    since is accepted (`harness.store.served`).

    `concurrency` None: as many as the provider turns out to allow. `max_cost` (US dollars), `max_calls` and `max_time`
    (seconds of this run) are limits that are never crossed (`harness.budget`); `price`, written IN/OUT in dollars for a
    million tokens, is that of models whose price is not known, or known better. Runs that follow each other may share
    a `budget` and, by model, what was learned of limits (`limiters`)."""

    concurrency: int | None = None
    workers: int | None = None
    timeout: float = 600.0
    attempts: int = 6
    context: int = 8192
    report: Report | None = None
    notify: Callable[[str], None] | None = None
    log: str | Path | None = None
    accept_drift: bool = False
    clock: Callable[[], float] = time.time
    max_cost: float | None = None
    max_calls: int | None = None
    max_time: float | None = None
    price: str | None = None
    budget: Budget | None = None
    limiters: dict[tuple[str, str | None, bool], Limiter] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.concurrency is not None and self.concurrency < 1:
            raise UsageError("concurrency must be at least 1")
        if self.max_cost is not None and not 0 < self.max_cost < math.inf:
            raise UsageError(f"--max-cost is an amount in US dollars above 0, not {self.max_cost:g}")
        if self.max_calls is not None and self.max_calls < 1:
            raise UsageError("--max-calls must be at least 1")
        if self.max_time is not None and not 0 < self.max_time < math.inf:
            raise UsageError(f"--max-time is a time above 0, not {self.max_time:g} s")
        self.account("")

    def account(self, model: str, base_url: str | None = None) -> Account:
        """What calls of a model cost in this run. UsageError when `price` cannot be read."""
        return Account(model, base_url, None if self.price is None else Price.read(self.price))

    def purse(self) -> Budget:
        """The limits of a run that begins now."""
        return self.budget or Budget(
            max_cost=self.max_cost, max_calls=self.max_calls, max_time=self.max_time, notify=self.notify
        )


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


async def open_line(
    name: str, means: Means, stack: AsyncExitStack, *, base_url: str | None, api_mode: ApiMode = "auto",
    agent: CommandSettings | None = None,
) -> Line:  # fmt: skip
    """The line to a model, closed with the stack; `agent` says how that of `command:NAME` is run. UsageError for what
    the user can mend."""
    if name.startswith("sim:"):
        return Line()
    if agent is not None and name.startswith("command:"):
        from harness.editors.command import Agent

        made = Agent(name, agent)
        return Line(made, LOCAL_WIDTH, means.account(name), attempts=2, timeout=made.timeout)
    from harness.backends.limiter import Limiter

    scheme = name.partition(":")[0]
    remote = scheme in ("openai", "anthropic")
    account = means.account(name, base_url if remote else None)
    if means.max_cost is not None:
        account.check()
    # In a thread: a local server takes seconds to load its weights.
    backend = await asyncio.to_thread(
        open_backend, name, base_url=base_url if remote else None, api_mode=api_mode, timeout=means.timeout,
        context=means.context, parallel=min(LOCAL_WIDTH, means.concurrency or LOCAL_WIDTH), notify=means.notify,
    )  # fmt: skip
    stack.push_async_callback(backend.close)
    if means.log is not None:
        from harness.backends.requests_log import Logged, RequestLog

        backend = Logged(backend, stack.enter_context(RequestLog(means.log)))
    width = None if remote else LOCAL_WIDTH if scheme == "local" else USUAL
    auto = remote and means.concurrency is None
    limiter = means.limiters.setdefault((name, base_url, auto), Limiter(auto=auto, timeout=means.timeout))
    return Line(backend, width, account, limiter, means.attempts, means.timeout)


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
    chains: Sequence[C], lines: Lines, walk: Callable[[C], Awaitable[None]], stopped: Callable[[C, str], None]
) -> None:
    """Walks every chain to its end, or until it cannot go on: `stopped` is told why. Denied and UsageError end the
    whole run, once the calls under way have ended and what came is stored. Chains are started as the crews of `lines`
    have room for them."""

    async def crew(own: Sequence[C], group: asyncio.TaskGroup) -> None:
        under_way = 0

        async def one(chain: C) -> None:
            nonlocal under_way
            reason = await _reason(chain, walk, lines)
            if reason:
                stopped(chain, reason)
            under_way -= 1
            lines.moved.set()

        for chain in own:
            while under_way >= lines.crew(chain.model):
                lines.moved.clear()
                await lines.moved.wait()
            under_way += 1
            group.create_task(one(chain))

    try:
        async with asyncio.TaskGroup() as group:
            for own in lines.crews(chains):
                group.create_task(crew(own, group))
    except BaseExceptionGroup as errors:
        raise _first(errors) from None
    finally:
        lines.budget.tell()


async def _reason(chain: C, walk: Callable[[C], Awaitable[None]], lines: Lines) -> str:
    """Why a chain stopped short, "" when it did not."""
    try:
        lines.budget.check_time()
        await walk(chain)
    except (Denied, UsageError) as error:
        await lines.close(error)
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

"""The models of a run and how each is asked: in turn, within the budget, and again after an outage."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from harness.backends.base import Backend, Reply, Request, Usage
from harness.budget import Account, Budget
from harness.errors import PalimpsestError, Rejected, UsageError
from harness.store import Reader

if TYPE_CHECKING:
    from harness.backends.limiter import Limiter

USUAL = 8
"""Calls at once of a model that nobody limits: a recording, a simulation."""
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


@dataclass(frozen=True, slots=True)
class Line:
    """How one model is reached: `backend` None for a simulated one. `width` bounds its calls at once where the run does
    not, None: as many as its `limiter` lets through. `attempts` and `timeout` as Retrying has them."""

    backend: Backend | None = None
    width: int | None = None
    account: Account | None = None
    limiter: Limiter | None = None
    attempts: int = 1
    timeout: float = 600.0


class Lines:
    """All models of a run. `concurrency` bounds the calls at once, None: every model has as many as it allows; `paid`
    is told the cost of each in US dollars, `budget` is kept."""

    def __init__(
        self, lines: Mapping[str, Line], concurrency: int | None, paid: Callable[[float | None], None],
        budget: Budget | None = None,
    ) -> None:  # fmt: skip
        self.budget = budget or Budget()
        self._lines = lines
        self._paid = paid
        self._concurrency = concurrency
        self._calls = asyncio.Semaphore(concurrency) if concurrency else None
        self._own = {name: asyncio.Semaphore(line.width) for name, line in lines.items() if line.width}
        self._limiters: dict[str, Limiter] = {}
        self._asked: dict[str, Backend] = {}
        self._crews: dict[str, int] = {}
        self.moved = asyncio.Event()
        """Set when a crew has grown."""
        self._over: PalimpsestError | None = None
        self._sent = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        for name, line in lines.items():
            if line.backend is not None:
                self._asked[name] = self._patient(name, line, line.backend)

    async def generate(self, name: str, request: Request) -> Reply:
        """Asks a model, when its turn has come."""
        backend = self._asked.get(name)
        if backend is None:
            raise Rejected(f"{name} has no backend to ask")
        async with AsyncExitStack() as gates:
            # A model's own gate first: who waits there must not hold a place that another model could use.
            for gate in filter(None, (self._own.get(name), self._calls)):
                await gates.enter_async_context(gate)
            reply = await backend.generate(request)
        self._paid(reply.cost)
        if self.crew(name) > self._crews.get(name, 0):
            self._crews[name] = self.crew(name)
            self.moved.set()
        return reply

    async def close(self, error: PalimpsestError) -> None:
        """No call is sent any more; who asks is told why. Returns once the calls under way have ended: they are paid
        for, and the chains that wait for them store what comes."""
        self._over = self._over or error
        await self._quiet.wait()

    def begin(self, store: Reader, chains: Mapping[int, str]) -> None:
        """Counts what chains, by number with their models, took in earlier runs. UsageError when that is not known."""
        if self.budget.counts:
            self.budget.begin(_earlier(store, {number: self._account(name) for number, name in chains.items()},
                                       costs=self.budget.max_cost is not None))  # fmt: skip

    def crew(self, name: str) -> int:
        """Chains of a model that are worth having under way: as many as may call at once, and some more."""
        limiter = self._limiters.get(name)
        width = self._concurrency or self._lines[name].width or (limiter.width if limiter else USUAL)
        return width + max(4, int(width * SPARE))

    def crews(self, chains: Sequence[C]) -> list[list[C]]:
        """The chains that share a crew: all, or all of a model."""
        if self._concurrency:
            return [list(chains)] if chains else []
        return [[c for c in chains if c.model == name] for name in dict.fromkeys(c.model for c in chains)]

    def _account(self, name: str) -> Account:
        return self._lines[name].account or Account(name)

    def _patient(self, name: str, line: Line, backend: Backend) -> Backend:
        """The backend with attempts, each of which keeps the budget and waits for its turn."""
        from harness.backends.limiter import Limiter
        from harness.backends.limits import Retrying

        account = self._account(name)
        limiter = line.limiter or Limiter(auto=self._concurrency is None and line.width is None, timeout=line.timeout)
        self._limiters[name] = limiter

        async def gate(request: Request, send: Callable[[], Awaitable[Reply]]) -> Reply:
            async with self.budget.reserved(account, request) as held:

                async def go() -> Reply:
                    if self._over is not None:
                        raise self._over
                    held.goes()
                    self._sent += 1
                    self._quiet.clear()
                    try:
                        return await send()
                    finally:
                        self._sent -= 1
                        if not self._sent:
                            self._quiet.set()

                held.reply = account.priced(await limiter.through(request, go))
                return held.reply

        return Retrying(backend, timeout=line.timeout, attempts=line.attempts, gate=gate, sleep=self.budget.sleep)


def _earlier(store: Reader, accounts: Mapping[int, Account], *, costs: bool) -> dict[int, tuple[int, float]]:
    """Calls and, if asked for, US dollars that chains took, by number. UsageError when a cost is not known."""
    found: dict[int, tuple[int, float]] = {}
    rows = store.connection.execute("SELECT chain, tries, cost, input, output FROM replies")
    for chain, tries, told, given, written in rows:
        account = accounts.get(chain)
        if account is None:
            continue
        cost = 0.0 if account.free or not costs else told
        if cost is None:
            cost = account.cost(Usage(given, written))
        if cost is None:
            raise UsageError(
                f"what {account.name} cost so far in {store.path} is not known, so --max-cost cannot be kept: give "
                "--price IN/OUT, or name another store"
            )
        calls, spent = found.get(chain, (0, 0.0))
        found[chain] = (calls + tries, spent + cost)
    return found

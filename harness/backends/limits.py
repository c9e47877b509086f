"""How hard a backend is pressed: attempts, waits between them and the time one may take.

`Retrying` wraps any Backend and is one itself. When an attempt may go is its gate's to say: `harness.backends.limiter`,
`harness.budget`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
import time
from collections.abc import Awaitable, Callable

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from harness.backends.base import Backend, Reply, Request
from harness.errors import Outage, RateLimited

Send = Callable[[], Awaitable[Reply]]
Gate = Callable[[Request, Send], Awaitable[Reply]]
"""Sends, once it may, and returns what came."""


class Retrying:
    """Asks again after an Outage or a RateLimited; any other error passes through at once.

    Waits grow exponentially from `base` to `cap` seconds, with jitter, and are never shorter than the provider asked
    for. It gives up, raising the last error, after `attempts` calls or when the next wait would end more than `total`
    seconds after the first call. An attempt, a stalled stream included, is an Outage after `timeout` seconds. Each goes
    through `gate`, and what it waits there counts for neither.
    `sleep`, `clock` (seconds, monotonic) and `rng` come from outside so that runs repeat.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        attempts: int = 6,
        total: float = 1800.0,
        timeout: float = 600.0,
        base: float = 1.0,
        cap: float = 60.0,
        gate: Gate | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self.name = backend.name
        self._backend = backend
        self._attempts = attempts
        self._total = total
        self._timeout = timeout
        self._base = base
        self._cap = cap
        self._gate = gate
        self._sleep = sleep
        self._clock = clock
        self._rng = rng or random.Random()

    def __repr__(self) -> str:
        return f"Retrying({self._backend!r})"

    async def generate(self, request: Request) -> Reply:
        first: float | None = None

        async def send() -> Reply:
            nonlocal first
            first = self._clock() if first is None else first
            return await self._once(request)

        def enough(state: RetryCallState) -> bool:
            now = self._clock()
            late = now + state.upcoming_sleep > (now if first is None else first) + self._total
            return late or state.attempt_number >= self._attempts

        retrying = AsyncRetrying(
            retry=retry_if_exception_type((Outage, RateLimited)),
            wait=self._wait,
            stop=enough,
            sleep=self._sleep,
            reraise=True,
        )
        # Driven by hand and not by `retrying(...)`, which copies itself for every call.
        async for attempt in retrying:
            with attempt:
                reply = await (send() if self._gate is None else self._gate(request, send))
        return dataclasses.replace(reply, attempts=reply.attempts + attempt.retry_state.attempt_number - 1)

    async def close(self) -> None:
        await self._backend.close()

    async def _once(self, request: Request) -> Reply:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._backend.generate(request)
        except TimeoutError as late:
            raise Outage(f"no complete answer within {self._timeout:g} s") from late

    def _wait(self, state: RetryCallState) -> float:
        ceiling = min(self._cap, self._base * 2.0 ** (state.attempt_number - 1))
        jittered = self._rng.uniform(ceiling / 2, ceiling)
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, RateLimited) else None
        # Added to what was asked, so that callers turned away together do not come back together.
        return jittered if asked is None else asked + jittered

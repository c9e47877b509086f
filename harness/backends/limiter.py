"""When the calls of one model may go: a window of calls at once, a pace, and what the provider says of its limits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from harness.backends.allowance import LEARNING, Bucket, Kind, Mark
from harness.backends.base import Reply, Request
from harness.backends.pace import Pace
from harness.errors import Outage, RateLimited

START = 16
"""Calls at once before anything is known."""
MOST = 256
"""Calls at once, at most."""
SHRINK = 0.7
"""What is left of the window when the provider is overloaded."""
CHARACTERS = 3.0
"""Characters to a token, at least: prompts here are tables and markup."""
TICK = 1e-6
"""Seconds that no clock can wait for."""
OVERLOADED = (503, 529)

Send = Callable[[], Awaitable[Reply]]


@dataclass(slots=True)
class _Turn:
    """One call: what it is likely to count, when it went, and the marks it left in the buckets."""

    amounts: dict[Kind, float]
    ready: asyncio.Future[None]
    sent_at: float = 0.0
    marks: dict[Kind, Mark] = field(default_factory=dict)


class Limiter:
    """The calls of one model, first come, first served. Time is that of the event loop.

    A provider that asks to wait is obeyed by every call of the model. That is all where `auto` is off, for then the
    number of calls at once is somebody else's. With `auto` three things hold calls back, each for what it alone can
    tell. The window grows by one for every answer, until the provider is overloaded (529, 503, or no answer in time):
    then it shrinks by a factor, at most once for all calls under way, and grows by one a window. The pace is lowered by
    calls that are turned away (429). Allowances in the headers of answers are kept, so that none has to be.

    `patience` is the longest hold, in seconds, that calls wait for: a longer one raises RateLimited. `timeout` is that
    of a call, in seconds: the window does not grow while answers take a quarter of it or more, as they do of a server
    that lets calls queue."""

    def __init__(self, *, auto: bool, timeout: float = 600.0, patience: float = 1800.0) -> None:
        self.auto = auto
        self._patience = patience
        self._slow = timeout / 4
        self._width = float(START)
        self._opening = True
        self._shrunk_at = self._held_until = -1.0
        self._in_flight = 0
        self._waiting: deque[_Turn] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._pace: Pace | None = None
        self._buckets: dict[Kind, Bucket] = {}
        self._output: float | None = None

    @property
    def width(self) -> int:
        """Calls at once that are allowed now."""
        return int(self._width)

    async def through(self, request: Request, send: Send) -> Reply:
        """Sends when the call's turn has come, and learns from what comes of it."""
        turn = await self._admitted(request)
        try:
            reply = await send()
        except (Outage, RateLimited) as error:
            self._failed(turn, error)
            raise
        else:
            self._answered(turn, reply)
            return reply
        finally:
            self._in_flight -= 1
            self._pump()

    async def _admitted(self, request: Request) -> _Turn:
        loop = asyncio.get_running_loop()
        wait = self._held_until - loop.time()
        if wait > self._patience:
            raise RateLimited(f"the provider asks to wait another {wait:.0f} s", retry_after=wait)
        turn = _Turn(self._amounts(request), loop.create_future())
        self._waiting.append(turn)
        self._pump()
        try:
            await turn.ready
        except asyncio.CancelledError:
            if turn in self._waiting:
                self._waiting.remove(turn)
            else:  # let in at the very moment it was called off
                self._in_flight -= 1
            self._pump()
            raise
        return turn

    def _amounts(self, request: Request) -> dict[Kind, float]:
        if not self.auto:
            return {}
        given = sum(map(len, request.shown())) / CHARACTERS
        # A reply of unknown length is taken to be as long as the prompt: editing writes what it reads.
        written = self._output if self._output is not None else float(request.max_tokens or given)
        return {"requests": 1.0, "tokens": given + written, "input": given, "output": written}

    def _pump(self) -> None:
        """Lets in whoever may go, and comes back when the next one may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._waiting:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._waiting and not (self.auto and self._in_flight >= self.width):
            delay = self._delay(self._waiting[0], now)
            if delay > TICK:
                self._timer = loop.call_at(now + delay, self._pump)
                return
            self._let_in(self._waiting.popleft(), now)

    def _delay(self, turn: _Turn, now: float) -> float:
        hold = self._held_until - now
        if not self.auto:
            return hold
        idle = self._in_flight == 0
        buckets = [bucket.delay(turn.amounts[kind], now, idle=idle) for kind, bucket in self._buckets.items()]
        return max(hold, self._paced(now).delay(now), *buckets, 0.0)

    def _let_in(self, turn: _Turn, now: float) -> None:
        self._in_flight += 1
        turn.sent_at = now
        if self.auto:
            self._paced(now).sent(now)
            turn.marks = {kind: bucket.take(turn.amounts[kind], now) for kind, bucket in self._buckets.items()}
        if not turn.ready.done():
            turn.ready.set_result(None)

    def _answered(self, turn: _Turn, reply: Reply) -> None:
        if not self.auto:
            return
        now = asyncio.get_running_loop().time()
        self._paced(now).answered(now)
        # A window that was not full has not been tried: nothing says that it may be larger.
        if self._in_flight >= self.width and now - turn.sent_at < self._slow:
            self._width = min(float(MOST), self._width + (1.0 if self._opening else 1.0 / self._width))
        if reply.usage.output is not None:
            known = self._output if self._output is not None else float(reply.usage.output)
            self._output = known + LEARNING * (reply.usage.output - known)
        for kind, quota in reply.allowance.items():
            if kind not in self._buckets:
                bucket = self._buckets[kind] = Bucket(quota, now)
                bucket.take(turn.amounts[kind] * (self._in_flight - 1), now)  # those it may not have counted yet
            elif kind in turn.marks:
                self._buckets[kind].told(quota, turn.marks[kind])

    def _failed(self, turn: _Turn, error: Outage | RateLimited) -> None:
        now = asyncio.get_running_loop().time()
        if isinstance(error, RateLimited):
            if error.retry_after is not None:
                self._held_until = max(self._held_until, now + error.retry_after)
            if self.auto and error.status not in OVERLOADED:
                self._paced(now).refused(now, turn.sent_at)
        late = isinstance(error.__cause__, TimeoutError)
        if self.auto and (late or error.status in OVERLOADED) and turn.sent_at > self._shrunk_at:
            self._width = max(1.0, SHRINK * min(self._width, self._in_flight))
            self._opening = False
            self._shrunk_at = now

    def _paced(self, now: float) -> Pace:
        if self._pace is None:
            self._pace = Pace(now)
        return self._pace

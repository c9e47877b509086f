"""Waiting and giving up, with a clock and a sleep of our own."""

from __future__ import annotations

import asyncio
import random

import pytest
from scripted_server import ASK

from harness.backends.base import Reply, Request
from harness.backends.limits import Retrying
from harness.errors import Outage, RateLimited, Rejected


class Moody:
    """A Backend that fails with the errors of a list, then answers."""

    name = "moody:"

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0
        self.closed = False

    async def generate(self, _: Request) -> Reply:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return Reply("ok", "stop")

    async def close(self) -> None:
        self.closed = True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def retrying(self, backend: Moody, seed: int = 1, **options: float) -> Retrying:
        tools = {"sleep": self.sleep, "clock": lambda: self.now, "rng": random.Random(seed)}
        return Retrying(backend, **tools, **options)  # type: ignore[arg-type]


async def test_waits_grow_with_jitter_and_repeat_with_the_seed() -> None:
    runs = []
    for _ in range(2):
        clock = Clock()
        reply = await clock.retrying(Moody(*[Outage("x")] * 4)).generate(ASK)
        assert reply.attempts == 5
        runs.append(clock.waits)
    assert runs[0] == runs[1]
    for wait, ceiling in zip(runs[0], [1, 2, 4, 8], strict=True):
        assert ceiling / 2 <= wait <= ceiling


async def test_waits_are_capped() -> None:
    clock = Clock()
    await clock.retrying(Moody(*[Outage("x")] * 9), attempts=10, cap=5.0, total=1e6).generate(ASK)
    assert max(clock.waits) <= 5.0


async def test_gives_up_after_so_many_attempts_with_the_last_error() -> None:
    clock, last = Clock(), RateLimited("last")
    moody = Moody(Outage("first"), Outage("second"), last, Outage("never"))
    with pytest.raises(RateLimited) as caught:
        await clock.retrying(moody, attempts=3).generate(ASK)
    assert caught.value is last
    assert (moody.calls, len(clock.waits)) == (3, 2)


async def test_gives_up_rather_than_wait_past_the_total() -> None:
    clock = Clock()
    moody = Moody(RateLimited("x", retry_after=20.0), RateLimited("x", retry_after=3600.0))
    with pytest.raises(RateLimited):
        await clock.retrying(moody, total=60.0).generate(ASK)
    assert (moody.calls, len(clock.waits)) == (2, 1)
    assert clock.now >= 20.0


@pytest.mark.parametrize("error", [Rejected("x"), ValueError("a bug")])
async def test_other_errors_pass_at_once(error: Exception) -> None:
    clock, moody = Clock(), Moody(error)
    with pytest.raises(type(error)):
        await clock.retrying(moody).generate(ASK)
    assert (moody.calls, clock.waits) == (1, [])


async def test_cancelling_passes_through() -> None:
    class Endless(Moody):
        async def generate(self, _: Request) -> Reply:
            await asyncio.Event().wait()
            raise AssertionError

    task = asyncio.create_task(Clock().retrying(Endless()).generate(ASK))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_is_the_backend_it_wraps() -> None:
    moody = Moody()
    model = Clock().retrying(moody)
    assert model.name == "moody:"
    assert (await model.generate(ASK)).attempts == 1
    await model.close()
    assert moody.closed


async def test_one_wrapper_serves_calls_at_once() -> None:
    clock = Clock()
    moody = Moody(*[Outage("x")] * 20)
    model = clock.retrying(moody, attempts=30)
    replies = await asyncio.gather(*(model.generate(ASK) for _ in range(10)))
    assert sum(reply.attempts for reply in replies) == moody.calls == 30

"""Held against token buckets on real sockets, in virtual time: what is allowed is used, and little is turned away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from provider import Light, Meter, Provider, drive
from virtual_time import run

from harness.backends.anthropic import Anthropic
from harness.backends.base import Backend
from harness.backends.openai import OpenAI


def requests(burst: float = 120) -> dict[str, Meter]:
    return {"requests": Meter(burst, 120 / 60)}


def tokens() -> dict[str, Meter]:
    return {"tokens": Meter(40_000, 40_000 / 60)}


def measured(
    provider: Provider, seconds: float, *, sdk: str = "", factor: float = 1.0, **options: Any
) -> dict[str, float]:
    """The share of what the buckets allowed that was taken, and of the calls that were turned away. Half way the limit
    changes by `factor`."""
    allowed = min(
        (meter.capacity + meter.rate * seconds * (1 + factor) / 2) / (300 if kind == "tokens" else 1)
        for kind, meter in provider.meters.items()
    )

    def halfway() -> None:
        for meter in provider.meters.values():
            meter.fill(asyncio.get_running_loop().time())
            meter.change(factor)

    async def work() -> list[str]:
        async with provider.serving():
            backends: dict[str, Backend] = {"": Light(provider.url)}
            if sdk == "openai":
                backends[sdk] = OpenAI("m", base_url=f"{provider.url}/v1", api_key="k")
            if sdk == "anthropic":
                backends[sdk] = Anthropic("m", base_url=provider.url, api_key="k")
            return await drive(backends[sdk], seconds, halfway=halfway, **options)

    assert run(work()) == []
    in_time = sum(at <= seconds for at in provider.taken)
    calls = len(provider.taken) + len(provider.refused)
    found = {"used": in_time / allowed, "refused": len(provider.refused) / calls, "calls": calls}
    print({name: round(value, 4) for name, value in found.items()})
    return found


def check(found: dict[str, float]) -> None:
    assert found["used"] >= 0.90
    assert found["refused"] < 0.03


@pytest.mark.parametrize(
    ("headers", "burst"), [("openai", 120), ("openai", 10), ("anthropic", 10), ("", 120), ("", 10)]
)
def test_calls_per_minute(headers: str, burst: int) -> None:
    check(measured(Provider(requests(burst), headers), 200.0))


@pytest.mark.parametrize("headers", ["openai", ""])
def test_tokens_per_minute_by_calls_of_all_sizes(headers: str) -> None:
    check(measured(Provider(tokens(), headers), 200.0, vary=0.6))


@pytest.mark.parametrize(("headers", "factor"), [("openai", 0.5), ("openai", 2.0), ("", 0.5), ("", 2.0)])
def test_a_limit_that_changes_half_way(headers: str, factor: float) -> None:
    check(measured(Provider({**requests(), **tokens()}, headers), 300.0, factor=factor))


def test_answers_that_take_their_time() -> None:
    check(measured(Provider(requests(10), latency=20.0), 400.0))


def test_told_when_to_come_back() -> None:
    check(measured(Provider(requests(10), retry_after=True), 200.0))


@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
def test_through_the_real_clients(sdk: str) -> None:
    check(measured(Provider(requests(30), sdk), 60.0, sdk=sdk))


def test_calls_at_once_may_be_what_is_limited() -> None:
    """No rate, but the eleventh call at once is turned away."""
    provider = Provider({"requests": Meter(1e9, 1e9)}, latency=1.0, width=10)
    found = measured(provider, 60.0)
    assert len(provider.taken) > 0.5 * 10 * 60
    assert found["refused"] < 0.03


def test_without_a_limit_it_grows_past_a_fixed_number() -> None:
    """64 at once and 200 ms a call are 320 calls a second."""

    def at(concurrency: int | None, second: float) -> tuple[int, int]:
        provider = Provider(latency=0.2)

        async def work() -> None:
            async with provider.serving():
                await drive(Light(provider.url), second + 1, concurrency=concurrency)

        run(work())
        late = sum(second <= taken < second + 1 for taken in provider.taken)
        print(f"{concurrency or 'auto'}: {late} calls in the second after {second:g} s")
        return late, provider.most

    fixed, auto = at(64, 1.0), at(None, 6.0)
    assert fixed[1] == 64
    assert auto[0] >= 0.9 * fixed[0]
    assert auto[1] <= 256

"""A limit holds whatever goes wrong: money is counted by the server, calls and time by the clock."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from provider import Light, Provider, ask, completion, drive, http, tokens
from virtual_time import run

import harness
from domains import generate
from harness import horizon
from harness.backends.base import Message, Request, Usage
from harness.backends.openai import OpenAI
from harness.backends.prices import Price
from harness.budget import Account, Budget, seconds
from harness.errors import BudgetSpent, UsageError
from tests.chat_server import ChatServer
from tests.cli.test_cli import palimpsest

PRICE = Price(100.0, 400.0)
ACCOUNT = Account("openai:m", price=PRICE)


@dataclass
class Till(Provider):
    """Counts what it earns. Of eight calls two are turned away or fail for nothing, two are worked on and paid for,
    though their answer is never seen: the connection breaks, or the client gives up after 30 s."""

    dollars: float = 0.0
    unseen: float = 0.0
    trouble: bool = True

    async def answer(self, body: dict[str, Any]) -> bytes:
        given = tokens(body)[0]
        written = self.rng.randint(1, 200)
        kind = self.rng.randrange(8) if self.trouble else 7
        if kind < 2:
            return http((429, 500)[kind], {"error": {"message": "no"}})
        price = PRICE.of(Usage(given, written)) or 0.0
        self.dollars += price
        self.taken.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.latency * self.rng.uniform(0.5, 1.5))
        if kind < 4:
            self.unseen += price
            await asyncio.sleep(100.0 if kind == 3 else 0.0)
            return b""
        return http(200, completion(given, written))


def spend(till: Till, told: list[str], **options: Any) -> list[str]:
    limits = {name: options.pop(name) for name in ("max_cost", "max_calls", "max_time") if name in options}

    async def work() -> list[str]:
        async with till.serving():
            budget = Budget(**limits, notify=told.append)
            sizes = {"size": 400, "vary": 0.5, "max_tokens": 200, "patience": 30.0, "chains": 30, "hops": 10}
            return await drive(Light(till.url), 1e6, budget=budget, account=ACCOUNT, **{**sizes, **options})

    return run(work())


@pytest.mark.parametrize("concurrency", [1, 8, None])
@pytest.mark.parametrize("limit", [0.5, 3.0, 8.0])
def test_the_server_never_earns_more_than_the_limit(limit: float, concurrency: int | None) -> None:
    till, told = Till(), []
    reasons = spend(till, told, max_cost=limit, concurrency=concurrency)
    print(f"limit {limit}: earned {till.dollars:.3f}, {till.unseen:.3f} of it unseen; {told}")
    assert till.dollars <= limit
    assert any(reason.startswith("BudgetSpent: --max-cost") for reason in reasons)
    assert "broke off after being sent and may be billed" in told[-1]
    assert "with a higher --max-cost" in told[-1]


def test_what_is_set_aside_comes_back() -> None:
    """Each call may cost three times what it does: all but the last few dollars' worth is spent."""
    till, told = Till(trouble=False), []
    spend(till, told, max_cost=5.0, hops=100)
    assert 4.7 <= till.dollars <= 5.0


def test_a_large_enough_limit_changes_nothing() -> None:
    till, told = Till(trouble=False), []
    assert spend(till, told, max_cost=1000.0, max_calls=300, max_time=1e6) == []
    assert (len(till.taken), told) == (300, [])


def test_calls_are_counted_with_those_that_fail() -> None:
    till, told = Till(), []
    reasons = spend(till, told, max_calls=50)
    assert len(till.taken) <= 50
    assert len(reasons) == 30
    assert "--max-calls 50: 50 calls made" in told[-1]


def test_nothing_is_sent_once_the_time_is_over() -> None:
    till, told = Till(trouble=False, latency=4.0), []
    reasons = spend(till, told, max_time=30.0)
    assert 20.0 < max(till.taken) < 30.0
    assert all(reason == "BudgetSpent: --max-time 30 s is over; the same command continues" for reason in reasons)
    assert told == [reasons[0].removeprefix("BudgetSpent: ")]


async def test_a_server_that_is_not_there_costs_nothing() -> None:
    told: list[str] = []
    backend = OpenAI("m", base_url="http://127.0.0.1:9/v1", api_key="k")
    budget = Budget(max_cost=1.0, notify=told.append)
    terms: dict[str, Any] = {"budget": budget, "account": ACCOUNT, "chains": 3, "attempts": 1, "max_tokens": 10}
    reasons = await drive(backend, 60.0, **terms)
    assert len(reasons) == 3
    assert all(reason.startswith("Outage: ") for reason in reasons)
    assert told == []


def test_the_bound_holds_for_every_text() -> None:
    for text in ("prose, as people write it. ", "1234567890", "|a|-1|\n", "文書", "🜂", "\x00\x7f", "naïve"):
        request = Request((Message("user", 50 * text),), max_tokens=1)
        assert ACCOUNT.bound(request) >= (PRICE.of(Usage(generate.count_tokens(50 * text) + 10, 1)) or 0.0)


def test_what_bounds_a_reply() -> None:
    free = ask(100)
    anthropic, known = Account("anthropic:claude-sonnet-4-5"), Account("openai:gpt-4o")
    assert anthropic.bound(free) > 32_000 * 15e-6
    assert known.bound(free) > 128_000 * 10e-6
    assert Account("local:").bound(free) == Account("sim:oracle").bound(free) == 0.0
    with pytest.raises(UsageError, match="--max-cost needs --max-tokens"):
        Account("openai:m", "http://127.0.0.1:1/v1", PRICE).bound(free)


async def test_a_price_that_is_not_known_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with ChatServer(lambda _: "", latency=0.0) as server:
        given: dict[str, Any] = {"base_url": server.url, "max_cost": 1.0, "store": tmp_path / "s.db"}
        with pytest.raises(UsageError, match=r"the price of openai:stub is not known.*--price IN/OUT"):
            await harness.run_async(["openai:stub"], ["recipe"], **given)
        assert (server.received, (tmp_path / "s.db").exists()) == (0, False)


def test_earlier_runs_on_the_store_count(tmp_path: Path) -> None:
    """The server says 100 tokens in and 50 out: with this price a call costs a cent. Each hop is one call."""
    path = tmp_path / "s.db"
    terms: dict[str, Any] = {
        "doc_tokens": 200, "distractors": 0, "round_trips": 3, "repeats": 2, "workers": 0, "store": path,
        "price": "50/100", "max_tokens": 50,
    }  # fmt: skip
    with ChatServer(lambda _: "nothing", latency=0.0) as server:
        terms["base_url"] = server.url
        told: list[str] = []
        first = harness.run(["openai:stub"], ["recipe"], max_calls=5, notify=told.append, **terms)
        assert (server.received, len(first.unfinished)) == (5, 2)
        assert told == ["--max-calls 5: 5 calls made; the same command with a higher --max-calls continues"]
        assert first.summary()["models"]["openai:stub"]["cost_usd"] == pytest.approx(0.05)
        second = harness.run(["openai:stub"], ["recipe"], max_calls=5, **terms)
        assert (server.received, len(second.unfinished)) == (5, 2)
        third = harness.run(["openai:stub"], ["recipe"], max_cost=0.051, **terms)
        assert (server.received, len(third.unfinished)) == (5, 2)
        assert next(iter(third.unfinished.values())).startswith("BudgetSpent: --max-cost $0.0510: $0.0500 spent")
        last = harness.run(["openai:stub"], ["recipe"], max_cost=5.0, **terms)
        assert (server.received, last.unfinished) == (12, {})
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE replies SET cost = NULL, input = NULL WHERE hop = 1")
        connection.close()
        with pytest.raises(UsageError, match=r"what openai:stub cost so far in .* is not known"):
            harness.run(["openai:stub"], ["recipe"], max_cost=5.0, **terms)


def test_a_horizon_study_keeps_its_limit() -> None:
    with ChatServer(lambda _: "<answer>0</answer>", latency=0.0) as server:
        terms: dict[str, Any] = {"base_url": server.url, "max_calls": 7, "rollouts": 10, "turns": 3, "rates": [0]}
        study = horizon.run(["openai:stub"], **terms)
        assert server.received == len(study.turns) == 7
        assert all(reason.startswith("BudgetSpent: ") for reason in study.unfinished.values())


def test_the_command_says_what_is_spent_and_how_to_go_on(tmp_path: Path) -> None:
    with ChatServer(lambda _: "nothing", latency=0.0) as server:
        command = (
            "run", "--model", "openai:stub", "--domains", "recipe", "--doc-tokens", "200", "--distractors", "0",
            "--round-trips", "2", "--base-url", server.url, "--store", tmp_path / "s.db", "--price", "50/100",
            "--max-tokens", "50",
        )  # fmt: skip
        terms: dict[str, Any] = {"doc_tokens": 200, "distractors": 0, "round_trips": 2, "base_url": server.url}
        told: list[str] = []
        terms |= {"price": "50/100", "max_tokens": 50, "workers": 0, "notify": told.append}
        harness.run(["openai:stub"], ["recipe"], max_cost=0.001, **terms)
        least = re.search(r"the next call may cost \$([0-9.]+)", told[0])
        assert least is not None
        stopped = palimpsest(*command, "--max-cost", str(float(least[1]) + 0.015))
        assert (stopped.returncode, server.received) == (1, 2)
        assert "$0.0200 spent" in " ".join(stopped.stderr.split())
        assert "the same command with a higher --max-cost" in " ".join(stopped.stderr.split())
        done = palimpsest(*command, "--max-cost", "1", "--max-time", "10m", "--concurrency", "2")
        assert (done.returncode, server.received) == (0, 4)


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({"max_cost": 0.0}, "above 0"), ({"max_cost": float("nan")}, "above 0"), ({"max_calls": 0}, "at least 1"),
        ({"max_time": -1.0}, "above 0"), ({"price": "3"}, "IN/OUT"), ({"price": "3/-1"}, "IN/OUT"),
        ({"price": "a/b"}, "IN/OUT"), ({"concurrency": 0}, "at least 1"),
    ],
)  # fmt: skip
def test_limits_that_make_no_sense(terms: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        harness.Means(**terms)


def test_times() -> None:
    assert [seconds(text) for text in ("90s", "30m", "2h", "1h30m")] == [90.0, 1800.0, 7200.0, 5400.0]
    for wrong in ("", "90", "5 m", "2d", "m"):
        with pytest.raises(UsageError, match="90s, 30m or 2h"):
            seconds(wrong)


def test_a_budget_that_is_spent_is_no_fault_of_a_model() -> None:
    assert not issubclass(BudgetSpent, harness.BackendError)

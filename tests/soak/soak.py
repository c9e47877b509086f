"""A study under every fault a server can show, killed, ended and short of room again and again, and its audit against
the same study left in peace."""

from __future__ import annotations

import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chat_server import Asked, ChatServer, Fault
from tests.faults.catalogue import FAULTS, FINAL, REVOKED
from tests.faults.runs import ids, replies, steps
from tests.faults.stand_in import StandIn
from tests.nursery import BUG, DONE, REFUSED, STOPPED, Ended, Nursery

FAULTY, REFUSING, REVOKING, STALLING = 0.15, 0.002, 0.0005, 0.004
"""Shares of the requests that meet a fault; are refused for good; find the key revoked; find a server that stalls."""
IN_FLIGHT = 32


@dataclass(frozen=True, slots=True)
class Plan:
    """`documents` of each domain, for each of three APIs, over `round_trips`. `ends`: lives that are to end before
    they are done, `answers` the most that one gets. `slow`: whether servers stall, which costs `timeout`
    seconds each time."""

    domains: tuple[str, ...]
    documents: int
    round_trips: int
    ends: int
    answers: int
    seed: int = 0
    slow: bool = True
    timeout: float = 10.0

    @property
    def hops(self) -> int:
        return 3 * len(self.domains) * self.documents * 2 * self.round_trips

    def studies(self, url: str) -> list[dict[str, Any]]:
        """The arguments of two runs, which share a store: chat and messages; responses."""
        shared = {
            "domains": self.domains, "documents": self.documents, "round_trips": self.round_trips, "doc_tokens": 200,
            "distractors": 0, "policy": "keep", "base_url": url,
        }  # fmt: skip
        return [
            {**shared, "models": ["openai:stub", "anthropic:stub"], "api_mode": "chat"},
            {**shared, "models": ["openai:stub"], "api_mode": "responses"},
        ]


FULL = Plan(("accounting", "recipe", "subtitles"), 28, 20, ends=60, answers=300)
SMALL = Plan(("accounting",), 2, 17, ends=6, answers=50, slow=False, timeout=60.0)


class Storm:
    """Decides what happens to a request: the same for the same request in the same plan, however it comes about."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.met: Counter[str] = Counter()
        self.injected: Counter[str] = Counter()
        self.passing = [name for name, fault in FAULTS.items() if not fault.slow]
        self.stalling = [name for name, fault in FAULTS.items() if fault.slow]

    def __call__(self, asked: Asked) -> Fault | None:
        prompt = f"{asked.dialect} {asked.messages[-1]['content']}"
        self.met[prompt] += 1
        rng = random.Random(f"{self.plan.seed} {self.met[prompt]} {prompt}")
        drawn = rng.random()
        for share, names in (
            (REVOKING, ["401"]), (REFUSING, list(FINAL)), (STALLING * self.plan.slow, self.stalling),
            (FAULTY, self.passing),
        ):  # fmt: skip
            if drawn < share:
                name = rng.choice(names)
                self.injected[name] += 1
                return REVOKED if name == "401" else FINAL.get(name) or FAULTS[name]
            drawn -= share
        return None


@dataclass(slots=True)
class Life:
    """From one start of a run to its end: how it was to end and did, and the answers sent whole meanwhile."""

    wanted: str
    ended: Ended
    sent: list[str]

    @property
    def forced(self) -> bool:
        """Whether answers to calls in flight may be lost: nobody was left to store them, or there was no room."""
        return self.ended.status == STOPPED or self.ended.status < 0 or self.ended.told.startswith("UsageError")


@dataclass(slots=True)
class Result:
    plan: Plan
    lives: list[Life] = field(default_factory=list)
    injected: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    stored: int = 0
    retried: int = 0
    lost: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


def soak(plan: Plan, folder: Path, deadline: float) -> Result:
    """Runs the study in peace, then in the storm. Gives up at `deadline`, seconds from now."""
    started, result = time.monotonic(), Result(plan)
    answer = StandIn(plan.domains)
    with Nursery() as nursery, ChatServer(_remembered(answer), 0.0) as server:
        for study in plan.studies(server.url):
            ended = nursery.run(store=str(folder / "calm.db"), workers=0, concurrency=IN_FLIGHT, **study)
            if ended.status != DONE:
                result.wrong.append(f"the run in peace ended with {ended}")
                return result
        server.sent.clear()
        server.received = 0
        server.trouble = storm = Storm(plan)
        result.injected = storm.injected
        for life in _lives(plan, folder / "storm.db", nursery, server):
            result.lives.append(life)
            if time.monotonic() - started > deadline:
                result.wrong.append(f"not done after {deadline:g} s")
                break
        result.requests = server.received
    result.seconds = time.monotonic() - started
    _audit(result, folder / "calm.db", folder / "storm.db")
    return result


def _remembered(answer: StandIn) -> Any:
    known: dict[str, Any] = {}

    def remembered(messages: list[dict[str, str]]) -> Any:
        prompt = messages[-1]["content"]
        if prompt not in known:
            known[prompt] = answer(messages)
        return known[prompt]

    return remembered


def _lives(plan: Plan, path: Path, nursery: Nursery, server: ChatServer) -> Iterator[Life]:
    rng, ends = random.Random(plan.seed), 0
    for study in plan.studies(server.url):
        while True:
            wanted = rng.choices(["SIGKILL", "SIGTERM", "disk full", "none"], [5, 3, 1, 1])[0]
            if ends >= plan.ends * (1 if study["api_mode"] == "responses" else 2 / 3):
                wanted = "none"
            ends += wanted != "none"
            before = len(server.sent)
            how: dict[str, Any] = {}
            if wanted.startswith("SIG"):
                how = {
                    "after": _moment(server, before + rng.randrange(plan.answers), rng),
                    "by": signal.Signals[wanted],
                }
            elif wanted == "disk full":
                size = path.stat().st_size if path.exists() else 0
                how = {"room": size + rng.randrange(1_000, 400_000)}
            ended = nursery.run(
                store=str(path), timeout=plan.timeout, concurrency=rng.choice([8, IN_FLIGHT]),
                workers=int(plan.slow and rng.random() < 0.1), **how, **study,
            )  # fmt: skip
            yield Life(wanted, ended, server.sent[before:])
            if ended.status == DONE:
                break


def _moment(server: ChatServer, sent: int, rng: random.Random) -> Callable[[float], bool]:
    """Not at once when so many answers are out: what a run does with one takes milliseconds."""
    late = rng.uniform(0.0, 0.05)

    def come(timeout: float) -> bool:
        return server.wait(sent, timeout) and not threading.Event().wait(late)

    return come


def _audit(result: Result, calm: Path, storm: Path) -> None:
    """What must hold, whatever happened. Each thing that does not is noted."""
    wrong, kept = result.wrong, ids(storm)
    sent = Counter(name for life in result.lives for name in life.sent)
    held = set(kept)
    result.stored = len(kept)
    for name, ours, theirs in (("steps", steps(storm), steps(calm)), ("replies", replies(storm), replies(calm))):
        if ours != theirs:
            differing = sum(a != b for a, b in zip(ours, theirs, strict=False))
            wrong.append(f"{name} differ: {len(ours)} against {len(theirs)} in peace, {differing} of them otherwise")
    if len(steps(calm)) != result.plan.hops:
        wrong.append(f"{len(steps(calm))} hops in place of {result.plan.hops}")
    if len(held) != len(kept):
        wrong.append(f"{len(kept) - len(held)} replies are stored twice")
    if held - set(sent):
        wrong.append(f"{len(held - set(sent))} replies are stored that were never sent whole")
    for number, life in enumerate(result.lives, 1):
        lost = len(set(life.sent) - held)
        result.lost += lost
        if lost > (IN_FLIGHT if life.forced else 0):
            wrong.append(f"life {number}, which ended with {life.ended}, lost {lost} replies")
        if life.ended.status == BUG:
            wrong.append(f"life {number}: {life.ended.told}")
        if life.ended.status == REFUSED and not life.ended.told.startswith(("Denied: HTTP 401", "UsageError: ")):
            wrong.append(f"life {number} was refused: {life.ended.told}")
        if life.ended.status == REFUSED and "UsageError" in life.ended.told and life.wanted != "disk full":
            wrong.append(f"life {number} was refused: {life.ended.told}")
    with sqlite3.connect(storm) as connection:
        result.retried = connection.execute("SELECT total(tries - 1) FROM replies").fetchone()[0]
        if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            wrong.append("the database is damaged")
    connection.close()


def table(result: Result) -> str:
    """For people."""
    ways = Counter(
        life.wanted if life.ended.status < 0 or (life.forced and life.wanted != "none")
        else {DONE: "done", REFUSED: "key revoked"}.get(life.ended.status, "chains stopped") for life in result.lives
    )  # fmt: skip
    sent = sum(len(life.sent) for life in result.lives)
    rows = [
        ("hops", result.plan.hops),
        ("requests", result.requests),
        ("faults injected", sum(result.injected.values())),
        *((f"  {name}", count) for name, count in sorted(result.injected.items())),
        ("lives", len(result.lives)),
        *((f"  ended by {name}" if name != "done" else "  done", count) for name, count in sorted(ways.items())),
        ("attempts beyond the first, of stored replies", int(result.retried)),
        ("answers sent whole", sent),
        ("stored, each once", result.stored),
        ("sent whole and lost, in flight when a run ended", result.lost),
        ("seconds", round(result.seconds, 1)),
        ("audit", "; ".join(result.wrong) or "as in peace"),
    ]
    return "\n".join(f"{name:<52}{value:>10}" for name, value in rows)

"""What the tests of faults share: a small study against a server, and what its store holds."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import harness
from harness.store import Reader
from tests.chat_server import Asked, Fault

MODELS = {"chat": "openai:stub", "responses": "openai:stub", "anthropic": "anthropic:stub"}

HOPS = 4

Rows = list[tuple[Any, ...]]

_STEP = (
    "key, hop, edit, direction, outcome, detail, rs, missing, altered, spurious, moved, step, done, valid, "
    "edit_similarity, before, after, extra, steps.input, steps.output, steps.cached, steps.reasoning, steps.cost, "
    "steps.calls, steps.attempts, scorer"
)
_REPLY = "key, hop, attempt, call, request, text, finish, input, output, cached, reasoning, cost, replies.model"


def study(path: Path, url: str, dialect: str = "chat", **changes: Any) -> harness.Study:
    """One chain of HOPS hops, run or continued."""
    given = {
        "doc_tokens": 300,
        "distractors": 0,
        "round_trips": HOPS // 2,
        "workers": 0,
        "concurrency": 4,
        "timeout": 30.0,
    }
    base = url.removesuffix("/v1") if dialect == "anthropic" else url
    mode = "responses" if dialect == "responses" else "chat"
    return harness.run(
        [MODELS[dialect]], ["accounting"], store=path, base_url=base, api_mode=mode, **{**given, **changes}
    )


def steps(path: Path) -> Rows:
    """Every measure, outcome, document, token and cost of every hop."""
    return _rows(path, f"SELECT {_STEP} FROM steps JOIN chains ON chain = id ORDER BY key, hop")  # noqa: S608


def replies(path: Path) -> Rows:
    """Every reply but what depends on the clock and on how often it was asked for."""
    return _rows(path, f"SELECT {_REPLY} FROM replies JOIN chains ON chain = id ORDER BY key, hop, attempt, call")  # noqa: S608


def ids(path: Path) -> list[str]:
    """The server's names of the replies in a store."""
    with Reader(path) as reader:
        return [str(reply.raw["id"]) for chain in reader.chains() for reply in reader.replies(chain.number).values()]


def _rows(path: Path, query: str) -> Rows:
    with sqlite3.connect(path) as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


class Once:
    """The first time that a request comes, a fault, for `most` requests; then the answer."""

    def __init__(self, fault: Fault, most: int = HOPS) -> None:
        self.fault = fault
        self.most = most
        self.met: set[str] = set()

    def __call__(self, asked: Asked) -> Fault | None:
        prompt = asked.messages[-1]["content"]
        if prompt in self.met or len(self.met) == self.most:
            return None
        self.met.add(prompt)
        return self.fault

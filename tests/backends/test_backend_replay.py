"""Recorded replies come back as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted_server import ASK

from harness.backends import open_backend
from harness.backends.base import Message, Reply, Request, Usage
from harness.backends.replay import Recorder
from harness.errors import Outage, Rejected, UsageError

REPLY = Reply(
    "Zürich  日\u2028本\r\n\ud800",
    "length",
    Usage(1, 2, None, 3),
    latency=0.25,
    cost=None,
    model="m-1",
    fingerprint="fp",
    attempts=3,
    raw={"id": "x", "usage": {"a": [1, None]}},
)
OTHER = Request((Message("user", "Say another."),), temperature=0.0, stop=("x",))


class Scribe:
    """A Backend that says the replies of a list."""

    name = "scribe:"

    def __init__(self, *replies: Reply | Exception) -> None:
        self.replies = list(replies)

    async def generate(self, _: Request) -> Reply:
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def close(self) -> None:
        pass


async def record(path: Path, *replies: Reply | Exception, requests: tuple[Request, ...] = (ASK, OTHER)) -> None:
    recorder = Recorder(Scribe(*replies), path)
    try:
        for request, _ in zip(requests, replies, strict=False):
            await recorder.generate(request)
    finally:
        await recorder.close()


async def ask(path: Path, request: Request) -> Reply:
    model = open_backend(f"replay:{path}")
    assert model.name == f"replay:{path}"
    try:
        return await model.generate(request)
    finally:
        await model.close()


async def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "r.jsonl"
    await record(path, REPLY, Reply("", "stop"))
    assert await ask(path, ASK) == REPLY
    assert await ask(path, OTHER) == Reply("", "stop")
    assert len(path.read_bytes().splitlines()) == 2


async def test_what_was_not_recorded_is_rejected(tmp_path: Path) -> None:
    await record(tmp_path / "r.jsonl", REPLY)
    with pytest.raises(Rejected, match="holds no reply to this request"):
        await ask(tmp_path / "r.jsonl", OTHER)


async def test_outages_are_not_recorded(tmp_path: Path) -> None:
    with pytest.raises(Outage):
        await record(tmp_path / "r.jsonl", Outage("x"))
    assert (tmp_path / "r.jsonl").read_bytes() == b""


async def test_the_later_line_counts(tmp_path: Path) -> None:
    await record(tmp_path / "r.jsonl", REPLY, Reply("new", "stop"), requests=(ASK, ASK))
    assert (await ask(tmp_path / "r.jsonl", ASK)).text == "new"


async def test_a_torn_last_line_is_no_reply_and_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    await record(path, REPLY, Reply("torn", "stop"))
    path.write_bytes(path.read_bytes()[:-9])
    assert await ask(path, ASK) == REPLY
    with pytest.raises(Rejected):
        await ask(path, OTHER)
    await record(path, Reply("again", "stop"), requests=(OTHER,))
    assert (await ask(path, OTHER)).text == "again"
    assert await ask(path, ASK) == REPLY


@pytest.mark.parametrize(
    "line", ["not json", "[]", "{}", '{"key": "x", "reply": {"text": 1}}', '{"key": 1, "reply": null}']
)
def test_a_broken_line_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(UsageError, match=r"r\.jsonl:1 "):
        open_backend(f"replay:{path}")


def test_a_place_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot write"):
        Recorder(Scribe(), tmp_path / "file" / "r.jsonl")

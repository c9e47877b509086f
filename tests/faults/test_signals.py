"""The command, told to end: as with ctrl-C it gives up the calls in flight, closes its store, says how to go on, and
goes on when it is run again."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from harness import load
from harness.errors import UsageError
from harness.store import Store
from tests.chat_server import ChatServer
from tests.faults.runs import ids, study
from tests.faults.stand_in import StandIn
from tests.nursery import Nursery

ROUND_TRIPS = 12
LATENCY = 0.5
"""Seconds: sixteen more answers take long enough for a signal to come in time on any machine."""
COMMAND = (
    "run --model openai:stub --domains accounting --doc-tokens 300 --distractors 0 --api-mode chat "
    f"--round-trips {ROUND_TRIPS}"
)


@pytest.mark.slow
def test_signals(tmp_path: Path) -> None:
    path, stored = tmp_path / "s.db", 0
    with Nursery() as nursery, ChatServer(StandIn(["accounting"]), LATENCY) as server:
        words = [*COMMAND.split(), "--base-url", server.url, "--store", str(path)]
        for by, before in ((signal.SIGTERM, ["&"]), (signal.SIGINT, [])):
            sent = len(server.sent)
            ended = nursery.run(
                command=[*before, *words], by=by, after=lambda timeout, sent=sent: server.wait(sent + 4, timeout)
            )
            assert ended.status == 128 + by, ended
            assert ended.told.endswith("palimpsest: stopped; run the same command again to continue\n")
            assert "Traceback" not in ended.told
            assert [entry.name for entry in tmp_path.iterdir()] == ["s.db"]
            held = len(ids(path))
            assert held - stored >= len(server.sent) - sent - 1  # one call at once: at most that one was given up
            stored = held
        server.latency = 0.0
        assert not study(path, server.url, round_trips=ROUND_TRIPS).unfinished
    kept = ids(path)
    assert len(load(path).steps) == len(kept) == len(set(kept)) == 2 * ROUND_TRIPS
    assert set(kept) <= set(server.sent)


def test_a_second_run_of_a_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with ChatServer(StandIn(["accounting"]), 0.0) as server:
        with Store(path), pytest.raises(UsageError, match="being written by another run: wait for it to end"):
            study(path, server.url)
        assert server.received == 0
        assert not study(path, server.url).unfinished

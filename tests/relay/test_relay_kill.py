"""Killed at random moments and run again, a study is the one that was never killed, and nothing was paid for twice."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from relay_stub import audit, same_file

from harness import load
from tests.chat_server import ChatServer
from tests.nursery import DONE, Nursery

HERE = Path(__file__).parent
KILLS = 20


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    with Nursery() as made:
        yield made


def finished(nursery: Nursery, **arguments: Any) -> bool:
    ended = nursery.run(**arguments)
    assert ended.status == DONE, ended
    return True


def killed_after(seconds: float, nursery: Nursery, **arguments: Any) -> bool:
    """Whether the run was killed before it came to its end."""
    ended = nursery.run(after=seconds, **arguments)
    assert ended.status in (DONE, -signal.SIGKILL), ended
    return ended.status != DONE


@pytest.mark.slow
def test_simulated_run(nursery: Nursery, tmp_path: Path) -> None:
    spec = {"models": ["sim:frontier", "sim:careless"], "domains": ["accounting"], "doc_tokens": 300, "distractors": 0,
            "round_trips": 12, "repeats": 4, "workers": 0}  # fmt: skip
    started = time.perf_counter()
    assert finished(nursery, store=str(tmp_path / "whole.db"), **spec)
    whole = time.perf_counter() - started
    rng, kills, stores = random.Random(1), 0, 1
    while kills < KILLS:
        path = tmp_path / f"{stores}.db"
        if killed_after(rng.uniform(0.0, 0.15 * whole), nursery, store=str(path), **spec):
            kills += 1
        else:  # it came to its end first: it must be right, and the next kills go to another
            assert audit(path) == audit(tmp_path / "whole.db")
            stores += 1
    assert finished(nursery, store=str(tmp_path / f"{stores}.db"), **spec)
    print(f"{kills} kills over {stores} stores; a whole run takes {whole:.2f} s")
    assert audit(tmp_path / f"{stores}.db") == audit(tmp_path / "whole.db")
    last, first = load(tmp_path / f"{stores}.db").summary(), load(tmp_path / "whole.db").summary()
    assert last["models"] == first["models"]


@pytest.mark.slow
def test_run_against_a_server(nursery: Nursery, tmp_path: Path) -> None:
    concurrency = 6
    with ChatServer(same_file, latency=0.04) as server:
        spec = {"models": ["openai:stub"], "domains": ["accounting"], "doc_tokens": 300, "distractors": 0, "repeats": 6,
                "round_trips": 15, "workers": 0, "concurrency": concurrency, "base_url": server.url}  # fmt: skip
        started = time.perf_counter()
        assert finished(nursery, store=str(tmp_path / "whole.db"), **spec)
        whole, needed = time.perf_counter() - started, server.received
        assert needed == 6 * 30
        rng, kills, stores, stored, lost = random.Random(2), 0, 1, 0, 0
        server.received = 0
        while kills < KILLS:
            path, before = tmp_path / f"{stores}.db", server.received
            killed = killed_after(rng.uniform(0.0, 0.16 * whole), nursery, store=str(path), **spec)
            held = replies_in(path)
            in_flight = server.received - before - (held - stored)
            assert 0 <= in_flight <= (concurrency if killed else 0)
            stored, lost, kills = held, lost + in_flight, kills + killed
            if not killed:
                assert audit(path) == audit(tmp_path / "whole.db")
                stores, stored = stores + 1, 0
        assert finished(nursery, store=str(tmp_path / f"{stores}.db"), **spec)
        print(
            f"{kills} kills over {stores} stores of {needed} calls: {server.received} made, {lost} in flight at kills"
        )
        assert server.received == stores * needed + lost
    assert audit(tmp_path / f"{stores}.db") == audit(tmp_path / "whole.db")


def replies_in(path: Path) -> int:
    """How many replies a store holds that may not even have been made before its run was killed."""
    try:
        return len(audit(path)["replies"])
    except sqlite3.OperationalError as error:
        assert "no such table" in str(error)  # noqa: PT017 (a run killed before its store had tables)
        return 0


def test_the_same_in_processes_that_hash_otherwise(tmp_path: Path) -> None:
    code = (
        "import harness, sys\n"
        "harness.run(['sim:frontier', 'sim:careless'], ['accounting', 'recipe', 'subtitles'],\n"
        "            round_trips=2, doc_tokens=600, distractors=4000,\n"
        "            store=sys.argv[1])\n"
    )
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1]), "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / seed)], check=True, env=environment)
    assert audit(tmp_path / "1") == audit(tmp_path / "2")

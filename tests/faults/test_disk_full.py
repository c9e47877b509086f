"""No room left: the run ends and says so, the store keeps what it has, and with room the run goes on."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.store import Store
from tests.chat_server import ChatServer
from tests.faults.runs import ids, replies, steps, study
from tests.faults.stand_in import StandIn
from tests.nursery import DONE, REFUSED, Nursery

RUN = {"models": ["openai:stub"], "domains": ["accounting"], "doc_tokens": 300, "distractors": 0, "round_trips": 4,
       "repeats": 3, "workers": 0, "concurrency": 4, "api_mode": "chat"}  # fmt: skip


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as made:
        yield made


def test_files_that_may_not_grow(nursery: Nursery, tmp_path: Path) -> None:
    """At every stage: making the store, noting the chains, the first replies, the last."""
    path, rng, full = tmp_path / "s.db", random.Random(1), 0
    with ChatServer(StandIn(["accounting"]), 0.0) as server:
        ended = nursery.run(store=str(tmp_path / "calm.db"), base_url=server.url, **RUN)
        assert ended.status == DONE, ended
        server.sent.clear()
        room = 2_000
        while (ended := nursery.run(store=str(path), base_url=server.url, room=room, **RUN)).status != DONE:
            assert ended.status == REFUSED, ended
            assert "make room on the disk, then run the same command again" in ended.told
            full, room = full + 1, int(room * rng.uniform(1.5, 3.0))
    assert full > 2
    assert steps(path) == steps(tmp_path / "calm.db")
    assert replies(path) == replies(tmp_path / "calm.db")
    kept = ids(path)
    assert len(kept) == len(set(kept)) == 24
    # What could not be stored is all that was lost, one answer at most of each call under way.
    assert set(kept) <= set(server.sent)
    assert len(server.sent) - len(kept) <= full * RUN["concurrency"]  # type: ignore[operator]


def test_a_database_at_its_limit(tmp_path: Path) -> None:
    """SQLite's own word for it, on the writer's connection of an open store."""
    path = tmp_path / "s.db"
    with ChatServer(StandIn(["accounting"]), 0.0) as server:
        study(path, server.url, round_trips=1)
        store = Store(path)
        pages = store._writing.execute("PRAGMA page_count").fetchone()[0]
        store._writing.execute(f"PRAGMA max_page_count = {pages}")
        chain = store.chains()[0].number
        store._writer.submit(lambda c: c.execute("CREATE TABLE grown AS SELECT hex(zeroblob(40000)) AS x") and None)
        with pytest.raises(UsageError, match="full; what came before is kept: make room"):
            store.close()
        with pytest.raises(RuntimeError, match="closed"):
            store.save_reason(chain, "late")
        assert not study(path, server.url).unfinished


def test_after_a_failed_write_nothing_more_is_taken(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    failing = store._writer.submit(lambda c: c.execute("INSERT INTO nowhere VALUES (1)") and None)
    with pytest.raises(UsageError, match="nowhere"):
        failing.result()
    with pytest.raises(UsageError, match="nowhere"):
        store.save_reason(1, "nobody waits for this one")
    with pytest.raises(UsageError, match="nowhere"):
        store.close()


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


@pytest.mark.skipif(os.geteuid() != 0, reason="a file system can only be mounted by root")
def test_a_full_file_system(nursery: Nursery, tmp_path: Path) -> None:
    mounted = tmp_path / "small"
    mounted.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mounted], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        path, ballast = mounted / "s.db", mounted / "ballast"
        with ChatServer(StandIn(["accounting"]), 0.0) as server:
            study(path, server.url, round_trips=1)
            with pytest.raises(OSError, match="No space"):
                fill(ballast)
            ended = nursery.run(store=str(path), base_url=server.url, **RUN)
            assert ended.status == REFUSED, ended
            assert "make room on the disk" in ended.told
            kept = set(ids(path))
            assert len(kept) >= 2
            ballast.unlink()
            ended = nursery.run(store=str(path), base_url=server.url, **RUN)
            assert ended.status == DONE, ended
        assert kept <= set(ids(path)) <= set(server.sent)
        assert len(steps(path)) == 24
    finally:
        subprocess.run(["umount", mounted], check=True)

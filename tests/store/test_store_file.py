from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from harness.backends.base import Reply, Usage
from harness.errors import UsageError
from harness.store import Chain, Place, Reader, Score, Spent, Step, Store

CHAIN = Chain("k" * 64, "m:x", "rewrite", "accounting", "studio", 1, {"seed": 0}, {"a.txt": "1\n"}, {"b.txt": "2\n"})
REPLY = Reply("text ü \U0001f600", "stop", Usage(10, 5, None, 0), 0.5, None, "m-1", "fp", 2, {"id": "x"})
SCORE = Score("ok", 0.9, 0.05, 0.05, 0.0, 0.0, 0.95, 1.0, True, 0.99)


def step(hop: int, **changes: object) -> Step:
    given = {"score": SCORE, "after": {"a.txt": f"{hop}\n"}, "scorer": "v1", "spent": Spent.total([REPLY]), **changes}
    return Step(hop, "sort", "forward" if hop % 2 else "backward", {"a.txt": "1\n"}, **given)  # type: ignore[arg-type]


async def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    path, place = tmp_path / "s.db", Place(1, 1, 1, "r")
    failed = step(2, score=None, failure="refused", detail="no", extra=("x",), attempts=3, after={})
    with Store(path) as store:
        number = store.register([CHAIN])[CHAIN.key]
        await store.save_reply(number, place, REPLY, 12.5)
        assert store.replies(number) == {place: REPLY}
        store.save_step(number, step(1))
        store.save_step(number, failed)
    with Reader(path) as reader:
        assert reader.steps(number) == [step(1), failed]
        assert reader.documents(number) == ({"a.txt": "1\n"}, {"b.txt": "2\n"})
        assert reader.replies(number, after=1) == {}
        (chain,) = reader.chains()
        assert (chain.key, chain.hops, chain.reason, chain.spec) == (CHAIN.key, 2, "", {"seed": 0})
        position = reader.position(number)
    assert (position.hop, position.outcome, position.after) == (2, "refused", {})
    assert position.damage == pytest.approx(0.1)


def test_a_closed_store_is_one_file(tmp_path: Path) -> None:
    with Store(tmp_path / "s.db") as store:
        store.register([CHAIN])
        assert len(list(tmp_path.iterdir())) > 1
    Reader(tmp_path / "s.db").connection.close()
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.db"]


def test_unknown_parts_of_a_sum_make_it_unknown() -> None:
    assert Spent.total([]) == Spent(0, 0, 0, 0, 0, 0.0, 0.0)
    assert Spent.total([REPLY, REPLY]) == Spent(2, 20, 10, None, 0, None, 1.0)


def test_a_step_is_a_measurement_or_a_failure() -> None:
    for wrong in ({"score": None}, {"failure": "empty"}, {"score": None, "failure": "outage"}):
        with pytest.raises(ValueError, match=r"either a measurement or a failure|no such failure"):
            step(1, **wrong)


def test_texts_are_kept_once(tmp_path: Path) -> None:
    with Store(tmp_path / "s.db") as store:
        number = store.register([CHAIN])[CHAIN.key]
        for hop in range(1, 9):
            store.save_step(number, step(hop, after={"a.txt": "1\n"}))
    with Reader(tmp_path / "s.db") as reader:
        assert reader.connection.execute("SELECT count(*) FROM blobs").fetchone()[0] == 4


async def test_many_writes_share_a_transaction_and_none_is_lost(tmp_path: Path) -> None:
    with Store(tmp_path / "s.db") as store:
        number = store.register([CHAIN])[CHAIN.key]
        await asyncio.gather(*(store.save_reply(number, Place(h, 1, 1, "r"), REPLY, 0.0) for h in range(1, 501)))
        assert len(store.replies(number)) == 500


async def test_a_cancelled_save_is_made_all_the_same(tmp_path: Path) -> None:
    with Store(tmp_path / "s.db") as store:
        number = store.register([CHAIN])[CHAIN.key]
        saving = asyncio.create_task(store.save_reply(number, Place(1, 1, 1, "r"), REPLY, 0.0))
        await asyncio.sleep(0)
        saving.cancel()
        await asyncio.gather(saving, return_exceptions=True)
    with Reader(tmp_path / "s.db") as reader:
        assert len(reader.replies(number)) == 1


def test_a_failed_write_is_told(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    store.save_step(99, step(1))
    store._writer.submit(lambda connection: connection.execute("INSERT INTO nowhere VALUES (1)") and None, urgent=False)
    with pytest.raises(UsageError, match=r"cannot write the store .*nowhere"):
        store.close()
    assert not (tmp_path / "s.db-lock").exists()


def made_by(path: Path, *statements: str) -> Path:
    Store(path).close()
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return path


@pytest.mark.parametrize("opener", [Store, Reader])
def test_files_that_are_no_store(tmp_path: Path, opener: type[Reader]) -> None:
    newer = made_by(tmp_path / "newer.db", "PRAGMA user_version = 99", "UPDATE meta SET value = '9.9'")
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    text = tmp_path / "notes.txt"
    text.write_text("not a database at all, but some text that is long enough to have a header\n" * 20)
    cut = made_by(tmp_path / "cut.db")
    cut.write_bytes(cut.read_bytes()[:5000])
    for path, told in (
        (newer, "made by palimpsest-bench 9.9"), (other, "not a palimpsest store"), (text, "cannot be used as a store"),
        (cut, "cannot be used as a store"), (tmp_path, "is a folder"),
        (tmp_path / "nowhere" / "s.db", "no folder|no store"),
    ):  # fmt: skip
        before = path.read_bytes() if path.is_file() else b""
        with pytest.raises(UsageError, match=told) as caught:
            opener(path)
        assert "\n" not in str(caught.value)
        assert before == (path.read_bytes() if path.is_file() else b"")
    assert not list(tmp_path.glob("*-lock"))


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no store"):
        Reader(tmp_path / "none.db")


def test_a_run_killed_while_it_made_its_store(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    path.touch()
    Store(path).close()
    half = tmp_path / "half.db"
    connection = sqlite3.connect(half)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    Store(half).close()
    Reader(half).connection.close()


def test_a_second_writer_is_refused_and_a_dead_one_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    code = f"from harness.store import Store; s = Store({str(path)!r}); print('open', flush=True); input()"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(UsageError, match="being written by another run"):
            Store(path)
        Reader(path).connection.close()  # looking is allowed
        holder.send_signal(signal.SIGKILL)
    Store(path).close()
    assert not (tmp_path / "s.db-lock").exists()

"""The power fails while a store is written: whatever arrived of the bytes that were on their way to the disk, each
reply that was acknowledged is there, and the store can be written on.

What SQLite had synced is left alone, as a disk leaves it; of what it had not, any part may be missing, old, zero or
garbage. A commit syncs the log; a checkpoint writes the database while the log stays as it is.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.backends.base import Reply, Usage
from harness.store import Chain, Place, Store

CUTS = 8
"""Of each kind, at each of the moments looked at."""
CHAIN = Chain("k" * 64, "m:x", "rewrite", "accounting", "studio", 1, {}, {"a.txt": "1\n"}, {})


def reply(rng: random.Random, hop: int) -> Reply:
    text = "".join(rng.choices("abcdefghij \n", k=rng.randrange(10, 30_000)))
    return Reply(text, "stop", Usage(10, 5, None, 0), 0.5, 0.25, "m-1", "fp", 1, {"id": f"r{hop}"})


@dataclass
class Disk:
    """A store's files as they were at a moment when every reply in `acknowledged` was."""

    data: bytes
    log: bytes
    acknowledged: dict[Place, Reply]


class Life:
    """A store that is written, and its files as they stand."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path, self.rng = path, random.Random(seed)
        self.store = Store(path)
        self.number = self.store.register([CHAIN])[CHAIN.key]
        self.said: dict[Place, Reply] = {}

    def now(self) -> Disk:
        return Disk(self.path.read_bytes(), self.path.with_name(self.path.name + "-wal").read_bytes(), dict(self.said))

    def pay(self, replies: int) -> None:
        """Replies that are waited for, as the engine waits."""

        async def save() -> None:
            for _ in range(replies):
                hop = len(self.said) + 1
                place, said = Place(hop, 1, 1, f"q{hop}"), reply(self.rng, hop)
                await self.store.save_reply(self.number, place, said, 0.0)
                self.said[place] = said

        asyncio.run(save())

    def write_on(self) -> None:
        """Writes that nobody has been told of when the power goes."""
        for n in range(6):
            text = "x" * self.rng.randrange(9_000)
            wait([self.store._writer.submit(lambda c, n=n, text=text: _note(c, n, text))])


def _note(connection: sqlite3.Connection, number: int, text: str) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"n{number}", text))


def revived(folder: Path, data: bytes, log: bytes, wanted: dict[Place, Reply]) -> None:
    """The files on a new disk, opened."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "s.db").write_bytes(data)
    (folder / "s.db-wal").write_bytes(log)
    with Store(folder / "s.db") as store:
        number = store.chains()[0].number
        assert store.replies(number).items() >= wanted.items()
        assert store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        asyncio.run(store.save_reply(number, Place(10_000, 1, 1, "after"), reply(random.Random(0), 0), 0.0))


Damage = Callable[[random.Random, bytes, bytes], bytes]


def torn(rng: random.Random, old: bytes, new: bytes) -> bytes:
    """The rest of the file as it was before, or not there."""
    at = rng.randrange(_same(old, new), len(new) + 1)
    return new[:at] + old[at:]


def zeroed(rng: random.Random, old: bytes, new: bytes) -> bytes:
    """The file has its length, and nothing in the rest."""
    at = rng.randrange(_same(old, new), len(new) + 1)
    return new[:at] + bytes(len(new) - at)


def garbled(rng: random.Random, old: bytes, new: bytes) -> bytes:
    at = rng.randrange(_same(old, new), len(new) + 1)
    return new[:at] + rng.randbytes(len(new) - at)


def mixed(rng: random.Random, old: bytes, new: bytes) -> bytes:
    """Sectors that arrived in any order: some, and not the ones before them."""
    start, made = _same(old, new), bytearray(new)
    for at in range(start, len(new), 512):
        stop = min(at + 512, len(new))
        if rng.random() < 0.5:
            made[at:stop] = old[at:stop].ljust(stop - at, b"\0")
    return bytes(made)


def _same(old: bytes, new: bytes) -> int:
    """How far two versions of a file are the same."""
    if new[: len(old)] == old:
        return len(old)
    return next(n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)


@pytest.mark.parametrize("damage", [torn, zeroed, garbled, mixed])
def test_the_log_is_lost_behind_the_last_reply(damage: Damage, tmp_path: Path) -> None:
    life, rng = Life(tmp_path / "s.db", 1), random.Random(f"{damage.__name__}")
    for _ in range(3):
        life.pay(rng.randrange(1, 12))
        then = life.now()
        life.write_on()
        after = life.now()
        assert then.data == after.data  # no checkpoint came between
        assert then.log != after.log
        for _ in range(CUTS):
            revived(tmp_path / "disk", after.data, damage(rng, then.log, after.log), then.acknowledged)
    life.store.close()


@pytest.mark.parametrize("damage", [torn, garbled, mixed])
def test_the_database_is_half_written_by_a_checkpoint(damage: Damage, tmp_path: Path) -> None:
    life, rng = Life(tmp_path / "s.db", 2), random.Random(f"{damage.__name__}")
    for _ in range(2):
        life.pay(12)
        then = life.now()
        with sqlite3.connect(life.path) as other:
            assert other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[0] == 0
        other.close()
        after = life.now()
        assert then.log == after.log
        assert then.data != after.data
        for _ in range(CUTS):
            data = damage(rng, then.data, after.data) if damage is not garbled else _garbled_pages(rng, then, after)
            revived(tmp_path / "disk", data, then.log, then.acknowledged)
    life.store.close()


def _garbled_pages(rng: random.Random, then: Disk, after: Disk) -> bytes:
    """Pages that the checkpoint wrote, some of them garbage: the log still holds them all."""
    size, made = 4096, bytearray(after.data)
    for at in range(0, len(after.data), size):
        if then.data[at : at + size] != after.data[at : at + size] and rng.random() < 0.3:
            made[at : at + size] = rng.randbytes(size)
    return bytes(made)


def test_a_reply_is_acknowledged_once_the_disk_has_it(tmp_path: Path) -> None:
    """What the cuts above rest on: the log is synced at every commit."""
    with Store(tmp_path / "s.db") as store:
        told = {
            name: store._writing.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        }
        pages = store._writing.execute("PRAGMA page_size").fetchone()[0]
    assert told == {"journal_mode": "wal", "synchronous": 2}
    assert pages == 4096

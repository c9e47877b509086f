"""A store made as small as it gets, without losing anything that is in use."""

from __future__ import annotations

import sqlite3
import zlib
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.store import schema
from harness.store.check import referenced
from harness.store.lock import Lock

_LEVEL = 9
_PACKED = b"\x78\xda"
"""How zlib's stream of level 7 to 9 begins (RFC 1950, FLEVEL)."""
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class Compacted:
    """Bytes of the file before and after, and how many texts nothing used."""

    before: int
    after: int
    dropped: int


def compact(path: Path) -> Compacted:
    """Drops texts that nothing uses, compresses the others as far as they go and gives the room back. It takes as much
    room again on the disk while it works. UsageError when another process writes the store, or the disk is full."""
    schema.check_path(path, write=False)
    lock = Lock(path)
    try:
        connection = schema.connect(path, write=True)
        try:
            before = path.stat().st_size
            dropped = _dropped(connection)
            for table, column in (
                ("blobs", "data"), ("replies", "text"), ("replies", "raw"), ("changes", "data"),
                ("traces", "data"),
            ):  # fmt: skip
                _repack(connection, table, column)
            connection.execute("VACUUM")
        except sqlite3.Error as error:
            raise UsageError(f"{path} could not be compacted, and holds all it held: {error}") from None
        finally:
            schema.fold(connection)
            connection.close()
    finally:
        lock.release()
    return Compacted(before, path.stat().st_size, dropped)


def _dropped(connection: sqlite3.Connection) -> int:
    trees, texts = referenced(connection)
    used = trees | texts
    unused = [row for row in connection.execute("SELECT hash FROM blobs") if row[0] not in used]
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("DELETE FROM blobs WHERE hash = ?", unused)
    connection.execute("COMMIT")
    return len(unused)


def _repack(connection: sqlite3.Connection, table: str, column: str) -> None:
    """Batch by batch, so that the log beside the store stays small."""
    last = 0
    while True:
        rows = connection.execute(
            f"SELECT rowid, {column} FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT ?",  # noqa: S608
            (last, _BATCH),
        ).fetchall()
        if not rows:
            return
        last = rows[-1][0]
        smaller = [
            (packed, row)
            for row, data in rows
            if not data.startswith(_PACKED) and len(packed := zlib.compress(zlib.decompress(data), _LEVEL)) < len(data)
        ]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", smaller)  # noqa: S608
        connection.execute("COMMIT")

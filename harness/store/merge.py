"""Several stores made into one: the chains of all, each as far as it came in any."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.store import schema
from harness.store.lock import Lock
from harness.store.reader import BESIDE, Reader

Row = Sequence[Any]
_STEP = "hop, edit, direction, before, after, outcome, scorer"
"""What makes two steps the same: what went in and out, what it was taken for, and by which code."""
_REPLY = "hop, attempt, call, request, model, finish, received"
"""Likewise a reply: two answers to one request are of different moments."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What the new store holds. `shared` chains were in more than one of the old ones."""

    chains: int
    steps: int
    replies: int
    shared: int


def merge(paths: Sequence[Path], target: Path, *, accept_drift: bool = False) -> Merged:
    """Writes the chains, replies and runs of stores into a new one. Where several hold the same chain, the longer one
    counts when the shorter is its beginning. UsageError, and no new store, when two hold other replies of one chain,
    steps of two scorer versions, or, but for `accept_drift`, answers of two models of a provider under one name."""
    wanted = list(dict.fromkeys(path.resolve() for path in paths))
    if target.exists():
        raise UsageError(f"{target} exists already: name a new file")
    with ExitStack() as stack:
        readers = [stack.enter_context(Reader(path)) for path in wanted]
        for reader in readers:
            reader.connection.execute("BEGIN")
        _check_scorers(readers)
        if not accept_drift:
            _check_served(readers)
        lock = Lock(target)
        stack.callback(lock.release)
        try:
            return _written(readers, target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def _written(readers: Sequence[Reader], target: Path) -> Merged:
    connection = schema.connect(target, write=True)
    try:
        connection.execute("BEGIN IMMEDIATE")
        known: dict[tuple[Any, ...], int] = {}
        made: dict[str, tuple[int, Reader, int]] = {}
        shared: set[str] = set()
        for reader in readers:
            runs = _add_runs(reader.connection, connection, known)
            connection.executemany("INSERT OR IGNORE INTO blobs VALUES (?, ?)", _rows(reader, "blobs"))
            for model, server, served, run in _rows(reader, "served"):
                row = (model, server, served, runs.get(run))
                connection.execute("INSERT OR IGNORE INTO served VALUES (?, ?, ?, ?)", row)
            for number, key in reader.connection.execute("SELECT id, key FROM chains ORDER BY id").fetchall():
                if key in made:
                    shared.add(key)
                    _join(connection, made[key], reader, number, runs)
                else:
                    made[key] = _add_chain(connection, reader, number, runs), reader, number
        connection.execute("COMMIT")
        counts = [connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("steps", "replies")]  # noqa: S608
        return Merged(len(made), counts[0], counts[1], len(shared))
    except sqlite3.Error as error:
        raise UsageError(f"cannot write {target}: {error}") from None
    finally:
        schema.fold(connection)
        connection.close()


def _rows(reader: Reader, table: str) -> Iterable[Row]:
    return reader.connection.execute(f"SELECT * FROM {table}")  # noqa: S608


def _add_runs(
    source: sqlite3.Connection, target: sqlite3.Connection, known: dict[tuple[Any, ...], int]
) -> dict[Any, int]:
    """The runs of a store, numbered anew; one that another store has too, a copy's, is there once."""
    numbers = {}
    for row in source.execute("SELECT * FROM runs ORDER BY id").fetchall():
        what = (*row[1:4], *row[5:])  # all but its number and, since a copy may be older, its end
        if what not in known:
            marks = ", ".join("?" * len(row[1:]))
            made = target.execute(f"INSERT INTO runs VALUES (NULL, {marks})", row[1:])  # noqa: S608
            known[what] = int(made.lastrowid or 0)
        elif row[4] is not None:
            target.execute("UPDATE runs SET ended = max(coalesce(ended, 0), ?) WHERE id = ?", (row[4], known[what]))
        numbers[row[0]] = known[what]
    return numbers


def _add_chain(target: sqlite3.Connection, reader: Reader, number: int, runs: dict[Any, int]) -> int:
    row = reader.connection.execute("SELECT * FROM chains WHERE id = ?", (number,)).fetchone()
    made = target.execute(f"INSERT INTO chains VALUES (NULL, {', '.join('?' * len(row[1:]))})", row[1:])  # noqa: S608
    chain = int(made.lastrowid or 0)
    for table in ("steps", "replies", *BESIDE):
        _copy(target, reader, table, number, chain, runs)
    return chain


def _copy(
    target: sqlite3.Connection,
    reader: Reader,
    table: str,
    number: int,
    chain: int,
    runs: dict[Any, int],
    after: int = 0,
) -> None:
    """The rows of a chain beyond hop `after`, of replies those that are not there."""
    found = reader.connection.execute(f"SELECT * FROM {table} WHERE chain = ? AND hop > ?", (number, after))  # noqa: S608
    names = [column[0] for column in found.description]
    given = f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(names))})"  # noqa: S608
    for row in found:
        told = dict(zip(names, row, strict=True)) | {"chain": chain}
        if "run" in told:
            told["run"] = runs.get(told["run"])
        target.execute(given, tuple(told.values()))


def _join(
    target: sqlite3.Connection, there: tuple[int, Reader, int], reader: Reader, number: int, runs: dict[Any, int]
) -> None:
    """A chain that another store had already. UsageError unless one is the beginning of the other."""
    chain, first, _ = there
    mine, theirs = _steps(target, chain), _steps(reader.connection, number)
    for left, right in zip(mine, theirs, strict=False):
        if left != right:
            raise _differ(first, reader, number, f"hop {left[0]} came out otherwise")
    held = {row[:4]: row[4:] for row in _of(target, chain)}
    for row in _of(reader.connection, number):
        if held.get(row[:4], row[4:]) != row[4:]:
            raise _differ(first, reader, number, f"hop {row[0]} has another reply")
    for table in ("steps", *BESIDE, "replies"):
        # A hop that one store has finished and the other paid for in part: both stores' replies stay.
        _copy(target, reader, table, number, chain, runs, after=0 if table == "replies" else len(mine))
    reason = reader.connection.execute("SELECT reason FROM chains WHERE id = ?", (number,)).fetchone()[0]
    if len(theirs) > len(mine):
        target.execute("UPDATE chains SET reason = ? WHERE id = ?", (reason, chain))


def _steps(connection: sqlite3.Connection, chain: int) -> list[Row]:
    return connection.execute(f"SELECT {_STEP} FROM steps WHERE chain = ? ORDER BY hop", (chain,)).fetchall()  # noqa: S608


def _of(connection: sqlite3.Connection, chain: int) -> list[Row]:
    rows = connection.execute(f"SELECT {_REPLY}, text FROM replies WHERE chain = ?", (chain,))  # noqa: S608
    return [(*row[:-1], zlib.decompress(row[-1])) for row in rows]  # as text: one store may be compressed further


def _differ(first: Reader, other: Reader, number: int, what: str) -> UsageError:
    chain = next(chain for chain in [*other.chains(), *other.chains(horizon=True)] if chain.number == number)
    return UsageError(
        f"{first.path} and {other.path} both ran chain {chain.key[:12]} ({chain.model}, {chain.domain}, "
        f"{chain.document}, repeat {chain.repeat}), and its {what}: they cannot be one study; leave one of them out"
    )


def _check_scorers(readers: Sequence[Reader]) -> None:
    found: dict[str, tuple[set[str], Path]] = {}
    for reader in readers:
        for domain, own in reader.scorers().items():
            versions, path = found.setdefault(domain, (own, reader.path))
            if versions != own:
                raise UsageError(
                    f"{path} and {reader.path} hold {domain} steps that different versions of palimpsest scored: run "
                    "`palimpsest rescore` on each first"
                )


def _check_served(readers: Sequence[Reader]) -> None:
    found: dict[tuple[str, str], tuple[set[str], Path]] = {}
    for reader in readers:
        own: dict[tuple[str, str], set[str]] = {}
        for model, server, served, _ in _rows(reader, "served"):
            own.setdefault((model, server), set()).add(served)
        for name, ids in own.items():
            known, path = found.setdefault(name, (ids, reader.path))
            if known != ids:
                raise UsageError(
                    f"{name[0]} answered as {', '.join(sorted(known))} in {path} and as {', '.join(sorted(ids))} in "
                    f"{reader.path}: leave one out, or add --accept-drift to have their results told apart in one store"
                )

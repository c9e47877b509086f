"""Whether a store is whole: what is wrong with it, and what can be done."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.store.reader import Reader

_SHOWN = 3
_AGAIN = "run `palimpsest rescore`; if it stays, go back to a copy"
_COPY = "go back to a copy, or merge what is whole into another store"
_SPENT = ("input", "output", "cached", "reasoning", "cost")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a store and what to do about it. A `fault` makes results wrong or unreadable; the rest is worth
    knowing."""

    told: str
    way_out: str
    fault: bool = True


@dataclass(frozen=True, slots=True)
class Checked:
    """What was looked at, and what was found."""

    chains: int
    steps: int
    replies: int
    texts: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not any(finding.fault for finding in self.findings)


def check(path: Path) -> Checked:
    """Looks at everything in a store, as it is at one moment, also beside a writer. UsageError when it is none."""
    with Reader(path) as reader:
        connection = reader.connection
        connection.execute("BEGIN")
        findings: list[Finding] = []
        for look in (_pages, _references, _texts, _replies, _hops, _spent, _served):
            try:
                findings += look(connection)
            except sqlite3.DatabaseError as error:
                findings.append(Finding(f"it cannot be read to its end: {error}", _COPY))
        try:
            counts = [_count(connection, table) for table in ("chains", "steps", "replies", "blobs")]
        except sqlite3.DatabaseError:
            counts = [0, 0, 0, 0]
    return Checked(counts[0], counts[1], counts[2], counts[3], tuple(dict.fromkeys(findings)))


def referenced(connection: sqlite3.Connection) -> tuple[set[str], set[str]]:
    """The hashes of all documents in use, and those of the texts they are made of."""
    trees = {
        found
        for query in (
            "SELECT seed_files, distractors, clean FROM chains",
            "SELECT before, after FROM steps",
            "SELECT alone FROM guards",
        )
        for row in connection.execute(query)
        for found in row
        if found
    }
    texts: set[str] = set()
    for key in trees:
        found = connection.execute("SELECT data FROM blobs WHERE hash = ?", (key,)).fetchone()
        if found is not None:
            texts.update(json.loads(zlib.decompress(found[0])).values())
    return trees, texts


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


def _pages(connection: sqlite3.Connection) -> Iterator[Finding]:
    for (told,) in connection.execute("PRAGMA integrity_check(10)"):
        if told != "ok":
            yield Finding(f"the database is damaged: {told}", _COPY)


def _references(connection: sqlite3.Connection) -> Iterator[Finding]:
    rows = connection.execute("PRAGMA foreign_key_check").fetchall()
    for table in sorted({row[0] for row in rows}):
        count = sum(row[0] == table for row in rows)
        yield Finding(f"{count} rows of {table} belong to a chain or a run that is not there", _COPY)


def _texts(connection: sqlite3.Connection) -> Iterator[Finding]:
    held, wrong = set(), []
    for key, data in connection.execute("SELECT hash, data FROM blobs"):
        held.add(key)
        if _hash(data) != key:
            wrong.append(key)
    if wrong:
        yield Finding(f"{_some(wrong)}: stored texts that are not what their hash says", _COPY)
        return
    trees, texts = referenced(connection)
    if lost := sorted((trees | texts) - held):
        yield Finding(f"{_some(lost)}: texts of documents that are not there", _COPY)
    if unused := held - trees - texts:
        yield Finding(f"{len(unused)} texts that nothing uses", "`palimpsest store compact` drops them", fault=False)


def _hash(data: bytes) -> str:
    try:
        return hashlib.sha256(zlib.decompress(data)).hexdigest()
    except zlib.error:
        return ""


def _replies(connection: sqlite3.Connection) -> Iterator[Finding]:
    for table, columns in (
        ("replies", ("text", "raw")),
        ("changes", ("data",)),
        ("traces", ("data",)),
    ):
        rows = connection.execute(f"SELECT chain, hop, {', '.join(columns)} FROM {table}")  # noqa: S608
        wrong = [f"chain {row[0]} hop {row[1]}" for row in rows if not all(map(_hash, row[2:]))]
        if wrong:
            yield Finding(f"{_some(wrong)}: {table} that cannot be unpacked", _AGAIN if table == "changes" else _COPY)


def _hops(connection: sqlite3.Connection) -> Iterator[Finding]:
    rows = connection.execute(
        "SELECT chain FROM steps GROUP BY chain HAVING min(hop) != 1 OR max(hop) != count(*) ORDER BY chain"
    ).fetchall()
    if rows:
        yield Finding(f"chains {_some([str(row[0]) for row in rows])}: their hops do not count 1, 2, 3 …", _COPY)


def _spent(connection: sqlite3.Connection) -> Iterator[Finding]:
    """That each step has the replies it was made of, and cost what these cost."""
    sums = ", ".join(f"CASE WHEN count(r.{name}) = count(r.hop) THEN total(r.{name}) END" for name in _SPENT)
    rows = connection.execute(
        f"SELECT s.chain, s.hop, s.calls, count(r.hop), {', '.join(f's.{name}' for name in _SPENT)}, {sums} "  # noqa: S608
        "FROM steps s LEFT JOIN replies r ON r.chain = s.chain AND r.hop = s.hop GROUP BY s.chain, s.hop"
    )
    lacking, unequal, unused = [], [], 0
    for chain, hop, calls, count, *numbers in rows:
        place = f"chain {chain} hop {hop}"
        if count < calls:
            lacking.append(place)
        elif count > calls:
            unused += count - calls
        elif any(not _equal(a, b) for a, b in zip(numbers[: len(_SPENT)], numbers[len(_SPENT) :], strict=True)):
            unequal.append(place)
    if lacking:
        yield Finding(f"{_some(lacking)}: steps without all their replies, which cannot be scored again", _COPY)
    if unequal:
        yield Finding(f"{_some(unequal)}: steps that tell another cost or other tokens than their replies", _COPY)
    if unused:
        told = f"{unused} replies that no step is made of: asked for in another way, by another version"
        yield Finding(told, "nothing to do: they were paid for and stay", fault=False)


def _equal(told: float | None, found: float | None) -> bool:
    if told is None or found is None:
        return told is found
    return abs(told - found) <= 1e-9 * max(1.0, abs(told))


def _served(connection: sqlite3.Connection) -> Iterator[Finding]:
    rows = connection.execute(
        "SELECT model, count(*) FROM served GROUP BY model, server HAVING count(*) > 1"
    ).fetchall()
    for model, count in rows:
        told = f"{model} was answered by {count} models of its provider; their results are told apart"
        yield Finding(told, "choose one with STORE#MODEL?served=NAME", fault=False)


def _some(names: list[str]) -> str:
    shown = ", ".join(name[:40] for name in names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"

"""The store: one SQLite file a study. A reply is on the disk before anybody reads it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.backends.base import Reply, Usage
from harness.store import blobs, schema
from harness.store.lock import Lock
from harness.store.records import HORIZON, Chain, Place, Position, Score, Spent, Step, StoredChain
from harness.store.writer import Writer

if TYPE_CHECKING:
    from domains import Change

_COLUMNS = (
    "chain, hop, edit, direction, outcome, detail, rs, missing, altered, spurious, moved, step, done, valid, "
    "edit_similarity, before, after, extra, input, output, cached, reasoning, cost, latency, calls, attempts, scorer"
)
_WRITE_STEP = f"INSERT OR REPLACE INTO steps ({_COLUMNS}, changes) VALUES ({', '.join('?' * 28)})"  # noqa: S608 (no input in it)


class Reader:
    """A store to look at, also while another process writes it. UsageError when there is none or it cannot be read."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.connection = schema.connect(self.path, write=False)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def chains(self, *, horizon: bool = False) -> list[StoredChain]:
        """All chains of relays, or all cells of horizon studies, in the order they were registered."""
        rows = self.connection.execute(
            "SELECT id, key, model, editor, domain, document, repeat, "
            "(SELECT count(*) FROM steps WHERE chain = id), reason, spec FROM chains "
            "WHERE (editor = ?) = ? ORDER BY id",
            (HORIZON, horizon),
        )
        return [
            StoredChain(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], json.loads(row[9]))
            for row in rows
        ]

    def documents(self, chain: int) -> tuple[dict[str, str], dict[str, str]]:
        """The seed document and the distractors of a chain."""
        row = self.connection.execute("SELECT seed_files, distractors FROM chains WHERE id = ?", (chain,)).fetchone()
        return blobs.get(self.connection, row[0]), blobs.get(self.connection, row[1])

    def clean(self, chain: int) -> dict[str, str]:
        """The seed document of a chain before errors were planted in it; empty where none were."""
        row = self.connection.execute("SELECT clean FROM chains WHERE id = ?", (chain,)).fetchone()
        return blobs.get(self.connection, row[0]) if row[0] else {}

    def changes(self, chain: int) -> dict[int, list[Change]]:
        """By hop, what the document had lost against the seed; a hop without a score is not there. Long texts are cut
        and, of very many, only the largest are kept (`harness.relay.scoring`)."""
        from domains import Change

        rows = self.connection.execute(
            "SELECT hop, changes FROM steps WHERE chain = ? AND changes IS NOT NULL ORDER BY hop", (chain,)
        )
        return {
            hop: [
                Change(*row[:6], *(None if at is None else tuple(at) for at in row[6:]))
                for row in json.loads(blobs.unpack(data))
            ]
            for hop, data in rows
        }

    def steps(self, chain: int) -> list[Step]:
        """The finished hops of a chain, in order."""
        rows = self.connection.execute(f"SELECT {_COLUMNS} FROM steps WHERE chain = ? ORDER BY hop", (chain,))  # noqa: S608
        return [self._step(row) for row in rows]

    def position(self, chain: int) -> Position:
        """Where a chain stands."""
        ask = self.connection.execute
        last = ask(
            "SELECT hop, before, after, outcome FROM steps WHERE chain = ? ORDER BY hop DESC LIMIT 1", (chain,)
        ).fetchone()
        if last is None:
            return Position()
        seen = ask(
            "SELECT rs FROM steps WHERE chain = ? AND rs IS NOT NULL ORDER BY hop DESC LIMIT 1", (chain,)
        ).fetchone()
        before, after = blobs.get(self.connection, last[1]), blobs.get(self.connection, last[2])
        return Position(last[0], before, after, last[3], 1.0 - seen[0] if seen else 0.0)

    def replies(self, chain: int, after: int = 0) -> dict[Place, Reply]:
        """The stored replies of a chain's hops beyond `after`."""
        rows = self.connection.execute(
            "SELECT hop, attempt, call, request, text, finish, input, output, cached, reasoning, latency, cost, model, "
            "fingerprint, tries, raw FROM replies WHERE chain = ? AND hop > ? ORDER BY hop, attempt, call",
            (chain, after),
        )
        return {
            Place(*row[:4]): Reply(
                blobs.unpack(row[4]),
                row[5],
                Usage(*row[6:10]),
                row[10],
                row[11],
                row[12],
                row[13],
                row[14],
                json.loads(zlib.decompress(row[15])),
            )
            for row in rows
        }

    def scorers(self) -> dict[str, set[str]]:
        """Domain to the versions of its code that measured the steps here."""
        rows = self.connection.execute("SELECT DISTINCT domain, scorer FROM steps JOIN chains ON chain = id").fetchall()
        return {domain: {scorer for name, scorer in rows if name == domain} for domain, _ in rows}

    def _step(self, row: Sequence[object]) -> Step:
        named = dict(zip(_COLUMNS.split(", "), row, strict=True))
        outcome = named["outcome"]
        measures = ("rs", "missing", "altered", "spurious", "moved", "step", "done", "valid", "edit_similarity")
        numbers = {name: named[name] for name in measures}
        if numbers["valid"] is not None:
            numbers["valid"] = bool(numbers["valid"])
        spent = {name: named[name] for name in ("calls", "input", "output", "cached", "reasoning", "cost", "latency")}
        measured = outcome in ("ok", "unread")
        return Step(
            **{name: named[name] for name in ("hop", "edit", "direction", "detail", "attempts", "scorer")},  # type: ignore[arg-type]
            before=blobs.get(self.connection, str(named["before"])),
            after=blobs.get(self.connection, str(named["after"])),
            score=Score(outcome, **numbers) if measured else None,  # type: ignore[arg-type]
            failure=None if measured else str(outcome),
            extra=tuple(json.loads(str(named["extra"]))),
            spent=Spent(**spent),  # type: ignore[arg-type]  # SQLite's columns are typed by the schema
        )


class Store(Reader):
    """A store to write, made if there is none. Close it: that writes what is left. UsageError when another process has
    it."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        schema.check_path(
            self.path, write=True
        )  # first: a hopeless path should not be told as one that cannot be locked
        self._lock = Lock(self.path)
        try:
            self._writing = schema.connect(self.path, write=True)
            super().__init__(path)
        except BaseException:
            self._lock.release()
            raise
        self._writer = Writer(self._writing, self.path)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        try:
            self._writer.close()
        finally:
            self.connection.close()
            schema.fold(self._writing)
            self._writing.close()
            self._lock.release()

    def register(self, chains: Iterable[Chain]) -> dict[str, int]:
        """Make the chains known; the number of each key. One that is known keeps its number and forgets its reason."""
        wanted = list(chains)

        def write(connection: sqlite3.Connection) -> None:
            for chain in wanted:
                trees = [blobs.put(connection, files) for files in (chain.seed_files, chain.distractors)]
                trees.append(blobs.put(connection, chain.clean) if chain.clean else "")
                connection.execute(
                    "INSERT INTO chains (key, model, editor, domain, document, repeat, spec, seed_files, distractors, "
                    "clean) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET reason = ''",
                    (chain.key, chain.model, chain.editor, chain.domain, chain.document, chain.repeat,
                     json.dumps(chain.spec, sort_keys=True), *trees),
                )  # fmt: skip

        self._writer.submit(write).result()
        known = dict(self.connection.execute("SELECT key, id FROM chains").fetchall())
        return {chain.key: known[chain.key] for chain in wanted}

    async def save_reply(self, chain: int, place: Place, reply: Reply, received: float) -> None:
        """Returns when the reply is on the disk. `received` is seconds since the epoch."""

        def write(connection: sqlite3.Connection) -> None:
            usage = reply.usage
            connection.execute(
                "INSERT INTO replies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (chain, place.hop, place.attempt, place.call, place.request, blobs.pack(reply.text), reply.finish,
                 usage.input, usage.output, usage.cached, usage.reasoning, reply.cost, reply.latency, reply.model,
                 reply.fingerprint, reply.attempts, zlib.compress(json.dumps(reply.raw).encode(), 1), received),
            )  # fmt: skip

        await asyncio.wrap_future(self._writer.submit(write))

    def save_step(self, chain: int, step: Step) -> None:
        """Hand in a finished hop; nobody waits for it, since its replies are stored. A failure surfaces at `close`."""
        self._writer.submit(lambda connection: write_step(connection, chain, step), urgent=False)

    def save_steps(self, steps: Iterable[tuple[int, Step]]) -> None:
        """Write steps over those there are, all or none."""
        found = list(steps)

        def write(connection: sqlite3.Connection) -> None:
            for chain, step in found:
                write_step(connection, chain, step)

        self._writer.submit(write).result()

    def save_reason(self, chain: int, reason: str) -> None:
        """Note why a chain stopped short."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE chains SET reason = ? WHERE id = ?", (reason, chain))

        self._writer.submit(write, urgent=False)


def write_step(connection: sqlite3.Connection, chain: int, step: Step) -> None:
    score, spent = step.score, step.spent
    numbers: tuple[object, ...] = (None,) * 6
    if score is not None:
        numbers = (score.rs, score.missing, score.altered, score.spurious, score.moved, score.step)
    valid, similarity = (score.valid, score.edit_similarity) if score is not None else (None, None)
    before, after = blobs.put(connection, step.before), blobs.put(connection, step.after)
    changes = None
    if score is not None and score.rs is not None:
        changes = blobs.pack(json.dumps(score.changes, separators=(",", ":")))
    connection.execute(
        _WRITE_STEP,
        (chain, step.hop, step.edit, step.direction, step.outcome, step.detail, *numbers, step.done, valid, similarity,
         before, after, json.dumps(step.extra), spent.input, spent.output, spent.cached, spent.reasoning, spent.cost,
         spent.latency, spent.calls, step.attempts, step.scorer, changes),
    )  # fmt: skip

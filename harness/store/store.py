"""The store: one SQLite file a study. A reply is on the disk before anybody reads it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from harness.backends.base import Reply
from harness.errors import UsageError
from harness.provenance import Provenance
from harness.store import blobs, schema
from harness.store.lock import Lock
from harness.store.reader import BESIDE, STEP, Reader
from harness.store.records import Chain, Place, Step
from harness.store.served import Served
from harness.store.writer import Writer

_WRITE_STEP = f"INSERT OR REPLACE INTO steps ({STEP}, run) VALUES ({', '.join('?' * 28)})"  # noqa: S608 (no input in it)
_WRITE_REPLY = (
    "INSERT INTO replies (chain, hop, attempt, call, request, finish, input, output, cached, reasoning, cost, latency, "
    "model, fingerprint, tries, received, run, text, raw, calls) VALUES "
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
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
        self._run: int | None = None
        self._ended: Callable[[], float] | None = None
        self._served: Served | None = None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        try:
            if self._ended is not None:
                with contextlib.suppress(UsageError):  # a write that failed before, of which the writer tells
                    self._writer.submit(self._end(self._ended()), urgent=False)
                self._ended = None
            self._writer.close()
        finally:
            self.connection.close()
            schema.fold(self._writing)
            self._writing.close()
            self._lock.release()

    def begin(
        self, command: str, spec: Mapping[str, Any], about: Provenance, clock: Callable[[], float], *,
        accept_drift: bool = False,
    ) -> int:  # fmt: skip
        """Note a run, which all that is written from now on is of, and watch which models answer
        (`harness.store.served`). The number of the run."""
        row = (
            command, json.dumps(spec, sort_keys=True), clock(), about.package, about.commit, about.dirty, about.python,
            about.platform, json.dumps(about.libraries, sort_keys=True),
        )  # fmt: skip
        numbers: list[int | None] = []

        def write(connection: sqlite3.Connection) -> None:
            made = connection.execute(
                "INSERT INTO runs (command, spec, started, package, git, dirty, python, platform, libraries) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row,
            )  # fmt: skip
            numbers.append(made.lastrowid)

        self._writer.submit(write).result()
        self._run, self._ended = numbers[0], clock
        self._served = Served(self.path, self.connection, accept=accept_drift)
        return int(self._run or 0)

    def _end(self, now: float) -> Callable[[sqlite3.Connection], None]:
        def write(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE runs SET ended = ? WHERE id = ?", (now, self._run))

        return write

    def register(self, chains: Iterable[Chain]) -> dict[str, int]:
        """Make the chains known; the number of each key. One that is known keeps its number and forgets its reason.
        UsageError when replies of theirs are of a model that this store does not accept."""
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
        numbers = {chain.key: known[chain.key] for chain in wanted}
        if self._served is not None:
            self._note(self._served.register({numbers[chain.key]: chain for chain in wanted}))
        return numbers

    def _note(self, found: Iterable[tuple[str, str, str]]) -> None:
        """Write down models that a provider answered with."""
        rows = [(*row, self._run) for row in found]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany("INSERT OR IGNORE INTO served VALUES (?, ?, ?, ?)", rows)

        if rows:
            self._writer.submit(write, urgent=False)

    async def save_reply(self, chain: int, place: Place, reply: Reply, received: float) -> None:
        """Returns when the reply is on the disk. `received` is seconds since the epoch. UsageError, with the reply
        kept, when it is of another model than those before."""
        run, raw = self._run, zlib.compress(json.dumps(reply.raw).encode(), 1)
        calls = blobs.pack(json.dumps([astuple(call) for call in reply.calls])) if reply.calls else None

        def write(connection: sqlite3.Connection) -> None:
            usage = reply.usage
            connection.execute(
                _WRITE_REPLY,
                (chain, place.hop, place.attempt, place.call, place.request, reply.finish, usage.input, usage.output,
                 usage.cached, usage.reasoning, reply.cost, reply.latency, reply.model, reply.fingerprint,
                 reply.attempts, received, run, blobs.pack(reply.text), raw, calls),
            )  # fmt: skip

        await asyncio.wrap_future(self._writer.submit(write))
        if self._served is not None:
            self._note(self._served.answered(chain, reply.model))

    def save_step(self, chain: int, step: Step) -> None:
        """Hand in a finished hop; nobody waits for it, since its replies are stored. A failure surfaces at `close`."""
        run = self._run
        self._writer.submit(lambda connection: write_step(connection, chain, step, run), urgent=False)

    def save_steps(self, steps: Iterable[tuple[int, Step]]) -> None:
        """Write steps over those there are, all or none."""
        found, run = list(steps), self._run

        def write(connection: sqlite3.Connection) -> None:
            for chain, step in found:
                write_step(connection, chain, step, run)

        self._writer.submit(write).result()

    def save_reason(self, chain: int, reason: str) -> None:
        """Note why a chain stopped short."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE chains SET reason = ? WHERE id = ?", (reason, chain))

        self._writer.submit(write, urgent=False)


def write_step(connection: sqlite3.Connection, chain: int, step: Step, run: int | None = None) -> None:
    score, spent = step.score, step.spent
    numbers: tuple[object, ...] = (None,) * 6
    if score is not None:
        numbers = (score.rs, score.missing, score.altered, score.spurious, score.moved, score.step)
    valid, similarity = (score.valid, score.edit_similarity) if score is not None else (None, None)
    before, after = blobs.put(connection, step.before), blobs.put(connection, step.after)
    connection.execute(
        _WRITE_STEP,
        (chain, step.hop, step.edit, step.direction, step.outcome, step.detail, *numbers, step.done, valid, similarity,
         before, after, json.dumps(step.extra), spent.input, spent.output, spent.cached, spent.reasoning, spent.cost,
         spent.latency, spent.calls, step.attempts, step.scorer, run),
    )  # fmt: skip
    for table in BESIDE:
        connection.execute(f"DELETE FROM {table} WHERE chain = ? AND hop = ?", (chain, step.hop))  # noqa: S608
    if score is not None and score.rs is not None:
        connection.execute("INSERT INTO changes VALUES (?, ?, ?)", (chain, step.hop, _packed(score.changes)))
    if step.trace:
        connection.execute("INSERT INTO traces VALUES (?, ?, ?)", (chain, step.hop, _packed(step.trace)))
    if (guards := step.guards) is not None:
        connection.execute(
            "INSERT INTO guards VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (chain, step.hop, json.dumps(guards.fired), blobs.put(connection, guards.alone), guards.outcome,
             guards.detail, guards.rs, guards.step, guards.calls, guards.cost),
        )  # fmt: skip


def _packed(value: object) -> bytes:
    return blobs.pack(json.dumps(value, separators=(",", ":")))

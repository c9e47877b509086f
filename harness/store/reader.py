"""A store to look at: what it holds, as values."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.backends.base import Reply, ToolCall, Usage
from harness.provenance import Provenance
from harness.store import blobs, schema
from harness.store.records import HORIZON, Guards, Place, Position, Run, Score, Spent, Step, StoredChain

if TYPE_CHECKING:
    from domains import Change

STEP = (
    "chain, hop, edit, direction, outcome, detail, rs, missing, altered, spurious, moved, step, done, valid, "
    "edit_similarity, before, after, extra, input, output, cached, reasoning, cost, latency, calls, attempts, scorer"
)
"""Columns of a step, but for the run that measured it."""
BESIDE = ("changes", "traces", "guards")
"""Tables that hold what only some steps have."""


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

        rows = self.connection.execute("SELECT hop, data FROM changes WHERE chain = ? ORDER BY hop", (chain,))
        return {
            hop: [
                Change(*row[:6], *(None if at is None else tuple(at) for at in row[6:]))
                for row in json.loads(blobs.unpack(data))
            ]
            for hop, data in rows
        }

    def steps(self, chain: int) -> list[Step]:
        """The finished hops of a chain, in order."""
        rows = self.connection.execute(f"SELECT {STEP} FROM steps WHERE chain = ? ORDER BY hop", (chain,))  # noqa: S608
        traces, guards = self.traces(chain), self.guards(chain)
        return [
            replace(step, guards=guards.get(step.hop), trace=traces.get(step.hop, ()))
            for step in (self._step(row) for row in rows)
        ]

    def traces(self, chain: int) -> dict[int, tuple[Mapping[str, Any], ...]]:
        """By hop, the calls of tools; a hop without any is not there."""
        rows = self.connection.execute("SELECT hop, data FROM traces WHERE chain = ?", (chain,))
        return {hop: tuple(json.loads(blobs.unpack(data))) for hop, data in rows}

    def guards(self, chain: int) -> dict[int, Guards]:
        """By hop, what protections did; empty where the editor has none."""
        rows = self.connection.execute(
            "SELECT hop, fired, alone, outcome, detail, rs, step, calls, cost FROM guards WHERE chain = ?", (chain,)
        )
        return {
            hop: Guards(tuple(json.loads(fired)), blobs.get(self.connection, alone), *rest)
            for hop, fired, alone, *rest in rows
        }

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
            "fingerprint, tries, raw, calls FROM replies WHERE chain = ? AND hop > ? ORDER BY hop, attempt, call",
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
                calls=() if row[16] is None else tuple(ToolCall(*one) for one in json.loads(blobs.unpack(row[16]))),
            )
            for row in rows
        }

    def runs(self) -> list[Run]:
        """The runs that wrote here, in their order; of what older versions of palimpsest wrote there is none."""
        rows = self.connection.execute(
            "SELECT id, command, spec, started, ended, package, git, dirty, python, platform, libraries FROM runs "
            "ORDER BY id"
        )
        found = []
        for number, command, spec, started, ended, package, git, dirty, python, machine, libraries in rows:
            changed = None if dirty is None else bool(dirty)
            about = Provenance(package, git, changed, python, machine, json.loads(libraries))
            found.append(Run(number, command, json.loads(spec), started, ended, about))
        return found

    def served(self) -> dict[int, tuple[str, ...]]:
        """By chain, which models the provider says answered it, in the order of their names."""
        rows = self.connection.execute(
            "SELECT DISTINCT chain, model FROM replies WHERE model != '' ORDER BY chain, model"
        )
        found: dict[int, tuple[str, ...]] = {}
        for chain, model in rows:
            found[chain] = (*found.get(chain, ()), model)
        return found

    def fingerprints(self) -> dict[str, int]:
        """By model, under how many system fingerprints its provider answered; only those that tell one."""
        rows = self.connection.execute(
            "SELECT name, count(DISTINCT fingerprint) FROM (SELECT DISTINCT chains.model AS name, fingerprint FROM "
            "(SELECT DISTINCT chain, model, fingerprint FROM replies WHERE fingerprint IS NOT NULL) JOIN chains "
            "ON chain = id) GROUP BY name ORDER BY name"
        )
        return dict(rows.fetchall())

    def scorers(self) -> dict[str, set[str]]:
        """Domain to the versions of its code that measured the steps here."""
        rows = self.connection.execute("SELECT DISTINCT domain, scorer FROM steps JOIN chains ON chain = id").fetchall()
        return {domain: {scorer for name, scorer in rows if name == domain} for domain, _ in rows}

    def _step(self, row: Sequence[object]) -> Step:
        named = dict(zip(STEP.split(", "), row, strict=True))
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

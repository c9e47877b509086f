"""Measuring hops away from the event loop. One Scoring measures for all chains, in worker processes or, with none,
here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import domains
from domains import Change, Measurement, Meter
from harness.editors.protections.work import handle
from harness.errors import PalimpsestError
from harness.relay.environment import Environment
from harness.relay.pool import Overrun, Pool, WorkerDied
from harness.relay.worker import Bounds
from harness.store import LONGEST, Score
from harness.store.records import Direction, Files

BOUNDS = Bounds(cpu=10.0, wall=200.0, memory=2**31)
"""What one measurement may take."""

_DETAIL = 500
CHANGES = 5000
"""Changes kept of a hop."""


class ScoringError(PalimpsestError):
    """A measurement broke down. A fault of ours, not of the model: its chain stays unfinished."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What measuring a hop gave: a score or a failure; `expected`, when asked for, names the files that the next
    forward hop on this output should give."""

    score: Score | None
    failure: str | None
    detail: str
    expected: tuple[str, ...] | None = None


class Scorer:
    """The work itself, on plain messages, so that it can be done in another process. One Meter a domain."""

    def __init__(self) -> None:
        self._meters: dict[str, Meter] = {}
        self._places: dict[str, tuple[str, Files]] = {}

    def __call__(self, message: Mapping[str, Any]) -> dict[str, Any] | None:
        if message["do"] == "protect":
            return handle(message["work"])
        if message["do"] == "environment":
            self._places[message["place"]] = message["domain"], message["files"]
            return None
        name, seed = self._places[message["place"]]
        meter = self._meters.get(name)
        if meter is None:
            # Enough for one hop's documents: chains by the hundred share a worker, and documents are large.
            meter = self._meters[name] = Meter(domains.get(name))
        edit = meter.domain.edit(message["edit"])
        if message["do"] == "expected":
            return {"expected": meter.expected(edit, "forward", seed, message["files"])}
        after = message["after"]
        found = meter.measure(edit, message["direction"], seed, message["before"], after)
        answer = slim(found)
        if message["then"] is not None:
            answer["expected"] = meter.expected(meter.domain.edit(message["then"]), "forward", seed, after)
        return answer


def slim(found: Measurement) -> dict[str, Any]:
    """A Measurement as plain values."""
    answer: dict[str, Any] = {"outcome": found.outcome, "detail": found.detail[:_DETAIL]}
    for name in ("step", "done", "valid", "edit_similarity"):
        answer[name] = getattr(found, name)
    if found.rs is not None:
        for name in ("missing", "altered", "spurious", "moved"):
            answer[name] = getattr(found.rs, name)
        answer["rs"] = found.rs.score
        answer["changes"] = [_row(change) for change in largest(found.rs.changes)]
    return answer


def largest(changes: Sequence[Change]) -> Sequence[Change]:
    """The Changes, or of very many those that cost most, in the document's order."""
    if len(changes) <= CHANGES:
        return changes
    ranked = sorted(range(len(changes)), key=lambda n: -changes[n].share)[:CHANGES]
    return [changes[n] for n in sorted(ranked)]


def _row(change: Change) -> list[Any]:
    row = [getattr(change, name) for name in Change.__slots__]
    return [value[:LONGEST] if isinstance(value, str) else value for value in row]


class Scoring:
    """Measures hops. `workers` 0 does it here and now, with no bound on time or memory: for a few short documents
    that no stranger wrote, since a hostile one may then stop the whole run."""

    def __init__(self, workers: int, *, bounds: Bounds = BOUNDS) -> None:
        self._pool = Pool(workers, "harness.relay.scoring:Scorer", bounds) if workers else None
        self._here = Scorer()
        self._known: set[str] = set()

    async def close(self) -> None:
        if self._pool:
            await self._pool.close()

    def register(self, key: str, environment: Environment) -> None:
        """Make a document known under `key`, before anything is measured against it."""
        self.register_document(key, environment.domain, environment.files)

    def register_document(self, key: str, domain: str, files: Files) -> None:
        if key in self._known:
            return
        self._known.add(key)
        message = {"do": "environment", "place": key, "domain": domain, "files": dict(files)}
        if self._pool:
            self._pool.prepare(key, message)
        else:
            self._here(message)

    async def measure(
        self,
        slot: int,
        place: str,
        edit: str,
        direction: Direction,
        before: Files,
        after: Files,
        then: str | None = None,
    ) -> Verdict:
        """Measure a hop; `then` is the edit of the next forward hop, whose expected names are told in the same go.
        ScoringError when our own code breaks down."""
        message = {
            "do": "measure", "place": place, "edit": edit, "direction": direction, "before": dict(before),
            "after": dict(after), "then": then,
        }  # fmt: skip
        try:
            answer = await self._ask(slot, place, message)
        except Overrun as bound:
            return Verdict(None, "unparseable", f"could not be scored {bound}")
        expected = answer.pop("expected", None)
        outcome, detail = answer.pop("outcome"), answer.pop("detail")
        names = None if expected is None else tuple(expected)
        if outcome in ("ok", "unread"):
            return Verdict(Score(outcome, **answer), None, detail, names)
        return Verdict(None, outcome, detail, names)

    async def expected(self, slot: int, place: str, edit: str, files: Files) -> tuple[str, ...]:
        """The file names that a forward hop should give (`Meter.expected`). When even that takes too long, none."""
        message = {"do": "expected", "place": place, "edit": edit, "files": dict(files)}
        try:
            return tuple((await self._ask(slot, place, message))["expected"])
        except Overrun:
            return ()

    async def protect(self, slot: int, place: str, work: dict[str, Any]) -> Mapping[str, Any]:
        """The work of a protection (`harness.editors.protections.work`); {} when it takes too much of anything."""
        try:
            return await self._ask(slot, place, {"do": "protect", "work": work})
        except Overrun:
            return {}

    async def _ask(self, slot: int, place: str, message: dict[str, Any]) -> dict[str, Any]:
        if self._pool is None:
            return self._here(message) or {}
        try:
            answer = await self._pool.call(slot, place, message)
        except WorkerDied as error:
            raise ScoringError(str(error)) from None
        if "error" in answer:
            what = message["edit"] if "edit" in message else message["work"]["protect"]
            raise ScoringError(f"measuring {what} broke down: {answer['error']}")
        return answer


ASIDE = ("agreement", "conformance", "equivalents", "hostile", "mutate", "page", "plant", "vote")
"""Modules of the kit that measure nothing."""


@cache
def version(domain: str) -> str:
    """The version of what measures a domain: a hash of its code and the kit's, ASIDE aside. Steps of two versions are
    not comparable."""
    root = Path(domains.__file__).parent
    kit = [path for path in (root / "kit").rglob("*.py") if path.stem not in ASIDE]
    sources = sorted([*kit, *(root / domain).rglob("*.py")])
    found = hashlib.sha256()
    for path in sources:
        found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:12]

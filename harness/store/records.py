"""What a store holds, as values: a Step, its Score, what was Spent, a stored Reply's place, a chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.backends.base import Reply
from harness.provenance import Provenance

Files = Mapping[str, str]
Direction = Literal["forward", "backward"]

FAILURES = ("refused", "truncated", "empty", "missing_files", "unparseable", "infeasible")
"""A model's failures (METHOD, "Outcomes of a hop"). `ok` and `unread` are none."""

LONGEST = 300
"""Characters kept of a path or a value in a Change."""

HORIZON = "horizon"
"""The editor's name of the cells of a horizon study."""

_DISOBEYED = frozenset({"refused", "truncated", "empty", "missing_files"})


@dataclass(frozen=True, slots=True)
class Score:
    """A Measurement as it is stored. METHOD, "Drift measures, every hop", says what each number is; None where it is
    undefined. `changes` are what `rs` lost, each a list of domains.Change's fields; a Step that is read back comes
    without them (`Reader.changes`)."""

    outcome: Literal["ok", "unread"]
    rs: float | None = None
    missing: float | None = None
    altered: float | None = None
    spurious: float | None = None
    moved: float | None = None
    step: float | None = None
    done: float | None = None
    valid: bool | None = None
    edit_similarity: float | None = None
    changes: Sequence[Sequence[Any]] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Spent:
    """What the calls of a hop cost, all attempts together. A sum is None when one of its parts is unknown."""

    calls: int = 0
    input: int | None = 0
    output: int | None = 0
    cached: int | None = 0
    reasoning: int | None = 0
    cost: float | None = 0.0
    latency: float = 0.0

    @staticmethod
    def total(replies: Iterable[Reply]) -> Spent:
        found = list(replies)
        return Spent(
            len(found),
            _sum([reply.usage.input for reply in found]),
            _sum([reply.usage.output for reply in found]),
            _sum([reply.usage.cached for reply in found]),
            _sum([reply.usage.reasoning for reply in found]),
            _sum([reply.cost for reply in found], 0.0),
            sum(reply.latency for reply in found),
        )


def _sum(parts: list[Any], start: Any = 0) -> Any:
    return None if None in parts else sum(parts, start)


@dataclass(frozen=True, slots=True)
class Guards:
    """What the protections of an editor did at a hop: those that `fired`, each as a mapping (`editors.base.Fired`), and
    the hop as it would have been without them: the files that the editor gave `alone`, their `outcome` with its
    `detail`, `rs` and `step` as in a Score. `calls` and `cost` (US dollars, None where unknown) are what went beyond
    it."""

    fired: tuple[Mapping[str, Any], ...]
    alone: Files
    outcome: str
    detail: str
    rs: float | None
    step: float | None
    calls: int
    cost: float | None


@dataclass(frozen=True, slots=True)
class Step:
    """One hop: what went in (`before`), what came out (`after`), what it cost, and either a `score` or a `failure`.

    `attempts` counts how often the model was asked to do the hop (failure policy), `extra` names files nobody asked
    for, `scorer` is the version of the domain's code that measured. `guards` is None without protections, `trace` the
    calls of tools as plain JSON."""

    hop: int
    edit: str
    direction: Direction
    before: Files
    after: Files
    score: Score | None = None
    failure: str | None = None
    detail: str = ""
    extra: tuple[str, ...] = ()
    attempts: int = 1
    spent: Spent = Spent()
    scorer: str = ""
    guards: Guards | None = None
    trace: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        if (self.score is None) == (self.failure is None):
            raise ValueError("a step is either a measurement or a failure")
        if self.failure is not None and self.failure not in FAILURES:
            raise ValueError(f"no such failure: {self.failure}")

    @property
    def outcome(self) -> str:
        return self.failure or (self.score.outcome if self.score else "")

    @property
    def done(self) -> float | None:
        """METHOD's `done`; 0 for a forward hop that came back without its files. A document that no longer admits the
        edit, or an answer that could not be scored in time, says nothing about obedience."""
        if self.score:
            return self.score.done
        unapplied = self.failure == "unparseable" and not self.after
        return 0.0 if self.direction == "forward" and (self.failure in _DISOBEYED or unapplied) else None

    @property
    def credit(self) -> float | None:
        """What the hop counts in RS@k: `rs`, 0 for a failure, None when unread."""
        return self.score.rs if self.score else 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reply belongs: `attempt` and `call` count from 1 within the hop and the attempt."""

    hop: int
    attempt: int
    call: int
    request: str


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain as it is registered: its key, the `spec` that the key is the hash of, its documents. `clean` is the seed
    document before errors were planted in it, where they were."""

    key: str
    model: str
    editor: str
    domain: str
    document: str
    repeat: int
    spec: Mapping[str, Any]
    seed_files: Files
    distractors: Files
    clean: Files = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredChain:
    """A chain as it is stored. `hops` are finished; `reason` says why it stopped short, "" when nothing stopped it."""

    number: int
    key: str
    model: str
    editor: str
    domain: str
    document: str
    repeat: int
    hops: int
    reason: str
    spec: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Position:
    """How far a chain has come: finished hops, the last step's files and outcome, the share lost when last measured."""

    hop: int = 0
    before: Files = field(default_factory=dict)
    after: Files = field(default_factory=dict)
    outcome: str = "ok"
    damage: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command that wrote here: `command` (run, horizon, rescore …) with its `spec`, when it `started` and
    `ended` (seconds since the epoch; None when it was killed, or has not ended), and what code made it."""

    number: int
    command: str
    spec: Mapping[str, Any]
    started: float
    ended: float | None
    about: Provenance


def told_call(call: Mapping[str, Any]) -> str:
    """A call of a Step's trace in a line: `turn 2: str_replace a.csv, 34 bytes`, or why it was in vain."""
    found = f"turn {call['turn']}: {call['tool']}{' ' if call['file'] else ''}{call['file']}"
    if call["bytes"]:
        found += f", {call['bytes']} bytes"
    return found if call["ok"] else f"{found}, in vain: {call.get('why') or call.get('ended') or 'it failed'}"


def server_of(spec: Mapping[str, Any]) -> str:
    """The server that a chain or cell asks, "" for the provider's own."""
    return str(spec.get("base_url") or spec.get("asked", {}).get("base_url") or "")

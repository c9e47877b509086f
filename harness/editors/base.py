"""What every editor speaks: a Task goes in, an Edited comes out. How the model is asked between is the editor's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol

from domains import Direction, Files
from harness.backends.base import Message, Reply, Request

Ask = Callable[[Request], Awaitable[Reply]]
"""One call of the model. The engine's: the reply is on disk before it returns; a resumed hop gets the stored ones."""

Failure = Literal["refused", "truncated", "empty", "infeasible", "unparseable"]
"""What an editor itself can tell: unparseable here is an edit that could not be applied. Missing and unparseable files
are found by measuring."""

NO_FILES: Files = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Task:
    """One hop. `files` is the document as it stands, `distractors` what lies beside it, `order` all their names as the
    prompt shows them (shuffled by seed), `expected` the names wanted back; `seed` is this hop's own."""

    domain: str
    edit: str
    direction: Direction
    instruction: str
    files: Files
    distractors: Files
    order: tuple[str, ...]
    expected: tuple[str, ...]
    seed: int
    damage: float = 0.0
    """Share of the document that was wrong at the last hop that could be measured: the simulated editor's errors may
    grow with it."""
    history: tuple[Message, ...] = ()
    """The conversation so far, where it stays in context. With one, the prompt is its next turn."""
    restated: bool = True
    """Whether the files must be shown: not where they stand in the conversation as the last reply gave them."""


@dataclass(frozen=True, slots=True)
class Fired:
    """One protection that stepped in (`harness.editors.protections`), on plain values: which one, what it `did`, the
    reasons, and whether the result is another one for it."""

    protection: str
    did: str
    changed: bool
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edited:
    """What came back, distractors aside; a failure the editor saw. `extra` are those names in `files` that nobody asked
    for: of no account when the files asked for are there too, all there is of a document handed back as it was."""

    files: Mapping[str, str]
    failure: Failure | None = None
    detail: str = ""
    extra: tuple[str, ...] = field(default=())
    said: tuple[Message, ...] = field(default=(), compare=False)
    """What the hop adds to a conversation: what was asked and what was answered."""
    trace: tuple[Mapping[str, object], ...] = field(default=(), compare=False)
    """The calls of tools, in their order, as plain JSON."""
    guarded: Guarded | None = field(default=None, compare=False)
    """What protections did, None where the editor has none."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """What the protections around an editor did: those that `fired`, in their order, and what the editor `alone` gave.
    `calls` and `cost` (US dollars, None where a price is unknown) went beyond it; of a simulated model, which nobody
    calls, as many as another would take."""

    fired: tuple[Fired, ...]
    alone: Edited
    calls: int
    cost: float | None


class Editor(Protocol):
    """`name` tells the condition in every result (`rewrite`, `rewrite:guided`); `fingerprint` is a hash of all that
    shapes the prompt, part of a chain's identity."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...

    async def edit(self, task: Task, ask: Ask) -> Edited: ...

    def answer(self, files: Files, before: Files = NO_FILES) -> str:
        """How a model that was shown the files `before` and gives `files` would have said it."""
        ...

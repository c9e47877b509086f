"""How calls travel between a model and the folder: a form for models that call tools, and one for those that do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domains import Files
from harness.backends.base import Message, Reply, Tool
from harness.editors.tools.calls import Call, Done
from harness.editors.tools.workspace import Workspace

OVER = "The work is over."
"""What came of the calls that nothing came of."""


class Dialect(Protocol):
    """`templates` and `shape`, plain JSON of whatever else a model is told by it, are part of an editor's
    fingerprint."""

    @property
    def templates(self) -> tuple[str, ...]: ...

    @property
    def shape(self) -> Sequence[object]: ...

    def tools(self, *, python: bool) -> tuple[Tool, ...]:
        """What a request offers as tools."""
        ...

    def told(self, files: Files, *, python: bool) -> str:
        """What a prompt says of the tools."""
        ...

    def look(self, path: str) -> str:
        """A first look at a file, as the prompt's example has it."""
        ...

    def read(self, reply: Reply, workspace: Workspace) -> list[Call]:
        """The calls of a reply, in their order. Never raises."""
        ...

    def said(self, reply: Reply) -> Message:
        """The reply as the conversation keeps it."""
        ...

    def answered(self, results: Sequence[tuple[Call, Done]], left: Sequence[Call]) -> tuple[Message, ...]:
        """What the model is told of its calls; those `left` were not carried out. No call: it is reminded."""
        ...

    def replaces(self, path: str, old: str, new: str) -> Call:
        """The call that puts whole lines in place of others."""
        ...

    def written(self, calls: Sequence[Call]) -> str:
        """A reply that makes these calls, as a text."""
        ...

    def recalled(self, history: Sequence[Message]) -> tuple[Message, ...]:
        """The conversation so far, as a request holds it."""
        ...

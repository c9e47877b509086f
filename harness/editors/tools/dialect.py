"""How calls travel between a model and the folder: a form for models that call tools, and one for those that do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domains import Files
from harness.backends.base import Message, Reply
from harness.editors.tools.calls import Call, Done
from harness.editors.tools.workspace import Workspace


class Dialect(Protocol):
    """`name` is part of an editor's fingerprint, with the `templates` that the dialect uses."""

    @property
    def name(self) -> str: ...

    @property
    def templates(self) -> tuple[str, ...]: ...

    def told(self, files: Files, *, python: bool) -> str:
        """What a prompt says of the tools."""
        ...

    def read(self, reply: Reply, workspace: Workspace) -> list[Call]:
        """The calls of a reply, in their order. Never raises."""
        ...

    def said(self, reply: Reply) -> Message:
        """The reply as the conversation keeps it."""
        ...

    def answered(self, results: Sequence[tuple[Call, Done]], left: int) -> tuple[Message, ...]:
        """What the model is told of its calls. `left` of them were not carried out. No call: it is reminded."""
        ...

    def written(self, calls: Sequence[Call]) -> str:
        """A reply that makes these calls."""
        ...

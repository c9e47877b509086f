"""The editors `tools`, which works on a folder in memory, and `tools+python`, which also runs programs on it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from domains import Files
from harness.backends.base import Message, Request
from harness.editors.anchors import LINE, MARGIN, NEAR, WORK
from harness.editors.base import NO_FILES, Ask, Edited, Task
from harness.editors.differences import changes
from harness.editors.prompt import template
from harness.editors.tools import loop, programs, workspace
from harness.editors.tools.calls import Call, Done
from harness.editors.tools.dialect import Dialect
from harness.editors.tools.native import Native
from harness.editors.tools.text import Text
from harness.editors.tools.workspace import Workspace, tidy
from harness.errors import UsageError

TURNS = 30
TOKENS = 500_000
"""Of a hop: all that its calls were shown and wrote."""
MANY = 100
"""Replacements in a file beyond which `answer` writes it whole."""
_VERSION = 1
"""Of the code that reads calls, does them and says what came of them."""


@dataclass(frozen=True, slots=True)
class Tools:
    """`text` writes calls as text in place of the provider's own form. `turns` and `tokens` bound a hop. In a
    conversation, the tools' answers are part of it."""

    max_tokens: int | None = None
    temperature: float | None = None
    effort: str | None = None
    text: bool = False
    turns: int = TURNS
    tokens: int = TOKENS

    def __post_init__(self) -> None:
        if self.turns < 1 or self.tokens < 1:
            raise UsageError("an editor with tools needs at least 1 turn and 1 token for a hop")

    @property
    def name(self) -> str:
        return self._named("tools")

    @property
    def python(self) -> bool:
        return False

    def _named(self, kind: str) -> str:
        """With what is not as usual, as `open_editor` reads it."""
        told = ["text"] if self.text else []
        told += [f"turns={self.turns}"] if self.turns != TURNS else []
        told += [f"tokens={self.tokens}"] if self.tokens != TOKENS else []
        return f"{kind}:{','.join(told)}" if told else kind

    @property
    def dialect(self) -> Dialect:
        return Text() if self.text else Native()

    @property
    def fingerprint(self) -> str:
        """Of the templates, the dialect, the bounds, and the settings of every request."""
        shape = {
            "templates": [template(name) for name in ("system-tools", "tools", "tools-again", *self.dialect.templates)],
            "dialect": self.dialect.shape,
            "shown": [workspace.SHOWN, workspace.MATCHES, workspace.WIDTH, workspace.QUOTED, NEAR, LINE, MARGIN, WORK],
            "folder": [workspace.FILES, workspace.SIZE, workspace.WORK],
            "loop": [self.turns, self.tokens, loop.REMINDERS, loop.CHARACTERS, loop.PROGRAMS, _VERSION],
            "python": [repr(programs.LIMITS), programs.SHOWN] if self.python else None,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "effort": self.effort,
        }
        return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()

    async def edit(self, task: Task, ask: Ask) -> Edited:
        return await loop.Loop(self, task, ask).run()

    def answer(self, files: Files, before: Files = NO_FILES) -> str:
        return self.dialect.written([*_calls(self.dialect, files, before), Call("finish")])

    def request(self, task: Task, said: tuple[Message, ...]) -> Request:
        head = Message("system", template("system-tools").strip())
        past = self.dialect.recalled(task.history)
        tools = self.dialect.tools(python=self.python)
        return Request(
            (head, *past, *said), self.max_tokens, self.temperature, task.seed, self.effort, tools=tools
        )  # fmt: skip

    async def carry_out(self, call: Call, workspace: Workspace) -> Done:
        return workspace.do(call)


@dataclass(frozen=True, slots=True)
class ToolsPython(Tools):
    """Raises UsageError where there is no sandbox."""

    def __post_init__(self) -> None:
        Tools.__post_init__(self)
        programs.ready()

    @property
    def name(self) -> str:
        return self._named("tools+python")

    @property
    def python(self) -> bool:
        return True

    async def carry_out(self, call: Call, workspace: Workspace) -> Done:
        if call.tool == "run_python" and not call.fault:
            return await programs.run_python(call, workspace)
        return workspace.do(call)


def _calls(dialect: Dialect, files: Files, before: Files) -> list[Call]:
    """The calls that make `before` into `files`."""
    calls: list[Call] = []
    for name, text in sorted(files.items()):
        if name not in before:
            calls.append(Call("create", {"path": name, "file_text": text}))
        elif before[name] != text:
            calls += _edits(dialect, name, before[name], text)
    return calls + [Call("delete", {"path": name}) for name in sorted(before) if name not in files]


def _edits(dialect: Dialect, name: str, old: str, new: str) -> list[Call]:
    """Replacements, or the whole file where they are no shorter or do not lead there one after the other."""
    whole = [Call("create", {"path": name, "file_text": new})]
    calls = [dialect.replaces(name, want, put) for want, put in changes(old, new)]
    trial = Workspace({name: old}, {})
    if len(calls) > MANY or not all(trial.do(call).ok for call in calls) or trial.document[name] != tidy(new):
        return whole
    return calls if len(dialect.written(calls)) < len(dialect.written(whole)) else whole

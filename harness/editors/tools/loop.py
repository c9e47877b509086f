"""One hop with tools: the turns, their budget, and what the folder holds when they are over.

However the work ends - the model finishes, stops calling, or a budget is spent - the folder as it stands is what its
user would be left with, and is measured. A reply that is cut or filtered is that failure, as with every editor, and
none of its calls is carried out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from harness.backends.base import Message, Reply, Request
from harness.editors.base import Ask, Edited, Failure, Task
from harness.editors.failures import cut_or_filtered, opening, without_work
from harness.editors.prompt import filled, listed
from harness.editors.tools.calls import Call, Done
from harness.editors.tools.dialect import OVER, Dialect
from harness.editors.tools.record import entry, summary
from harness.editors.tools.workspace import Workspace
from harness.errors import Denied, Rejected

REMINDERS = 1
"""Replies without a call, one after the other, after which the model is told so; the next one ends the work."""
PROGRAMS = 30
"""Programs that a hop may run."""
CHARACTERS = 4.0
"""Characters a token where the provider did not count."""
WAY_OUT = "a model or server that takes no tools is asked with --editor tools:text or tools+python:text"
_OF_TOOLS = re.compile(r"tool|jinja|function.call", re.IGNORECASE)
_OF_LENGTH = re.compile(r"context|token|too (long|large|many)|length", re.IGNORECASE)


class Settings(Protocol):
    """What the loop needs to know of its editor: turns and tokens of a hop, and the requests' settings."""

    @property
    def turns(self) -> int: ...

    @property
    def tokens(self) -> int: ...

    @property
    def dialect(self) -> Dialect: ...

    @property
    def python(self) -> bool: ...

    def request(self, task: Task, said: tuple[Message, ...]) -> Request: ...

    async def carry_out(self, call: Call, workspace: Workspace) -> Done: ...


class Loop:
    def __init__(self, settings: Settings, task: Task, ask: Ask) -> None:
        self._settings, self._task, self._ask = settings, task, ask
        self._workspace = Workspace(task.files, task.distractors)
        self._said = [Message("user", opened(task, self._workspace, settings))]
        self._trace: list[Mapping[str, object]] = []
        self._turn = self._spent = self._idle = self._programs = 0

    async def run(self) -> Edited:
        while self._turn < self._settings.turns:
            request = self._settings.request(self._task, tuple(self._said))
            if self._turn and self._spent + _shown(request) > self._settings.tokens:
                return self._ended("tokens exhausted")
            try:
                reply = await self._ask(request)
            except Denied:
                raise
            except Rejected as error:
                if _toolless(error, request):
                    raise Rejected(f"{error}; {WAY_OUT}", status=error.status) from None
                if not self._turn:
                    raise
                # The conversation has outgrown the model: the work that is done must not be lost for it.
                return self._ended("the next request was rejected")
            self._turn += 1
            self._spent += _cost(request, reply)
            self._said.append(self._settings.dialect.said(reply))
            over = await self._answer(reply)
            if over is not None:
                return over
        return self._ended("turns exhausted")

    async def _answer(self, reply: Reply) -> Edited | None:
        """Carries out the calls of a reply; the outcome of the hop where it ends here."""
        failure = cut_or_filtered(reply)
        if failure:
            return self._ended("in the middle of a reply", failure)
        calls = self._settings.dialect.read(reply, self._workspace)
        if not calls:
            return self._without(reply)
        self._idle = 0
        results: list[tuple[Call, Done]] = []
        finished = False
        for call in calls:
            finished = call.tool == "finish" and not call.fault
            if finished:
                break
            done = await self._carry_out(call)
            self._trace.append(entry(self._turn, call, done))
            results.append((call, done))
            if not done.ok:
                break
        left = calls[len(results) :]
        if results or not finished:
            self._said += self._settings.dialect.answered(results, () if finished else left)
        return self._ended("finished") if finished else None

    async def _carry_out(self, call: Call) -> Done:
        self._programs += call.tool == "run_python"
        if self._programs > PROGRAMS:
            return Done(f"No more than {PROGRAMS} programs are run for a task.", ok=False)
        return await self._settings.carry_out(call, self._workspace)

    def _without(self, reply: Reply) -> Edited | None:
        """A reply without a call: nothing was ever done, or the model has no more to do, or it forgot the form."""
        failure = without_work(reply)
        self._idle += 1
        if not self._trace and (failure or self._idle > REMINDERS):
            text = f"no call in the reply, which begins {opening(reply)}" if reply.text.strip() else ""
            return Edited({}, failure, text, said=self._conversation())
        if failure == "empty" or self._idle > REMINDERS:
            return self._ended("stopped without finish")
        self._said += self._settings.dialect.answered((), ())
        return None

    def _ended(self, how: str, failure: Failure | None = None) -> Edited:
        files = dict(self._workspace.document)
        extra = tuple(name for name in files if name not in self._task.expected)
        detail = summary(self._trace, self._turn, how)
        return Edited(files, failure, detail, extra, self._conversation(), trace=tuple(self._trace))

    def _conversation(self) -> tuple[Message, ...]:
        """What was said, to the model's last word: what it was not asked after belongs to no conversation. But what
        came of its last calls does, for none may be left without a result."""
        last = max((n for n, message in enumerate(self._said) if message.role == "assistant"), default=-1)
        if last < 0:
            return ()
        results = {message.answers: message for message in self._said[last + 1 :] if message.role == "tool"}
        ended = (results.get(call.id, Message("tool", OVER, answers=call.id)) for call in self._said[last].calls)
        return (*self._said[: last + 1], *ended)


def opened(task: Task, workspace: Workspace, settings: Settings) -> str:
    """What the model is told first."""
    gone = [name for name in task.files if name not in task.expected]
    rest = f" Of {listed(gone)} nothing more is needed then." if gone else ""
    tools = settings.dialect.told(workspace.files, python=settings.python)
    told = {"files": workspace.listing(), "instruction": task.instruction, "names": listed(task.expected), "gone": rest}
    if task.history:
        return filled("tools-again", tools=tools, **told)
    # Small models do what the last example does: it must be one that does no harm.
    return filled("tools", tools=tools, first=settings.dialect.look(min(task.files, default=".")), **told)


def _toolless(error: Rejected, request: Request) -> bool:
    """Whether a server refused a request for the tools in it, and not for its length."""
    return bool(request.tools and _OF_TOOLS.search(str(error)) and not _OF_LENGTH.search(str(error)))


def _cost(request: Request, reply: Reply) -> int:
    """Tokens of a call, as the provider counted them or else by their length."""
    given, written = reply.usage.input, reply.usage.output
    return (_shown(request) if given is None else given) + (_tokens(reply.size) if written is None else written)


def _shown(request: Request) -> int:
    return _tokens(sum(map(len, request.shown())))


def _tokens(characters: int) -> int:
    return int(characters / CHARACTERS)

"""The editor of the published benchmark: every file in the prompt, every result file whole in the reply.

Guided, the reply is begun for the model with the first file's fence and stopped at the closing one, file after file, a
call for each: for models too small to keep a format.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files as package_files
from string import Template

from domains import Files
from harness.backends.base import Message, Reply, Request
from harness.editors.base import Ask, Edited, Failure, Task
from harness.editors.blocks import fence_for, fenced
from harness.editors.reply import Parsed, parse_reply

_REFUSALS = (
    "i can't", "i can’t", "i cannot", "i am unable", "i'm unable", "i’m unable", "i am not able", "i'm not able",
    "i’m not able", "i won't", "i won’t", "i'm sorry", "i’m sorry", "i am sorry", "i must decline", "i decline",
)  # fmt: skip
_REFUSAL_WITHIN = 200
"""A refusal says so at once: characters of the reply to look at."""

CHARACTERS = 2.0
"""Characters a token of a document full of numbers, as small models' vocabularies cut it."""
ROOM = 100
"""Tokens by which a guided file may be longer than the whole document it comes from."""


@cache
def template(name: str) -> str:
    """A prompt template of this package."""
    return (package_files("harness.editors") / "prompts" / f"{name}.txt").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Rewrite:
    guided: bool = False
    max_tokens: int | None = None
    temperature: float | None = None
    effort: str | None = None

    @property
    def name(self) -> str:
        return "rewrite:guided" if self.guided else "rewrite"

    @property
    def fingerprint(self) -> str:
        """Of the templates, which fence goes where, and the settings of every request."""
        shape = {
            "templates": [template(name) for name in self.templates],
            "fence": fenced("name", "text"),
            "guided": self.guided,
            "max_tokens": self.max_tokens or [ROOM, CHARACTERS],
            "temperature": self.temperature,
            "effort": self.effort,
        }
        return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()

    @property
    def templates(self) -> tuple[str, ...]:
        """Guided, the instruction comes first and nothing speaks of a format, which a very small model would copy."""
        return (
            ("rewrite-guided",) if self.guided else ("system", "rewrite", "rewrite-again", "rewrite-restated", "answer")
        )

    async def edit(self, task: Task, ask: Ask) -> Edited:
        return await (self._file_by_file(task, ask) if self.guided else self._at_once(task, ask))

    def answer(self, files: Files) -> str:
        """Every file whole."""
        fence = fence_for(files.values())
        return "\n".join(fenced(name, text, fence) for name, text in sorted(files.items()))

    async def _at_once(self, task: Task, ask: Ask) -> Edited:
        request = self._request(task)
        reply = await ask(request)
        return replace(read_reply(task, reply), said=(request.messages[-1], Message("assistant", reply.text)))

    async def _file_by_file(self, task: Task, ask: Ask) -> Edited:
        fence = fence_for(_shown(task).values())
        begun, files, failure = "", {}, None
        for name in task.expected:
            begun += f"{fence}{name}\n"
            reply = await ask(self._request(task, begun, stop=f"\n{fence}"))
            text = _continued(reply.text, fence)
            if reply.text.strip() or reply.finish == "stop":
                files[name] = text
            failure = _finish(reply)
            if failure:
                break
            begun += f"{text}{fence}\n\n"
        if failure is None and not any(files.values()):
            failure = "empty"
        said = (Message("user", guided_prompt(task)), Message("assistant", begun.rstrip("\n")))
        return Edited(files, failure, f"while writing {name}" if failure else "", said=said)

    def _limit(self, task: Task) -> int | None:
        """Tokens of one reply. Guided, a file is hardly longer than the document: a small model that has lost its way
        would go on until its context is full."""
        if self.max_tokens is not None or not self.guided:
            return self.max_tokens
        return ROOM + int(sum(map(len, task.files.values())) / CHARACTERS)

    def _request(self, task: Task, begun: str = "", stop: str = "") -> Request:
        if self.guided:
            messages = [*task.history, Message("user", guided_prompt(task)), Message("assistant", begun)]
        else:
            head = Message("system", template("system").strip())
            messages = [head, *task.history, Message("user", prompt(task))]
        return Request(
            tuple(messages), self._limit(task), self.temperature, task.seed, self.effort, (stop,) if stop else ()
        )


def guided_prompt(task: Task) -> str:
    """The instruction, then the files."""
    files = _written(_shown(task)) if task.restated else ""
    return Template(template("rewrite-guided")).substitute(instruction=task.instruction, files=files)


def _written(files: Files) -> str:
    return "\n".join(fenced(name, text) for name, text in files.items())


def prompt(task: Task) -> str:
    """What the model is told: the files in the task's order, the instruction, the names wanted, the format. In a
    conversation the distractors are not shown again, and the document only where it is not as the model left it."""
    shown = _shown(task)
    names = [f"`{name}`" for name in task.expected]
    files, form = shown, "rewrite"
    if task.history:
        files = {name: text for name, text in shown.items() if name in task.files}
        form = "rewrite-restated" if task.restated else "rewrite-again"
    return Template(template(form)).substitute(
        files=_written(files),
        instruction=task.instruction,
        answer=Template(template("answer").strip()).substitute(
            names=names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1],
            # As long as the longest fence the files need: who copies the example cannot break a file.
            fence=fence_for(shown.values()),
            example=task.expected[0],
        ),
    )


def read_reply(task: Task, reply: Reply) -> Edited:
    """The outcome of a whole reply. What could be read is kept whatever the failure."""
    parsed = parse_reply(reply.text, task.expected, _shown(task))
    files = {name: text for name, text in parsed.files.items() if name not in task.distractors}
    extra = tuple(name for name in files if name not in task.expected)
    failure = _finish(reply)
    if failure is None and not files:
        failure = "empty" if not reply.text.strip() else "refused" if _refuses(reply.text) else None
    return Edited(files, failure, _detail(parsed, reply, failure), extra)


def _shown(task: Task) -> Files:
    everything = {**task.distractors, **task.files}
    return {name: everything[name] for name in task.order}


def _finish(reply: Reply) -> Failure | None:
    return "truncated" if reply.finish == "length" else "refused" if reply.finish == "filter" else None


def _refuses(text: str) -> bool:
    start = text.strip()[:_REFUSAL_WITHIN].casefold()
    return any(phrase in start for phrase in _REFUSALS)


def _continued(text: str, fence: str) -> str:
    """The file in the continuation of a begun reply, up to the closing fence, which some servers send."""
    body = "\n" + text.replace("\r\n", "\n").lstrip("\n")
    body = body.partition(f"\n{fence}")[0].removeprefix("\n").rstrip("\n")
    return f"{body}\n" if body else ""


def _detail(parsed: Parsed, reply: Reply, failure: Failure | None) -> str:
    parts = []
    if parsed.dropped:
        parts.append(f"unsafe names dropped: {', '.join(repr(name[:80]) for name in parsed.dropped[:5])}")
    if failure == "truncated" and parsed.unclosed:
        parts.append(f"cut in {parsed.unclosed}")
    if not parsed.files and reply.text.strip():
        parts.append(f"no file in the reply, which begins {reply.text.strip()[:80]!r}")
    return "; ".join(parts)

"""The editor of the published benchmark: every file in the prompt, every result file whole in the reply.

Guided, the reply is begun for the model with the first file's fence and stopped at the closing one, file after file, a
call for each: for models too small to keep a format.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from string import Template

from domains import Files
from harness.backends.base import Message, Reply, Request
from harness.editors.base import NO_FILES, Ask, Edited, Failure, Task
from harness.editors.blocks import fence_for, fenced
from harness.editors.failures import cut_or_filtered, opening, without_work
from harness.editors.prompt import prompt, shown, template, whole_files, written
from harness.editors.reply import Parsed, parse_reply

CHARACTERS = 2.0
"""Characters a token of a document full of numbers, as small models' vocabularies cut it."""
ROOM = 100
"""Tokens by which a guided file may be longer than the whole document it comes from."""


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

    @property
    def again(self) -> str:
        """The template for files that stand in the conversation already."""
        return "rewrite-again"

    def form(self, task: Task) -> str:
        """How the model is to answer."""
        return whole_files(task, "answer", task.expected, task.expected[0])

    def read(self, task: Task, reply: Reply) -> Edited:
        """The outcome of a whole reply. What could be read is kept whatever the failure."""
        return outcome(task, reply, parse_reply(reply.text, task.expected, shown(task)))

    async def edit(self, task: Task, ask: Ask) -> Edited:
        return await (self._file_by_file(task, ask) if self.guided else self._at_once(task, ask))

    def answer(self, files: Files, before: Files = NO_FILES) -> str:  # noqa: ARG002 - the protocol's
        """Every file whole."""
        fence = fence_for(files.values())
        return "\n".join(fenced(name, text, fence) for name, text in sorted(files.items()))

    async def _at_once(self, task: Task, ask: Ask) -> Edited:
        request = self._request(task)
        reply = await ask(request)
        return replace(self.read(task, reply), said=(request.messages[-1], Message("assistant", reply.text)))

    async def _file_by_file(self, task: Task, ask: Ask) -> Edited:
        fence = fence_for(shown(task).values())
        begun, files, failure = "", {}, None
        for name in task.expected:
            begun += f"{fence}{name}\n"
            reply = await ask(self._request(task, begun, stop=f"\n{fence}"))
            text = _continued(reply.text, fence)
            if reply.text.strip() or reply.finish == "stop":
                files[name] = text
            failure = cut_or_filtered(reply)
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
            messages = [head, *task.history, Message("user", prompt(task, self.form(task), self.again))]
        return Request(
            tuple(messages), self._limit(task), self.temperature, task.seed, self.effort, (stop,) if stop else ()
        )


def guided_prompt(task: Task) -> str:
    """The instruction, then the files."""
    files = written(shown(task)) if task.restated else ""
    return Template(template("rewrite-guided")).substitute(instruction=task.instruction, files=files)


def outcome(task: Task, reply: Reply, parsed: Parsed) -> Edited:
    """What the files of a reply make of a task."""
    files = {name: text for name, text in parsed.files.items() if name not in task.distractors}
    extra = tuple(name for name in files if name not in task.expected)
    failure = cut_or_filtered(reply)
    if failure is None and not files:
        failure = without_work(reply)
    return Edited(files, failure, _detail(parsed, reply, failure), extra)


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
        parts.append(f"no file in the reply, which begins {opening(reply)}")
    return "; ".join(parts)

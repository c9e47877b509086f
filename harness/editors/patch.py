"""Changes instead of files: search/replace blocks, the form most coding assistants use, or unified diffs.

All blocks of a reply refer to the files as they were shown, and are applied together or not at all. Blocks that cannot
be applied are told to the model once, with the lines that come nearest; it gives them again. What is left then is the
model's failure, and the document stays as it was. Files that the task does not ask for and no block speaks of make way
for those it does.

In a conversation the files are shown at every hop: a reply in blocks does not say how they stand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from domains import Files
from harness.backends.base import Message, Reply, Request
from harness.editors.anchors import LINE, MARGIN, NEAR, WAYS, WORK, Budget
from harness.editors.applying import Applied, Fault, apply
from harness.editors.base import NO_FILES, Ask, Edited, Task
from harness.editors.blocks import fenced
from harness.editors.changes import read_hunks
from harness.editors.differences import as_blocks
from harness.editors.failures import cut_or_filtered, opening, without_work
from harness.editors.folder import UNCHANGED, folded, says_unchanged
from harness.editors.hunks import Hunk, block, marks
from harness.editors.names import Names
from harness.editors.prompt import filled, listed, prompt, shown, template

MOST = 5000
"""Blocks of a reply that are looked at; a reply with more is not applied."""
TOLD = 10
"""Blocks that a repair turn quotes, and of each no more lines than this."""
WIDTH = 500
"""Characters of a quoted line."""
_VERSION = 1
"""Of the code that chooses what a repair turn says: another one asks in other words."""
_TEMPLATES = (
    "system-patch", "rewrite", "rewrite-restated", "answer-patch", "patch-change", "patch-new", "patch-gone", "repair",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Patch:
    max_tokens: int | None = None
    temperature: float | None = None
    effort: str | None = None

    @property
    def name(self) -> str:
        return "patch"

    @property
    def fingerprint(self) -> str:
        """Of the templates, the form of files and blocks, what counts as found, and the settings of every request."""
        shape = {
            "templates": [template(name) for name in _TEMPLATES],
            "form": [fenced("name", "text"), block("name", "old\n", "new\n")],
            "found": [NEAR, LINE, MARGIN, WORK, MOST, TOLD, WIDTH, _VERSION],
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "effort": self.effort,
        }
        return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()

    async def edit(self, task: Task, ask: Ask) -> Edited:
        talk = _Talk(self, task, ask)
        edited = await talk.run()
        return replace(edited, said=tuple(talk.said))

    def answer(self, files: Files, before: Files = NO_FILES) -> str:
        return as_blocks(files, before) or UNCHANGED

    def request(self, task: Task, said: Sequence[Message]) -> Request:
        head = Message("system", template("system-patch").strip())
        return Request(
            (head, *task.history, *said), self.max_tokens, self.temperature, task.seed, self.effort
        )  # fmt: skip


class _Talk:
    """One hop: a reply and, where blocks of it cannot be applied, a second one."""

    def __init__(self, editor: Patch, task: Task, ask: Ask) -> None:
        self._editor, self._task, self._ask = editor, task, ask
        self._names = Names(task.expected, shown(task))
        self._budget = Budget()
        self._aside: set[str] = set()
        told = form(task)
        self.said = [Message("user", prompt(task, told, None))]
        # Small models give the prompt's examples back before their own blocks.
        self._examples = set(read_hunks(told, self._names, task.files, task.expected))

    async def run(self) -> Edited:
        reply = await self._reply()
        failure = cut_or_filtered(reply)
        hunks = self._read(reply, self._task.files)
        if failure:
            return Edited({}, failure, f"cut in or after block {len(hunks)}" if hunks else "")
        if not hunks:
            return self._without(reply)
        if len(hunks) > MOST:
            return Edited({}, "unparseable", f"could not be applied: more than {MOST} blocks")
        first = apply(self._task.files, hunks, self._task.expected, self._budget)
        if not first.faults:
            return self._done(first, len(hunks), "")
        return await self._repair(first, hunks)

    async def _repair(self, first: Applied, hunks: Sequence[Hunk]) -> Edited:
        length = marks([*shown(self._task).values(), *first.files.values()])
        self.said.append(Message("user", repair(first, len(hunks), length)))
        reply = await self._reply()
        failure = cut_or_filtered(reply)
        if failure:
            return Edited({}, failure, _reasons(first.faults))
        # Blocks that are applied already are often given once more with the others.
        known = set(hunks) - {fault.hunk for fault in first.faults}
        again = [hunk for hunk in self._read(reply, first.files) if hunk not in known][: MOST + 1]
        again = [replace(hunk, name=first.now(hunk.name)) for hunk in again]
        second = apply(first.files, again, self._task.expected, self._budget)
        # Of a block that named no file nobody knows which it was for: any other will do.
        touched = {name for hunk in again for name in (hunk.name, hunk.to, "")}
        left = second.faults or [fault for fault in first.faults if first.now(fault.hunk.name) not in touched]
        if left or len(again) > MOST:
            return Edited({}, "unparseable", _reasons(left))
        second.given |= {name for name in first.given if name in second.files}
        second.gone |= {name for name in first.gone if name not in second.files}
        second.ways += first.ways
        second.made += first.made
        return self._done(second, len(hunks) - len(first.faults) + len(again), f"; {len(first.faults)} given again")

    async def _reply(self) -> Reply:
        reply = await self._ask(self._editor.request(self._task, self.said))
        self.said.append(Message("assistant", reply.text))
        return reply

    def _read(self, reply: Reply, files: Files) -> list[Hunk]:
        """The blocks that concern the document."""
        hunks = read_hunks(reply.text, self._names, files, self._task.expected)
        beside = self._task.distractors
        self._aside |= {hunk.name for hunk in hunks if hunk.name in beside}
        return [
            replace(hunk, fault=f"there is a file {hunk.to} already") if hunk.to in beside else hunk
            for hunk in hunks
            if hunk.name not in beside and hunk not in self._examples
        ]

    def _without(self, reply: Reply) -> Edited:
        if self._aside or says_unchanged(reply.text):
            return folded(self._task, detail=self._beside())
        failure = without_work(reply)
        return Edited(
            {}, failure, f"no block in the reply, which begins {opening(reply)}" if reply.text.strip() else ""
        )

    def _done(self, done: Applied, count: int, more: str) -> Edited:
        ways = [f"{done.ways[way]} {way}" for way in WAYS if done.ways[way]]
        ways += [f"{done.made} whole"] if done.made else []
        detail = f"{count} block{'s' * (count != 1)}: {', '.join(ways)}{more}"
        given = {name: done.files[name] for name in sorted(done.given) if name in done.files}
        return folded(self._task, given, done.gone, detail="; ".join(filter(None, (detail, self._beside()))))

    def _beside(self) -> str:
        return f"blocks for other files: {', '.join(sorted(self._aside))}" if self._aside else ""


def form(task: Task) -> str:
    """How the model is to answer: only what this task needs of the form is told."""
    length = marks(shown(task).values())
    there = [name for name in task.expected if name in task.files]
    new = [name for name in task.expected if name not in task.files]
    gone = [name for name in task.files if name not in task.expected]
    line = {"search": "<" * length + " SEARCH", "divider": "=" * length, "replace": ">" * length + " REPLACE"}
    parts = [filled("patch-change", **line)] if there else []
    parts += [filled("patch-new", names=listed(new), **line)] if new else []
    parts += [filled("patch-gone", names=listed(gone))] if gone else []
    return filled("answer-patch", names=listed(task.expected), parts="\n\n".join(parts))


def repair(applied: Applied, count: int, length: int) -> str:
    """What the model is told of the blocks that could not be applied."""
    faults = applied.faults
    told = [_told(fault) for fault in faults[:TOLD]]
    if len(faults) > TOLD:
        told.append(f"So it is with {len(faults) - TOLD} more, the last of them block {faults[-1].number}.\n")
    rest = "The other blocks are applied. " if count > len(faults) else ""
    return filled("repair", faults="\n".join(told), rest=rest, divider="=" * length)


def _told(fault: Fault) -> str:
    where = f", for `{fault.hunk.name[:WIDTH]}`" if fault.hunk.name else ""
    begin = f"Block {fault.number}{where}: {fault.why}."
    lines = [line[:WIDTH] for line in fault.hunk.want if line.strip()][:TOLD]
    if lines:
        begin += " It begins:\n" + fenced("", "\n".join(lines))
    near = [line[:WIDTH] for line in fault.near.split("\n")[:TOLD]]
    if fault.near:
        begin += ("" if lines else "\n") + "The nearest lines of the file are:\n" + fenced("", "\n".join(near).rstrip())
    return begin if begin.endswith("\n") else begin + "\n"


def _reasons(faults: Sequence[Fault]) -> str:
    told = [f"block {f.number}{f' on {f.hunk.name[:80]!r}' if f.hunk.name else ''}: {f.why}" for f in faults[:3]]
    return f"could not be applied: {'; '.join(told)}" + (f"; and {len(faults) - 3} more" if len(faults) > 3 else "")

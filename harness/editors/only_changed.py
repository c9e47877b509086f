"""`rewrite` whose reply holds only the files that change or are new; the others stay as they are.

A file that was asked for and is not named stays; one that nobody asked for makes way. A reply that names no file is an
answer only if it says so, in the line `NO CHANGES`: else nothing came, as with `rewrite`.
"""

from __future__ import annotations

from dataclasses import dataclass

from domains import Files
from harness.backends.base import Reply
from harness.editors.base import NO_FILES, Edited, Task
from harness.editors.failures import cut_or_filtered
from harness.editors.folder import UNCHANGED, folded, says_unchanged
from harness.editors.prompt import shown, whole_files
from harness.editors.reply import parse_reply
from harness.editors.rewrite import Rewrite, outcome


@dataclass(frozen=True, slots=True)
class OnlyChanged(Rewrite):
    @property
    def name(self) -> str:
        return "rewrite+only-changed"

    @property
    def templates(self) -> tuple[str, ...]:
        return ("system", "rewrite", self.again, "rewrite-restated", "answer-only-changed")

    @property
    def again(self) -> str:
        return "rewrite-again-only-changed"

    def form(self, task: Task) -> str:
        return whole_files(task, "answer-only-changed", task.expected, task.expected[0])

    def read(self, task: Task, reply: Reply) -> Edited:
        parsed = parse_reply(reply.text, task.expected, shown(task))
        found = outcome(task, reply, parsed)
        if cut_or_filtered(reply) is None and not found.files:
            # A reply about other files alone leaves these as they are.
            return folded(task) if parsed.files or says_unchanged(reply.text) else found
        return folded(task, found.files, failure=found.failure, detail=found.detail) if found.files else found

    def answer(self, files: Files, before: Files = NO_FILES) -> str:
        """The files that are not as they were."""
        changed = {name: text for name, text in files.items() if before.get(name) != text}
        return Rewrite.answer(self, changed) or UNCHANGED

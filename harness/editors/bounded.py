"""A reply that is too long to be read: a failure, and nothing of it is parsed. It is stored whole like any other."""

from __future__ import annotations

from harness.backends.base import Reply, Request
from harness.editors.base import Ask, Edited, Editor, Task
from harness.editors.failures import cut_or_filtered

LONGEST = 2_000_000
"""Characters of a reply that are read: some 500 000 tokens, more than any model writes at once. Replies are read on the
event loop, where the worst of that length stops all chains for some seconds."""


class _TooLong(Exception):
    """A reply came that is not to be read."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply


async def edit(editor: Editor, task: Task, ask: Ask) -> Edited:
    """The editor's work, or `unparseable` when a reply has more than LONGEST characters. Such a turn has no part in a
    conversation: no model could be shown it."""

    async def bounded(request: Request) -> Reply:
        reply = await ask(request)
        if reply.size > LONGEST:
            raise _TooLong(reply)
        return reply

    try:
        return await editor.edit(task, bounded)
    except _TooLong as error:
        reply = error.reply
        detail = f"a reply of {reply.size:,} characters, of which no more than {LONGEST:,} are read"
        return Edited({}, cut_or_filtered(reply) or "unparseable", detail)

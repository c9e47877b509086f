"""The editor that leaves the work to a command: the files as the command leaves them are the result.

However it ends - of itself or by a limit - the folder as it stands is what its user would be left with, and is
measured. Distractors stay as they were whatever it did to them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

from domains import Files
from harness.backends.base import Message, Request
from harness.editors.base import NO_FILES, Ask, Edited, Task
from harness.editors.command.exchange import Outcome, asked, read_told
from harness.editors.command.settings import CommandSettings
from harness.editors.prompt import filled, listed, template, written
from harness.editors.tools.workspace import Workspace, tidy

REMEMBERED = 4000
"""Characters of the end of a transcript that a conversation keeps."""
_SHAPING = ("command", "network", "environment", "seconds", "memory_mb", "processes")


@dataclass(frozen=True)
class Command:
    """`name` is `command:` and the command, with which the replies of a store can be read again."""

    settings: CommandSettings

    @property
    def name(self) -> str:
        return f"command:{self.settings.command}"

    @cached_property
    def fingerprint(self) -> str:
        """Of the templates and the settings that shape a result."""
        settings = asdict(self.settings)
        shape = [
            template("command"),
            template("command-again"),
            REMEMBERED,
            {name: settings[name] for name in _SHAPING},
        ]
        return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()

    async def edit(self, task: Task, ask: Ask) -> Edited:
        space = Workspace(task.files, task.distractors)
        prompt = prompted(task, space)
        reply = await ask(Request(asked(prompt, space.files), seed=task.seed))
        outcome, transcript = read_told(reply.text)
        before = dict(task.files)
        files = {name: text for name, text in before.items() if name not in outcome.gone}
        files |= {name: tidy(text) for name, text in outcome.files.items() if name not in task.distractors}
        changed = sorted(name for name in {*before, *files} if before.get(name) != files.get(name))
        said = (Message("user", prompt), Message("assistant", transcript[-REMEMBERED:]))
        extra = tuple(name for name in files if name not in task.expected)
        entry = _entry(outcome, changed, before, files)
        return Edited(files, None, _detail(task, outcome, changed), extra, said, trace=(entry,))

    def answer(self, files: Files, before: Files = NO_FILES) -> str:
        changed = {name: text for name, text in files.items() if before.get(name) != text}
        return f"Done. These files are new or changed:\n\n{written(changed)}" if changed else "Nothing had to change."


def prompted(task: Task, space: Workspace) -> str:
    """What the agent is told. It remembers nothing: a conversation so far is written out for it."""
    gone = [name for name in task.files if name not in task.expected]
    values = {
        "files": space.listing(), "instruction": task.instruction, "names": listed(task.expected),
        "gone": f" Of {listed(gone)} nothing more is needed then." if gone else "",
    }  # fmt: skip
    if not task.history:
        return filled("command", **values)
    names = {"user": "I asked", "assistant": "You said"}
    past = "\n\n".join(f"{names.get(one.role, one.role)}:\n\n{one.text}" for one in task.history)
    return filled("command-again", past=past, **values)


def _entry(outcome: Outcome, changed: list[str], before: Files, files: Files) -> Mapping[str, object]:
    touched = [text for name in changed for text in (before.get(name, ""), files.get(name, ""))]
    return {
        "turn": 1, "tool": "command", "file": "", "ok": outcome.status == 0 and not outcome.reason,
        "bytes": sum(len(text.encode(errors="surrogatepass")) for text in touched), "files": changed,
        "status": outcome.status, "ended": outcome.reason,
    }  # fmt: skip


def _detail(task: Task, outcome: Outcome, changed: list[str]) -> str:
    parts = [
        f"changed {', '.join(changed[:10])}{' and others' if len(changed) > 10 else ''}" if changed else "no change"
    ]
    parts += [f"ended by its limit of {outcome.reason}"] if outcome.reason else []
    parts += [f"status {outcome.status}"] if outcome.status and not outcome.reason else []
    beside = sorted({*outcome.files, *outcome.gone} & task.distractors.keys())
    parts += [f"restored {', '.join(beside)}"] if beside else []
    if outcome.refused:
        parts.append(
            f"not read back: {', '.join(f'{n[:80]!r} ({why})' for n, why in list(outcome.refused.items())[:5])}"
        )
    return "; ".join(parts)

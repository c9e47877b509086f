"""What goes to an agent and comes back, as a request and a reply.

A request ends with two messages: the prompt, and all files as JSON. A reply's first line is JSON, which says how the
agent ended and what became of the files; the rest is the transcript as it came.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from domains import Files
from harness.backends.base import Message, Request
from harness.errors import UsageError
from harness.sandbox import Ran

_NOT_OURS = "the editor command goes with the model command:NAME, and that model with this editor alone"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an agent ended (`Ran`), the files that are new or other than before, and the names of those that are gone or
    could not be read back, with the reason."""

    status: int
    reason: str = ""
    files: Files = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


def asked(prompt: str, files: Files) -> tuple[Message, ...]:
    return Message("user", prompt), Message("user", json.dumps(dict(sorted(files.items()))))


def read_asked(request: Request) -> tuple[str, Files]:
    """The prompt and the files. UsageError for another editor's request."""
    try:
        prompt, files = request.messages
        return prompt.text, dict(json.loads(files.text))
    except (ValueError, TypeError):  # not two messages, no JSON, no mapping
        raise UsageError(_NOT_OURS) from None


def compared(ran: Ran, before: Files) -> Outcome:
    """What a run made of the files."""
    refused = {one.name: one.why for one in ran.refused}
    changed = {name: text for name, text in ran.files.items() if before.get(name) != text}
    # Of files that could not be read back at all nobody knows which are gone.
    gone = [] if "" in refused else [name for name in before if name not in ran.files and name not in refused]
    return Outcome(ran.status, ran.reason, changed, tuple(gone), refused)


def told(outcome: Outcome, transcript: str) -> str:
    return json.dumps(asdict(outcome)) + "\n" + transcript


def read_told(text: str) -> tuple[Outcome, str]:
    """The outcome and the transcript. UsageError for another backend's reply."""
    head, _, transcript = text.partition("\n")
    try:
        found = json.loads(head)
        return Outcome(**{**found, "gone": tuple(found["gone"])}), transcript
    except (ValueError, TypeError, KeyError):
        raise UsageError(_NOT_OURS) from None


def transcript(parts: Sequence[tuple[str, str]]) -> str:
    """The streams of a run, each under its name where there are several."""
    there = [(name, text) for name, text in parts if text]
    if len(there) == 1:
        return there[0][1]
    return "\n".join(f"--- {name} ---\n{text}" for name, text in there)

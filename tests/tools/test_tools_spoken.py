"""Calls that a model leaves in the text of its reply, as JSON: which are read, and how they are written."""

from __future__ import annotations

import random

import pytest

from harness.backends.base import Message, Reply
from harness.editors.tools import Tools
from harness.editors.tools.native import Native
from harness.editors.tools.workspace import Workspace

BEFORE = {"a.csv": "one\ntwo\nthree\n", "b.csv": "x\n"}
_VIEW = '{"name": "view", "arguments": {"path": "a.csv"}}'
_DELETE = '{"name": "delete", "arguments": {"path": "b.csv"}}'
_ROW = '{"name": "view", "arguments": 7}'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"<tool_call>\n{_VIEW}\n</tool_call>", ["view"]),
        (f"I look.\n<tool_call>{_VIEW}</tool_call>\n<tool_call>{_DELETE}", ["view", "delete"]),
        (f"<tools>\n{_VIEW}\n</tools>", ["view"]),
        (f"<tool_call>[{_VIEW}, {_DELETE}]</tool_call>", ["view", "delete"]),
        ('<tool_call>{"name": "create", "arguments": {"file_text": "</tool_call>\n"}}</tool_call>', ["create"]),
        ('<tool_call>{"name": "bash", "arguments": {}}</tool_call>', ["bash"]),
        ('<tool_call>{"name": "view", "arguments": </tool_call>', ["tool_call"]),
        (f"```json\n{_VIEW}\n```", ["view"]),
        (f"First this:\n```json\n{_VIEW}\n```\nThen:\n```\n[{_DELETE}]\n```", ["view", "delete"]),
        (_VIEW, ["view"]),
        (f"[{_VIEW},\n{_DELETE}]", ["view", "delete"]),
        (f"{_VIEW}\n{_DELETE}", ["view", "delete"]),
        ('{"name": "view", "parameters": {"path": "a.csv"}}', ["view"]),
        ('{"type": "function", "function": {"name": "finish", "arguments": "{}"}}', ["finish"]),
        ("```view a.csv\n```", ["view"]),
        ("```create c.csv\nx\n```\n\nfinish", ["create", "finish"]),
        (f"I would call {_VIEW} now.", []),
        ("```json\n{\"name\": \"view\"}\n```", []),
        ("```json\n{\"name\": \"Ann\", \"arguments\": {}}\n```", []),
        (f"```json\n[{_VIEW}, 7]\n```", []),
        (f"```json\n{_ROW}\n```", []),
        ('<tools>{"function": {"name": "view", "description": "x", "parameters": {}}}</tools>', ["view"]),
        ("<tool_call>", []),
        ("", []),
    ],
)  # fmt: skip
def test_calls_in_a_text(text: str, found: list[str]) -> None:
    calls = Native().read(Reply(text, "stop"), Workspace(BEFORE, {}))
    assert [call.tool for call in calls] == found
    assert not any(call.id for call in calls)


@pytest.mark.parametrize(
    "piece", ["<tool_call>{", '<tool_call>{"a": "', "<tool_call>[", '{"', "```json\n{\n```\n", "[" * 9]
)
def test_hostile_texts_are_read_in_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))  # would take hours if it were quadratic
    assert len(Native().read(Reply(text, "stop"), Workspace(BEFORE, {}))) <= 1000


LINES = ("finish", "```", "</tool_call>", "<tool_call>", '{"name": "view", "arguments": {}}', "\\", '"', "\u2028é", "a",
         "a", "b", "", "  x", "view a.csv", "=======", "\x0b\x85")  # fmt: skip


@pytest.mark.parametrize("seed", range(30))
def test_any_document_travels(seed: int) -> None:
    """What `answer` writes makes exactly the files it is given, as a reply and as a turn of a conversation."""
    rng = random.Random(seed)

    def text() -> str:
        body = "\n".join(rng.choice(LINES) for _ in range(rng.randint(1, 12))).rstrip("\n")
        return body + "\n" if body else ""

    before = {"a.csv": text(), "b.md": text(), "gone.txt": text()}
    after = {"a.csv": text(), "new file.txt": text()}
    lines = before["b.md"].split("\n")
    lines[rng.randrange(len(lines))] = rng.choice(LINES)
    after["b.md"] = "\n".join(lines).rstrip("\n") + "\n"
    wanted = {name: text.strip("\n") and text for name, text in after.items()}
    answer = Tools().answer(after, before)
    turn, *results = Native().recalled([Message("assistant", answer)])
    assert [message.role for message in results] == ["tool"] * len(turn.calls)
    for reply in (Reply(answer, "stop"), Reply("", "stop", calls=turn.calls)):
        space = Workspace(before, {})
        *calls, last = Native().read(reply, space)
        assert last.tool == "finish"
        for call in calls:
            assert space.do(call).ok, call
        assert space.document == wanted

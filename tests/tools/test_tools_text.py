"""Calls as fenced blocks: every form that is read, and that what is written is read again as it was."""

from __future__ import annotations

import random

import pytest

from harness.backends.base import Reply
from harness.editors.tools import Tools
from harness.editors.tools.calls import Call, Done
from harness.editors.tools.text import MOST, TOLD, Text
from harness.editors.tools.workspace import Workspace

FILES = {"a.csv": "one\ntwo\nthree\n", "my notes.md": "text\n=======\nmore\n"}


def read(reply: str) -> list[tuple[str, dict[str, object]]]:
    return [(call.tool, dict(call.arguments)) for call in calls(reply)]


def calls(reply: str) -> list[Call]:
    return Text().read(Reply(reply, "stop"), Workspace(FILES, {}))


SEARCH = "<<<<<<< SEARCH\ntwo\n=======\n2\n>>>>>>> REPLACE"
TWO = ("str_replace", {"path": "a.csv", "old_str": "two", "new_str": "2", "whole_lines": True})
INSERT = ("insert", {"path": "a.csv", "insert_line": 2, "insert_text": "x\n"})
VIEW = ("view", {"path": "a.csv"})


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("I look first.\n```view a.csv\n```\nThen more.", [VIEW]),
        ("``` view `a.csv`\n```", [VIEW]),
        ("```\nview a.csv\n```", [VIEW]),
        ("```bash\nview a.csv\n```", [VIEW]),
        ("~~~view a.csv\n~~~", [VIEW]),
        ("```view a.csv", [VIEW]),
        ("view a.csv", [VIEW]),
        ("`view a.csv`", [VIEW]),
        ("I shall view a.csv first.", []),
        ("view the file", []),
        ("", []),
        ("```a.csv\none\n```", []),
        ("```view a.csv 2 3\n```", [("view", {"path": "a.csv", "view_range": (2, 3)})]),
        ("```view my notes.md 2-3\n```", [("view", {"path": "my notes.md", "view_range": (2, 3)})]),
        ("```view my notes.md [2, -1]\n```", [("view", {"path": "my notes.md", "view_range": (2, -1)})]),
        ("```grep two words\n```", [("grep", {"pattern": "two words"})]),
        ("```grep\ntwo words\n```", [("grep", {"pattern": "two words"})]),
        (f"```str_replace a.csv\n{SEARCH}\n```", [TWO]),
        (f"```\nstr_replace a.csv\n{SEARCH}\n```", [TWO]),
        (f"**str_replace a.csv**\n```\n{SEARCH}\n```", [TWO]),
        (f"```str_replace a.csv\n{SEARCH}\n{SEARCH}\n```", [TWO, TWO]),
        ("```insert a.csv 2\nx\n```", [INSERT]),
        ("```insert a.csv after line 2\nx\n```", [INSERT]),
        ("```create b.csv\nx\n\ny\n```", [("create", {"path": "b.csv", "file_text": "x\n\ny\n"})]),
        ("### create b.csv\n```csv\nx\n```", [("create", {"path": "b.csv", "file_text": "x\n"})]),
        ("```delete a.csv\n```", [("delete", {"path": "a.csv"})]),
        ("```move a.csv b.csv\n```", [("move", {"path": "a.csv", "new_path": "b.csv"})]),
        ("```move my notes.md -> b.md\n```", [("move", {"path": "my notes.md", "new_path": "b.md"})]),
        ("```run_python\nprint(1)\n```", [("run_python", {"code": "print(1)\n"})]),
        ("```finish\n```", [("finish", {})]),
        ("finish", [("finish", {})]),
        ("```view a.csv\n```\n\nfinish", [VIEW, ("finish", {})]),
        ("```view a.csv\n```\n```finish\n```\nfinish", [VIEW, ("finish", {})]),
        ("```view a.csv\n```delete a.csv\n```", [VIEW, ("delete", {"path": "a.csv"})]),
        ("````create b.md\n```finish\n```\n````", [("create", {"path": "b.md", "file_text": "```finish\n```\n"})]),
    ],
)  # fmt: skip
def test_forms(reply: str, found: list[tuple[str, dict[str, object]]]) -> None:
    assert read(reply) == found


@pytest.mark.parametrize(
    "reply",
    ["```view\n```", "```create\nx\n```", "```str_replace a.csv\nnew\n```", "```finish a.csv\n```",
     "```run_python x.py\n```", "```str_replace a.csv\n<<<<<<< SEARCH\ntwo\n```"],
)  # fmt: skip
def test_half_a_command_is_told(reply: str) -> None:
    (call,) = calls(reply)
    assert call.fault
    assert not Workspace(FILES, {}).do(call).ok


def test_a_divider_of_the_document_parts_nothing() -> None:
    body = "<<<<<<< SEARCH\ntext\n=======\nmore\n=======\nless\n>>>>>>> REPLACE"
    (call,) = calls(f"```str_replace my notes.md\n{body}\n```")
    assert (call.arguments["old_str"], call.arguments["new_str"]) == ("text\n=======\nmore", "less")
    told = Text().told(FILES, python=False)
    assert "<<<<<<<<<< SEARCH" in told, "the marks are longer than what the files hold"


def test_answers_are_bounded() -> None:
    views = [(Call("view"), Done("x" * 40_000 if n % 2 else f"short {n}")) for n in range(MOST)]
    (message,) = Text().answered([*views, (Call("delete"), Done("No such file.", ok=False))], [Call("view")] * 3)
    assert len(message.text) < TOLD * 1.1
    told = message.text.split("\n\n")
    assert told[:3:2] == ["view: short 0", "view: short 2"]
    assert told[3:] == [
        f"What came of {MOST - 3} more commands does not fit here.",
        "delete: No such file.",
        "Therefore the 3 commands after it were not carried out.",
    ]
    assert len(Text().read(Reply("```view a.csv\n```\n" * 2 * MOST, "stop"), Workspace(FILES, {}))) == MOST


TEXTS = (
    "finish", "```", "````", "```finish", "~~~", "=======", "<<<<<<< SEARCH", ">>>>>>> REPLACE", "view a.csv", "",
    "  x", "a", "a", "b", "\x0b\x85", "```csv", "*** Delete File: a.csv", "@@ -1 +1 @@", "--- a.csv", "+++ a.csv",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_any_document_travels(seed: int) -> None:
    """What `answer` writes makes, carried out, exactly the files it is given."""
    rng = random.Random(seed)

    def text() -> str:
        body = "\n".join(rng.choice(TEXTS) for _ in range(rng.randint(1, 12))).rstrip("\n")
        return body + "\n" if body else ""

    before = {"a.csv": text(), "b.md": text(), "gone.txt": text()}
    after = {"a.csv": text(), "new file.txt": text()}
    lines = before["b.md"].split("\n")
    lines[rng.randrange(len(lines))] = rng.choice(TEXTS)
    after["b.md"] = "\n".join(lines).rstrip("\n") + "\n"
    space = Workspace(before, {})
    found = Text().read(Reply(Tools(text=True).answer(after, before), "stop"), space)
    assert found.pop().tool == "finish"
    for call in found:
        assert space.do(call).ok, call
    assert space.document == {name: text.strip("\n") and text for name, text in after.items()}

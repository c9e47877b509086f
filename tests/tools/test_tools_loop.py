"""A hop with tools, turn by turn: what the model is told, when the hop ends, and what stays in the record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from harness.backends.base import Message, Reply, Request, Usage
from harness.editors import open_editor
from harness.editors.base import Edited, Task
from harness.editors.tools import Tools, ToolsPython
from harness.editors.tools import programs as running
from harness.errors import Denied, Outage, Rejected, UsageError
from harness.relay.rescore import rescore_async
from harness.sandbox import Limits
from harness.store import Reader
from tests.relay.relay_stub import audit, perfect, relay, small
from tests.sandbox.inside import needs_sandbox

BEFORE = {"a.csv": "one\ntwo\nthree\n", "b.csv": "x\n"}
BESIDE = {"notes.md": "rent is due\n"}
TASK = Task(
    "accounting", "to_csv", "forward", "Do it.", BEFORE, BESIDE, ("notes.md", "b.csv", "a.csv"), ("a.csv", "c.csv"), 7
)
TWO = "```str_replace a.csv\n<<<<<<< SEARCH\ntwo\n=======\n2\n>>>>>>> REPLACE\n```\n"
C = "```create c.csv\nc\n```\n"
FINISH = "```finish\n```"

Said = str | Reply | Exception


class Told:
    """An `ask` that says one thing after the other; what it was asked."""

    def __init__(self, said: Sequence[Said]) -> None:
        self.waiting = list(said)
        self.requests: list[Request] = []

    async def __call__(self, request: Request) -> Reply:
        self.requests.append(request)
        said = self.waiting.pop(0)
        if isinstance(said, Exception):
            raise said
        return said if isinstance(said, Reply) else Reply(said, "stop")

    @property
    def last(self) -> str:
        return self.requests[-1].messages[-1].text


async def hop(*said: Said, editor: Tools | None = None, task: Task = TASK) -> tuple[Edited, Told]:
    told = Told(said)
    edited = await (editor or Tools(text=True)).edit(task, told)
    assert not told.waiting, "it asked less often than it should have"
    return edited, told


async def test_turns_follow_each_other() -> None:
    edited, told = await hop("I look.\n```view a.csv\n```", TWO, C + "```delete b.csv\n```\n" + FINISH)
    assert edited.files == {"a.csv": "one\n2\nthree\n", "c.csv": "c\n"}
    assert (edited.failure, edited.extra) == (None, ())
    assert edited.detail == (
        "3 turns, 4 calls: read a.csv; 1 str_replace, 1 create, 1 delete; 8 bytes; finished"
    )  # fmt: skip
    first = told.requests[0].messages
    assert [message.role for message in first] == ["system", "user"]
    assert "- `notes.md` (1 line, 12 characters)" in first[1].text
    assert "the folder must hold `a.csv` and `c.csv`. Of `b.csv` nothing more is needed then." in first[1].text
    assert first[1].text.endswith("for example:\n\n```view a.csv\n```")
    assert "     2\ttwo" in told.requests[1].messages[-1].text
    assert edited.said == (*told.requests[-1].messages[1:], Message("assistant", C + "```delete b.csv\n```\n" + FINISH))


async def test_every_call_is_in_the_record() -> None:
    edited, _ = await hop("```grep rent\n```\n```delete notes.md\n```\n" + TWO, TWO + FINISH)
    assert [dict(call) for call in edited.trace] == [
        {"turn": 1, "tool": "grep", "file": "", "ok": True, "bytes": 0},
        {"turn": 1, "tool": "delete", "file": "notes.md", "ok": False, "bytes": 0, "why": edited.trace[1]["why"]},
        {"turn": 2, "tool": "str_replace", "file": "a.csv", "ok": True, "bytes": 4},
    ]
    assert "notes.md is protected" in str(edited.trace[1]["why"])
    assert "1 of them in vain" in edited.detail


async def test_the_first_call_that_fails_ends_the_turn() -> None:
    edited, told = await hop(f"```delete no.csv\n```\n{TWO}{FINISH}", FINISH)
    assert edited.files == BEFORE
    assert "there is no file 'no.csv'" in told.last
    assert "the 2 commands after it were not carried out" in told.last


async def test_files_that_nobody_asked_for_are_extra() -> None:
    edited, _ = await hop(C + "```create scratch.txt\nx\n```\n" + FINISH)
    assert set(edited.extra) == {"b.csv", "scratch.txt"}
    assert set(edited.files) == {"a.csv", "b.csv", "c.csv", "scratch.txt"}


async def test_spent_turns_leave_what_is_there() -> None:
    edited, told = await hop(TWO, C, editor=Tools(text=True, turns=2))
    assert (edited.failure, edited.files["a.csv"], edited.files["c.csv"]) == (None, "one\n2\nthree\n", "c\n")
    assert edited.detail.endswith("turns exhausted")
    assert edited.said[-1].role == "assistant"
    assert len(told.requests) == 2


@pytest.mark.parametrize("usage", [Usage(900, 100), Usage()], ids=["counted", "by length"])
async def test_spent_tokens_leave_what_is_there(usage: Usage) -> None:
    said = Reply(TWO + " " * (0 if usage.input else 4000), "stop", usage)
    edited, _ = await hop(said, editor=Tools(text=True, tokens=1200))
    assert (edited.failure, edited.files["a.csv"]) == (None, "one\n2\nthree\n")
    assert edited.detail.endswith("tokens exhausted")


async def test_a_rejected_conversation_leaves_what_is_there() -> None:
    edited, _ = await hop(TWO, Rejected("too long", status=400))
    assert (edited.failure, edited.files["a.csv"]) == (None, "one\n2\nthree\n")
    assert edited.detail.endswith("the next request was rejected")
    assert [message.role for message in edited.said] == ["user", "assistant"]


@pytest.mark.parametrize("said", [(Rejected("no"),), (TWO, Denied("no key")), (TWO, Outage("gone"))])
async def test_other_errors_are_no_outcome(said: tuple[Said, ...]) -> None:
    assert isinstance(said[-1], Exception)
    with pytest.raises(type(said[-1])):
        await hop(*said)


async def test_a_cut_reply_is_a_failure_and_none_of_it_is_done() -> None:
    edited, _ = await hop(TWO, Reply("```delete a.csv\n```\n```create c.csv\nc", "length"))
    assert (edited.failure, edited.files) == ("truncated", {**BEFORE, "a.csv": "one\n2\nthree\n"})
    assert edited.detail.endswith("in the middle of a reply")


async def test_prose_is_reminded_once() -> None:
    edited, told = await hop("I would change a.csv.", TWO, "All done!", "Really, all done.")
    assert "There was no command in your reply" in told.requests[1].messages[-1].text
    assert (edited.failure, edited.files["a.csv"]) == (None, "one\n2\nthree\n")
    assert edited.detail.endswith("stopped without finish")
    edited, _ = await hop("I would change a.csv.", "So it is.")
    assert (edited.failure, edited.files) == (None, {})
    assert "no call in the reply, which begins 'So it is.'" in edited.detail


@pytest.mark.parametrize(("text", "failure"), [("", "empty"), ("I'm sorry, I can't help.", "refused")])
async def test_no_work_at_all_is_a_failure(text: str, failure: str) -> None:
    edited, _ = await hop(text)
    assert (edited.failure, edited.files) == (failure, {})
    edited, _ = await hop(TWO, "")
    assert (edited.failure, edited.files["a.csv"]) == (None, "one\n2\nthree\n")


async def test_in_a_conversation_the_folder_is_told_again() -> None:
    past = (Message("user", "before"), Message("assistant", FINISH))
    task = Task(**{**{name: getattr(TASK, name) for name in TASK.__slots__}, "history": past})
    _, told = await hop(FINISH, task=task)
    system, *rest, now = told.requests[0].messages
    assert system.role == "system"
    assert tuple(rest) == past
    assert "The files in my folder are now:\n\n- `a.csv`" in now.text
    assert "Begin with" not in now.text


def test_a_hop_has_turns_and_tokens() -> None:
    with pytest.raises(UsageError, match="at least 1 turn"):
        Tools(turns=0)
    assert Tools(turns=5).fingerprint != Tools().fingerprint


class Slow:
    """A Backend that does a hop in several turns: it looks, writes file after file, and finishes."""

    name = "test:slow"

    def __init__(self, task: Callable[[], Task], stop_at: int = 0) -> None:
        self.task, self.stop_at = task, stop_at
        self.requests: list[Request] = []

    async def generate(self, request: Request) -> Reply:
        if self.stop_at and len(self.requests) == self.stop_at:
            raise Outage("gone")
        self.requests.append(request)
        task = self.task()
        said = ["```view .\n```", *(f"````create {name}\n{text}````" for name, text in perfect(task).items()), FINISH]
        turn = sum(message.role == "assistant" for message in request.messages)
        return Reply(said[turn], "stop", Usage(10, 5, 0, 0), 0.5, 0.25, "m")

    async def close(self) -> None:
        pass


class Seen:
    """The editor, and the task it was given last."""

    def __init__(self) -> None:
        self.inner = open_editor("tools:text")
        self.name, self.fingerprint, self.answer = self.inner.name, self.inner.fingerprint, self.inner.answer
        self.task = TASK

    async def edit(self, task: Task, ask: Callable[[Request], object]) -> Edited:
        self.task = task
        return await self.inner.edit(task, ask)  # type: ignore[arg-type]


async def test_a_hop_stopped_between_turns_pays_nothing_twice(tmp_path: Path) -> None:
    found = []
    for name, stops in (("whole", (0,)), ("stopped", (2, 3, 0))):
        requests: list[Request] = []
        for stop in stops:
            editor = Seen()
            backend = Slow(lambda editor=editor: editor.task, stop)  # type: ignore[misc]
            await relay(tmp_path / f"{name}.db", small(distractors=400), editor, backend)
            requests += backend.requests
        found.append((requests, audit(tmp_path / f"{name}.db")))
    assert found[0] == found[1]
    with Reader(tmp_path / "stopped.db") as reader:
        steps = reader.steps(1)
    assert [step.score and step.score.rs for step in steps] == [1.0] * 4
    assert all(step.spent.calls == 2 + len(step.after) for step in steps)
    again = await rescore_async(tmp_path / "stopped.db", workers=0)
    assert (again.steps, again.changed, again.reread) == (4, 0, 0)


# -- programs ---------------------------------------------------------------------------------------------------------


def program(code: str) -> str:
    return f"```run_python\n{code}\n```\n"


@needs_sandbox
async def test_a_program_works_on_the_folder() -> None:
    code = """
import csv, os
print(sorted(os.listdir(".")), open("notes.md").read())
csv.writer(open("c.csv", "w")).writerow([1, 2])
open("notes.md", "w").write("spoilt")
os.symlink("/etc/passwd", "link"); os.mkdir("folder"); os.remove("b.csv")
"""
    edited, told = await hop(program(code), FINISH, editor=ToolsPython(text=True))
    assert edited.files == {"a.csv": BEFORE["a.csv"], "c.csv": "1,2\n"}
    assert "['a.csv', 'b.csv', 'notes.md'] rent is due" in told.last
    assert "Changed, new or gone: b.csv, c.csv." in told.last
    assert "notes.md cannot be changed, and stays as it was." in told.last
    assert "'link' was not kept: a symbolic link." in told.last
    assert dict(edited.trace[0]) == {"turn": 1, "tool": "run_python", "file": "", "ok": True, "bytes": 6}


@needs_sandbox
async def test_a_program_that_fails_ends_the_turn() -> None:
    edited, told = await hop(
        program("open('c.csv', 'w').write('c')\n1 / 0") + FINISH, FINISH, editor=ToolsPython(text=True)
    )
    assert "ZeroDivisionError" in told.last
    assert "It ended with status 1." in told.last
    assert edited.files["c.csv"] == "c\n"


@needs_sandbox
async def test_a_file_made_unreadable_stays_as_it_was() -> None:
    edited, told = await hop(program("open('a.csv', 'wb').write(b'\\xff')"), FINISH, editor=ToolsPython(text=True))
    assert edited.files == BEFORE
    assert "'a.csv' was not kept: not UTF-8." in told.last


@needs_sandbox
async def test_a_program_is_held_to_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "LIMITS", Limits(seconds=1.0, files=20, disk_mb=1, file_mb=1))
    loops = "open('a.csv', 'w').write('half')\nwhile True: pass"
    edited, told = await hop(program(loops), FINISH, editor=ToolsPython(text=True))
    assert "It was ended: it went over its limit of time." in told.last
    assert edited.files["a.csv"] == "half\n"
    many = "for n in range(15): open(f'{n}.txt', 'w').write('x')\nprint('y' * 20_000)"
    edited, told = await hop(program(many), FINISH, editor=ToolsPython(text=True))
    assert len(edited.files) == 17
    assert "(the beginning and the end)" in told.last
    assert len(told.last) < 9000


@needs_sandbox
async def test_a_hop_runs_so_many_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.editors.tools.loop.PROGRAMS", 2)
    edited, told = await hop(program("print(1)") * 4, FINISH, editor=ToolsPython(text=True))
    assert [call["ok"] for call in edited.trace] == [True, True, False]
    assert "No more than 2 programs are run for a task." in told.last


async def test_without_programs_there_are_none() -> None:
    edited, told = await hop(program("open('a.csv', 'w').write('x')"), FINISH)
    assert "there is no tool 'run_python'" in told.last
    assert edited.files == BEFORE
    assert "run_python" not in told.requests[0].messages[1].text


def test_without_a_sandbox_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    running._missing.cache_clear()
    try:
        with pytest.raises(
            UsageError, match=r"only in a sandbox: bubblewrap is not installed: apt-get install bubblewrap"
        ):
            open_editor("tools+python")
        assert open_editor("tools").name == "tools"
    finally:
        running._missing.cache_clear()

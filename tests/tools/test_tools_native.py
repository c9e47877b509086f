"""Calls that come through the provider's API: how they are read and answered, and that the conversation stays one that
every provider takes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from harness.backends.anthropic import Anthropic
from harness.backends.base import Backend, Message, Reply, Request, ToolCall, Usage
from harness.backends.openai import OpenAI
from harness.editors import open_editor
from harness.editors.base import Edited, Task
from harness.editors.tools import Tools, ToolsPython
from harness.editors.tools.calls import TOOLS, Call, Done
from harness.editors.tools.native import LEFT, UNTOLD, Native
from harness.editors.tools.text import TOLD
from harness.errors import Rejected, UsageError
from tests.chat_server import ChatServer, Messages, Said, as_chat, unanswered
from tests.relay.relay_stub import relay, small
from tests.sandbox.inside import needs_sandbox

BEFORE = {"a.csv": "one\ntwo\nthree\n", "b.csv": "x\n"}
TASK = Task("accounting", "to_csv", "forward", "Do it.", BEFORE, {"notes.md": "rent is due\n"},
            ("notes.md", "b.csv", "a.csv"), ("a.csv", "c.csv"), 7)  # fmt: skip
VIEW = ("view", {"path": "a.csv"})
TWO = ("str_replace", {"path": "a.csv", "old_str": "two", "new_str": "2"})
C = ("create", {"path": "c.csv", "file_text": "c"})
FINISH: tuple[str, object] = ("finish", {})
FILES = {"a.csv": "one\n2\nthree\n", "b.csv": "x\n", "c.csv": "c\n"}


def calling(*calls: tuple[str, object], text: str = "", finish: str = "stop") -> Reply:
    """A reply that makes these calls; arguments as an object or as a text."""
    made = [
        ToolCall(f"{len(calls)}{n}", name, given if isinstance(given, str) else json.dumps(given))
        for n, (name, given) in enumerate(calls)
    ]
    return Reply(text, finish, calls=tuple(made))  # type: ignore[arg-type]


class Told:
    """An `ask` that says one thing after the other, and refuses what a provider would refuse."""

    def __init__(self, said: Sequence[Reply | str | Exception]) -> None:
        self.waiting = list(said)
        self.requests: list[Request] = []

    async def __call__(self, request: Request) -> Reply:
        self.requests.append(request)
        assert not unanswered(as_chat(request.messages))
        said = self.waiting.pop(0)
        if isinstance(said, Exception):
            raise said
        return said if isinstance(said, Reply) else Reply(said, "stop")

    @property
    def results(self) -> list[str]:
        """What came of the calls of the last turn but one."""
        messages = self.requests[-1].messages
        last = max(n for n, message in enumerate(messages) if message.role == "assistant")
        return [message.text for message in messages[last + 1 :]]


async def hop(*said: Reply | str | Exception, editor: Tools | None = None, task: Task = TASK) -> tuple[Edited, Told]:
    told = Told(said)
    edited = await (editor or Tools()).edit(task, told)
    assert not told.waiting, "it asked less often than it should have"
    assert not unanswered(as_chat(edited.said))
    return edited, told


# -- a hop ------------------------------------------------------------------------------------------------------------


async def test_turns_follow_each_other() -> None:
    edited, told = await hop(calling(VIEW, text="I look."), calling(TWO, C), calling(FINISH))
    assert (edited.failure, edited.files) == (None, FILES)
    assert edited.detail == "3 turns, 3 calls: read a.csv; 1 str_replace, 1 create; 6 bytes; finished"
    first = told.requests[0]
    assert [tool.name for tool in first.tools] == [tool for tool in TOOLS_IN_ORDER if tool != "run_python"]
    assert first.messages[1].text.endswith("Begin with a look at a file of mine, for example:\n\n`a.csv`")
    assert "```" not in first.messages[1].text
    assert told.requests[1].messages[2] == Message(
        "assistant", "I look.", (ToolCall("10", *map(str, ("view", json.dumps(VIEW[1])))),)
    )
    assert told.results == ["Replaced in line 2 of a.csv.", "Created c.csv. It has 1 line, 2 characters."]
    assert [message.role for message in edited.said] == [
        "user",
        "assistant",
        "tool",
        "assistant",
        "tool",
        "tool",
        "assistant",
        "tool",
    ]
    assert edited.said[-1].text == "The work is over."


TOOLS_IN_ORDER = ("view", "str_replace", "insert", "create", "delete", "grep", "move", "run_python", "finish")


def test_every_tool_is_defined() -> None:
    tools = Native().tools(python=True)
    assert tuple(tool.name for tool in tools) == TOOLS_IN_ORDER
    assert set(TOOLS_IN_ORDER) == set(TOOLS)
    for tool in tools:
        assert tool.description
        assert set(tool.parameters.get("required", ())) <= set(tool.parameters["properties"])
    assert [tool.name for tool in tools if tool.builtin] == ["view", "str_replace", "insert", "create"]


async def test_the_first_call_that_fails_ends_the_turn_and_all_are_answered() -> None:
    edited, told = await hop(calling(VIEW, ("delete", {"path": "no.csv"}), TWO, FINISH), calling(FINISH))
    assert edited.files == BEFORE
    shown, failed, *left = told.results
    assert "     2\ttwo" in shown
    assert "there is no file 'no.csv'" in failed
    assert left == [LEFT, LEFT]


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (("view", "{"), "the arguments of view must be one JSON object"),
        (("view", "[]"), "the arguments of view must be one JSON object"),
        (("view", {"path": 7}), "view needs path, a text"),
        (("view", {"path": "a.csv", "view_range": "all"}), "view_range must be two line numbers"),
        (("insert", {"path": "a.csv", "insert_line": None, "insert_text": "x"}), "insert_line must be a line number"),
        (("str_replace", {"path": ["a.csv"]}), "needs path"),
        (("bash", {"command": "rm -rf /"}), "there is no tool 'bash'"),
        (("functions.view", {"path": "a.csv"}), "there is no tool 'functions.view'"),
        (("run_python", {"code": "1"}), "there is no tool 'run_python'"),
        (("create", {"path": "../evil", "file_text": "x"}), "no name for a file here"),
        (("delete", {"path": "notes.md"}), "notes.md is protected"),
        (("n" * 900, ""), "there is no tool"),
    ],
)
async def test_a_call_amiss_is_told(call: tuple[str, object], why: str) -> None:
    edited, told = await hop(calling(call, C), calling(FINISH))
    assert why in told.results[0]
    assert told.results[1] == LEFT
    assert edited.files == BEFORE
    assert edited.trace[0]["ok"] is False


async def test_arguments_as_models_also_write_them() -> None:
    edited, _ = await hop(
        calling(("view", {"path": "a.csv", "view_range": [1, "-1"]})),
        calling(("insert", {"path": "./A.csv", "insert_line": "0", "new_str": "zero"}), ("finish", "{")),
    )
    assert edited.files["a.csv"] == "zero\none\ntwo\nthree\n"
    assert edited.detail.endswith("finished")


async def test_finishing_ends_the_work_at_once() -> None:
    edited, _ = await hop(calling(C, FINISH, TWO))
    assert edited.files == {**BEFORE, "c.csv": "c\n"}
    assert [m.text for m in edited.said[2:]] == [
        "Created c.csv. It has 1 line, 2 characters.", "The work is over.", "The work is over.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "how"),
    [
        ((calling(TWO, C, finish="length"),), "in the middle of a reply"),
        ((calling(TWO), calling(C, finish="filter")), "in the middle of a reply"),
        ((calling(TWO), calling(("view", "{"), C)), "turns exhausted"),
        ((calling(TWO), Rejected("the prompt is too long", status=400)), "the next request was rejected"),
        ((calling(TWO), "All done.", ), "turns exhausted"),
    ],
)  # fmt: skip
async def test_however_a_hop_ends_its_conversation_is_whole(said: tuple[Reply, ...], how: str) -> None:
    edited, _ = await hop(*said, editor=Tools(turns=len(said)))
    assert edited.detail.endswith(how)
    again, told = await hop(calling(FINISH), task=replace(TASK, history=edited.said))
    assert told.requests[0].messages[1 : 1 + len(edited.said)] == edited.said
    assert again.failure is None


async def test_tokens_count_tools_and_arguments() -> None:
    long = calling(("create", {"path": "c.csv", "file_text": "x" * 8000}))
    edited, _ = await hop(long, editor=Tools(tokens=3000))
    assert edited.detail.endswith("tokens exhausted")
    counted = replace(calling(C), usage=Usage(10, 10))
    tools = sum(len(json.dumps(tool.parameters)) for tool in Native().tools(python=False))
    edited, _ = await hop(counted, editor=Tools(tokens=tools // 4))
    assert edited.detail.endswith("tokens exhausted")


async def test_prose_is_reminded_once() -> None:
    edited, told = await hop("I would change a.csv.", calling(TWO), "All done!", "Really.")
    assert "There was no call of a tool in your reply" in told.requests[1].messages[-1].text
    assert edited.detail.endswith("stopped without finish")
    edited, _ = await hop("")
    assert (edited.failure, edited.files) == ("empty", {})


def test_answers_are_bounded() -> None:
    views = [(Call("view", id=f"v{n}"), Done("x" * 40_000 if n % 2 else f"short {n}")) for n in range(50)]
    told = Native().answered(
        [*views, (Call("delete", id="d"), Done("No such file.", ok=False))], [Call("view", id="z")]
    )
    assert [message.answers for message in told] == [*(f"v{n}" for n in range(50)), "d", "z"]
    assert sum(len(message.text) for message in told) < 1.1 * TOLD
    assert [told[n].text for n in (0, 2, 3, 4, 50, 51)] == ["short 0", "short 2", UNTOLD, UNTOLD, "No such file.", LEFT]


# -- servers without tools --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "refusal",
    ["HTTP 400: registry.ollama.ai/library/x does not support tools", "HTTP 500: tools param requires --jinja flag",
     'HTTP 400: "auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
     "HTTP 404: No endpoints found that support tool use"],
)  # fmt: skip
@pytest.mark.parametrize("turn", [0, 1])
async def test_a_server_without_tools_is_named_with_the_way_out(refusal: str, turn: int) -> None:
    with pytest.raises(Rejected, match="is asked with --editor tools:text") as caught:
        await hop(*[calling(VIEW)] * turn, Rejected(refusal, status=400))
    assert refusal in str(caught.value)
    assert caught.value.status == 400


async def test_other_refusals_are_as_they_were() -> None:
    told = "maximum context length is 4097 tokens, 6900 in the messages and 100 in the functions"
    with pytest.raises(Rejected) as caught:
        await hop(Rejected(told))
    assert str(caught.value) == told
    with pytest.raises(Rejected) as caught:
        await hop(Rejected("no tools"), editor=Tools(text=True))
    assert str(caught.value) == "no tools"


# -- calls left in the text ------------------------------------------------------------------------------------------

_VIEW = '{"name": "view", "arguments": {"path": "a.csv"}}'
_DELETE = '{"name": "delete", "arguments": {"path": "b.csv"}}'


async def test_calls_in_a_text_are_answered_as_text() -> None:
    edited, told = await hop(
        f"<tool_call>\n{_VIEW}\n</tool_call>", f"<tool_call>{_DELETE}</tool_call>", calling(FINISH)
    )
    assert edited.files == {"a.csv": BEFORE["a.csv"]}
    assert told.requests[1].messages[-1].role == "user"
    assert told.results == ["delete: Deleted b.csv."]
    said = calling(VIEW, text=f"<tool_call>{_DELETE}</tool_call>")
    edited, _ = await hop(said, calling(FINISH))
    assert "b.csv" in edited.files, "with calls of the API the text is no more than text"


async def test_a_healed_turn_is_told_as_calls() -> None:
    long = {"a.csv": "".join(f"line {n}\n" for n in range(40)), "b.csv": "x\n"}
    done = {"a.csv": long["a.csv"].replace("line 20\n", "twenty\n"), "c.csv": "c\n", "b.csv": "x\n"}
    said = (Message("user", "Do it."), Message("assistant", Tools().answer(done, long)))
    past = (*said, Message("user", "And then?"), Message("assistant", f"<tool_call>\n{_VIEW}\n</tool_call>"), *said)
    _, told = await hop(calling(FINISH), task=replace(TASK, history=past))
    messages = told.requests[0].messages[1:-1]
    assert [message.role for message in messages] == [
        "user", "assistant", "tool", "tool", "tool", "user", "assistant", "user", "assistant", "tool", "tool", "tool",
    ]  # fmt: skip
    assert [call.name for call in messages[1].calls] == ["str_replace", "create", "finish"]
    assert messages[6] == past[3], "what a model said itself stays as it said it"
    ids = [call.id for message in messages for call in message.calls]
    assert len(set(ids)) == len(ids)
    assert all(len(name) == 9 and name.isalnum() for name in ids)


# -- names and settings -----------------------------------------------------------------------------------------------


def test_the_name_says_the_form() -> None:
    native, text = open_editor("tools"), open_editor("tools:text")
    assert (native.name, text.name) == ("tools", "tools:text")
    assert native.fingerprint != text.fingerprint
    with pytest.raises(UsageError, match=r"unknown editor 'patch:text'.*tools:text"):
        open_editor("patch:text")
    with pytest.raises(UsageError, match="it goes with rewrite"):
        open_editor("tools:guided")


@needs_sandbox
async def test_programs_are_called_too() -> None:
    code = "import os\nopen('c.csv', 'w').write('c')\nprint(sorted(os.listdir('.')))"
    edited, told = await hop(calling(("run_python", {"code": code}), TWO), calling(FINISH), editor=ToolsPython())
    assert edited.files == FILES
    assert "['a.csv', 'b.csv', 'c.csv', 'notes.md']" in told.results[0]
    assert [tool.name for tool in told.requests[0].tools] == list(TOOLS_IN_ORDER)
    assert open_editor("tools+python:text").name == "tools+python:text"
    assert ToolsPython().fingerprint not in (Tools().fingerprint, ToolsPython(text=True).fingerprint)


# -- relays against a real server -------------------------------------------------------------------------------------


@pytest.fixture(params=["chat", "responses", "anthropic"])
async def model(request: pytest.FixtureRequest) -> AsyncIterator[Backend]:
    """A model behind a server that refuses conversations as providers do: it looks, writes nonsense, and finishes."""

    def answer(messages: Messages) -> Said:
        last = max(n for n, message in enumerate(messages) if message["role"] == "user")
        turn = sum(message["role"] == "assistant" for message in messages[last:])
        mine = ("create", json.dumps({"path": "made.txt", "file_text": "made"}))
        said: list[Said] = [
            Said("I look.", calls=(("view", '{"path": "."}'), ("nonsense", "{}"), mine)), Said(None, calls=(mine,)),
            Said(None, calls=(("finish", "{}"), mine)),
        ]  # fmt: skip
        return said[turn]

    with ChatServer(answer, 0.0) as server:
        backend: Backend
        if request.param == "anthropic":
            backend = Anthropic("m", base_url=server.url.removesuffix("/v1"))
        else:
            backend = OpenAI("m", base_url=server.url, api_mode=request.param)
        yield backend
        await backend.close()


@pytest.mark.parametrize("heal", [False, True])
async def test_a_long_conversation_is_taken_by_every_api(model: Backend, heal: bool, tmp_path: Path) -> None:
    spec = small(memory="session", heal=heal, distractors=400)
    reasons = await relay(tmp_path / "s.db", spec, open_editor("tools"), model, session=True, heal=heal)
    assert reasons == {}
    from harness.store import Reader

    with Reader(tmp_path / "s.db") as reader:
        steps = reader.steps(1)
    assert len(steps) == 4
    assert all("3 turns, 3 calls, 1 of them in vain" in step.detail for step in steps)
    assert all("made.txt" in step.extra for step in steps)

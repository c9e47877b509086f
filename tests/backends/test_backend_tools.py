"""Tools, calls and their results through each API: what is sent, what is read of any answer, what is kept."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from scripted_server import ASK, Scripted, http

from harness.backends import anthropic, chat, faults, responses, secrecy, tool_calls
from harness.backends.anthropic import Anthropic
from harness.backends.base import Backend, Message, Reply, Request, Tool, ToolCall, request_key
from harness.backends.openai import OpenAI
from harness.backends.replay import Recorder, Replay
from harness.budget import Account
from harness.editors.tools.native import Native
from harness.errors import Outage, Rejected
from tests.chat_server import ChatServer, Said

SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
LOOK = Tool("view", "Shows a file.", SCHEMA, "text_editor")
DROP = Tool("delete", "Deletes a file.", SCHEMA)
VIEW, HALF = ToolCall("a1", "view", '{"path": "a.csv"}'), ToolCall("a2", "de lete", '{"path": ')
TALK = Request(
    (
        Message("system", "Be exact."),
        Message("user", "Edit."),
        Message("assistant", "I look.\n", (VIEW, HALF)),
        Message("tool", "one", answers="a1"),
        Message("tool", "no JSON", answers="a2"),
        Message("user", "Go on."),
        Message("assistant", "", (VIEW,)),
        Message("tool", "two", answers="a1"),
    ),
    tools=(LOOK, DROP),
)
BROKEN = json.dumps({"arguments": '{"path": '})


# -- what is sent -----------------------------------------------------------------------------------------------------


def test_chat_body() -> None:
    sent = chat.body("m", TALK, limit_name="max_tokens")
    assert sent["tools"][1] == {
        "type": "function", "function": {"name": "delete", "description": "Deletes a file.", "parameters": SCHEMA},
    }  # fmt: skip
    _, _, called, *answers, _, again, _ = sent["messages"]
    assert called["content"] == "I look.\n"
    assert [call["function"] for call in called["tool_calls"]] == [
        {"name": "view", "arguments": VIEW.arguments}, {"name": "de_lete", "arguments": BROKEN},
    ]  # fmt: skip
    assert answers[0] == {"role": "tool", "tool_call_id": "a1", "content": "one"}
    assert again["content"] is None


def test_responses_body() -> None:
    sent = responses.body("m", TALK)
    assert sent["tools"][0] == {
        "type": "function", "name": "view", "description": "Shows a file.", "parameters": SCHEMA, "strict": False,
    }  # fmt: skip
    kinds = [item["type"] for item in sent["input"]]
    call, result = "function_call", "function_call_output"
    assert kinds == ["message", "message", "message", call, call, result, result, "message", call, result]
    assert sent["input"][4] == {"type": call, "call_id": "a2", "name": "de_lete", "arguments": BROKEN}
    assert sent["input"][5] == {"type": result, "call_id": "a1", "output": "one"}


def test_anthropic_body() -> None:
    sent = anthropic.body("m", TALK)
    assert sent["tools"][1] == {"name": "delete", "description": "Deletes a file.", "input_schema": SCHEMA}
    first, called, told, again, last = sent["messages"]
    assert first == {"role": "user", "content": "Edit."}
    assert called["content"] == [
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "a1", "name": "view", "input": {"path": "a.csv"}},
        {"type": "tool_use", "id": "a2", "name": "de_lete", "input": {"arguments": '{"path": '}},
    ]
    assert told == {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "a1", "content": "one"},
        {"type": "tool_result", "tool_use_id": "a2", "content": "no JSON"},
        {"type": "text", "text": "Go on."},
    ]}  # fmt: skip
    assert [part["type"] for part in again["content"]] == ["tool_use"]
    assert last["content"] == [{"type": "tool_result", "tool_use_id": "a1", "content": "two"}]


def test_anthropics_own_text_editor() -> None:
    sent = anthropic.body("m", TALK, editor=True)
    assert sent["tools"][0] == {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"}
    assert [tool["name"] for tool in sent["tools"][1:]] == ["delete"]
    used = sent["messages"][1]["content"][1]
    assert used["name"] == "str_replace_based_edit_tool"
    assert used["input"] == {"command": "view", "path": "a.csv"}
    answer = {"content": [dict(used), {**used, "id": "b", "input": {"command": ["view"]}}], "stop_reason": "tool_use"}
    reply = anthropic.read(answer, TALK, editor=True)
    assert reply.finish == "stop"
    assert reply.calls == (
        VIEW, ToolCall("b", "str_replace_based_edit_tool", '{"command": ["view"]}'),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("model", "base_url", "has"),
    [
        ("claude-sonnet-4-5", None, True),
        ("claude-fable-5", "https://api.anthropic.com", True),
        ("claude-3-7-sonnet-latest", None, False),
        ("claude-sonnet-4-5", "http://127.0.0.1:9", False),
    ],
)
async def test_only_its_own_server_has_it(
    model: str, base_url: str | None, has: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
    backend = Anthropic(model, base_url=base_url, api_key="k")
    assert backend._editor is has
    await backend.close()


# -- what is read -----------------------------------------------------------------------------------------------------


def read(api: str, calls: Sequence[tuple[object, object, object]]) -> Reply:
    """An answer that makes these calls, given as id, name and arguments."""
    if api == "chat":
        made: list[Any] = [{"id": i, "function": {"name": n, "arguments": a}} for i, n, a in calls]
        message = {"content": None, "tool_calls": [None, 7, {}, {"function": "view"}, *made]}
        return chat.read({"choices": [{"message": message, "finish_reason": "tool_calls"}]}, ASK)
    if api == "responses":
        made = [{"type": "function_call", "call_id": i, "name": n, "arguments": a} for i, n, a in calls]
        return responses.read({"output": [None, {"type": "function_call"}, *made], "status": "completed"}, ASK)
    made = [{"type": "tool_use", "id": i, "name": n, "input": a} for i, n, a in calls]
    return anthropic.read({"content": [None, {"type": "tool_use"}, *made], "stop_reason": "tool_use"}, ASK)


APIS = pytest.mark.parametrize("api", ["chat", "responses", "anthropic"])


@APIS
def test_calls_are_read(api: str) -> None:
    given = [("a1", "view", '{"path": "a.csv"}'), ("a2", "finish", {"x": [1]})]
    reply = read(api, given)
    assert (reply.text, reply.finish) == ("", "stop")
    assert reply.calls == (VIEW, ToolCall("a2", "finish", '{"x": [1]}'))


@APIS
def test_hostile_calls(api: str) -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    odd: list[tuple[Any, Any, Any]] = [
        (None, "view", None), ("x", "view", 7), ("x", "view", ["a"]), ("é" * 900, "\ud800", "\ud800"), (4, 5, "{}"),
        ("call-1", " ", "{}"), ("y", "n" * 900, deep), ({}, "view", '{"path": "\\uD800", "n": 1}'),
    ]  # fmt: skip
    assert read(api, odd).calls == (
        ToolCall("call-1", "view", ""), ToolCall("x", "view", "7"), ToolCall("call-3", "view", '["a"]'),
        ToolCall("call-4", "\ufffd", "\ufffd"), ToolCall("y", "n" * 200, ""),
        ToolCall("call-6", "view", '{"path": "\ufffd", "n": 1}'),
    )  # fmt: skip
    many = read(api, [(str(n), "view", "{}") for n in range(3000)]).calls
    assert tool_calls.MOST - 4 <= len(many) <= tool_calls.MOST
    assert read(api, odd).calls == read(api, odd).calls


@pytest.mark.parametrize("calls", [None, "view", {"id": "x"}, 7])
def test_calls_that_are_no_list_are_none(calls: object) -> None:
    message = {"content": "x", "tool_calls": calls}
    assert chat.read({"choices": [{"message": message}]}, ASK).calls == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}), ("{}", {}), ('{"a": [1]}', {"a": [1]}), ("[]", None), ("7", None), ("{", None),
        ('{"a": NaN}', None), ('{"a": 1e999}', None), ('{"a":' * 5000, None),
        ('{"a":' * 100 + "1" + "}" * 100, None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_arguments(text: str, found: object) -> None:
    assert tool_calls.arguments(text) == found
    _, written, given = tool_calls.sent(ToolCall("x", "view", text))
    assert json.loads(written) == given
    assert not any(isinstance(value, float) and not math.isfinite(value) for value in given.values())


# -- through the SDKs -------------------------------------------------------------------------------------------------


@pytest.fixture(params=["chat", "responses", "anthropic"])
async def talking(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Backend, list[Any]]]:
    """A model behind a real server that calls until it has seen two results; what the server was asked."""
    heard: list[Any] = []

    def answer(messages: list[dict[str, Any]]) -> Said:
        heard.append(messages)
        results = sum(message["role"] == "tool" for message in messages)
        calls = (("view", '{"path": "a.csv"}'), ("delete", '{"path": "b.csv"}'))
        return Said("Done.") if results else Said(None, calls=calls)

    with ChatServer(answer, 0.0) as server:
        backend: Backend
        if request.param == "anthropic":
            backend = Anthropic("m", base_url=server.url.removesuffix("/v1"))
        else:
            backend = OpenAI("m", base_url=server.url, api_mode=request.param)
        yield backend, heard
        await backend.close()


async def test_a_conversation_with_parallel_calls(talking: tuple[Backend, list[Any]]) -> None:
    backend, heard = talking
    asked = Message("user", "Edit.")
    reply = await backend.generate(Request((asked,), tools=(LOOK, DROP)))
    assert [(call.name, call.arguments) for call in reply.calls] == [
        ("view", '{"path": "a.csv"}'), ("delete", '{"path": "b.csv"}'),
    ]  # fmt: skip
    assert len({call.id for call in reply.calls}) == 2
    turn = Message("assistant", reply.text, reply.calls)
    results = [Message("tool", f"saw {call.name}", answers=call.id) for call in reply.calls]
    last = await backend.generate(Request((asked, turn, *results), tools=(LOOK, DROP)))
    assert (last.text, last.calls, last.finish) == ("Done.", (), "stop")
    assert [message["content"] for message in heard[-1][-2:]] == ["saw view", "saw delete"]
    with pytest.raises(Rejected, match="calls without a result"):
        await backend.generate(Request((asked, turn, results[0]), tools=(LOOK, DROP)))


async def test_llama_cpp_without_templates_is_not_asked_again(server: Scripted) -> None:
    refused = {"error": {"code": 500, "message": "tools param requires --jinja flag", "type": "server_error"}}
    server.script = [http(500, refused)]
    model = OpenAI("m", base_url=f"{server.url}/v1")
    with pytest.raises(Rejected, match="jinja"):
        await model.generate(TALK)
    await model.close()
    assert isinstance(faults.from_status(500, "something else"), Outage)


# -- what is kept -----------------------------------------------------------------------------------------------------


def test_the_key_of_a_request_with_tools() -> None:
    assert request_key(ASK) == "ba991d00033acc3fa6b601405e0da642cf78ad8504b6adc2bdb4c5719822ed55"
    others = [
        ASK, TALK, Request(TALK.messages), Request(ASK.messages, tools=(LOOK,)), Request(ASK.messages, tools=(DROP,)),
        Request(ASK.messages, tools=(Tool("view", "Shows a file.", SCHEMA),)), Request(TALK.messages[:3]),
        Request((*TALK.messages[:2], Message("assistant", "I look.\n"))), Request(TALK.messages[:4]),
        Request((*TALK.messages[:3], Message("tool", "one", answers="a2"))),
    ]  # fmt: skip
    assert len({request_key(request) for request in others}) == len(others)


async def test_a_recording_keeps_calls(tmp_path: Path) -> None:
    reply = Reply("", "stop", calls=(VIEW, HALF))

    class Calling:
        name = "test:calling"

        async def generate(self, _: Request) -> Reply:
            return reply

        async def close(self) -> None:
            pass

    recorder = Recorder(Calling(), tmp_path / "r.jsonl")
    await recorder.generate(TALK)
    await recorder.close()
    replay = Replay(tmp_path / "r.jsonl")
    assert await replay.generate(TALK) == reply
    await replay.close()


def test_keys_are_struck_out_of_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = 'sk-"geheim"-0123456789'  # noqa: S105
    monkeypatch.setattr(secrecy, "_known", {secret})
    plain = json.dumps({"path": f"a {secret} b"})
    hidden = '{"path": "' + "".join(f"\\u{ord(letter):04x}" for letter in secret) + '"}'
    calls = tuple(
        ToolCall(secret, f"view {secret}", text) for text in (plain, hidden, f"no JSON: {secret}", '{"a":  1}')
    )
    struck = secrecy.strike_reply(Reply("", "stop", calls=calls)).calls
    assert {(call.id, call.name) for call in struck} == {("[key]", "view [key]")}
    assert [call.arguments for call in struck] == [
        '{"path": "a [key] b"}', '{"path": "[key]"}', "no JSON: [key]", '{"a":  1}',
    ]  # fmt: skip


def test_a_bound_counts_tools_and_calls() -> None:
    account = Account("anthropic:claude-sonnet-4-5")

    def bound(request: Request) -> float:
        return account.bound(request)

    bare = Request(TALK.messages[:2], max_tokens=1)
    offered = Request(bare.messages, max_tokens=1, tools=Native().tools(python=True))
    text = sum(len(json.dumps(tool.parameters)) + len(tool.description) for tool in offered.tools)
    assert bound(offered) - bound(bare) > text * 3e-6
    long = ToolCall("x", "create", json.dumps({"file_text": "x" * 90_000}))
    called = Request((*bare.messages, Message("assistant", "", (long,))), max_tokens=1)
    assert bound(called) - bound(bare) > 90_000 * 3e-6

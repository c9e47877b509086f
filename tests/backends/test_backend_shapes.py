"""What is sent, and what an answer's numbers become."""

from __future__ import annotations

import pytest
from scripted_server import Scripted, http

from harness.backends import anthropic, chat, prices, responses, wire
from harness.backends.base import Message, Request, Usage, request_key
from harness.backends.openai import OpenAI

FULL = Request(
    (Message("system", "Be exact."), Message("user", "Edit."), Message("assistant", "Sure")),
    max_tokens=9,
    temperature=0.0,
    seed=3,
    effort="low",
    stop=("END",),
)
BARE = Request((Message("user", "Edit."),))


def test_chat_body() -> None:
    assert chat.body("m", BARE, limit_name="max_tokens") == {
        "model": "m",
        "messages": [{"role": "user", "content": "Edit."}],
    }
    full = chat.body("m", FULL, limit_name="max_completion_tokens")
    assert full.pop("messages")[-1] == {"role": "assistant", "content": "Sure"}
    assert full == {
        "model": "m",
        "max_completion_tokens": 9,
        "temperature": 0.0,
        "seed": 3,
        "reasoning_effort": "low",
        "stop": ["END"],
    }


def test_responses_body() -> None:
    full = responses.body("m", FULL)
    assert [item["role"] for item in full.pop("input")] == ["system", "user", "assistant"]
    assert full == {
        "model": "m",
        "store": False,
        "max_output_tokens": 9,
        "temperature": 0.0,
        "reasoning": {"effort": "low"},
    }


def test_anthropic_body() -> None:
    assert anthropic.body("m", BARE)["max_tokens"] == anthropic.DEFAULT_MAX_TOKENS
    full = anthropic.body("m", FULL)
    assert [item["role"] for item in full.pop("messages")] == ["user", "assistant"]
    assert full == {
        "model": "m",
        "system": "Be exact.",
        "max_tokens": 9,
        "temperature": 0.0,
        "stop_sequences": ["END"],
        "output_config": {"effort": "low"},
    }


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        (None, "max_completion_tokens"),
        ("https://mine.openai.azure.com/openai/v1/", "max_completion_tokens"),
        ("https://openrouter.ai/api/v1", "max_tokens"),
        ("http://127.0.0.1:8000/v1", "max_tokens"),
    ],
)
async def test_the_token_limit_has_the_servers_name(
    base_url: str | None, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    model = OpenAI("m", base_url=base_url, api_key="k")
    assert model._limit_name == name
    await model.close()


async def test_only_openai_itself_is_asked_by_responses_unasked(server: Scripted) -> None:
    server.script = [http(200, {"choices": [{"message": {"content": "x"}}]})]
    model = OpenAI("gpt-5-pro", base_url=f"{server.url}/v1", api_key="k")
    await model.generate(BARE)
    await model.close()
    assert server.paths == ["/v1/chat/completions"]


def test_usage_of_each_api() -> None:
    spoken = chat.read(
        {
            "choices": [{"message": {"content": "x"}, "finish_reason": "stop"}],
            "usage": {
                "prompt_tokens": 10,
                "completion_tokens": 7,
                "prompt_tokens_details": {"cached_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 2},
            },
        },
        BARE,
    )
    assert spoken.usage == Usage(10, 7, 4, 2)
    responded = responses.read(
        {
            "output": [],
            "status": "completed",
            "usage": {
                "input_tokens": 10,
                "output_tokens": 7,
                "input_tokens_details": {"cached_tokens": 4},
                "output_tokens_details": {"reasoning_tokens": 2},
            },
        },
        BARE,
    )
    assert responded.usage == Usage(10, 7, 4, 2)
    wrote = anthropic.read(
        {
            "content": [],
            "usage": {
                "input_tokens": 5,
                "cache_read_input_tokens": 4,
                "cache_creation_input_tokens": 1,
                "output_tokens": 7,
                "output_tokens_details": {"thinking_tokens": 2},
            },
        },
        BARE,
    )
    assert wrote.usage == Usage(10, 7, 4, 2)


@pytest.mark.parametrize("usage", [None, [], {}, {"prompt_tokens": "many", "prompt_tokens_details": None}, 7])
def test_odd_usage_is_unknown(usage: object) -> None:
    assert chat.read({"choices": [{"message": {"content": "x"}}], "usage": usage}, BARE).usage == Usage()


@pytest.mark.parametrize(
    ("answer", "text", "finish"),
    [
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "one END two", "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "one END two", "filter"),
        ({"status": "completed", "usage": {"output_tokens": 9}}, "one END two", "length"),
        ({"status": "completed"}, "one END two", "stop"),
    ],
)
def test_responses_finish(answer: dict[str, object], text: str, finish: str) -> None:
    output = [{"type": "reasoning"}, {"type": "message", "content": [{"type": "output_text", "text": text}]}]
    reply = responses.read({**answer, "output": output}, Request(BARE.messages, max_tokens=9))
    assert (reply.text, reply.finish) == (text, finish)
    cut = responses.read({**answer, "output": output}, FULL)
    assert (cut.text, cut.finish) == ("one ", "stop")


def test_responses_refusal() -> None:
    output = [{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}]
    reply = responses.read({"status": "completed", "output": output}, BARE)
    assert (reply.text, reply.finish) == ("No.", "filter")


def test_what_was_begun_is_taken_off() -> None:
    assert wire.said("Sure thing", FULL) == " thing"
    assert wire.said(" thing", FULL) == " thing"
    assert wire.said("Sure thing", BARE) == "Sure thing"


def test_prices() -> None:
    usage = Usage(input=100_000, output=0, cached=0)
    dear, cheap = (
        prices.cost("gpt-4.1", usage, provider="openai"),
        prices.cost("gpt-4.1-mini", usage, provider="openai"),
    )
    assert dear is not None
    assert cheap is not None
    assert dear > cheap > 0
    assert prices.cost("gpt-4.1", Usage(), provider="openai") is None
    assert prices.cost("no-such-model", usage, provider="openai") is None
    assert prices.cost("gpt-4.1", usage, base_url="http://127.0.0.1:8000/v1") is None
    assert prices.cost("claude-sonnet-4-5", usage, provider="anthropic") == pytest.approx(0.3)


def test_the_key_of_a_request_is_stable_and_tells_requests_apart() -> None:
    assert request_key(BARE) == "e40488da8a4f3223b4dd664b9659b4c23cede1cccbea6b09996cf1dd39bfc179"
    others = [
        Request((Message("system", "Edit."),)),
        Request((Message("user", "Edit"), Message("user", "."))),
        Request(BARE.messages, max_tokens=1),
        Request(BARE.messages, temperature=0.0),
        Request(BARE.messages, seed=0),
        Request(BARE.messages, effort="low"),
        Request(BARE.messages, stop=("x",)),
        Request((Message("user", "\ud800"),)),
    ]
    assert len({request_key(request) for request in [BARE, *others]}) == 9
    assert request_key(Request(BARE.messages, temperature=0)) == request_key(others[3])

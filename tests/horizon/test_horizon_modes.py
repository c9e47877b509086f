"""Thinking and chain of thought over real sockets: what a provider is told, what comes back into the history."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from harness import horizon
from tests.backends.scripted_server import Scripted, http

ANSWER = re.compile(r"<answer>(-?\d+)</answer>")
NUMBER = re.compile(r"-?\d+")
THOUGHT = "let me think: carry the one"

Said = Callable[[str], dict[str, Any]]


def sum_of(messages: list[dict[str, str]]) -> str:
    """The answer to a turn of `prefix_sum`, from the last answer in sight."""
    states = [ANSWER.findall(message["content"]) for message in messages if message["role"] == "assistant"]
    state = int(states[-1][-1]) if states and states[-1] else 0
    return f"<answer>{state + sum(map(int, NUMBER.findall(messages[-1]['content'])))}</answer>"


@pytest.fixture
async def server() -> AsyncIterator[Scripted]:
    scripted = Scripted()
    running = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
    scripted.url = f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}"
    yield scripted
    running.close()


async def study(server: Scripted, said: Said, mode: str, **conditions: Any) -> horizon.HorizonStudy:
    """A curve of three turns, answered right; `said` makes the server's message of the answer."""

    def reply(_: str) -> bytes:
        message = {"role": "assistant", **said(sum_of(server.bodies[-1]["messages"]))}
        usage = {"prompt_tokens": 9, "completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 5}}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        return http(200, {"id": "1", "object": "chat.completion", "model": "m", "choices": [choice], "usage": usage})

    server.script = [reply]
    return await horizon.run_async(
        "openai:stub", base_url=f"{server.url}/v1", tasks=["prefix_sum"], design="curve", turns=3, size=2, rollouts=2,
        modes=[mode], **conditions,
    )  # fmt: skip


def assistants(server: Scripted) -> list[str]:
    """What was given back to the model as its own words."""
    return [m["content"] for body in server.bodies for m in body["messages"] if m["role"] == "assistant"]


WAYS: dict[str, Said] = {
    "beside the text": lambda answer: {"content": answer, "reasoning_content": THOUGHT},
    "within the text": lambda answer: {"content": f"<think>{THOUGHT}, <answer>1</answer>?</think>\n{answer}"},
    "opened by the template": lambda answer: {"content": f"{THOUGHT}</think>{answer}"},
    "never ended": lambda answer: {"content": f"{answer} <think>{THOUGHT}, or <answer>1</answer>"},
}


@pytest.mark.parametrize("way", WAYS)
async def test_thinking_gets_its_effort_and_never_comes_back(server: Scripted, way: str) -> None:
    found = await study(server, WAYS[way], "thinking", effort="high", mitigations=["none"])
    assert len(server.bodies) == 6
    assert [body.get("reasoning_effort") for body in server.bodies] == ["high"] * 6
    assert len(assistants(server)) == 2 * (0 + 1 + 2)
    assert all(ANSWER.fullmatch(text) for text in assistants(server))
    assert found.turns["true"].all()


async def test_thinking_never_comes_back_by_way_of_a_mitigation(server: Scripted) -> None:
    def says(answer: str) -> dict[str, Any]:
        return {"content": f"<think>{THOUGHT}</think>{answer}"}

    for mitigation in ("verify", "vote:2", "compact:2"):
        await study(server, says, "thinking", mitigations=[mitigation])
    assert THOUGHT not in str([body["messages"] for body in server.bodies])


@pytest.mark.parametrize("mode", ["cot", "direct"])
async def test_the_trace_of_a_chain_of_thought_stays_in_the_history(server: Scripted, mode: str) -> None:
    """And no effort is asked for where the steps are to be written, or none are wanted."""

    def says(answer: str) -> dict[str, Any]:
        return {"content": f"First I add them up, which gives:\n{answer}", "reasoning_content": THOUGHT}

    found = await study(server, says, mode, effort="high")
    assert not any("reasoning_effort" in body for body in server.bodies)
    assert all(text.startswith("First I add them up") for text in assistants(server))
    assert THOUGHT not in str(server.bodies)
    asked = server.bodies[0]["messages"][0]["content"]
    assert ("write down your steps" in asked) == (mode == "cot")
    assert found.turns["true"].all()


async def test_a_written_history_shows_its_steps_in_a_chain_of_thought_alone(server: Scripted) -> None:
    server.script = [http(200, {"model": "m", "choices": [{"message": {"content": "<answer>1</answer>"}}]})]
    for mode, steps in (("cot", True), ("direct", False), ("thinking", False)):
        server.bodies.clear()
        await horizon.run_async(
            "openai:stub", base_url=f"{server.url}/v1", tasks=["prefix_sum"], turns=4, rollouts=1, rates=["100%"],
            modes=[mode],
        )  # fmt: skip
        written = assistants(server)
        assert len(written) == 2 * 3
        assert [bool(re.match(r"-?\d+ [+-] \d+ = -?\d+\n<answer>", text)) for text in written] == [steps] * 6

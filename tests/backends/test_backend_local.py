"""The backends against llama.cpp's real server with a real model."""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from harness.backends import open_backend, weights
from harness.backends.anthropic import Anthropic
from harness.backends.base import Backend, Message, Request, ToolCall
from harness.backends.local import Server
from harness.backends.openai import OpenAI
from harness.editors.tools.native import Native
from harness.errors import Outage, Rejected, UsageError

pytestmark = [
    pytest.mark.local,
    pytest.mark.skipif(importlib.util.find_spec("xllamacpp") is None, reason="needs the extra `local`"),
]

HELLO = (Message("system", "You are terse."), Message("user", "Say hello."))


def ask(*messages: Message, **options: object) -> Request:
    return Request(messages or HELLO, **{"max_tokens": 12, "temperature": 0.0, "seed": 1, **options})  # type: ignore[arg-type]


@pytest.fixture(params=["anthropic", "chat", "responses"])
async def model(request: pytest.FixtureRequest, llama: Server) -> AsyncIterator[Backend]:
    backend: Backend
    if request.param == "anthropic":
        backend = Anthropic("smol", base_url=llama.url.removesuffix("/v1"))
    else:
        backend = OpenAI("smol", base_url=llama.url, api_mode=request.param)
    yield backend
    await backend.close()


async def test_text_usage_and_stop(model: Backend) -> None:
    reply = await model.generate(ask(max_tokens=60))
    assert reply.text.strip()
    assert reply.finish == "stop"
    assert reply.usage.input is not None
    assert reply.usage.output is not None
    assert 5 < reply.usage.input < 60
    assert 0 < reply.usage.output < 60
    assert reply.cost is None
    assert reply.model == "SmolLM2-135M-Instruct.Q4_1"
    assert reply.latency > 0


async def test_length(model: Backend) -> None:
    reply = await model.generate(ask(Message("user", "Tell a long story about a dog."), max_tokens=5))
    assert (reply.finish, reply.usage.output) == ("length", 5)


async def test_stop_string(model: Backend) -> None:
    whole = await model.generate(ask(Message("user", "Tell a long story about a dog."), max_tokens=16))
    word = whole.text.split()[3]
    cut = await model.generate(ask(Message("user", "Tell a long story about a dog."), max_tokens=16, stop=(word,)))
    assert cut.text == whole.text[: whole.text.index(word)]
    assert cut.finish == "stop"


async def test_a_begun_reply_is_continued(model: Backend) -> None:
    question = Message("user", "What is the capital of France?")
    reply = await model.generate(ask(question, Message("assistant", "The capital of France is"), max_tokens=4))
    assert reply.text.startswith(" Paris")


async def test_temperature_zero_repeats(model: Backend) -> None:
    request = ask(Message("user", "Name three rivers."))
    replies = await asyncio.gather(*(model.generate(request) for _ in range(4)))
    assert len({reply.text for reply in replies}) == 1


async def test_a_seed_repeats_and_seeds_differ(llama: Server) -> None:
    model = OpenAI("smol", base_url=llama.url)
    story = Message("user", "Tell a story about a dog.")
    texts = [(await model.generate(ask(story, temperature=1.5, seed=seed))).text for seed in (1, 1, 2)]
    await model.close()
    assert texts[0] == texts[1] != texts[2]


async def test_tools_are_taken_whatever_the_model_makes_of_them(model: Backend, llama: Server) -> None:
    """SmolLM2's template has no place for them: what it is shown is the same with and without."""
    called = ToolCall("c1", "view", '{"path": ')
    talk = (*HELLO, Message("assistant", "I look.", (called,)), Message("tool", "no JSON", answers="c1"), HELLO[1])
    tools = Native().tools(python=True)
    shown, plain = [await model.generate(ask(max_tokens=3, tools=given)) for given in (tools, ())]
    assert (shown.text, shown.usage, shown.calls) == (plain.text, plain.usage, ())
    assert (await model.generate(ask(*talk, max_tokens=3, tools=tools))).text.strip()
    assert not llama.tools


async def test_too_long_a_prompt_is_rejected(model: Backend) -> None:
    with pytest.raises(Rejected, match="context"):
        await model.generate(ask(Message("user", "word " * 3000)))


async def test_open_local(llama: Server, capfd: pytest.CaptureFixture[str]) -> None:
    model = await asyncio.to_thread(open_backend, f"local:{weights.pull()}", context=512, parallel=1)
    reply = await model.generate(ask(max_tokens=3))
    assert (reply.cost, reply.finish) == (0.0, "length")
    with pytest.raises(Rejected, match="has no place for tools"):
        await model.generate(ask(tools=Native().tools(python=False)))
    await asyncio.to_thread(model._server.stop)  # type: ignore[attr-defined]
    with pytest.raises(Outage, match="died"):
        await model.generate(ask())
    await model.close()
    assert capfd.readouterr() == ("", "")


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_text("nothing")
    with pytest.raises(UsageError, match="cannot serve"):
        Server(tmp_path / "x.gguf")


async def test_stopping_does_not_wait_for_a_generation() -> None:
    own = await asyncio.to_thread(Server, weights.pull(), context=2048, parallel=2)
    model = OpenAI("smol", base_url=own.url)
    story = asyncio.create_task(model.generate(ask(Message("user", "Tell a long story."), max_tokens=1900)))
    await model.generate(ask(max_tokens=1))  # answered beside the story, which is therefore under way
    await asyncio.to_thread(own.stop)
    with pytest.raises(Outage):
        await story
    await model.close()
    assert not own.alive


def orphan() -> str:
    """The URL of a server whose parent was killed while it answered to it."""
    code = (
        "import sys; from pathlib import Path; from harness.backends.local import Server\n"
        "print(Server(Path(sys.argv[1]), context=512, parallel=1).url, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(weights.pull())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().strip()
        parent.kill()
    return url


async def test_the_server_dies_with_a_killed_parent() -> None:
    model = OpenAI("smol", base_url=await asyncio.to_thread(orphan))

    async def ask_on() -> None:
        for _ in range(200):  # the kernel closes its stdin with the parent: it goes within a call or two
            await model.generate(ask(max_tokens=1))

    with pytest.raises(Outage):
        await ask_on()
    await model.close()

"""What every backend speaks: a Request goes in, a Reply comes out, an outage raises (`harness.errors`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from harness.backends.allowance import Allowance

Finish = Literal["stop", "length", "filter", "other"]
"""Why the model stopped: of itself or at a stop string, at the token limit, by a content filter or refusal, else."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call. `parameters` is a JSON schema of an object. Tools of one `builtin` are, for a
    provider that has trained its models on a tool of its own that does the same, offered as that one instead."""

    name: str
    description: str
    parameters: Mapping[str, Any] = field(hash=False)
    builtin: str = ""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that a model made. `arguments` is the model's own text, JSON or not; it and the name are hostile."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. `calls` are those of an assistant's; a message of role `tool` is the result of the call whose id is
    `answers`. Providers insist that the results of all calls follow at once."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    calls: tuple[ToolCall, ...] = ()
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One call. A last message of role `assistant` is a reply begun for the model, which continues it; the Reply then
    holds the continuation alone, without what was begun."""

    messages: tuple[Message, ...]
    max_tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None
    effort: str | None = None
    stop: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()

    def shown(self) -> Iterator[str]:
        """All that the model reads: the messages, the calls in them, the definitions of the tools."""
        for message in self.messages:
            yield message.text
            for call in message.calls:
                yield call.name + call.arguments
        for tool in self.tools:
            yield tool.name + tool.description + json.dumps(tool.parameters)


def request_key(request: Request) -> str:
    """sha256, in hex, of the request's canonical JSON: the same in every process and on every machine.

    Parameters left at their default are left out, so a later optional field keeps today's keys valid.
    """
    options = {
        "max_tokens": request.max_tokens,
        "temperature": None if request.temperature is None else float(request.temperature),
        "seed": request.seed,
        "effort": request.effort,
        "stop": list(request.stop) or None,
        "tools": [[tool.name, tool.description, tool.parameters, tool.builtin] for tool in request.tools] or None,
    }
    given = {name: value for name, value in options.items() if value is not None}
    canonical = {"messages": [_plain(message) for message in request.messages], **given}
    return hashlib.sha256(json.dumps(canonical, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _plain(message: Message) -> list[object]:
    more = [[[call.id, call.name, call.arguments] for call in message.calls], message.answers]
    return [message.role, message.text, *(more if message.calls or message.answers else ())]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; None where it did not say. `input` includes `cached`, `output` includes
    `reasoning`."""

    input: int | None = None
    output: int | None = None
    cached: int | None = None
    reasoning: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered. `text` may be empty only if the model really sent nothing, or nothing but `calls`.

    `latency` is seconds of wall time of the successful call, `cost` US dollars or None when the price is unknown,
    `model` and `fingerprint` are what the provider says it ran, `attempts` counts the calls made including failed ones.
    `allowance` is what its headers leave to be asked; it is no part of the answer and is not kept.
    """

    text: str
    finish: Finish
    usage: Usage = Usage()
    latency: float = 0.0
    cost: float | None = None
    model: str = ""
    fingerprint: str | None = None
    attempts: int = 1
    raw: Mapping[str, Any] = field(default_factory=dict)
    allowance: Allowance = field(default_factory=dict, compare=False, repr=False)
    calls: tuple[ToolCall, ...] = ()

    @property
    def size(self) -> int:
        """Characters of all that the model wrote."""
        return len(self.text) + sum(len(call.name) + len(call.arguments) for call in self.calls)


class Backend(Protocol):
    """How one model is reached. `name` is the full model name users write, such as `openai:gpt-5.4`."""

    name: str

    async def generate(self, request: Request) -> Reply:
        """Ask once. Raises BackendError; never returns an empty Reply in place of an outage."""
        ...

    async def close(self) -> None:
        """Release sockets and, for `local:`, the server."""
        ...

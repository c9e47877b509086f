"""`anthropic:MODEL`: Anthropic's messages API, and servers that speak it (llama.cpp among them)."""

from __future__ import annotations

import dataclasses
import os
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import anthropic
import httpx2

from harness.backends import allowance, faults, keys, requests_log, secrecy, tool_calls, wire
from harness.backends.base import Finish, Message, Reply, Request, Tool, Usage
from harness.backends.prices import cost
from harness.errors import BackendError, Denied, Outage, Rejected

DEFAULT_MAX_TOKENS = 32_000
"""The API insists on a limit. The least maximum among current models: room for long documents and thought."""

FAILURES = (anthropic.AnthropicError, *faults.TRANSPORT)
"""Everything the SDK raises when a call fails."""

_FINISH: dict[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "filter",
}

EDITOR = {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"}
"""The API's own tool for tools whose `builtin` is BUILTIN: they are its commands, under their names."""
BUILTIN = "text_editor"
_WITHOUT_EDITOR = re.compile(r"claude-(instant|[23])\b")
"""Models before Claude 4, which know older versions of it."""


def translate(error: Exception) -> BackendError:
    """The one place where the SDK's errors become ours."""
    match error:
        case BackendError():
            return error
        case anthropic.APIStatusError():
            message = faults.explanation(error.body)
            words = [word for word in (error.type, error.error_code) if isinstance(word, str)]
            if "credit balance is too low" in message:  # an empty purse comes as a 400 like any other bad request
                words.append("billing_error")
            return faults.from_status(error.status_code, message, headers=error.response.headers, codes=words)
        case anthropic.APIConnectionError() | anthropic.APIResponseValidationError() | anthropic.RetryableError():
            return faults.from_connection(error)
        case anthropic.CredentialsError():
            return Denied(faults.reason(error))
        case anthropic.AnthropicError():  # the rest complain about how the SDK was used: asking again changes nothing
            return Rejected(faults.reason(error))
    return faults.from_transport(error)


class Anthropic:
    """A Backend on the official SDK. Retries are the caller's (`limits.Retrying`): the SDK's own are off.

    The API has no seed: it is left out. Raises UsageError when no key is set and no `base_url` is given.
    """

    def __init__(
        self, model: str, *, base_url: str | None = None, timeout: float = 600.0, api_key: str | None = None
    ) -> None:
        self.name = f"anthropic:{model}"
        self._model = model
        self._url = keys.check_url(base_url or os.environ.get("ANTHROPIC_BASE_URL"))
        self._key = keys.find_key("ANTHROPIC_API_KEY", self._url, api_key)
        secrecy.guard_logs()
        own = self._url is None or urlsplit(self._url).hostname == "api.anthropic.com"
        self._editor = own and not _WITHOUT_EDITOR.match(model)
        self._timeout = wire.timeouts(timeout)
        self._tls = httpx2.create_ssl_context()
        self._lanes = wire.Lanes(self._client)

    def __repr__(self) -> str:
        return f"Anthropic({self._model!r})"

    async def generate(self, request: Request) -> Reply:
        started = time.perf_counter()
        try:
            answer, left = await self._post(body(self._model, request, editor=self._editor))
            reply = secrecy.strike_reply(read(answer, request, editor=self._editor))
        except (BackendError, *FAILURES) as error:
            raise faults.presentable(translate(error), self._key) from None
        written = wire.count(wire.mapping(answer.get("usage")).get("cache_creation_input_tokens"))
        price = cost(self._model, reply.usage, provider="anthropic", base_url=self._url, cache_write=written)
        return dataclasses.replace(reply, latency=time.perf_counter() - started, cost=price, allowance=left)

    async def close(self) -> None:
        await self._lanes.close()

    async def _post(self, content: dict[str, Any]) -> tuple[dict[str, Any], allowance.Allowance]:
        # Through `post` and not `messages.create`: that refuses long replies unless they are streamed, and no longer
        # knows `temperature`, which many models still take.
        with self._lanes.lend() as client:
            response = await client.post("/v1/messages", cast_to=httpx2.Response, body=content)
        return wire.decode(response.content), allowance.read(response.headers, time.time())

    def _client(self) -> anthropic.AsyncAnthropic:
        return anthropic.AsyncAnthropic(
            api_key=self._key,
            base_url=self._url,
            max_retries=0,
            timeout=self._timeout,
            http_client=anthropic.DefaultAsyncHttpxClient(
                limits=wire.limits(),
                verify=self._tls,
                timeout=self._timeout,
                mounts=wire.DIRECT,
                follow_redirects=False,  # x-api-key, and the documents, would go wherever a server points
                event_hooks=requests_log.HOOKS,
            ),
        )


def body(model: str, request: Request, *, editor: bool = False) -> dict[str, Any]:
    """The request as the messages API wants it: the system's words apart, `effort` under `output_config`. `editor`: the
    server has EDITOR."""
    system = "\n\n".join(message.text for message in request.messages if message.role == "system")
    commands = _commands(request, editor=editor)
    options = {
        "system": system or None,
        "temperature": request.temperature,
        "stop_sequences": list(request.stop) or None,
        "output_config": None if request.effort is None else {"effort": request.effort},
        "tools": [*([EDITOR] if commands else []), *map(_tool, _others(request, commands))] or None,
    }
    return {
        "model": model,
        "max_tokens": DEFAULT_MAX_TOKENS if request.max_tokens is None else request.max_tokens,
        "messages": list(_turns(request, commands)),
        **{name: value for name, value in options.items() if value is not None},
    }


def read(answer: dict[str, Any], request: Request, *, editor: bool = False) -> Reply:
    """Raises Outage, or what the body's own error says, when the answer holds no content."""
    content = answer.get("content")
    if not isinstance(content, list):
        raise faults.declared(answer) or Outage("the answer has no content")
    native = wire.label(answer.get("stop_reason"))
    return Reply(
        text=wire.said(wire.joined(content, "text"), request),
        finish=_FINISH.get(native, "other"),
        usage=_usage(answer),
        model=wire.label(answer.get("model")),
        raw={"id": answer.get("id"), "stop_reason": answer.get("stop_reason"), "usage": answer.get("usage")},
        calls=tool_calls.read(_calls(content, _commands(request, editor=editor))),
    )


def _commands(request: Request, *, editor: bool) -> frozenset[str]:
    return frozenset(tool.name for tool in request.tools if editor and tool.builtin == BUILTIN)


def _others(request: Request, commands: frozenset[str]) -> Iterator[Tool]:
    return (tool for tool in request.tools if tool.name not in commands)


def _tool(tool: Tool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)}


def _turns(request: Request, commands: frozenset[str]) -> Iterator[dict[str, Any]]:
    """The messages. Results of calls are the user's, in one turn with each other and with what the user says next."""
    results: list[dict[str, Any]] = []
    for message in request.messages:
        if message.role == "tool":
            results.append({"type": "tool_result", "tool_use_id": message.answers, "content": message.text})
        elif message.role == "user" and results:
            yield {"role": "user", "content": [*results, {"type": "text", "text": message.text}]}
            results = []
        elif message.role != "system":
            if results:
                yield {"role": "user", "content": results}
                results = []
            yield _turn(message, commands)
    if results:
        yield {"role": "user", "content": results}


def _turn(message: Message, commands: frozenset[str]) -> dict[str, Any]:
    # A begun reply that ends in white space is refused.
    text = message.text.rstrip() if message.role == "assistant" else message.text
    if not message.calls:
        return {"role": message.role, "content": text}
    content: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    for call in message.calls:
        name, _, given = tool_calls.sent(call)
        if name in commands:
            name, given = EDITOR["name"], {"command": name, **given}
        content.append({"type": "tool_use", "id": call.id, "name": name, "input": given})
    return {"role": message.role, "content": content}


def _calls(content: list[Any], commands: frozenset[str]) -> Iterator[tuple[object, object, object]]:
    for part in content:
        if not isinstance(part, dict) or part.get("type") != "tool_use":
            continue
        name, given = part.get("name"), part.get("input")
        command = wire.label(given.get("command")) if isinstance(given, dict) else ""
        if name == EDITOR["name"] and command in commands:
            name, given = command, {key: value for key, value in wire.mapping(given).items() if key != "command"}
        yield part.get("id"), name, given


def _usage(answer: dict[str, Any]) -> Usage:
    """The API counts what it read from its cache or wrote to it apart from `input_tokens`; ours includes both."""
    usage = wire.mapping(answer.get("usage"))
    fresh = wire.count(usage.get("input_tokens"))
    cached = wire.count(usage.get("cache_read_input_tokens"))
    written = wire.count(usage.get("cache_creation_input_tokens"))
    return Usage(
        input=None if fresh is None else fresh + (cached or 0) + (written or 0),
        output=wire.count(usage.get("output_tokens")),
        cached=cached,
        reasoning=wire.count(wire.mapping(usage.get("output_tokens_details")).get("thinking_tokens")),
    )

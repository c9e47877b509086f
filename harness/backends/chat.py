"""OpenAI's chat completions, which most servers speak: a Request as its body, its answer as a Reply. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.backends import tool_calls, wire
from harness.backends.base import Finish, Message, Reply, Request, Usage
from harness.backends.faults import declared
from harness.errors import Outage

PATH = "/chat/completions"

_FINISH: dict[str, Finish] = {
    "stop": "stop",
    "eos": "stop",
    "tool_calls": "stop",
    "function_call": "stop",
    "length": "length",
    "max_tokens": "length",
    "content_filter": "filter",
    "refusal": "filter",
    "safety": "filter",
}
_BROKEN_OFF = frozenset({"abort", "aborted", "cancelled", "error"})
"""vLLM's and OpenRouter's words for a generation that the server did not finish."""


def body(model: str, request: Request, *, limit_name: str) -> dict[str, Any]:
    """`limit_name` is what the server calls the token limit: OpenAI's reasoning models refuse `max_tokens`, other
    servers do not know `max_completion_tokens`."""
    options = {
        limit_name: request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "reasoning_effort": request.effort,
        "stop": list(request.stop) or None,
        "tools": [
            {"type": "function",
             "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}}
            for tool in request.tools
        ] or None,
    }  # fmt: skip
    given = {name: value for name, value in options.items() if value is not None}
    return {"model": model, "messages": [_message(message) for message in request.messages], **given}


def read(answer: dict[str, Any], request: Request) -> Reply:
    """Raises Outage, or what the body's own error says, when the answer holds no message."""
    choices = answer.get("choices")
    choice = wire.mapping(choices[0]) if isinstance(choices, list) and choices else None
    if choice is None:
        raise declared(answer) or Outage("the answer has no choices")
    native = wire.label(choice.get("finish_reason"))
    if native in _BROKEN_OFF:
        raise declared(choice) or Outage(f"the server broke off: finish reason {native!r}")
    message = choice.get("message")
    if not isinstance(message, dict):
        raise Outage("the answer's choice has no message")
    text = _text(message.get("content"))
    finish: Finish = _FINISH.get(native, "other")
    refusal = wire.label(message.get("refusal"))
    if refusal and not text:
        text, finish = refusal, "filter"
    return Reply(
        text=wire.said(text, request),
        finish=finish,
        usage=_usage(answer),
        model=wire.label(answer.get("model")),
        fingerprint=wire.label(answer.get("system_fingerprint")) or None,
        raw={"id": answer.get("id"), "finish_reason": choice.get("finish_reason"), "usage": answer.get("usage")},
        calls=tool_calls.read(_calls(message.get("tool_calls"))),
    )


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.answers, "content": message.text}
    if not message.calls:
        return {"role": message.role, "content": message.text}
    calls = []
    for call in message.calls:
        name, arguments, _ = tool_calls.sent(call)
        calls.append({"id": call.id, "type": "function", "function": {"name": name, "arguments": arguments}})
    return {"role": message.role, "content": message.text or None, "tool_calls": calls}


def _calls(found: object) -> Iterator[tuple[object, object, object]]:
    for one in found if isinstance(found, list) else ():
        call = wire.mapping(one)
        function = wire.mapping(call.get("function"))
        yield call.get("id"), function.get("name"), function.get("arguments")


def _text(content: object) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, list):  # Mistral and some proxies answer in parts
        return wire.joined(content, "text", "output_text")
    raise Outage(f"the message's content is of type {type(content).__name__}")


def _usage(answer: dict[str, Any]) -> Usage:
    usage = wire.mapping(answer.get("usage"))
    return Usage(
        input=wire.count(usage.get("prompt_tokens")),
        output=wire.count(usage.get("completion_tokens")),
        cached=wire.count(wire.mapping(usage.get("prompt_tokens_details")).get("cached_tokens")),
        reasoning=wire.count(wire.mapping(usage.get("completion_tokens_details")).get("reasoning_tokens")),
    )

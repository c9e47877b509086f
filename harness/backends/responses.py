"""OpenAI's responses API, which some models need: a Request as its body, its answer as a Reply. Pure functions.

It knows neither `seed` nor stop strings: the seed is left out, and the text is cut at the first stop string here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.backends import tool_calls, wire
from harness.backends.base import Finish, Message, Reply, Request, Usage
from harness.backends.faults import declared
from harness.errors import Outage

PATH = "/responses"


def body(model: str, request: Request) -> dict[str, Any]:
    options = {
        "max_output_tokens": request.max_tokens,
        "temperature": request.temperature,
        "reasoning": None if request.effort is None else {"effort": request.effort},
        "tools": [
            {"type": "function", "name": tool.name, "description": tool.description,
             "parameters": dict(tool.parameters), "strict": False}  # strict would make every argument a required one
            for tool in request.tools
        ] or None,
    }  # fmt: skip
    given = {name: value for name, value in options.items() if value is not None}
    items = [item for message in request.messages for item in _items(message)]
    return {"model": model, "input": items, "store": False, **given}


def read(answer: dict[str, Any], request: Request) -> Reply:
    """Raises Outage, or what the answer's own error says, when it failed or holds no output."""
    output = answer.get("output")
    status = wire.label(answer.get("status"))
    if status in ("failed", "cancelled") or not isinstance(output, list):
        raise declared(answer) or Outage(f"the answer has no output, status {status or 'unknown'!r}")
    parts = [
        part
        for item in output
        if isinstance(item, dict) and item.get("type") == "message" and isinstance(item.get("content"), list)
        for part in item["content"]
    ]
    refusals = [part["refusal"] for part in parts if isinstance(part, dict) and wire.label(part.get("refusal"))]
    usage = _usage(answer)
    finish = _finish(answer, usage, request)
    text = wire.said(wire.joined(parts, "output_text"), request)
    if refusals and not text:
        text, finish = "".join(refusals), "filter"
    cut = _cut(text, request.stop)
    return Reply(
        text=cut,
        finish=finish if cut == text else "stop",
        usage=usage,
        model=wire.label(answer.get("model")),
        raw={
            "id": answer.get("id"),
            "status": answer.get("status"),
            "incomplete_details": answer.get("incomplete_details"),
            "usage": answer.get("usage"),
        },
        calls=tool_calls.read(
            (item.get("call_id"), item.get("name"), item.get("arguments"))
            for item in output
            if isinstance(item, dict) and item.get("type") == "function_call"
        ),
    )


def _items(message: Message) -> Iterator[dict[str, Any]]:
    if message.role == "tool":
        yield {"type": "function_call_output", "call_id": message.answers, "output": message.text}
    elif message.role != "assistant":
        yield {"type": "message", "role": message.role, "content": message.text}
    elif message.text or not message.calls:
        # llama.cpp takes an assistant's turn only in this longer form; OpenAI takes both.
        yield {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": message.text}]}
    for call in message.calls:
        name, arguments, _ = tool_calls.sent(call)
        yield {"type": "function_call", "call_id": call.id, "name": name, "arguments": arguments}


def _finish(answer: dict[str, Any], usage: Usage, request: Request) -> Finish:
    why = wire.mapping(answer.get("incomplete_details")).get("reason")
    if why == "content_filter":
        return "filter"
    # llama.cpp says "completed" of a reply cut at its limit; taken for whole, it would be scored as whole.
    full = request.max_tokens is not None and (usage.output or 0) >= request.max_tokens
    if why == "max_output_tokens" or full:
        return "length"
    return "stop" if answer.get("status") == "completed" else "other"


def _cut(text: str, stops: tuple[str, ...]) -> str:
    found = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    return text[: min(found)] if found else text


def _usage(answer: dict[str, Any]) -> Usage:
    usage = wire.mapping(answer.get("usage"))
    return Usage(
        input=wire.count(usage.get("input_tokens")),
        output=wire.count(usage.get("output_tokens")),
        cached=wire.count(wire.mapping(usage.get("input_tokens_details")).get("cached_tokens")),
        reasoning=wire.count(wire.mapping(usage.get("output_tokens_details")).get("reasoning_tokens")),
    )

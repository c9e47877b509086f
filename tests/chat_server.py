"""A model server for tests: real sockets, OpenAI's and Anthropic's formats, answers that depend on the messages alone,
and whatever trouble a test asks for."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.backends import chat
from harness.backends.base import Message, Request

Messages = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Said:
    """What the model says: `finish` is stop, length or filter, `calls` names of tools with their arguments as JSON."""

    text: str | None
    finish: str = "stop"
    calls: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its number from 1, the API it came by (chat, responses, anthropic), its body, its messages as chat has
    them."""

    number: int
    dialect: str
    body: dict[str, Any]
    messages: Messages


@dataclass(frozen=True, slots=True)
class Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()


Answer = Callable[[Messages], str | Said]
Play = Callable[[Connection, bytes], Awaitable[bool]]
"""Does something other than to send the answer, which it is given; whether the connection can be used again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`delivers`: the whole answer arrives all the same. `slow`: only a timeout ends it."""

    play: Play
    delivers: bool = False
    slow: bool = False


class ChatServer(threading.Thread):
    """Answers on a socket of its own after `latency` seconds: what `answer` makes of the messages, unless `trouble`
    makes something else of the request."""

    def __init__(
        self,
        answer: Answer,
        latency: float,
        trouble: Callable[[Asked], Fault | None] = lambda _asked: None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(daemon=True)
        self.answer = answer
        self.latency = latency
        self.trouble = trouble
        self.received = 0
        self.sent: list[str] = []
        """The ids of answers that were written whole."""
        self.url = ""
        self._tls = tls
        self._up = threading.Event()
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> ChatServer:
        self.start()
        self._up.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self.join()

    def wait(self, sent: int, timeout: float) -> bool:
        """Whether so many answers have been written whole, after waiting for that."""
        with self._news:
            return self._news.wait_for(lambda: len(self.sent) >= sent, timeout)

    def run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._ending = asyncio.Event()
        # A client whose handshake fails is the client's affair, not one to be logged.
        self._loop.set_exception_handler(lambda _loop, _context: None)
        server = await asyncio.start_server(self._client, "127.0.0.1", 0, limit=2**22, ssl=self._tls)
        scheme = "https" if self._tls else "http"
        self.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        self._up.set()
        await self._ending.wait()
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer)
        try:
            while await self._exchange(connection):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            return  # the client was killed
        finally:
            writer.close()

    async def _exchange(self, connection: Connection) -> bool:
        """One request and its answer; whether the connection can be used again."""
        head = (await connection.reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.partition("content-length:")[2].split()[0])
        body = json.loads(await connection.reader.readexactly(size))
        self.received += 1
        dialect = _dialect(head.split()[1])
        asked = Asked(self.received, dialect, body, _messages(dialect, body))
        await asyncio.sleep(self.latency)
        fault = self.trouble(asked)
        name = f"r{asked.number}"
        wrong = unanswered(asked.messages)
        whole = (
            http(400, {"error": {"message": wrong}}) if wrong else http(200, _SPOKEN[dialect](name, self._said(asked)))
        )
        if fault is None:
            await connection.send(whole)
            again = True
        else:
            again = await fault.play(connection, whole)
        if fault is None or fault.delivers:
            with self._news:
                self.sent.append(name)
                self._news.notify_all()
        return again

    def _said(self, asked: Asked) -> Said:
        said = self.answer(asked.messages)
        return said if isinstance(said, Said) else Said(said)


def http(status: int, body: object, *headers: str) -> bytes:
    """One HTTP answer; `body` is sent as it is if it is bytes, else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = (f"HTTP/1.1 {status} X", "content-type: application/json", f"content-length: {len(content)}", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def _dialect(path: str) -> str:
    return "responses" if path.endswith("/responses") else "anthropic" if path.endswith("/messages") else "chat"


def _messages(dialect: str, body: dict[str, Any]) -> Messages:
    """The messages of a request as chat has them; those with calls of tools too."""
    if dialect == "responses":
        return _of_items(body["input"])
    if dialect == "chat":
        return body["messages"]  # type: ignore[no-any-return]
    system = [{"role": "system", "content": body["system"]}] if body.get("system") else []
    return [*system, *(message for turn in body["messages"] for message in _of_turn(turn))]


def _of_items(items: list[dict[str, Any]]) -> Messages:
    """An assistant's words and each of its calls are items of their own."""
    found: Messages = []
    for item in items:
        if item["type"] == "function_call":
            call = _calling(None, [(item["call_id"], item["name"], item["arguments"])])
            if found[-1]["role"] == "assistant":
                call["content"] = found[-1]["content"]
                call["tool_calls"] = [*found.pop().get("tool_calls", ()), *call["tool_calls"]]
            found.append(call)
        elif item["type"] == "function_call_output":
            found.append({"role": "tool", "tool_call_id": item["call_id"], "content": item["output"]})
        else:
            found.append({"role": item["role"], "content": _text(item["content"])})
    return found


def _of_turn(turn: dict[str, Any]) -> Messages:
    if isinstance(turn["content"], str):
        return [turn]
    kinds = {kind: [part for part in turn["content"] if part["type"] == kind] for kind in ("tool_use", "tool_result")}
    text = _text([part for part in turn["content"] if part["type"] == "text"]) or None
    if kinds["tool_use"]:
        return [_calling(text, [(one["id"], one["name"], json.dumps(one["input"])) for one in kinds["tool_use"]])]
    told = [
        {"role": "tool", "tool_call_id": one["tool_use_id"], "content": one["content"]} for one in kinds["tool_result"]
    ]
    return told + ([{"role": turn["role"], "content": text}] if text is not None else [])


def _calling(text: str | None, calls: list[tuple[str, str, str]]) -> dict[str, Any]:
    made = [
        {"id": name, "type": "function", "function": {"name": tool, "arguments": arguments}}
        for name, tool, arguments in calls
    ]
    return {"role": "assistant", "content": text, "tool_calls": made}


def as_chat(messages: Sequence[Message]) -> Messages:
    """The harness's messages as chat has them."""
    content: list[dict[str, Any]] = chat.body("m", Request(tuple(messages)), limit_name="max_tokens")["messages"]
    return content


def unanswered(messages: Messages) -> str:
    """What a provider would refuse these messages for, "" when nothing: the result of every call follows at once, none
    comes without a call, and arguments are JSON objects."""
    waiting: list[str] = []
    for message in messages:
        calls = message.get("tool_calls") or []
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                return f"no call before it has the id {message['tool_call_id']}"
            waiting.remove(message["tool_call_id"])
        elif waiting:
            return f"calls without a result: {waiting}"
        waiting += [call["id"] for call in calls]
        if not all(isinstance(json.loads(call["function"]["arguments"]), dict) for call in calls):
            return "arguments that are no JSON object"
    return f"calls without a result: {waiting}" if waiting else ""


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def _chat(name: str, said: Said) -> dict[str, Any]:
    finish = {"filter": "content_filter"}.get(said.finish, said.finish)
    message: dict[str, Any] = {"role": "assistant", "content": said.text}
    if said.calls:
        made = [(f"{name}_{n}", *call) for n, call in enumerate(said.calls)]
        message, finish = _calling(said.text, made), "tool_calls" if finish == "stop" else finish
    return {
        "id": name, "object": "chat.completion", "model": "stub",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 50},
    }  # fmt: skip


def _responses(name: str, said: Said) -> dict[str, Any]:
    part = {"type": "output_text", "text": said.text or ""}
    cut = {"length": "max_output_tokens", "filter": "content_filter"}.get(said.finish)
    calls = [
        {"type": "function_call", "id": f"fc_{n}", "call_id": f"{name}_{n}", "name": tool, "arguments": arguments}
        for n, (tool, arguments) in enumerate(said.calls)
    ]
    return {
        "id": name, "model": "stub", "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": cut} if cut else None,
        "output": [{"type": "message", "content": [part]}, *calls],
        "usage": {"input_tokens": 100, "output_tokens": 50},
    }  # fmt: skip


def _anthropic(name: str, said: Said) -> dict[str, Any]:
    reason = {"stop": "end_turn", "length": "max_tokens", "filter": "refusal"}[said.finish]
    content: list[dict[str, Any]] = [] if said.text is None else [{"type": "text", "text": said.text}]
    for n, (tool, arguments) in enumerate(said.calls):
        content.append({"type": "tool_use", "id": f"{name}_{n}", "name": tool, "input": json.loads(arguments)})
    return {
        "id": name, "type": "message", "model": "stub", "content": content,
        "stop_reason": "tool_use" if said.calls and said.finish == "stop" else reason,
        "usage": {"input_tokens": 100, "output_tokens": 50},
    }  # fmt: skip


_SPOKEN = {"chat": _chat, "responses": _responses, "anthropic": _anthropic}

"""A stand-in for a provider: answers each request, found by its seed, with the edit done right, after a fixed latency.

Speaks just enough HTTP/1.1 and OpenAI chat completions, on one process and with as little work as possible, so that
what is measured is the harness.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

SEED = re.compile(rb'"seed":\s*(\d+)')
LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)


class Conversation(asyncio.Protocol):
    replies: dict[int, bytes]
    latency: float
    calls = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.received = bytearray()

    def data_received(self, data: bytes) -> None:
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        match = LENGTH.search(self.received, 0, end)
        length = int(match.group(1)) if match else 0
        if len(self.received) < end + 4 + length:
            return
        found = SEED.search(self.received, end)  # in a message the quotes would be escaped
        seed = int(found.group(1)) if found else -1
        del self.received[: end + 4 + length]
        Conversation.calls += 1
        answer = self.replies.get(seed, MISSED)
        asyncio.get_running_loop().call_later(self.latency, self.answer, answer)

    def answer(self, body: bytes) -> None:
        if isinstance(self.transport, asyncio.WriteTransport) and not self.transport.is_closing():
            self.transport.write(body)


def http(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


MISSED = http("400 Bad Request", b'{"error": {"message": "no reply is prepared for this seed"}}')


def completion(text: str) -> bytes:
    body = {
        "id": "stub", "object": "chat.completion", "created": 0, "model": "stub",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 4000, "completion_tokens": 4000, "total_tokens": 8000},
    }  # fmt: skip
    return http("200 OK", json.dumps(body).encode())


async def serve(prepared: dict[str, Any], latency: float) -> None:
    texts = [completion(text) for text in prepared["texts"]]
    Conversation.replies = {int(seed): texts[number] for seed, number in prepared["seeds"].items()}
    Conversation.latency = latency
    server = await asyncio.get_running_loop().create_server(Conversation, "127.0.0.1", 0, backlog=4096)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)  # until the parent goes
    sys.stdout.write(f"{Conversation.calls}\n")


if __name__ == "__main__":
    asyncio.run(serve(json.loads(Path(sys.argv[1]).read_text()), float(sys.argv[2])))

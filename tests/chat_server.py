"""A chat completions server for tests: real sockets, answers that depend on the messages alone."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any


class ChatServer(threading.Thread):
    """Answers chat completions on a socket of its own after `latency` seconds: what `answer` makes of the messages."""

    def __init__(self, answer: Callable[[list[dict[str, str]]], str], latency: float) -> None:
        super().__init__(daemon=True)
        self.answer = answer
        self.latency = latency
        self.received = 0
        self.url = ""
        self._up = threading.Event()
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> ChatServer:
        self.start()
        self._up.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self.join()

    def run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._ending = asyncio.Event()
        server = await asyncio.start_server(self._client, "127.0.0.1", 0, limit=2**22)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        self._up.set()
        await self._ending.wait()
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                size = int(head.partition("content-length:")[2].split()[0])
                messages = json.loads(await reader.readexactly(size))["messages"]
                self.received += 1
                await asyncio.sleep(self.latency)
                body = json.dumps(_completion(self.answer(messages))).encode()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ")
                writer.write(f"{len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the client was killed
        finally:
            writer.close()


def _completion(content: str) -> dict[str, Any]:
    return {
        "id": "1", "object": "chat.completion", "model": "stub",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 50},
    }  # fmt: skip

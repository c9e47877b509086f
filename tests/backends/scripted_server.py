"""What the tests of backends share: an HTTP server that follows a script, and a sleep that only takes notes."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.backends.base import Message, Request
from harness.backends.limits import Retrying

ASK = Request((Message("user", "Say it."),))


def http(status: int, body: object, **headers: str) -> bytes:
    """One HTTP answer; `body` is sent as it is if it is bytes, else as JSON. Header names are written with `_`."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", "content-type: application/json", f"content-length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@dataclass
class Scripted:
    """Answers its requests in the order of `script`, the last answer for ever. Each answer is bytes, or a function from
    the request's headers to bytes; `RESET` after it breaks the connection, `STALL` leaves it hanging."""

    RESET = b"\0reset"
    STALL = b"\0stall"

    script: list[bytes | Callable[[str], bytes]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""
    gate: asyncio.Barrier | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                size = next(int(line[15:]) for line in head.lower().split("\r\n") if line.startswith("content-length:"))
                self.bodies.append(json.loads(await reader.readexactly(size)))
                self.paths.append(head.split()[1])
                answer = self.script[min(len(self.bodies), len(self.script)) - 1]
                if self.gate is not None:
                    await self.gate.wait()
                data = answer(head) if callable(answer) else answer
                writer.write(data.removesuffix(self.RESET).removesuffix(self.STALL))
                await writer.drain()
                if data.endswith(self.RESET):
                    writer.transport.abort()
                    return
                if data.endswith(self.STALL):
                    await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the client hung up, as clients do
        finally:
            writer.close()


@dataclass
class Patience:
    """A sleep that notes how long it was asked for."""

    waits: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def retrying(self, backend: Any, **options: Any) -> Retrying:
        return Retrying(backend, sleep=self.sleep, rng=random.Random(1), **options)

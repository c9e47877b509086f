"""A provider with limits, on real sockets: token buckets of calls and of tokens, with or without telling of them; and
what drives calls against it."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from harness.backends import allowance, faults
from harness.backends.base import Backend, Message, Reply, Request, Usage
from harness.backends.limiter import Limiter
from harness.budget import Account, Budget
from harness.calls import walk_all
from harness.errors import Outage
from harness.lines import Line, Lines

REFUSED_AFTER = 0.05
"""Seconds until a call is turned away: the way to a provider and back."""


@dataclass
class Meter:
    """A bucket of `capacity`, filled at `rate` a second."""

    capacity: float
    rate: float
    level: float = field(init=False)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.level = self.capacity

    def fill(self, now: float) -> None:
        self.level = min(self.capacity, self.level + self.rate * (now - self.at))
        self.at = now

    def change(self, factor: float) -> None:
        """Another limit from now on."""
        self.rate *= factor
        self.capacity *= factor
        self.level = min(self.level, self.capacity)


@dataclass
class Provider:
    """Answers after `latency` seconds, give or take half, with as many tokens as the prompt's first word says.
    `headers` names the style in which limits are told: openai, anthropic, or "" for none; with `retry_after` a call
    that is turned away is told when there is room. `width` calls at once are let in."""

    meters: dict[str, Meter] = field(default_factory=dict)
    headers: str = ""
    latency: float = 2.0
    retry_after: bool = False
    width: int | None = None
    taken: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    most: int = 0
    url: str = ""
    rng: random.Random = field(default_factory=lambda: random.Random(1))
    _busy: int = 0
    _clients: list[asyncio.Future[None]] = field(default_factory=list)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Provider]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=2**22)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for meter in self.meters.values():
            meter.at = asyncio.get_running_loop().time()
        try:
            yield self
        finally:
            server.close()
            for task in self._clients:
                task.cancel()
            await asyncio.gather(*self._clients, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.append(asyncio.ensure_future(self._client(reader, writer)))

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                size = int(head.partition("content-length:")[2].split()[0])
                answer = await self.answer(json.loads(await reader.readexactly(size)))
                if not answer:
                    writer.transport.abort()
                    return
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the client hung up
        finally:
            writer.close()

    async def answer(self, body: dict[str, Any]) -> bytes:
        """An HTTP answer; empty to break the connection."""
        now = asyncio.get_running_loop().time()
        given, written = tokens(body)
        wanted = {"requests": 1.0, "tokens": float(given + written)}
        for meter in self.meters.values():
            meter.fill(now)
        lacking = {kind: (wanted[kind] - meter.level) / meter.rate for kind, meter in self.meters.items()}
        if max(lacking.values(), default=0.0) > 0 or self._busy == self.width:
            self.refused.append(now)
            await asyncio.sleep(REFUSED_AFTER)
            asked = {"retry-after-ms": f"{1000 * max(lacking.values()):.0f}"} if self.retry_after else {}
            return http(429, {"error": {"message": "slow down"}}, asked)
        for kind, meter in self.meters.items():
            meter.level -= wanted[kind]
        self.taken.append(now)
        told = self._told()
        self._busy += 1
        self.most = max(self.most, self._busy)
        await asyncio.sleep(self.latency * self.rng.uniform(0.5, 1.5))
        self._busy -= 1
        return http(200, completion(given, written), told)

    def _told(self) -> dict[str, str]:
        found = {}
        for kind, meter in self.meters.items():
            full = (meter.capacity - meter.level) / meter.rate
            if self.headers == "openai":
                names = [f"x-ratelimit-{part}-{kind}" for part in ("limit", "remaining", "reset")]
                reset = f"{int(full // 60)}m{full % 60:.3f}s"
            elif self.headers == "anthropic":
                names = [f"anthropic-ratelimit-{kind}-{part}" for part in ("limit", "remaining", "reset")]
                reset = datetime.fromtimestamp(meter.at + full, UTC).isoformat(timespec="seconds")
            else:
                continue
            found |= dict(zip(names, (f"{60 * meter.rate:.0f}", f"{meter.level:.0f}", reset), strict=True))
        return found


def tokens(body: dict[str, Any]) -> tuple[int, int]:
    """What a call is counted as: tokens of the prompt and of the reply."""
    prompt = body["messages"][-1]["content"]
    return len(prompt) // 4, int(prompt.split()[0])


def completion(given: int, written: int) -> dict[str, object]:
    return {
        "model": "m", "choices": [{"finish_reason": "stop", "message": {"content": "x"}}],
        "usage": {"prompt_tokens": given, "completion_tokens": written},
        "content": [{"type": "text", "text": "x"}], "stop_reason": "end_turn",
    }  # fmt: skip


def http(status: int, body: object, headers: dict[str, str] | None = None) -> bytes:
    content = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", "content-type: application/json", f"content-length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


class Light:
    """A Backend that speaks as much HTTP as Provider needs, at a tenth of an SDK's time."""

    name = "openai:m"

    def __init__(self, url: str) -> None:
        self._port = int(url.rpartition(":")[2])
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def generate(self, request: Request) -> Reply:
        streams = self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
        try:
            answer = await self._exchange(*streams, request)
        except BaseException as error:
            streams[1].close()
            if isinstance(error, asyncio.IncompleteReadError | OSError):
                raise Outage("the connection broke") from error
            raise
        self._idle.append(streams)
        return answer()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
    ) -> Callable[[], Reply]:
        body = json.dumps({"messages": [{"content": message.text} for message in request.messages]}).encode()
        writer.write(f"POST / HTTP/1.1\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        answer = json.loads(await reader.readexactly(int(headers["content-length"])))
        # The server tells moments of its own clock, which is the loop's.
        left = allowance.read(headers, asyncio.get_running_loop().time())

        def read() -> Reply:
            status = int(first.split()[1])
            if status != 200:
                raise faults.from_status(status, "no", headers=headers)
            usage = Usage(answer["usage"]["prompt_tokens"], answer["usage"]["completion_tokens"])
            return Reply("x", "stop", usage, allowance=left)

        return read

    async def close(self) -> None:
        for _, writer in self._idle:
            writer.close()


@dataclass(frozen=True)
class Chain:
    key: str
    model: str = "openai:m"


def ask(size: int, max_tokens: int | None = None) -> Request:
    """A call of `size` tokens, half of them written."""
    return Request((Message("user", f"{size // 2} ".ljust(2 * size)),), max_tokens)


async def drive(
    backend: Backend, seconds: float, *, size: int = 300, vary: float = 0.0, concurrency: int | None = None,
    chains: int = 4000, hops: int = 20, budget: Budget | None = None, account: Account | None = None,
    patience: float = 600.0, attempts: int = 6, max_tokens: int | None = None,
    halfway: Callable[[], None] = lambda: None,
) -> list[str]:  # fmt: skip
    """Walks chains of calls of about `size` tokens for so many seconds; why chains stopped short."""
    loop = asyncio.get_running_loop()
    started, rng, reasons = loop.time(), random.Random(2), []
    loop.call_later(seconds / 2, halfway)
    limiter = Limiter(auto=concurrency is None)
    line = Line(backend, None, account, limiter, attempts, patience)
    lines = Lines({"openai:m": line}, concurrency, lambda _cost: None, budget)

    async def walk(_chain: Chain) -> None:
        for _ in range(hops):
            if loop.time() - started >= seconds:
                return
            await lines.generate("openai:m", ask(int(size * (1 + rng.uniform(-vary, vary))), max_tokens))

    await walk_all([Chain(str(n)) for n in range(chains)], lines, walk, lambda _, why: reasons.append(why))
    await backend.close()
    return reasons

"""What the backends over HTTP share: clients in number, and the reading of bodies."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import httpx2

from harness.backends.base import Request
from harness.errors import Outage

LANE_WIDTH = 32
"""Calls at once per client. The connection pool under both SDKs walks all its connections twice a call: one pool of
1 000 cost 8 ms of CPU a call, pools of 32 cost 3 ms with as many calls in flight."""

DIRECT: Mapping[str, None] = {"all://127.0.0.1": None, "all://[::1]": None, "all://localhost": None}
"""Mounts that keep calls to this machine away from a proxy the environment names."""


class Closable(Protocol):
    def close(self) -> Awaitable[None]: ...


ClientT = TypeVar("ClientT", bound=Closable)


@dataclass(slots=True)
class _Lane(Generic[ClientT]):
    client: ClientT
    busy: int = 0


class Lanes(Generic[ClientT]):
    """As many clients as the calls in flight need, made on demand and kept. There is no upper limit here: how many
    calls go at once is the engine's decision."""

    def __init__(self, make: Callable[[], ClientT]) -> None:
        self._make = make
        self._lanes: list[_Lane[ClientT]] = [_Lane(make())]  # the first at once, so that bad settings show early

    @contextmanager
    def lend(self) -> Iterator[ClientT]:
        lane = next((lane for lane in self._lanes if lane.busy < LANE_WIDTH), None)
        if lane is None:
            lane = _Lane(self._make())
            self._lanes.append(lane)
        lane.busy += 1
        try:
            yield lane.client
        finally:
            lane.busy -= 1

    async def close(self) -> None:
        for lane in self._lanes:
            await lane.client.close()


def limits() -> httpx2.Limits:
    """Keep every connection of a lane: models answer slowly, and a new TLS handshake costs more than a call."""
    return httpx2.Limits(max_connections=LANE_WIDTH, max_keepalive_connections=LANE_WIDTH, keepalive_expiry=60)


def timeouts(seconds: float) -> httpx2.Timeout:
    return httpx2.Timeout(seconds, connect=min(30.0, seconds))


def decode(content: bytes) -> dict[str, Any]:
    """A body that must be a JSON object. Raises Outage when it is anything else, such as a proxy's HTML page."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise Outage(f"the body is not JSON: {len(content)} bytes, the first {content[:1]!r}") from None
    if not isinstance(body, dict):
        raise Outage(f"the body is not a JSON object but {type(body).__name__}")
    return body


def mapping(value: object) -> Mapping[str, Any]:
    """`value` if it is a JSON object, else an empty one: optional parts come null or malformed."""
    return value if isinstance(value, dict) else {}


def count(value: object) -> int | None:
    """A token count, or None for whatever is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def joined(parts: object, *kinds: str) -> str:
    """The texts of those content parts whose `type` is among `kinds`, joined."""
    if not isinstance(parts, list):
        return ""
    texts = (part.get("text") for part in parts if isinstance(part, dict) and part.get("type") in kinds)
    return "".join(text for text in texts if isinstance(text, str))


def said(text: str, request: Request) -> str:
    """The model's text as a Reply holds it.

    llama.cpp repeats the begun reply before the continuation, others do not: it is taken off.
    """
    last = request.messages[-1] if request.messages else None
    if last is not None and last.role == "assistant":
        text = text.removeprefix(last.text.rstrip() if not text.startswith(last.text) else last.text)
    return sound(text)


def sound(text: str) -> str:
    """Lone surrogates, which JSON can carry and UTF-8 cannot, become U+FFFD: every reply can be stored and sent on."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def label(value: object) -> str:
    return value if isinstance(value, str) else ""

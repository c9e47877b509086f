"""`--log FILE`: a line of JSON for every attempt over HTTP: where to, how long, how much, what was answered. Of headers
only those that help with a provider are named; bodies never are."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.backends import secrecy
from harness.backends.base import Backend, Reply, Request
from harness.errors import UsageError

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger("palimpsest")

REQUEST_IDS = ("x-request-id", "request-id", "x-amzn-requestid", "apim-request-id", "cf-ray")
LIMIT_HEADERS = ("retry-after", "retry-after-ms")
LIMIT_FAMILIES = ("x-ratelimit-", "anthropic-ratelimit-", "ratelimit")

_LONGEST = 200
_Note = dict[str, Any]
_now: ContextVar[_Note | None] = ContextVar("attempt", default=None)


class RequestLog:
    """The file, to which several models and processes may append: each line is written at once.

    Raises UsageError when it cannot be written. It is made for its owner's eyes: addresses and limits tell of an
    account.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UsageError(f"cannot write the request log {path}: {error.strerror}") from None
        self._told = False

    def write(self, note: _Note) -> None:
        """A full disk costs lines of the log, not the replies they are about."""
        try:
            os.write(self._file, json.dumps(note, separators=(",", ":")).encode() + b"\n")
        except OSError as error:
            if not self._told:
                log.warning("the request log %s misses lines: %s", self.path, error.strerror)
            self._told = True

    def __enter__(self) -> RequestLog:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


class Logged:
    """A Backend that asks another one, whose HTTP client has HOOKS, and logs each attempt. The log is the caller's to
    close."""

    def __init__(self, backend: Backend, log: RequestLog) -> None:
        self.name = backend.name
        self._backend = backend
        self._log = log

    def __repr__(self) -> str:
        return f"Logged({self._backend!r})"

    async def generate(self, request: Request) -> Reply:
        with self._attempt():
            return await self._backend.generate(request)

    async def close(self) -> None:
        await self._backend.close()

    @contextmanager
    def _attempt(self) -> Iterator[None]:
        note: _Note = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "model": self.name}
        token = _now.set(note)
        started = time.perf_counter()
        error = ""
        try:
            yield
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            _now.reset(token)
            seconds = round(time.perf_counter() - started, 4)
            response: httpx2.Response | None = note.pop("response", None)
            received = 0 if response is None else response.num_bytes_downloaded
            if "method" in note:  # a recording, or a call given up before it began, sends nothing
                self._log.write({**note, "seconds": seconds, "received": received, "error": error})


async def _sent(request: httpx2.Request) -> None:
    note = _now.get()
    if note is not None:
        note |= {
            "method": request.method,
            "host": request.url.netloc.decode("ascii", "replace"),
            "path": _shown(request.url.path),
            "sent": int(request.headers.get("content-length", 0)),
        }


async def _answered(response: httpx2.Response) -> None:
    note = _now.get()
    if note is not None:
        headers = {name.lower(): _shown(value) for name, value in response.headers.items()}
        note |= {
            "response": response,
            "status": response.status_code,
            "request_id": next((headers[name] for name in REQUEST_IDS if name in headers), None),
            "limits": {name: value for name, value in headers.items() if _about_limits(name)},
        }


HOOKS: dict[str, list[Callable[..., Any]]] = {"request": [_sent], "response": [_answered]}
"""For `event_hooks` of the SDKs' HTTP clients. Outside of `Logged` they do nothing."""


def _about_limits(name: str) -> bool:
    return name in LIMIT_HEADERS or name.startswith(LIMIT_FAMILIES)


def _shown(value: str) -> str:
    return secrecy.strike(value)[:_LONGEST]

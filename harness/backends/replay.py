"""`replay:FILE`: replies recorded earlier, asked for again without a model.

A recording is JSON lines, each with the request's key and its reply; for a key written twice the later line counts.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import threading
from pathlib import Path
from typing import IO, Any

from harness.backends.base import Backend, Reply, Request, ToolCall, Usage, request_key
from harness.errors import Rejected, UsageError


class Replay:
    """A Backend that answers from a recording. A request that is not in it is Rejected.

    Raises UsageError for a file that cannot be read. Replies stay on disk: only their places are kept in memory.
    """

    def __init__(self, path: str | Path) -> None:
        self.name = f"replay:{path}"
        self._path = Path(path)
        self._file, self._places = _index(self._path)

    async def generate(self, request: Request) -> Reply:
        key = request_key(request)
        place = self._places.get(key)
        if place is None:
            raise Rejected(f"{self._path} holds no reply to this request (key {key[:12]}…): record it first")
        self._file.seek(place)
        return _reply(json.loads(self._file.readline())["reply"])

    async def close(self) -> None:
        self._file.close()


class Recorder:
    """A Backend that asks another one and appends each reply to a recording before returning it."""

    def __init__(self, backend: Backend, path: str | Path) -> None:
        self.name = backend.name
        self._backend = backend
        self._lock = threading.Lock()
        self._file = _append_to(Path(path))

    async def generate(self, request: Request) -> Reply:
        reply = await self._backend.generate(request)
        await asyncio.to_thread(self.record, request, reply)  # fsync may take milliseconds: not on the event loop
        return reply

    def record(self, request: Request, reply: Reply) -> None:
        """Append one reply; it is on the disk when this returns."""
        kept = dataclasses.asdict(dataclasses.replace(reply, allowance={}))
        entry = {"key": request_key(request), "model": self.name, "reply": kept}
        line = json.dumps(entry, separators=(",", ":")) + "\n"
        with self._lock:
            self._file.write(line.encode())
            self._file.flush()
            os.fsync(self._file.fileno())

    async def close(self) -> None:
        self._file.close()
        await self._backend.close()


def _index(path: Path) -> tuple[IO[bytes], dict[str, int]]:
    """The open recording and the byte at which each key's line begins."""
    places: dict[str, int] = {}
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(f"cannot read the recording {path}: {error.strerror}") from None
    place = 0
    for number, line in enumerate(file, start=1):
        try:
            entry = json.loads(line)
            _reply(entry["reply"])
            places[entry["key"]] = place
        except (ValueError, KeyError, TypeError):
            if line.endswith(b"\n"):
                file.close()
                raise UsageError(f"{path}:{number} is no line of a recording") from None
            # A last line without its end is what a killed recorder leaves: its reply was never returned to anyone.
        place += len(line)
    return file, places


def _append_to(path: Path) -> IO[bytes]:
    """The recording opened for appending, without the torn last line of a killed recorder."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b")
    except OSError as error:
        raise UsageError(f"cannot write the recording {path}: {error.strerror}") from None
    file.seek(0)
    whole = 0
    for line in file:
        whole += len(line) if line.endswith(b"\n") else 0
    file.truncate(whole)
    return file


def _reply(fields: dict[str, Any]) -> Reply:
    usage = Usage(**fields["usage"])
    calls = tuple(ToolCall(**call) for call in fields.get("calls", ()))
    return Reply(**{**fields, "usage": usage, "calls": calls})

"""A few worker processes that answer messages, each in its own order, and are replaced when they die.

Plain subprocesses and not multiprocessing, whose children run the caller's script again: `harness.run` must work in a
script without a main guard, at a prompt and in a notebook.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections import deque
from dataclasses import dataclass
from typing import Any

from harness.backends.secrecy import bare_environment
from harness.relay.worker import OUT_OF_MEMORY, READY, Bounds

_LINE = 2**26
"""Bytes of an answer: more than the largest that a Scorer gives, 5000 Changes of three texts escaped."""


class Overrun(Exception):
    """A message took more than it may: `str()` says of what."""


class WorkerDied(Exception):
    """A worker died of a message twice, or cannot start at all."""


@dataclass(slots=True)
class _Job:
    line: bytes
    place: str
    future: asyncio.Future[dict[str, Any]]
    deaths: int = 0


class Pool:
    """`handler` is "module:callable" (see `worker.main`); `bounds` is what one message may take."""

    def __init__(self, workers: int, handler: str, bounds: Bounds) -> None:
        self._places: dict[str, bytes] = {}
        self._workers = [_Worker(handler, bounds, self._places) for _ in range(workers)]

    def prepare(self, place: str, message: dict[str, Any]) -> None:
        """A message that every worker gets, once in its life, before the first call that names `place`."""
        self._places[place] = _line(message)

    async def call(self, slot: int, place: str, message: dict[str, Any]) -> dict[str, Any]:
        """The answer to a message. Calls of one `slot` go to one worker, which remembers what it saw last."""
        return await self._workers[slot % len(self._workers)].call(place, _line(message))

    async def close(self) -> None:
        await asyncio.gather(*(worker.close() for worker in self._workers))


class _Worker:
    def __init__(self, handler: str, bounds: Bounds, places: dict[str, bytes]) -> None:
        self._command = (
            f"import sys; sys.path[:] = {sys.path!r}\n"
            f"from harness.relay.worker import Bounds, main\n"
            f"main({handler!r}, {bounds!r})"
        )
        self._bounds = bounds
        self._places = places
        self._told: set[str] = set()
        self._jobs: deque[_Job] = deque()
        self._process: asyncio.subprocess.Process | None = None
        self._life: asyncio.Task[None] | None = None

    async def call(self, place: str, line: bytes) -> dict[str, Any]:
        job = _Job(line, place, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        if self._life is None or self._life.done():
            self._life = asyncio.create_task(self._live())
        elif self._process is not None:
            self._send(job)
        return await job.future

    async def close(self) -> None:
        if self._life is not None:
            self._life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._life

    async def _live(self) -> None:
        """Processes one after the other, as long as there are jobs and the process before did not end well."""
        try:
            while self._jobs:
                await self._one_life()
        except OSError as error:
            self._give_up(f"a scoring worker cannot be started: {error}")

    async def _one_life(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-c", self._command,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LINE, env=bare_environment(),
            start_new_session=True,  # ctrl-C at the terminal is for the parent
        )  # fmt: skip
        assert process.stdin is not None  # noqa: S101 (asked for above)
        assert process.stdout is not None  # noqa: S101
        try:
            ready = await process.stdout.readline() == READY
            if ready:
                self._process = process
                for job in self._jobs:
                    self._send(job)
                too_long = await self._listen(process.stdout)
                self._process = None
                if too_long:
                    return
            self._bury(await process.wait(), ready=ready)
        finally:
            self._process = None
            self._told.clear()
            if process.returncode is None:
                process.kill()
            process.stdin.close()
            await asyncio.shield(process.wait())

    async def _listen(self, answers: asyncio.StreamReader) -> bool:
        """Until the process ends or, which is then true, gives an answer longer than may be."""
        try:
            async for line in answers:
                answered = self._jobs.popleft()
                if not answered.future.done():
                    answered.future.set_result(json.loads(line))
        except ValueError:
            self._fail(self._jobs.popleft(), Overrun(f"in an answer of {_LINE // 2**20} MB"))
            return True
        return False

    def _send(self, job: _Job) -> None:
        assert self._process is not None  # noqa: S101 (callers look)
        assert self._process.stdin is not None  # noqa: S101
        if job.place not in self._told:
            self._told.add(job.place)
            self._process.stdin.write(self._places[job.place])
        self._process.stdin.write(job.line)

    def _bury(self, code: int, *, ready: bool) -> None:
        """The first job is what the process died of: too slow, or tried once more."""
        if not ready:
            self._give_up(f"a scoring worker cannot be started: it ended with status {code}")
        elif self._jobs:
            culprit = self._jobs[0]
            culprit.deaths += 1
            over = self._over(code)
            # Of too much memory or too long a wait the message before may be the cause, or the machine.
            if over is not None and (culprit.deaths > 1 or code == -signal.SIGPROF):
                self._fail(self._jobs.popleft(), Overrun(over))
            elif culprit.deaths > 1:
                self._fail(self._jobs.popleft(), WorkerDied(f"a scoring worker died of this document, status {code}"))

    def _over(self, code: int) -> str | None:
        """The bound that a process ended at, None when it ended otherwise."""
        return {
            -signal.SIGPROF: f"within {self._bounds.cpu:g} s",
            -signal.SIGALRM: f"within {self._bounds.wall:g} s of waiting",
            OUT_OF_MEMORY: f"in {self._bounds.memory / 2**20:g} MB of memory",
        }.get(code)

    def _give_up(self, reason: str) -> None:
        while self._jobs:
            self._fail(self._jobs.popleft(), WorkerDied(reason))

    @staticmethod
    def _fail(job: _Job, error: Exception) -> None:
        if not job.future.done():
            job.future.set_exception(error)


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"

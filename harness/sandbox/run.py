"""One command in a sandbox of its own, from start to the last of its processes."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from domains import Files
from harness.errors import UsageError
from harness.sandbox.base import WORK, Limits, Ran, Reason
from harness.sandbox.bubblewrap import WRITABLE, plan
from harness.sandbox.collect import collect
from harness.sandbox.watch import lineage, watch

START = 60.0
"""Seconds that a sandbox may take to be made, on however busy a machine."""
FLOOD = 64
"""A command is ended when it has written so many times what is kept of its output."""
_CHUNK = 1 << 16


async def run(
    command: Sequence[str],
    files: Files | None = None,
    limits: Limits | None = None,
    *,
    network: bool = False,
    environment: Mapping[str, str] | None = None,
    stdin: str = "",
    readable: Sequence[Path] = (),
    given: Mapping[str, str] | None = None,
) -> Ran:
    """Runs `command` with `files` in its current directory, /work, and reads them back when all is over.

    Inside there are the system's programs, read-only; /work, /tmp and /dev/shm, all in memory and gone afterwards;
    the `readable` paths where they are outside; the texts `given`, read-only in /given. Variables are those of
    `environment` and PATH, HOME, LANG, USER. There is no network, or with `network` the machine's own, loopback too.
    UsageError when no sandbox can be made."""
    limits = limits or Limits()
    with ExitStack() as stack:
        with ExitStack() as lent:
            start = plan(
                command, files or {}, limits, lent, network=network, environment=environment or {},
                readable=readable, given=given or {},
            )  # fmt: skip
            # Nothing of the harness's variables: the first process of the sandbox inherits them, and could be read.
            process = await asyncio.create_subprocess_exec(
                *start.command, stdin=PIPE, stdout=PIPE, stderr=PIPE, pass_fds=start.descriptors, env={}, cwd="/"
            )
        try:
            inside = await _entered(process, stack)
            return await _attended(process, inside, stdin, limits)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def available() -> str:
    """ "" where commands can be sandboxed, or else what is missing and how to get it. Makes a sandbox to find out."""
    try:
        # In a thread of its own, since the caller may have an event loop running.
        with ThreadPoolExecutor(1) as thread:
            ran = thread.submit(lambda: asyncio.run(run(["true"]))).result()
    except UsageError as error:
        return str(error)
    return "" if ran.status == 0 else f"a trial of the sandbox ended with status {ran.status}: {ran.stderr.strip()!r}"


@dataclass(frozen=True, slots=True)
class _Inside:
    """A sandbox that waits for its command: its first process, a descriptor of that, and of each writable place."""

    first: int
    handle: int
    places: tuple[int, ...]


async def _entered(process: Process, stack: ExitStack) -> _Inside:
    """Takes hold of a sandbox, before anything untrusted runs in it. A descriptor keeps a file system after the last
    process is dead: only then is it read."""
    assert process.stdout is not None  # noqa: S101 - asked for
    try:
        async with asyncio.timeout(START):
            ready = await process.stdout.readline()
    except TimeoutError:
        raise UsageError(f"bubblewrap made no sandbox within {START:.0f} s") from None
    if ready != b"\n":
        raise UsageError(await _why_not(process))
    line = lineage(process.pid)
    if len(line) < 3:
        raise UsageError("the sandbox cannot be found in /proc: the kernel tells no process's children")
    first, waiting = line[-2:]
    try:
        handle = os.pidfd_open(first)
        stack.callback(os.close, handle)
        places = []
        for place in WRITABLE:
            places.append(os.open(f"/proc/{waiting}/root{place}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
            stack.callback(os.close, places[-1])
    except (OSError, ValueError) as error:
        raise UsageError(f"the sandbox cannot be looked into through /proc: {error}") from None
    return _Inside(first, handle, tuple(places))


async def _why_not(process: Process) -> str:
    assert process.stderr is not None  # noqa: S101 - asked for
    said = (await process.stderr.read(_CHUNK)).decode(errors="replace").strip()
    await process.wait()
    return f"bubblewrap cannot make a sandbox here ({said or f'status {process.returncode}'}){_hint()}"


def _hint() -> str:
    if _setting("/proc/sys/user/max_user_namespaces") == "0":
        return ": user namespaces are switched off; sysctl user.max_user_namespaces=10000 allows them"
    if _setting("/proc/sys/kernel/unprivileged_userns_clone") == "0":
        return ": user namespaces are switched off; sysctl kernel.unprivileged_userns_clone=1 allows them"
    if _setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
        return ": AppArmor forbids it; sysctl kernel.apparmor_restrict_unprivileged_userns=0, or a profile for bwrap"
    return ": in a container, start that with --privileged, or run on the machine itself"


def _setting(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


async def _attended(process: Process, inside: _Inside, stdin: str, limits: Limits) -> Ran:
    """Lets the command start and stays with it until nothing of the sandbox runs any more."""
    assert process.stdin is not None  # noqa: S101 - asked for
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    kept = limits.output_kb << 10
    out, err = _Capture(kept), _Capture(kept)
    began = time.monotonic()
    over = asyncio.create_task(
        watch(inside.first, inside.places, lambda: out.seen + err.seen > kept * FLOOD, limits)
    )  # fmt: skip
    ended = asyncio.create_task(_gone(inside.handle))
    feeding = asyncio.create_task(_feed(process.stdin, stdin))
    reading = asyncio.gather(out.read(process.stdout), err.read(process.stderr))
    try:
        await asyncio.wait((over, ended), return_when=asyncio.FIRST_COMPLETED)
        reason: Reason = "" if ended.done() else over.result()
    finally:
        # The first process of the namespace: the kernel kills the others with it, whatever they do about signals.
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(inside.handle, signal.SIGKILL)
        over.cancel()
        feeding.cancel()
        await asyncio.gather(ended, reading, process.wait())
        seconds = time.monotonic() - began
    files, refused = collect(inside.places[WRITABLE.index(WORK)], limits)
    return Ran(
        await process.wait(), out.text(), err.text(), seconds, max(out.seen, err.seen) > kept, reason, files, refused
    )


async def _gone(handle: int) -> None:
    """Returns when the process behind a descriptor has ended: the first of a namespace ends after all others."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)


async def _feed(stdin: asyncio.StreamWriter, text: str) -> None:
    """The line that opens the gate, then what the command is to read; who does not read it is no error."""
    with suppress(BrokenPipeError, ConnectionResetError):
        stdin.write(b"\n" + text.encode(errors="surrogatepass"))
        await stdin.drain()
        stdin.close()


@dataclass(slots=True)
class _Capture:
    """The beginning of a stream, `room` bytes at most; the rest is read, so that the writer goes on, and dropped."""

    room: int
    seen: int = 0
    kept: bytearray = field(default_factory=bytearray)

    async def read(self, stream: asyncio.StreamReader) -> None:
        while piece := await stream.read(_CHUNK):
            self.seen += len(piece)
            self.kept += piece[: self.room - len(self.kept)]

    def text(self) -> str:
        return self.kept.decode(errors="replace")

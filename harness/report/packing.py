"""Packs the chains of a site in processes of their own, while the figures are computed here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from harness.backends.secrecy import bare_environment
from harness.errors import UsageError
from harness.report import chains
from harness.report.chains import SiteChain
from harness.store import Reader

FEW = 200
"""Chains that are packed sooner than a process is started."""
BATCH = 50
"""Chains between two words of progress."""

Progress = Callable[[int, int], None]
"""Told how many chains of how many are written."""


class Packing:
    """Begins at once; `finish` waits for it. As a context it leaves no process behind."""

    def __init__(self, folder: Path, wanted: Sequence[SiteChain], workers: int | None = None) -> None:
        self._folder, self._wanted = folder, wanted
        self._stack = ExitStack()
        self._told: int | None = None
        if workers is None:
            workers = 0 if len(wanted) < FEW else os.cpu_count() or 1
        if workers:
            self._told, write = os.pipe()
            self._stack.callback(os.close, self._told)
            try:
                self._workers = [self._start(wanted[n::workers], write) for n in range(workers)]
            finally:
                os.close(write)

    def __enter__(self) -> Packing:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def finish(self, progress: Progress | None = None) -> int:
        """How many bytes were written. UsageError when a file could not be."""
        written = done = 0
        for size, count in self._answers():
            written, done = written + size, done + count
            if progress:
                progress(done, len(self._wanted))
        if done < len(self._wanted):
            raise RuntimeError(f"a packing process ended early: {len(self._wanted) - done} chains are not written")
        return written

    def _start(self, own: Sequence[SiteChain], write: int) -> subprocess.Popen[bytes]:
        code = f"import sys; sys.path[:] = {sys.path!r}\nfrom harness.report.packing import main\nmain()"
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-P", "-c", code], stdin=subprocess.PIPE, stdout=write, env=bare_environment()
        )
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        assert process.stdin is not None  # noqa: S101 (asked for above)
        job = {"folder": str(self._folder), "chains": [[c.number, str(c.store), c.stored.number] for c in own]}
        with process.stdin:
            process.stdin.write(json.dumps(job).encode())
        return process

    def _answers(self) -> Iterator[tuple[int, int]]:
        if self._told is None:
            yield from pack(self._folder, self._wanted)
            return
        with os.fdopen(os.dup(self._told)) as lines:
            for line in lines:
                answer = json.loads(line)
                if isinstance(answer, str):
                    raise UsageError(answer)
                yield tuple(answer)


def pack(folder: Path, wanted: Sequence[SiteChain]) -> Iterator[tuple[int, int]]:
    """Writes the files of chains; bytes and chains, batch by batch. UsageError when a file cannot be written."""
    with ExitStack() as stack:
        packers: dict[Path, chains.Packer] = {}
        for n in range(0, len(wanted), BATCH):
            size = 0
            for chain in (batch := wanted[n : n + BATCH]):
                if chain.store not in packers:
                    packers[chain.store] = chains.Packer(stack.enter_context(Reader(chain.store)))
                try:
                    size += chains.write(folder, packers[chain.store].files(chain))
                except OSError as error:
                    raise UsageError(f"cannot write the report into {folder}: {error}") from None
            yield size, len(batch)


def main() -> None:
    """A process: one job in on standard input, a line of JSON out for each batch or for what the user can mend."""
    job: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    stores = dict.fromkeys(store for _, store, _ in job["chains"])
    known = {}
    for store in stores:
        with Reader(store) as reader:
            known[store] = {chain.number: chain for chain in reader.chains()}
    wanted = [SiteChain(number, Path(store), known[store][local]) for number, store, local in job["chains"]]
    try:
        for answer in pack(Path(job["folder"]), wanted):
            _tell(answer)
    except UsageError as error:
        _tell(str(error))


def _tell(answer: object) -> None:
    # One write of a short line: those of several processes do not mix in the pipe.
    os.write(1, json.dumps(answer).encode() + b"\n")

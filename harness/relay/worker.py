"""A scoring worker's own loop: JSON lines in on standard input, JSON lines out on standard output.

It ends with its parent, by end of file, and a message that takes too much ends it. Too much CPU time, or too long a
wait: the kernel's timers kill even a regular expression that never returns and never lets go of the interpreter. Too
much memory: the kernel gives no more, and the process says so with its status."""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

READY = b'"ready"\n'
OUT_OF_MEMORY = 77
"""Status of a worker that could not get the memory it wanted."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one message may take: seconds of CPU time, seconds by the clock, bytes of memory beyond what the worker
    needed to start. The clock's are many, so that a loaded machine never meets them."""

    cpu: float
    wall: float
    memory: int

    def bound_memory(self) -> None:
        """From now on the kernel gives no more. Private memory is what counts, where the kernel can tell it: a library
        maps files and reserves room that it never uses."""
        try:
            pages = int(Path("/proc/self/statm").read_text().split()[5])
        except OSError:
            return  # only Linux holds a process to this
        resource.setrlimit(resource.RLIMIT_DATA, (pages * resource.getpagesize() + self.memory,) * 2)

    def start(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, self.cpu)
        signal.setitimer(signal.ITIMER_REAL, self.wall)

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def spare_collector() -> None:
    """Documents are trees without cycles: the collector would walk them over and over and find nothing."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)


def main(handler: str, bounds: Bounds) -> None:
    """`handler` is "module:callable"; what it makes takes a message and answers it, or None where none is wanted."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a parser that prints must not break the line protocol
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-C is for the parent, which closes our input
    for alarm in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(alarm, signal.SIG_DFL)
    module, _, name = handler.partition(":")
    handle = getattr(import_module(module), name)()
    spare_collector()
    answers.write(READY)
    answers.flush()
    bounds.bound_memory()
    try:
        for line in sys.stdin.buffer:
            bounds.start()
            try:
                answer = handle(json.loads(line))
            except Exception as error:
                if isinstance(error, MemoryError):
                    raise
                answer = {"error": f"{type(error).__name__}: {error}"[:500]}
            written = b"" if answer is None else json.dumps(answer).encode() + b"\n"
            bounds.stop()
            answers.write(written)
            answers.flush()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # whatever is left of this process is of no use
    except BrokenPipeError:
        os._exit(0)  # the parent was killed: nobody is left to answer

"""A scoring worker's own loop: JSON lines in on standard input, JSON lines out on standard output.

It ends with its parent, by end of file, and a message that takes too much CPU time ends it: the kernel's timer kills
even a regular expression that never returns and never lets go of the interpreter."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from importlib import import_module

READY = b'"ready"\n'


def spare_collector() -> None:
    """Documents are trees without cycles: the collector would walk them over and over and find nothing."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)


def main(handler: str, limit: float) -> None:
    """`handler` is "module:callable"; what it makes takes a message and answers it, or None where none is wanted."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a parser that prints must not break the line protocol
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-C is for the parent, which closes our input
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    module, _, name = handler.partition(":")
    handle = getattr(import_module(module), name)()
    spare_collector()
    answers.write(READY)
    answers.flush()
    for line in sys.stdin.buffer:
        message = json.loads(line)
        signal.setitimer(signal.ITIMER_PROF, limit)
        try:
            answer = handle(message)
        except Exception as error:  # noqa: BLE001 (told to the parent, which leaves the chain unfinished)
            answer = {"error": f"{type(error).__name__}: {error}"[:500]}
        signal.setitimer(signal.ITIMER_PROF, 0)
        if answer is not None:
            try:
                answers.write(json.dumps(answer).encode() + b"\n")
                answers.flush()
            except BrokenPipeError:
                os._exit(0)  # the parent was killed: nobody is left to answer

"""Runs studies in children of its own, so that a test can end one however it likes without waiting for imports.

As a program: each line of standard input is JSON, `run` the arguments of `harness.run` or, a list, the words of the
command; `room` the largest size in bytes that a file may reach; the answers are the process number of a child and, once
it has ended, its status and what it said.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DONE, UNFINISHED, REFUSED, STOPPED, BUG = range(5)
"""How a child ends that is not killed: all hops done; chains stopped; a PalimpsestError; ctrl-C or SIGTERM; else."""


@dataclass(frozen=True, slots=True)
class Ended:
    """`status` is one of the above, or the number of the signal it died of, negative."""

    status: int
    told: str


class Nursery:
    def __init__(self) -> None:
        root = str(Path(__file__).parents[1])
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": root, "OPENAI_API_KEY": "none", "ANTHROPIC_API_KEY": "none"},
        )  # fmt: skip

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def run(
        self,
        *,
        after: float | Callable[[float], bool] | None = None,
        by: int = signal.SIGKILL,
        room: int | None = None,
        command: list[str] | None = None,
        **arguments: Any,
    ) -> Ended:
        """Run a study, or the command, to its end, or end it by a signal: `after` so many seconds, or once that says
        so, which is given seconds to wait."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"run": command or arguments, "room": room}) + "\n")
        self._process.stdin.flush()
        pid, over = int(self._process.stdout.readline()), threading.Event()

        def end() -> None:
            if callable(after):
                while not over.is_set() and not after(0.05):
                    pass
            elif over.wait(after):
                return
            # The nursery waits for the child, so its number cannot be another's as long as the answer has not come.
            if not over.is_set():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, by)

        ender = threading.Thread(target=end)
        if after is not None:
            ender.start()
        found = Ended(**json.loads(self._process.stdout.readline()))
        over.set()
        if after is not None:
            ender.join()
        return found


def _serve() -> None:
    import harness
    import harness.backends.anthropic
    import harness.backends.limits
    import harness.backends.openai
    import harness.cli.commands
    import harness.cli.relays
    import harness.editors.rewrite
    import harness.relay.run
    from harness.editors import open_simulated

    harness.run("sim:oracle", "accounting", round_trips=1, doc_tokens=300, distractors=0, workers=0)
    open_simulated("sim:oracle")
    for line in sys.stdin:
        wanted = json.loads(line)
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            live = _command if isinstance(wanted["run"], list) else _child
            os._exit(live(writing, wanted["run"], wanted["room"]))
        os.close(writing)
        print(pid, flush=True)
        with os.fdopen(reading) as pipe:
            told = pipe.read()
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print(json.dumps({"status": status, "told": told}), flush=True)


def _child(writing: int, arguments: dict[str, Any], room: int | None) -> int:
    import harness
    from harness.backends.limits import Retrying
    from harness.cli.main import on_sigterm_as_on_ctrl_c
    from harness.errors import PalimpsestError

    signal.signal(signal.SIGINT, signal.default_int_handler)
    on_sigterm_as_on_ctrl_c()
    Retrying.__init__.__kwdefaults__["base"] = 0.02  # seconds that a test would else wait for nothing
    if room is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    status, told = DONE, ""
    try:
        reasons = harness.run(**arguments).unfinished
        status, told = (UNFINISHED if reasons else DONE), "\n".join(reasons.values())
    except PalimpsestError as error:
        status, told = REFUSED, f"{type(error).__name__}: {error}"
    except KeyboardInterrupt:
        status = STOPPED
    except BaseException as error:  # noqa: BLE001 - the test is to hear of it
        status, told = BUG, f"{type(error).__name__}: {error}"
    os.write(writing, told.encode()[:60_000])
    return status


def _command(writing: int, arguments: list[str], _room: int | None) -> int:
    """As a shell starts what it puts into the background: interrupts ignored, unless one is to come."""
    from harness.cli.main import main

    os.dup2(writing, 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN if arguments[0] == "&" else signal.default_int_handler)
    sys.argv = ["palimpsest", *(word for word in arguments if word != "&")]
    try:
        main()
    except SystemExit as ended:
        sys.stderr.flush()
        return int(ended.code or 0)
    return 0


if __name__ == "__main__":
    _serve()

"""The commands, each loaded when it is run: `palimpsest --help` must not wait for pandas."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from importlib import import_module
from types import FrameType

import typer

from harness.errors import PalimpsestError

app = typer.Typer(
    name="palimpsest",
    help="Measure what language models do to documents in long workflows: which value changed, when, under which edit.",
    no_args_is_help=True,
    rich_markup_mode=None,  # rich's help takes twice the time of everything else here
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

INTERRUPTED = 130
TERMINATED = 143

_COMMANDS = tuple(f"harness.cli.{name}" for name in ("relays", "commands", "horizon_commands", "decide", "doctor"))


def main() -> None:
    """Entry point. What the user can mend is one line and exit status 2; ctrl-C is 130, SIGTERM 143."""
    gc.set_threshold(200_000, 20, 20)  # imports and documents make objects by the million and no cycles
    terminated = on_sigterm_as_on_ctrl_c()
    for commands in _COMMANDS:  # they register themselves on `app`
        import_module(commands)
    try:
        app()
    except PalimpsestError as error:
        sys.stderr.write(f"palimpsest: {_line(error)}\n")
        sys.exit(2)
    except SystemExit as ended:
        if ended.code != INTERRUPTED:  # typer's word for a KeyboardInterrupt
            raise
        sys.stderr.write("palimpsest: stopped; run the same command again to continue\n")
        sys.exit(TERMINATED if terminated.is_set() else INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()  # the reader, such as `head`, has had enough
        sys.exit(0)


def _line(error: PalimpsestError) -> str:
    """What is told of an error, in which a server may have put a key or what acts on a terminal."""
    from harness.backends.secrecy import strike
    from harness.cli.terminal import plain

    return plain(" ".join(strike(str(error)).split()))


def on_sigterm_as_on_ctrl_c() -> threading.Event:
    """Lets SIGTERM end the run as ctrl-C does: calls in flight given up, the store closed. Set once it has come."""
    came = threading.Event()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # So a shell starts what runs in the background. Blocked, ctrl-C stays without effect, and asyncio, which takes
        # no notice of an ignored one, makes its handler.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def end(_number: int, frame: FrameType | None) -> None:
        came.set()
        interrupt = signal.getsignal(signal.SIGINT)
        if callable(interrupt):
            interrupt(signal.SIGINT, frame)

    signal.signal(signal.SIGTERM, end)
    return came

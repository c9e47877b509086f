"""The commands, each loaded when it is run: `palimpsest --help` must not wait for pandas."""

from __future__ import annotations

import sys
from importlib import import_module

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

_COMMANDS = ("harness.cli.commands", "harness.cli.horizon_commands", "harness.cli.decide")


def main() -> None:
    """Entry point. What the user can mend is one line and exit status 2; ctrl-C is 130."""
    for commands in _COMMANDS:  # they register themselves on `app`
        import_module(commands)
    try:
        app()
    except PalimpsestError as error:
        sys.stderr.write(f"palimpsest: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("palimpsest: stopped; run the same command again to continue\n")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader, such as `head`, has had enough
        sys.exit(0)

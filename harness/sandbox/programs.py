"""What is run in sandboxes: Python that a model wrote, and agents that are given a prompt."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from domains import Files
from harness.errors import UsageError
from harness.sandbox.base import GIVEN, WORK, Limits, Ran
from harness.sandbox.run import run

_PROGRAM = "program.py"
_PROMPT = "prompt.txt"
_PLACE = re.compile(r"\{(prompt|prompt_file|dir)\}")
_OWN_WORD = re.compile(r"(?:-[\w-]*=)?\{prompt\}")
LONGEST_WORD = (1 << 17) - 1
"""Bytes of one argument of a command, a limit of Linux (execve(2), MAX_ARG_STRLEN)."""


async def python(code: str, files: Files, limits: Limits | None = None, *, stdin: str = "") -> Ran:
    """Runs a program with this interpreter and the standard library; what it prints and what it makes of `files`."""
    executable, readable = interpreter()
    # A document called json.py must not become the module of that name (-P), nor does anything else join the standard
    # library (-s, -S). Not -I, which would leave out the hash seed: a program that is run again does the same again.
    command = [executable, "-P", "-s", "-S", "-B", "-X", "utf8", f"{GIVEN}/{_PROGRAM}"]
    return await run(
        command, files, limits, stdin=stdin, environment={"PYTHONHASHSEED": "0"}, readable=readable,
        given={_PROGRAM: code},
    )  # fmt: skip


def interpreter() -> tuple[str, tuple[Path, ...]]:
    """The Python that sandboxes run, below its virtual environment, and what must be readable for it to start."""
    executable = Path(sys.executable).resolve()
    prefix = Path(sys.base_prefix).resolve()
    needed = tuple(path for path in (prefix, executable) if not path.is_relative_to("/usr"))
    return str(executable), needed[:1] if executable.is_relative_to(prefix) else needed


async def agent(
    command: str,
    prompt: str,
    files: Files,
    limits: Limits | None = None,
    *,
    network: bool = False,
    environment: Mapping[str, str] | None = None,
    readable: Sequence[Path] = (),
) -> Ran:
    """Runs an agent on `files`. In `command`, {prompt} is the prompt as one word, {prompt_file} a file that holds it,
    {dir} the directory of the files; without the first two the prompt comes on stdin. `Ran.stdout` and `Ran.stderr`
    are the transcript."""
    argv = filled(command, prompt)
    asked = "{prompt}" in command or "{prompt_file}" in command
    return await run(
        argv, files, limits, network=network, environment=environment, stdin="" if asked else prompt, readable=readable,
        given={_PROMPT: prompt},
    )  # fmt: skip


def filled(command: str, prompt: str) -> list[str]:
    """The words of a command with its places filled. They are split before, and no shell reads them after: nothing in
    a prompt is a quote, a variable or another command."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"the agent's command cannot be read ({error}): {command!r}") from None
    if not words:
        raise UsageError("the agent's command is empty")
    for word in words:
        if "{prompt}" in word and not _OWN_WORD.fullmatch(word):
            raise UsageError(
                f"{{prompt}} must be a word of its own or the value of an option, not part of {word!r}: "
                "a shell would run what the prompt says; use {prompt_file} there"
            )
    if "{prompt}" in command and len(prompt.encode(errors="surrogatepass")) > LONGEST_WORD - 256:
        raise UsageError(f"a prompt of {len(prompt):,} characters is too long for {{prompt}}: use {{prompt_file}}")
    values = {"prompt": prompt, "prompt_file": f"{GIVEN}/{_PROMPT}", "dir": WORK}
    return [_PLACE.sub(lambda match: values[match[1]], word) for word in words]


def named(names: Sequence[str]) -> dict[str, str]:
    """Variables of this process to hand on to an agent. UsageError for one that is not set."""
    missing = [name for name in names if name not in os.environ]
    if missing:
        raise UsageError(f"environment variable {missing[0]} is not set: export it, or do not hand it on")
    return {name: os.environ[name] for name in names}

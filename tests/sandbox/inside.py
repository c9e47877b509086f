"""What the tests of the sandbox share: where they can run, short ways to run something, and who is left running."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.sandbox import Limits, Ran, available, python, run

_missing = available()
needs_sandbox = pytest.mark.skipif(_missing != "", reason=f"no sandbox here: {_missing}")
SMALL = Limits(seconds=20, memory_mb=128, processes=16, output_kb=16, file_mb=2, disk_mb=4, files=100)


async def shell(script: str, limits: Limits = SMALL, **options: object) -> Ran:
    return await run(["sh", "-c", script], limits=limits, **options)  # type: ignore[arg-type]


async def attack(code: str, limits: Limits = SMALL, **options: object) -> Ran:
    """Runs Python inside and takes its traceback for a fault of the test."""
    ran = await python(textwrap.dedent(code), {}, limits, **options)  # type: ignore[arg-type]
    assert "Traceback" not in ran.stderr, ran.stderr
    return ran


def running(marker: str) -> list[str]:
    """The command lines on this machine that hold a marker."""
    return [line for line in _command_lines() if marker in line]


def _command_lines() -> Iterator[str]:
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                yield (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue  # gone meanwhile

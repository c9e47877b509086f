"""What a sandboxed run is given and what it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from domains import Files
from harness.errors import UsageError

WORK = "/work"
"""Where the working copy lies inside."""
GIVEN = "/given"
"""Where a prompt or a program lies inside, read-only."""

Reason = Literal["", "time", "memory", "files", "output"]
"""Why a run was ended from outside, "" when it ended by itself."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use. The kernel keeps `processes` (threads count), `file_mb` (one file), `disk_mb` (each of the
    places that can be written) and `memory_mb` for one process; `seconds` of wall time, `memory_mb` of all processes
    together and `files` are looked at while it runs, and going over them ends it. `output_kb` are kept of stdout and
    of stderr each."""

    seconds: float = 60.0
    memory_mb: int = 512
    processes: int = 64
    output_kb: int = 256
    file_mb: int = 16
    disk_mb: int = 64
    files: int = 1000

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) <= 0:
                raise UsageError(f"sandbox limit {field.name} must be more than 0")


@dataclass(frozen=True, slots=True)
class Refused:
    """Something in the working copy that was not read back. `name` is hostile: escape it to show it."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended. `status` is the exit status, 128 + n after signal n. `stdout` and `stderr` are hostile text,
    `cut` when one was longer than what is kept. `files` is the working copy afterwards, `refused` what else was there.
    """

    status: int
    stdout: str
    stderr: str
    seconds: float
    cut: bool
    reason: Reason
    files: Files
    refused: tuple[Refused, ...] = ()

    @property
    def timed_out(self) -> bool:
        """Whether the run was ended because its time was over."""
        return self.reason == "time"

"""How an agent is run: its command, what it may use, and where it says what it cost."""

from __future__ import annotations

import math
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.sandbox import Limits
from harness.sandbox.programs import filled

TAIL = 1 << 16
"""Characters at the end of a transcript in which a cost is looked for."""


@dataclass(frozen=True, slots=True)
class CommandSettings:
    """`command` has the places {prompt}, {prompt_file} and {dir} (`harness.sandbox.agent`). `environment` names the
    variables of ours that the agent gets, `readable` the paths it may read beside the system's programs and its own
    installation. Its time, memory and processes are bounded; `cost` is a regular expression whose group `cost`, or else
    first group, is US dollars, and whose last match in the transcript counts."""

    command: str
    network: bool = False
    environment: tuple[str, ...] = ()
    readable: tuple[str, ...] = ()
    seconds: float = 600.0
    memory_mb: int = 2048
    processes: int = 256
    cost: str = ""

    def __post_init__(self) -> None:
        filled(self.command, "")
        if not 0 < self.seconds < math.inf:
            raise UsageError(f"an agent's time must be more than 0 s, not {self.seconds:g}")
        self.limits  # noqa: B018 - raises for what is no limit
        self.cost_of("")

    @property
    def limits(self) -> Limits:
        return Limits(self.seconds, self.memory_mb, self.processes, output_kb=512, file_mb=16, disk_mb=256, files=4000)

    def cost_of(self, transcript: str) -> float | None:
        """US dollars, None where the agent does not say. UsageError for an expression that is none."""
        if not self.cost:
            return None
        try:
            pattern = re.compile(self.cost)
        except re.error as error:
            raise UsageError(f"the expression for the cost cannot be read ({error}): {self.cost!r}") from None
        if not pattern.groups:
            raise UsageError(f"the expression for the cost has no group around the number: {self.cost!r}")
        found = list(pattern.finditer(transcript[-TAIL:]))
        return _dollars(found[-1]["cost" if "cost" in pattern.groupindex else 1]) if found else None

    def started(self) -> tuple[str, tuple[Path, ...]]:
        """The command with the place of its program, and all paths that must be readable. UsageError when there is no
        such program."""
        program, *rest = shlex.split(self.command)
        found = shutil.which(program)
        if found is None:
            raise UsageError(f"there is no program {program!r}: install the agent, or give the path of its program")
        paths = [Path(path).expanduser() for path in self.readable]
        lacking = [path for path in paths if not path.exists()]
        if lacking:
            raise UsageError(f"an agent cannot be let read what is not there: {lacking[0]}")
        return shlex.join([str(Path(found).absolute()), *rest]), (*paths, *_installation(Path(found).absolute()))


def _dollars(text: str | None) -> float | None:
    try:
        value = float((text or "").replace(",", ""))
    except ValueError:
        return None
    return value if 0 <= value < math.inf else None


def _installation(program: Path) -> list[Path]:
    """What a program needs of its own: its virtual environment with the interpreter below it, or else itself."""
    root = program.parent.parent
    if not (root / "pyvenv.cfg").is_file():
        return [] if program.is_relative_to("/usr") else [program]
    prefix = (program.parent / "python").resolve().parent.parent
    return [root] if prefix.is_relative_to("/usr") or prefix.is_relative_to(root) else [root, prefix]

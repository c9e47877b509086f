"""What a model can do to the folder: the calls of tools, whatever the form they come in, and what comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

READING = ("view", "grep")
WRITING = ("str_replace", "insert", "create", "delete", "move", "run_python")
TOOLS = (*READING, *WRITING, "finish")


@dataclass(frozen=True, slots=True)
class Call:
    """One call. The arguments are the model's own, so hostile: of any name and type. `fault` says why what the model
    wrote is no call; `id` is the API's own, "" where the call came as text."""

    tool: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    fault: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a call: the `text` that the model is told, the file it was about ("" for none or all), and how many
    bytes it took away and put there."""

    text: str
    ok: bool = True
    file: str = ""
    bytes: int = 0


class Wrong(Exception):
    """A call that cannot be done. The message is for the model."""


def text_of(call: Call, name: str, default: str | None = None) -> str:
    """An argument that is a text. Wrong when it is missing or something else."""
    value = call.arguments.get(name, default)
    if not isinstance(value, str):
        raise Wrong(f"{call.tool} needs {name}, a text")
    return value.replace("\r\n", "\n")


def number_of(value: object, what: str) -> int:
    """A line number, which models also write as a text. Wrong for anything else."""
    if isinstance(value, str) and len(value) < 10 and value.strip().isascii() and value.strip().isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Wrong(f"{what} must be a line number")
    return value


def range_of(call: Call) -> tuple[int, int] | None:
    """The first and the last line of `view_range`, from 1, -1 for the end of the file; None for the whole file."""
    value = call.arguments.get("view_range")
    if value is None:
        return None
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise Wrong("view_range must be two line numbers, the first and the last")
    first, last = (number_of(one, "view_range") for one in value)
    return first, last

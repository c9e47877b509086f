"""One change of a file, and the search/replace block that it is written as."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

USUAL = 7
"""Length of the marks of a block."""
LONG = 10
"""Marks of this length or more end a block only at their own length: for documents that hold lines like marks."""

_LIKE_MARKS = re.compile(r"^[ \t]*(<{5,}|={5,}|>{5,})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Hunk:
    """One change. `edit`: the lines `want` of the file become `put`; with no `want` the file is made, or with a `line`
    the lines go in after that one. `line` counts from 1, as a diff states it. `move`: to the name `to`."""

    name: str
    want: tuple[str, ...] = ()
    put: tuple[str, ...] = ()
    line: int | None = None
    fault: str = ""
    kind: Literal["edit", "delete", "move"] = "edit"
    to: str = ""


def marks(texts: Iterable[str]) -> int:
    """The length of marks that no line of these texts can be taken for."""
    longest = max((len(run) for text in texts for run in _LIKE_MARKS.findall(text)), default=0)
    return max(LONG, longest + 1) if longest else USUAL


def block(name: str, want: str, put: str, length: int = USUAL) -> str:
    """A search/replace block as prompts show it; the texts end with a newline or are empty."""
    return f"{name}\n{'<' * length} SEARCH\n{want}{'=' * length}\n{put}{'>' * length} REPLACE\n"

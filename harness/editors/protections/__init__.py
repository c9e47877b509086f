"""Protections of a document: what may stand around any editor so that damage is prevented. `read` for what users
write, `protected` for the editor with its protections.

They work in one order, however they are written: `vote`, `guard`, `verify`, `checkpoint`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.editors.base import Editor
    from harness.editors.protections.editor import Bench

__all__ = ["JOINED", "NAMES", "Protections", "on_bench", "parted", "protected", "read"]

NAMES = ("vote:N", "guard", "verify", "checkpoint")
"""What users may write, in the order in which protections work."""
JOINED = " & "
"""Between the names of an editor and its protections: no editor's name holds a blank."""
MOST_VOTES = 15
_ONE = re.compile(r"vote:\d+|guard|verify|checkpoint")


@dataclass(frozen=True, slots=True)
class Protections:
    """Which protections there are.

    vote        the majority of this many results, element by element; 0 for none
    guard       a result that looks wrong without any oracle is refused, and the work asked for once more
    verify      a second turn is shown the changes and may correct them
    checkpoint  the previous document stays when the result can no longer be read
    """

    vote: int = 0
    guard: bool = False
    verify: bool = False
    checkpoint: bool = False

    def __post_init__(self) -> None:
        if self.vote and not (3 <= self.vote <= MOST_VOTES and self.vote % 2):
            raise UsageError(f"a vote takes an odd number of results from 3 to {MOST_VOTES}, not {self.vote}: vote:3")

    @property
    def names(self) -> tuple[str, ...]:
        """As users write them, in the order in which they work."""
        plain = ("guard", "verify", "checkpoint")
        return (*((f"vote:{self.vote}",) if self.vote else ()), *(name for name in plain if getattr(self, name)))


def read(text: str) -> Protections:
    """From `verify,guard` or `vote:3`; `none` and "" are none. UsageError for anything else."""
    text = "" if text.strip() == "none" else text
    vote, plain = 0, set[str]()
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, colon, number = part.partition(":")
        if kind == "vote" and colon and number.isascii() and number.isdecimal() and len(number) < 4 and int(number):
            if vote:
                raise UsageError(f"--protect {text}: vote stands there twice")
            vote = int(number)
        elif part in ("guard", "verify", "checkpoint"):
            plain.add(part)
        else:
            raise UsageError(f"unknown protection {part!r}: there are {', '.join(NAMES)}, with commas between them")
    return Protections(vote, "guard" in plain, "verify" in plain, "checkpoint" in plain)


def parted(name: str) -> tuple[str, str]:
    """An editor's own name and its protections, "" for none, of the name that it has with them."""
    found: list[str] = []
    while (parts := name.rpartition(JOINED))[1] and _ONE.fullmatch(parts[2]):
        name = parts[0]
        found.insert(0, parts[2])
    return name, ", ".join(found)


def protected(editor: Editor, protections: Protections, bench: Bench | None = None) -> Editor:
    """The editor with these protections around it, itself when there are none. `bench` does the work on documents, by
    default here and now."""
    if not protections.names:
        return editor
    from harness.editors.protections.editor import Protected, here

    return Protected(editor, protections, bench or here)


def on_bench(editor: Editor, bench: Bench) -> Editor:
    """The editor with the work of its protections done on this bench; one without protections as it is."""
    from harness.editors.protections.editor import Protected

    return replace(editor, bench=bench) if isinstance(editor, Protected) else editor

"""Chess games in Portable Game Notation (PGN): tag pairs, moves, comments, variations.

Equal are: `!` and `$1`, `O-O` and `0-0`, `e8=Q` and `e8Q`, moves with any numbers or none, one comment or several in a
row, `{…}` and `; …`, 0:05:00 and 00:05:00, tag pairs in any order, an unknown roster tag (`?`) and an absent one. Check
marks and the x of a capture follow from the position and do not count, nor does a file or rank that no other man makes
necessary. A comment stands with the move it follows, whether before or behind its variations. Moves are read on a
board: one that is not legal stays as it is written, and the file is not valid.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from domains.chess.edits import EDITS
from domains.chess.format import FORMAT
from domains.chess.generate import generate
from domains.chess.render import SIGNS
from domains.kit import Domain, Files
from domains.kit.equivalents import on_text, surface

_KEPT = re.compile(r"\{[^}]*\}|^[ \t]*\[.*\]|;.*|^%.*", re.MULTILINE)
_GAME = re.compile(r"(?m)^(\[\w+ \".*\"\]\s*?\n)+")


def in_movetext(files: Files, change: Callable[[str], str]) -> Files:
    """Changes what is neither tag pair nor comment nor escape."""

    def outside(text: str) -> str:
        found, end = [], 0
        for match in _KEPT.finditer(text):
            found += [change(text[end : match.start()]), match[0]]
            end = match.end()
        return "".join([*found, change(text[end:])])

    return on_text(files, outside)


def unnumbered(files: Files) -> Files:
    return in_movetext(files, lambda t: re.sub(r"(?<![^\s(}])\d+\.+\s*", " ", t))


def tight(files: Files) -> Files:
    """1.e4 e5 2.Nf3"""
    return in_movetext(files, lambda t: re.sub(r"(?<=\d\.)[ \t]+(?=\w)", "", t))


def zeros(files: Files) -> Files:
    return in_movetext(files, lambda t: re.sub(r"\bO-O(-O)?", lambda m: m[0].replace("O", "0"), t))


def no_equals(files: Files) -> Files:
    """e8Q for e8=Q."""
    return in_movetext(files, lambda t: re.sub(r"(?<=[a-h][18])=(?=[QRBN])", "", t))


def numbered_nags(files: Files) -> Files:
    """$1 for !"""
    signs = {sign: n for n, sign in SIGNS.items()}
    return in_movetext(files, lambda t: re.sub(r"(?<=\S)[!?]{1,2}", lambda m: f" ${signs[m[0]]}", t))


def no_marks(files: Files) -> Files:
    """Neither + nor #."""
    return in_movetext(files, lambda t: re.sub(r"(?<=[\dOQRBN])[+#](?=[\s)!?]|$)", "", t))


def padded_clocks(files: Files) -> Files:
    """00:05:00 for 0:05:00."""
    return on_text(files, lambda t: re.sub(r"(\[%(?:clk|emt) )(\d:)", r"\g<1>0\2", t))


def tags_turned(files: Files) -> Files:
    """The tag pairs after the first in the opposite order."""

    def turned(match: re.Match[str]) -> str:
        first, *others = match[0].splitlines()
        return "\n".join([first, *reversed(others), ""])

    return on_text(files, lambda t: _GAME.sub(turned, t))


DOMAIN = Domain(
    name="chess",
    title="Chess games (PGN)",
    category="Everyday",
    extensions=(".pgn",),
    specification="https://www.saremba.de/chessgml/standards/pgn/pgn-complete.htm",
    format=FORMAT,
    generate=generate,
    edits=EDITS,
    equivalents={
        **surface(),
        "no move numbers": unnumbered,
        "numbers without a blank": tight,
        "castling with zeros": zeros,
        "promotion without =": no_equals,
        "NAGs as numbers": numbered_nags,
        "no check marks": no_marks,
        "padded clocks": padded_clocks,
        "tag pairs in another order": tags_turned,
    },
    folder=Path(__file__).parent,
    records=("game",),
    recognise=lambda text: bool(re.search(r"(?m)^[ \t]*\[(?:Event|White|Result)[ \t]+\"[^\"\n]*\"\]", text)),
    layout=r"(?<![^\s(}])\d+\.+",
)

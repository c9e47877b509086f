"""Portable Game Notation: what a chess player reads in it.

A move is its standard algebraic notation; its number is layout, as it follows from its place. Check marks and the `x`
of a capture follow from the position and take no part in comparisons (`Nd5` is `Nxd5+`); a file or rank that is not
needed to tell two men apart is left out on reading. `!` is `$1`, a comment is one text wherever it is cut, and a
comment's commands ([%clk …]) are fields. An absent roster tag is `?`. Moves that are not legal stay as they are written
and are noted.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from domains.chess.reader import Reader
from domains.chess.render import MAIN, render
from domains.kit import STRAY, Element, Field, Files, Format, Kind, ParseError, Schema, bag, prose, spaced, texts, words


def each(weight: float) -> Callable[[tuple[Hashable, ...]], float]:
    return lambda values: weight * len(values)


def bare(san: object) -> str:
    """A move without what follows from the position."""
    return str(san).translate(_DERIVED)


_DERIVED = str.maketrans("", "", "x+#")
_SET = Field(bag, each(0.5), lambda values: tuple(sorted(map(str, values))))
NOTES = {
    # Two moves at least: a comment says where a move belongs when moves are exchanged.
    "comment": prose(words(0.2, 2.0)),
    "clock": Field(weight=0.5),
    "elapsed": Field(weight=0.5),
    "eval": Field(weight=0.5),
    "arrows": _SET,
    "squares": _SET,
    "commands": _SET,
}
SCHEMA = Schema(
    {
        "pgn": Kind(),
        "game": Kind(
            {
                "event": prose(0.5),
                "site": prose(0.5),
                "date": Field(),
                "round": Field(weight=0.5),
                "white": Field(canon=spaced),
                "black": Field(canon=spaced),
                "result": Field(),
                "ending": Field(weight=0.5),
                **NOTES,
            },
            key=(("white", "black", "round"), ("white", "black"), ("event", "round")),
            order=0.3,
            label=lambda e: f"{e.text('white') or '?'} - {e.text('black') or '?'}",
        ),
        "tag": Kind({"name": Field(weight=0.25), "value": prose(0.75)}, key=(("name",),)),
        "move": Kind({"san": Field(canon=bare), "nags": _SET, **NOTES}, order=0.2, label=lambda e: e.text("san")),
        "line": Kind(NOTES, weight=0.5, order=0.1),
        "remark": Kind({"text": prose(words(0.2))}, order=0.1),
        "escape": Kind({"text": prose(0.5)}, order=0.1),
    }
)


def parse(files: Files) -> Element:
    """All files given, one after the other in the order of their names."""
    reader = Reader()
    for name, text in texts(files, MAIN):
        reader.read(name, text)
    if not reader.games and any(e.kind == STRAY for e in reader.children):
        raise ParseError("there is no game: neither a tag pair nor a move", min(files), 1)
    return Element("pgn", {}, tuple(reader.children), tuple(reader.problems))


FORMAT = Format(SCHEMA, parse, render)

"""What the words of movetext are, and the values in comments' commands (PGN standard, sections 8.2 and 10; the
commands: "PGN spec supplement" and what lichess, chess.com and ChessBase write)."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache

GLYPHS = {
    "!": 1, "?": 2, "!!": 3, "??": 4, "!?": 5, "?!": 6, "□": 7, "=": 10, "∞": 13, "+=": 14, "+/=": 14, "⩲": 14,
    "=+": 15, "=/+": 15, "⩱": 15, "+/-": 16, "±": 16, "-/+": 17, "∓": 17, "+-": 18, "+−": 18, "-+": 19, "−+": 19,
    "⊙": 22, "⟳": 32, "→": 36, "↑": 36, "⇆": 132, "⨀": 22, "N": 146,
}  # fmt: skip
"""Signs people write for a move's or a position's judgement: the number of the NAG each stands for."""
RESULTS = {
    "1-0": "1-0", "0-1": "0-1", "1/2-1/2": "1/2-1/2", "*": "*", "1/2": "1/2-1/2", "½-½": "1/2-1/2", "½": "1/2-1/2",
    "1–0": "1-0", "0–1": "0-1", "½–½": "1/2-1/2", "1/2–1/2": "1/2-1/2",
}  # fmt: skip
COMMANDS = {"clk": "clock", "emt": "elapsed", "eval": "eval", "cal": "arrows", "csl": "squares"}
"""Commands in comments that are fields of their own; others are kept by name."""
DIGITS = 4

_UCI = re.compile(r"[a-h][1-8][a-h][1-8][qrbn]?")
_MOVE = re.compile(
    r"([KQRBN]?[a-h]?[1-8]?[x:-]?[a-h][1-8]|[a-h]x[a-h](?![a-h1-8]))(?:[=/]?([QRBNqrbn])(?![a-h1-8x]))?"
    r"(\+\+|[+#†‡]?)(.*)"
)
_CASTLING = re.compile(r"([O0o])[-–]?\1([-–]?\1)?([+#†‡]*)(.*)")
_SPELT_OUT = {"": "", "e.p.": "", "ep": "", "e.p": "", "ch": "+", "ch.": "+", "dis.ch": "+", "mate": "#"}
_NULL = ("--", "Z0", "@@@@", "null")
_LIKE_A_MOVE = re.compile(r"(?=\D*\d)[A-Za-z♔-♟][\w♔-♟=+#:x-]{1,9}")
_COMMAND = re.compile(r"\[%(\w+)([^\]]*)\]")
_TIME = re.compile(r"(?:(?:([0-9]{1,4}):)?([0-9]{1,3}):)?([0-9]{1,6})(?:[.,]([0-9]{1,6}))?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,9})?")


@lru_cache(4096)
def classify(word: str) -> tuple[str, str, tuple[int, ...]]:
    """What a word of movetext is (`move`, `result`, `number`, `glyph`, `layout` or `stray`), its text, and the NAGs
    written onto it. `0-0` and `e8Q` come out as `O-O` and `e8=Q`."""
    if word in GLYPHS:
        return "glyph", word, (GLYPHS[word],)
    if word in RESULTS:
        return "result", RESULTS[word], ()
    if word in _NULL:
        return "move", "--", ()
    if _UCI.fullmatch(word) or word == "0000":
        return "move", word, ()
    if word.isdecimal() and len(word) <= DIGITS:
        return "number", word, ()
    castling = _CASTLING.fullmatch(word)
    match = castling or _MOVE.fullmatch(word)
    if match:
        one, two, marks, rest = match.groups()
        marks = marks.replace("†", "+").replace("‡", "#")
        text = ("O-O-O" if two else "O-O") if castling else one.replace(":", "x") + (f"={two.upper()}" if two else "")
        if rest in _SPELT_OUT:
            return "move", text + (marks or _SPELT_OUT[rest]), ()
        if marks + rest in GLYPHS:
            return "move", text, (GLYPHS[marks + rest],)
        if rest in GLYPHS:
            return "move", text + marks, (GLYPHS[rest],)
    if word in _SPELT_OUT:
        return "layout", word, ()
    return ("move" if len(word) <= 10 and _LIKE_A_MOVE.fullmatch(word) else "stray"), word, ()


def take_commands(comment: str, fields: dict[str, Hashable]) -> str:
    """What is left of a comment when its commands have become fields."""
    if "[%" not in comment:
        return " ".join(comment.split())
    for name, text in _COMMAND.findall(comment):
        field = COMMANDS.get(name)
        value = typed(field, text.strip()) if field and field not in fields else None
        if field and value is not None:
            fields[field] = value
        else:
            others = fields.get("commands", ())
            fields["commands"] = (*others, f"{name} {' '.join(text.split())}".strip())  # type: ignore[misc]
    return " ".join(_COMMAND.sub(" ", comment).split())


def typed(field: str, text: str) -> Hashable:
    """A command's value; None when it is not what the command takes."""
    if field in ("clock", "elapsed"):
        match = _TIME.fullmatch(text)
        if match is None:
            return None
        hours, minutes, seconds, fraction = match.groups()
        micro = int((fraction or "0").ljust(6, "0"))
        return timedelta(hours=int(hours or 0), minutes=int(minutes or 0), seconds=int(seconds), microseconds=micro)
    if field == "eval":
        return Decimal(text) if _NUMBER.fullmatch(text) else " ".join(text.split()) or None
    return tuple(part for piece in text.split(",") if (part := " ".join(piece.split()))) or None


def show_commands(fields: Mapping[str, Hashable]) -> str:
    """The commands of a move or game, as they stand at the beginning of a comment."""
    shown = [f"[%{name} {show(fields[field])}]" for name, field in COMMANDS.items() if field in fields]
    return "".join([*shown, *(f"[%{text}]" for text in fields.get("commands", ()))])  # type: ignore[attr-defined]


def show(value: Hashable) -> str:
    if isinstance(value, timedelta):
        seconds, micro = divmod(value // timedelta(microseconds=1), 1_000_000)
        fraction = f".{micro:06}".rstrip("0") if micro else ""
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)

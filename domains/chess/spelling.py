"""Moves spelled otherwise: UCI, long algebraic, figurines."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from domains.chess.board import NULL, SAN, Move, Position, start
from domains.chess.format import FORMAT
from domains.chess.geometry import EMPTY, NAMES, SQUARES
from domains.chess.render import first_move
from domains.chess.tokens import standard
from domains.kit import EditError, Element
from domains.kit.edits import UNMAPPED, transform


class Lost(NamedTuple):
    """A line in which something could not be played: what is known of the board since."""

    position: Position


State = Position | Lost | None
Speller = Callable[[State, str], tuple[str, State]]
"""A move's other spelling and the position after it, from its text and the position before it (None: not known)."""

_UCI = re.compile(r"([a-h][1-8])([a-h][1-8])=?([qrbnQRBN]?)[+#]*")
_LONG = re.compile(r"[KQRBN]?([a-h][1-8]) ?[-–x:] ?([a-h][1-8])(?:=?([QRBN]))?[+#]*")


def opening_position(game: Element) -> Position | None:
    """Where a game starts. EditError for a variant of chess: its moves are not ours to read."""
    tags = {tag.text("name"): tag.text("value") for tag in game.of("tag")}
    if not standard(tags.get("Variant", "")):
        raise EditError(f"the rules of {tags['Variant']} are others")
    return start(tags["FEN"]) if "FEN" in tags else start()


def respelled(document: Element, spell: Speller) -> Element:
    """The document with every move in it, in variations too, spelled anew."""
    return document.with_children([
        respelled_line(e, opening_position(e), spell) if e.kind == "game" else e for e in document.children
    ])  # fmt: skip


def respelled_line(line: Element, position: State, spell: Speller) -> Element:
    parts = []
    before = position
    for part in line.children:
        if part.kind == "move":
            before = position
            text, position = spell(before, part.text("san"))
            inner = [respelled_line(e, before, spell) if e.kind == "line" else e for e in part.children]
            part = Element("move", {**part.fields, "san": text}, tuple(inner))
        elif part.kind == "line":
            part = respelled_line(part, position, spell)
        parts.append(part)
    return line.with_children(parts)


def into(show: Callable[[Position, Move, str], str]) -> Callable[[Element], Element]:
    """SAN to another spelling. What cannot be played stays, and all that follows it in its line."""

    def spell(position: State, text: str) -> tuple[str, State]:
        found = position.read(text) if isinstance(position, Position) else None
        if not isinstance(position, Position) or found is None:
            return text, None
        return show(position, found[1], found[0]), found[2]

    return lambda document: respelled(document, spell)


def back_from(pattern: re.Pattern[str], null: str) -> Callable[[Element], Element]:
    """Another spelling to SAN. A move is made on the board even where it is not legal, so that one lost move does not
    make all others unreadable; a move left in SAN has not been converted."""

    def spell(state: State, text: str) -> tuple[str, State]:
        if state is None:
            return text, None
        position = state.position if isinstance(state, Lost) else state
        match = pattern.fullmatch(text)
        move = (SQUARES[match[1]], SQUARES[match[2]], (match[3] or "").upper()) if match else NULL
        if match or text == null:
            if match and (position.board[move[0]] == EMPTY or move[0] == move[1]):
                return UNMAPPED + text, state
            after = position.play(move)
            return position.san(move), Lost(after) if isinstance(state, Lost) else after
        found = None if isinstance(state, Lost) else position.read(text)
        if found is None:
            return text, Lost(position)
        same = text.rstrip("+#") in ("O-O", "O-O-O", "--") and pattern is _LONG
        return text if same else UNMAPPED + text, found[2]

    return lambda document: respelled(document, spell)


def uci(_position: Position, move: Move, _san: str) -> str:
    return "0000" if move[0] < 0 else NAMES[move[0]] + NAMES[move[1]] + move[2].lower()


def long_algebraic(position: Position, move: Move, san: str) -> str:
    match = SAN.fullmatch(san)
    if match is None:
        return san
    taken = position.board[move[1]] != EMPTY or (match[1] is None and (move[0] ^ move[1]) & 7)
    promotion = f"={move[2]}" if move[2] else ""
    marks = san[len(san.rstrip("+#")) :]
    return f"{match[1] or ''}{NAMES[move[0]]}{'x' if taken else '-'}{NAMES[move[1]]}{promotion}{marks}"


_STAY = (
    "A move that is impossible where it stands is left as written, and so are the moves after it in its line. "
)  # fmt: skip
_REST = "Tags, move numbers, NAGs, ! and ?, comments with their clocks, variations and results stay as they are. "

UCI = transform(
    FORMAT, "to_uci",
    "The engine wants coordinates. In {files}, write every move, those in variations too, the UCI way: from-square and "
    "to-square without a hyphen (e2e4, g1f3), castling as the king's move (e1g1), promotion with a small letter "
    f"(e7e8q), a null move as 0000; no check marks. Moves named inside comments stay as they are. {_STAY}{_REST}",
    "Turn the coordinates in {files} back into standard algebraic notation (e4, Nf3, exd5, O-O, e8=Q, -- for 0000) "
    "with + and # for check and mate, in variations too; file or rank are added to a piece only where another of its "
    f"kind could legally go to the same square. Moves that are not written as coordinates stay. {_REST}",
    ("format knowledge", "domain knowledge", "constraint satisfaction"), into(uci), back_from(_UCI, "0000"),
)  # fmt: skip

LONG = transform(
    FORMAT, "long_algebraic",
    "For the beginners' bulletin, change {files} to long algebraic notation: every move, those in variations too, with "
    "the square it comes from, a hyphen or an x for captures, and the square it goes to (e2-e4, Ng1-f3, Bb5xc6+, "
    f"e7-e8=Q); castling stays O-O and O-O-O. Moves named inside comments stay as they are. {_STAY}{_REST}",
    "Change {files} back to standard (short) algebraic notation, in variations too: e4, Nf3, Bxc6+, exd5, e8=Q. A "
    "piece keeps its file or rank only where another of its kind could legally go to the same square. Moves that are "
    f"not in long algebraic stay. {_REST}",
    ("format knowledge", "domain knowledge", "string manipulation"), into(long_algebraic), back_from(_LONG, "--"),
)  # fmt: skip

# -- figurines --------------------------------------------------------------------------------------------------------

_WHITE, _BLACK, _LETTERS = "♔♕♖♗♘", "♚♛♜♝♞", "KQRBN"
_TO_WHITE, _TO_BLACK = str.maketrans(_LETTERS, _WHITE), str.maketrans(_LETTERS, _BLACK)
_TO_LETTERS = str.maketrans(_WHITE + _BLACK, _LETTERS * 2)


def by_side(document: Element, spell: Callable[[str, bool], str]) -> Element:
    """Every move spelled anew; the function is told whether White makes it."""

    def line(e: Element, white: bool) -> Element:
        parts = []
        for part in e.children:
            if part.kind == "move":
                inner = tuple(line(p, white) if p.kind == "line" else p for p in part.children)
                part = Element("move", {**part.fields, "san": spell(part.text("san"), white)}, inner)
                white = not white
            elif part.kind == "line":
                part = line(part, white)
            parts.append(part)
        return e.with_children(parts)

    return document.with_children([line(e, first_move(e)[1]) if e.kind == "game" else e for e in document.children])


def figurine(san: str, white: bool) -> str:
    return san.translate(_TO_WHITE if white else _TO_BLACK)


def lettered(san: str, _white: bool) -> str:
    """Figurines as letters. A letter that is still there has not been changed."""
    return UNMAPPED + san if set(san) & set(_LETTERS) else san.translate(_TO_LETTERS)


def figurines(document: Element) -> Element:
    if sum(e.kind == "move" and not set(_LETTERS).isdisjoint(e.text("san")) for e in document.walk()) < 20:
        raise EditError("figurine: hardly any piece moves")
    return by_side(document, figurine)


FIGURINE = transform(
    FORMAT, "figurine",
    "Set {files} in figurine notation: in every move, those in variations too, replace the piece letters K Q R B N by "
    f"{' '.join(_WHITE)} when White moves and by {' '.join(_BLACK)} when Black does, promotions included (e8=♕). Pawn "
    f"moves and castling have no letter to replace; moves named inside comments keep theirs. {_REST}",
    "Replace the figurines in the moves of {files} by letters again: K, Q, R, B and N, whatever their colour. "
    f"{_REST}",
    ("string manipulation", "domain knowledge"), figurines, lambda d: by_side(d, lettered),
)  # fmt: skip

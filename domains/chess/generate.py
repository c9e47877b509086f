"""Collections of any size: rounds of a tournament, every move legal, every result what the board says."""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from domains.chess.board import Move, Position, start
from domains.chess.geometry import EMPTY, NAMES, attacked
from domains.chess.openings import (
    BOOK,
    EVENTS,
    ON_CAPTURE,
    ON_CHECK,
    ON_END,
    ON_LINE,
    ON_OPENING,
    ON_QUIET,
    TIME_CONTROLS,
)  # fmt: skip
from domains.chess.render import render_part
from domains.kit import Element
from domains.kit.generate import CITIES, FAMILY, GIVEN, count_tokens

_WORTH = {"P": 1, "N": 3, "B": 3, "R": 5, "Q": 9, "K": 0}
_LEAST = 150
"""Tokens below which no further game is begun."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a tournament's games are written: the share of moves with a comment, a NAG, a variation; clocks, evals."""

    event: str
    site: str
    first: date
    players: tuple[tuple[str, int, str], ...]
    control: tuple[str, int, int]
    clocks: bool
    evals: bool
    comments: float
    nags: float
    lines: float


def generate(rng: random.Random, tokens: int) -> Element:
    """A tournament's games. Same `rng` state, same collection."""
    made: list[Element] = []
    left = float(tokens)
    style = tournament(rng, tokens)
    while left > _LEAST or len(made) < 2:
        if made and len(made) % 40 == 0:
            style = tournament(rng, tokens)
        size = min(rng.choice((320, 450, 600, 800, 1100)), max(left, 110))
        if tokens < 1200:  # a page of short games
            size = min(size, max(tokens / 3, 125))
        if left - size < _LEAST and (made or tokens > 400):
            size = left
        game = play(rng, style, len(made), size)
        made.append(game)
        left -= count_tokens(render_part(game)) + 2
    return Element("pgn", {}, tuple(made))


def tournament(rng: random.Random, tokens: int) -> Style:
    city = rng.choice(CITIES)
    year = rng.randint(1996, 2025)
    names = rng.sample([(g, f) for g in GIVEN for f in rng.sample(FAMILY, 3)], 10)
    strength = rng.randint(1600, 2500)
    players = tuple(
        (f"{family}, {given}", elo := strength + rng.randint(-180, 180), title(rng, elo)) for given, family in names
    )
    return Style(
        event=f"{rng.choice(EVENTS).format(city=city)} {year}",
        site=city,
        first=date(year, rng.randint(1, 12), rng.randint(1, 28)),
        players=players,
        control=rng.choice(TIME_CONTROLS),
        clocks=tokens >= 1200 and rng.random() < 0.35,
        evals=rng.random() < 0.2,
        comments=rng.choice((0.05, 0.12, 0.2)),
        nags=rng.choice((0.04, 0.1, 0.15)),
        lines=rng.choice((0.02, 0.05, 0.08)),
    )


def title(rng: random.Random, elo: int) -> str:
    names = [name for name, least in (("CM", 2150), ("FM", 2250), ("IM", 2380), ("GM", 2480)) if elo >= least]
    return names[-1] if names and rng.random() < 0.8 else ""


# -- one game ---------------------------------------------------------------------------------------------------------


def play(rng: random.Random, style: Style, number: int, size: float) -> Element:
    """A game of about `size` tokens, its tags included."""
    # Of the first two games one is a king's pawn game and one is not.
    books = [b for b in BOOK if number > 1 or b[2].startswith("e4") == (number == 0)]
    code, name, book = rng.choice(books)
    pair = rng.sample(style.players, 2)
    fields: dict[str, Hashable] = {
        "event": style.event,
        "site": style.site,
        "date": f"{style.first + timedelta(days=number // 5):%Y.%m.%d}",
        "round": f"{number // 5 + 1}.{number % 5 + 1}",
        "white": pair[0][0],
        "black": pair[1][0],
    }
    tags = [("ECO", code)] if size > 140 else []
    if size > 200:
        tags += [("WhiteElo", str(pair[0][1])), ("BlackElo", str(pair[1][1]))]
        tags += [(f"{side}Title", p[2]) for side, p in zip(("White", "Black"), pair, strict=True) if p[2]]
        tags += [("Opening", name)] if rng.random() < 0.6 else []
        tags += [("TimeControl", style.control[0])] if style.clocks or rng.random() < 0.3 else []
    head = [Element("tag", {"name": n, "value": v}) for n, v in tags]
    spare = size - count_tokens(render_part(Element("game", fields, tuple(head)))) - 3
    names = {"name": name, "white": pair[0][0].split(",")[0], "black": pair[1][0].split(",")[0]}
    moves, result = Notes(rng, style, names).moves(book.split(), spare)
    fields["result"] = result
    return Element("game", fields, (*head, *moves))


class Notes:
    """Plays a game and annotates it, until its tokens are used up or it is over."""

    def __init__(self, rng: random.Random, style: Style, names: dict[str, str]) -> None:
        self.rng, self.style, self.names = rng, style, names
        self.left = {True: style.control[1], False: style.control[1]}

    def moves(self, book: Sequence[str], spare: float) -> tuple[list[Element], str]:
        position = start()
        assert position is not None  # noqa: S101  the initial position can be read
        made: list[Element] = []
        ending = None
        while spare > 0 or len(made) < 4:
            before = position
            follows = len(made) < len(book)
            text = book[len(made)] if follows else choose(self.rng, before)
            if not text:
                ending = "1/2-1/2"  # stalemate
                break
            found = before.read(text)
            assert found is not None  # noqa: S101  the book and the choice are legal
            position = found[2]
            move = self.annotated(before, found[1], text, position, follows, len(made) + 1 == len(book))
            made.append(move)
            spare -= cost(move)
            if text.endswith("#"):
                ending = "1-0" if before.white else "0-1"
                break
        lead = balance(position)
        if ending is None:
            undecided = "*" if self.rng.random() < 0.08 else "1/2-1/2"
            ending = "1-0" if lead >= 2 else "0-1" if lead <= -2 else undecided
        if made and spare > -10 and self.rng.random() < 0.5:
            mate = made[-1].text("san").endswith("#")
            comment = self.rng.choice(ON_END["#" if mate else ending]).format(number=(len(made) + 1) // 2)
            made[-1] = made[-1].with_fields(comment=comment)
        return made, ending

    def annotated(
        self, before: Position, move: Move, text: str, after: Position, follows: bool, last_of_book: bool
    ) -> Element:
        rng, style = self.rng, self.style
        fields: dict[str, Hashable] = {"san": text}
        parts: tuple[Element, ...] = ()
        if last_of_book and style.comments > 0.1:
            fields["comment"] = rng.choice(ON_OPENING).format(**self.names)
        elif not follows:
            if rng.random() < style.nags:
                fields["nags"] = (rng.choice((1, 1, 2, 2, 3, 4, 5, 5, 6, 6, 10, 14, 15, 16, 17)),)
            if rng.random() < style.comments:
                fields["comment"] = self.remark(before, move, text)
            if rng.random() < style.lines:
                parts = self.line(before, text)
        if style.clocks:
            fields["clock"] = self.clock(before.white, follows)
        if style.evals and not follows:
            fields["eval"] = Decimal(balance(after) * 100 + rng.randint(-60, 60)) / 100
        return Element("move", fields, parts)

    def remark(self, before: Position, move: Move, text: str) -> str:
        choice = ON_CHECK if text.endswith("+") else ON_CAPTURE if "x" in text else ON_QUIET
        side = self.names["white" if not before.white else "black"]
        return self.rng.choice(choice).format(square=NAMES[move[1]], side=side)

    def clock(self, white: bool, follows: bool) -> timedelta:
        """Time left after the move; it never runs out, thanks to what is added or a quick hand."""
        _, base, increment = self.style.control
        used = self.rng.randint(1, max(2, base // (400 if follows else 40)))
        self.left[white] = max(self.left[white] - used, self.rng.randint(5, 20)) + increment
        return timedelta(seconds=self.left[white])

    def line(self, before: Position, played: str) -> tuple[Element, ...]:
        """Another way to go on, a few moves long."""
        position, made = before, []
        for n in range(self.rng.randint(1, 5)):
            text = choose(self.rng, position, played if not n else "")
            found = position.read(text) if text else None
            if found is None:
                break
            fields: dict[str, Hashable] = {"san": text}
            if not n and self.rng.random() < 0.3:
                fields["comment"] = self.rng.choice(ON_LINE)
            made.append(Element("move", fields))
            position = found[2]
        return (Element("line", {}, tuple(made)),) if made else ()


def cost(move: Element) -> float:
    """About how many tokens a move and what belongs to it take."""
    own = 2.6 + 1.3 + 3 * ("nags" in move.fields) + 9 * ("clock" in move.fields) + 8 * ("eval" in move.fields)
    own += 3 + count_tokens(move.text("comment")) if "comment" in move.fields else 0
    return own + sum(4 + sum(map(cost, line.children)) for line in move.children)


def balance(position: Position) -> int:
    """White's material less Black's, in pawns."""
    return sum(
        worth * (position.board.count(letter.encode()) - position.board.count(letter.lower().encode()))
        for letter, worth in _WORTH.items()
    )


def choose(rng: random.Random, position: Position, other_than: str = "") -> str:
    """A move a club player might make, in SAN: takes what is loose, saves what is attacked, brings men out. "" when
    there is none."""
    ranked = sorted(((appeal(rng, position, m), m) for m in position.possible_moves()), reverse=True)
    best, text = -100.0, ""
    tried = 0
    for value, move in ranked:
        after = position.play(move)
        if after.checked(position.white):
            continue
        tried += 1
        man = chr(position.board[move[0]] & 95)
        if attacked(after.board, move[1], not position.white):
            guarded = attacked(after.board, move[1], position.white)
            value -= _WORTH[man] - (0.5 if guarded else 0) if _WORTH[man] > 1 or not guarded else 0
        if after.checked(after.white):
            value += 0.4 if next(after.legal_moves(), None) else 50
        if value > best:
            san = position.san(move)
            if san != other_than:
                best, text = value, san
        if tried == 8:
            break
    return text


def appeal(rng: random.Random, position: Position, move: Move) -> float:
    """What speaks for a move at first sight, in pawns, with a little luck."""
    source, target, promotion = move
    board, white = position.board, position.white
    man, taken = chr(board[source] & 95), board[target]
    value = rng.random() * 0.7 + (8 if promotion == "Q" else -5 if promotion else 0)
    if taken != EMPTY:
        value += _WORTH[chr(taken & 95)]
    if man == "K":
        return value + (1.2 if target - source in (2, -2) else -0.6 if position.number < 35 else 0.1)
    home = source >> 3 == (7 if white else 0)
    if man in "NB" and home and position.number < 16:
        value += 0.5
    if man == "P" and position.number > 30:
        value += 0.08 * (7 - (target >> 3) if white else target >> 3)
    if man in "QRBN" and attacked(board, source, not white):
        value += 0.4 * _WORTH[man] - (0.3 * _WORTH[man] if attacked(board, source, white) else 0)
    return value

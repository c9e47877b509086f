"""A chess board: which moves are legal, what they are called, what stands where (FIDE Laws, articles 1 to 3; FEN and
SAN as in the PGN standard, sections 8.2.3 and 16.1).

A board is 64 bytes from a8 to h1: letters as in FEN, `.` for an empty square.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from domains.chess.geometry import EMPTY, KING, LEAPS, MEN, NAMES, PAWN, PAWN_TAKES, SLIDES, SQUARES, attacked

Move = tuple[int, int, str]
"""From, to, and the letter of the piece a pawn becomes (a capital, or "")."""
NULL: Final[Move] = (-1, -1, "")
"""`--`: the other side is to move."""

INITIAL = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"
SAN = re.compile(r"(?:([KQRBN])([a-h]?[1-8]?)x?|(?:([a-h])x?)?)([a-h][1-8])(?:=([QRBN]))?[+#]*")
_CASTLING = re.compile(r"O-O(-O)?[+#]*")
_LOST = {0: "q", 4: "kq", 7: "k", 56: "Q", 60: "KQ", 63: "K"}
REMEMBERED = 20_000
"""Positions kept with the moves read from them: the documents of a relay repeat nearly all of each other."""
_starts: dict[str, Position | None] = {}
_kept = 0


class Position:
    """A board with the right to move, to castle and to take in passing. Immutable by contract."""

    __slots__ = ("_known", "board", "castling", "clock", "number", "passing", "white")

    def __init__(
        self, board: bytes, white: bool, castling: str, passing: int = -1, clock: int = 0, number: int = 1
    ) -> None:
        self.board, self.white, self.castling, self.passing = board, white, castling, passing
        self.clock, self.number = clock, number
        self._known: dict[str, tuple[str, Move, Position] | None] = {}

    def fen(self) -> str:
        rows = [self.board[n : n + 8].decode() for n in range(0, 64, 8)]
        placed = "/".join(re.sub(r"\.+", lambda m: str(len(m[0])), row) for row in rows)
        passing = NAMES[self.passing] if self.passing >= 0 else "-"
        turn = "w" if self.white else "b"
        return f"{placed} {turn} {self.castling or '-'} {passing} {self.clock} {self.number}"

    def checked(self, white: bool) -> bool:
        """Whether the king of that colour is in check."""
        return attacked(self.board, self.board.find(b"K" if white else b"k"), not white)

    def play(self, move: Move) -> Position:
        """The position after a move, legal or not: the man on the first square is put on the second."""
        source, target, promotion = move
        number = self.number + (not self.white)
        if source < 0:
            return Position(self.board, not self.white, self.castling, -1, self.clock + 1, number)
        board = bytearray(self.board)
        man = board[source]
        white = man < 97
        taken = board[target] != EMPTY
        board[source], board[target] = EMPTY, man
        passing = -1
        if man & 95 == PAWN:
            if target - source in (16, -16):
                passing = (source + target) // 2
            elif target == self.passing and (source ^ target) & 7:
                board[target + (8 if white else -8)] = EMPTY
            if promotion:
                board[target] = ord(promotion if white else promotion.lower())
        elif man & 95 == KING and target - source in (2, -2):
            corner, beside = (target + 1, target - 1) if target > source else (target - 2, target + 1)
            if corner >> 3 == source >> 3:
                board[beside], board[corner] = board[corner], EMPTY
        castling = self.castling
        if castling and (source in _LOST or target in _LOST):
            gone = _LOST.get(source, "") + _LOST.get(target, "")
            castling = "".join(c for c in castling if c not in gone)
        clock = 0 if taken or man & 95 == PAWN else self.clock + 1
        return Position(bytes(board), not white, castling, passing, clock, number)

    def _legal(self, move: Move) -> Position | None:
        """The position after a possible move; None when it leaves the own king in check."""
        after = self.play(move)
        return None if after.checked(self.white) else after

    def reaching(self, letter: str, target: int) -> list[int]:
        """Where the own men of this letter stand that could go to the square, pins and checks apart."""
        board = self.board
        man = ord(letter if self.white else letter.lower())
        if letter in LEAPS:
            return [s for s in LEAPS[letter][target] if board[s] == man]
        found = []
        for ray in SLIDES[letter][target]:
            for s in ray:
                if board[s] != EMPTY:
                    if board[s] == man:
                        found.append(s)
                    break
        return found

    def pawn_source(self, target: int, file: int) -> int:
        """Where the own pawn stands that can go to the square from that file; -1 when none does."""
        board, back = self.board, 8 if self.white else -8
        pawn = MEN[self.white][0]
        source = target + back + file - (target & 7)
        if not 0 <= source < 64:
            return -1
        if file == target & 7:
            if board[target] != EMPTY:
                return -1
            if board[source] == EMPTY and target >> 3 == (4 if self.white else 3):
                source += back
        elif abs(file - (target & 7)) != 1 or not (self._theirs(target) or target == self.passing):
            return -1
        return source if board[source] == pawn else -1

    def _theirs(self, square: int) -> bool:
        man = self.board[square]
        return man != EMPTY and (man < 97) != self.white

    def read(self, text: str) -> tuple[str, Move, Position] | None:
        """A move in SAN (`O-O`, `Nbd2`, `exd5`, `e8=Q`, `--`): its text without needless file or rank, the move, the
        position after it. None when it is not legal here or not SAN. Check marks and `x` are taken as they are."""
        global _kept
        if text in self._known:
            return self._known[text]
        found = self._read(text)
        if _kept < REMEMBERED:
            _kept += 1
            self._known[text] = found
        return found

    def _read(self, text: str) -> tuple[str, Move, Position] | None:
        if text == "--":
            return text, NULL, self.play(NULL)
        match = SAN.fullmatch(text)
        if match is None:
            castling = _CASTLING.fullmatch(text)
            move = self.castling_move(bool(castling[1])) if castling else None
            return (text, move, self.play(move)) if move else None
        letter, given, file, name, promotion = match.groups()
        target = SQUARES[name]
        if letter is None:
            source = self.pawn_source(target, "abcdefgh".index(file or name[0]))
            if source < 0 or (promotion is None) == (target >> 3 in (0, 7)):
                return None
            move = (source, target, promotion or "")
            after = self._legal(move)
            return (text, move, after) if after else None
        man = self.board[target]
        if promotion or (man != EMPTY and not self._theirs(target)):
            return None
        moves = {s: after for s in self.reaching(letter, target) if (after := self._legal((s, target, "")))}
        fitting = [s for s in moves if not given or given in (NAMES[s], NAMES[s][0], NAMES[s][1])]
        if len(fitting) != 1:
            return None
        needed = told_apart(fitting[0], moves)
        if given and needed != given and not (len(given) == 2 and "x" in text):
            text = letter + needed + text[1 + len(given) :]
        return text, (fitting[0], target, ""), moves[fitting[0]]

    def castling_move(self, long: bool) -> Move | None:
        """The king's move of castling; None when it is not allowed here."""
        right, king = ("KQ"[long], 60) if self.white else ("kq"[long], 4)
        if right not in self.castling:
            return None
        between = range(king - 3, king) if long else range(king + 1, king + 3)
        if any(self.board[s] != EMPTY for s in between):
            return None
        way = (king, king - 1, king - 2) if long else (king, king + 1, king + 2)
        return None if any(attacked(self.board, s, not self.white) for s in way) else (king, way[2], "")

    def san(self, move: Move) -> str:
        """What a move is called, check marks included. The move need not be legal, but a man must stand there."""
        source, target, promotion = move
        after = self.play(move)
        if source < 0:
            return "--"
        letter = chr(self.board[source] & 95)
        if letter == "K" and target - source in (2, -2):
            text = "O-O" if target > source else "O-O-O"
        elif letter == "P":
            text = f"{NAMES[source][0]}x" if (source ^ target) & 7 else ""
            text += NAMES[target] + (f"={promotion}" if promotion else "")
        else:
            rivals = [s for s in self.reaching(letter, target) if s == source or self._legal((s, target, ""))]
            text = letter + told_apart(source, rivals) + ("x" if self.board[target] != EMPTY else "") + NAMES[target]
        if not after.checked(after.white):
            return text
        return text + ("+" if next(after.legal_moves(), None) else "#")

    def possible_moves(self) -> Iterator[Move]:
        """All moves, those that leave the own king in check included; castling only where it is legal."""
        board, forward = self.board, -8 if self.white else 8
        for source, man in enumerate(board):
            if man == EMPTY or (man < 97) != self.white:
                continue
            letter = chr(man & 95)
            if letter == "P":
                ahead = (*PAWN_TAKES[self.white][source], source + forward, source + 2 * forward)
                for target in ahead:
                    if 0 <= target < 64 and self.pawn_source(target, source & 7) == source:
                        for promotion in "QRBN" if target >> 3 in (0, 7) else ("",):
                            yield source, target, promotion
            elif letter in LEAPS:
                for target in LEAPS[letter][source]:
                    if board[target] == EMPTY or self._theirs(target):
                        yield source, target, ""
            else:
                for ray in SLIDES[letter][source]:
                    for target in ray:
                        if board[target] == EMPTY:
                            yield source, target, ""
                            continue
                        if self._theirs(target):
                            yield source, target, ""
                        break
        for long in (False, True):
            move = self.castling_move(long)
            if move:
                yield move

    def legal_moves(self) -> Iterator[Move]:
        return (move for move in self.possible_moves() if self._legal(move))


def told_apart(source: int, rivals: Iterable[int]) -> str:
    """The file, else the rank, else the square that tells a man from the others that could go there too."""
    others = [s for s in rivals if s != source]
    if not others:
        return ""
    name = NAMES[source]
    if all((s ^ source) & 7 for s in others):
        return name[0]
    return name[1] if all(s >> 3 != source >> 3 for s in others) else name


def start(fen: str = INITIAL) -> Position | None:
    """The position a game starts from; None when the FEN cannot be read."""
    global _kept
    if _kept >= REMEMBERED:
        _starts.clear()
        _kept = 0
    if fen not in _starts:
        _starts[fen] = _from_fen(fen)
    return _starts[fen]


def _from_fen(fen: str) -> Position | None:
    placed, turn, castling, passing, clock, number, *_ = [
        *fen.split(),
        *["", "w", "-", "-", "0", "1"][len(fen.split()) :],
    ]
    board = re.sub(r"[1-8]", lambda m: "." * int(m[0]), placed)
    rows = board.split("/")
    whole = "".join(rows)
    if len(rows) != 8 or any(len(row) != 8 for row in rows) or not re.fullmatch(r"[.pnbrqkPNBRQK]{64}", whole):
        return None
    if whole.count("K") != 1 or whole.count("k") != 1 or turn not in ("w", "b"):
        return None
    corners = {"K": (60, "K", 63, "R"), "Q": (60, "K", 56, "R"), "k": (4, "k", 7, "r"), "q": (4, "k", 0, "r")}
    rights = [c for c, (s, king, t, rook) in corners.items() if c in castling and whole[s] + whole[t] == king + rook]
    counters = [int(n) if re.fullmatch(r"[0-9]{1,4}", n) else default for n, default in ((clock, 0), (number, 1))]
    return Position(whole.encode(), turn == "w", "".join(rights), SQUARES.get(passing, -1), *counters)

"""The squares of a board, numbered 0 to 63 from a8 to h1: their names, where men go from them, who attacks them."""

from __future__ import annotations

EMPTY, PAWN, KING = b".PK"
NAMES = tuple(file + rank for rank in "87654321" for file in "abcdefgh")
SQUARES = {name: square for square, name in enumerate(NAMES)}
MEN = {True: b"PNBRQK", False: b"pnbrqk"}
_ORTHOGONAL = ((0, 1), (0, -1), (1, 0), (-1, 0))
_DIAGONAL = ((1, 1), (1, -1), (-1, 1), (-1, -1))

Reach = tuple[tuple[int, ...], ...]


def _ray(square: int, down: int, right: int, far: int = 7) -> tuple[int, ...]:
    row, column = divmod(square, 8)
    steps = ((row + n * down, column + n * right) for n in range(1, far + 1))
    return tuple(r * 8 + c for r, c in steps if 0 <= r < 8 and 0 <= c < 8)


def _rays(directions: tuple[tuple[int, int], ...]) -> tuple[Reach, ...]:
    return tuple(tuple(ray for d in directions if (ray := _ray(s, *d))) for s in range(64))


def _steps(*directions: tuple[int, int]) -> Reach:
    return tuple(tuple(t for d in directions for t in _ray(s, *d, far=1)) for s in range(64))


_ROOK, _BISHOP = _rays(_ORTHOGONAL), _rays(_DIAGONAL)
SLIDES = {"R": _ROOK, "B": _BISHOP, "Q": _rays(_ORTHOGONAL + _DIAGONAL)}
LEAPS = {
    "N": _steps((1, 2), (2, 1), (-1, 2), (-2, 1), (1, -2), (2, -1), (-1, -2), (-2, -1)),
    "K": _steps(*_ORTHOGONAL, *_DIAGONAL),
}
PAWN_TAKES = {True: _steps((-1, -1), (-1, 1)), False: _steps((1, -1), (1, 1))}


def attacked(board: bytes, square: int, by_white: bool) -> bool:
    """Whether a man of that colour attacks the square."""
    pawn, knight, bishop, rook, queen, king = MEN[by_white]
    for ray in _ROOK[square]:
        for s in ray:
            man = board[s]
            if man != EMPTY:
                if man in (rook, queen):
                    return True
                break
    for ray in _BISHOP[square]:
        for s in ray:
            man = board[s]
            if man != EMPTY:
                if man in (bishop, queen):
                    return True
                break
    for s in LEAPS["N"][square]:
        if board[s] == knight:
            return True
    for s in PAWN_TAKES[not by_white][square]:
        if board[s] == pawn:
            return True
    return any(board[s] == king for s in LEAPS["K"][square])

"""The board's legal moves are counted against published perft figures; what a move is called, both ways."""

from __future__ import annotations

import random

import pytest

from domains.chess.board import INITIAL, Position, start

KIWIPETE = "r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1"
PERFT = (
    (INITIAL, (20, 400, 8902)),
    (KIWIPETE, (48, 2039)),
    ("8/2p5/3p4/KP5r/1R3p1k/8/4P1P1/8 w - - 0 1", (14, 191, 2812)),
    ("r3k2r/Pppp1ppp/1b3nbN/nP6/BBP1P3/q4N2/Pp1P2PP/R2Q1RK1 w kq - 0 1", (6, 264, 9467)),
    ("rnbq1k1r/pp1Pbppp/2p5/8/2B5/8/PPP1NnPP/RNBQK2R w KQ - 1 8", (44, 1486)),
)


def perft(position: Position, depth: int) -> int:
    """Legal move sequences of a length (https://www.chessprogramming.org/Perft_Results)."""
    if depth == 0:
        return 1
    return sum(perft(position.play(move), depth - 1) for move in position.legal_moves())


def board(fen: str) -> Position:
    position = start(fen)
    assert position is not None
    return position


@pytest.mark.parametrize(("fen", "counts"), PERFT)
def test_legal_moves_are_as_many_as_published(fen: str, counts: tuple[int, ...]) -> None:
    assert tuple(perft(board(fen), n + 1) for n in range(len(counts))) == counts


@pytest.mark.parametrize("fen", [fen for fen, _ in PERFT])
def test_every_legal_move_has_a_name_that_is_read_back(fen: str) -> None:
    rng = random.Random(fen)
    position = board(fen)
    for _ in range(60):
        moves = list(position.legal_moves())
        names = [position.san(move) for move in moves]
        assert len(set(names)) == len(names)
        for move, name in zip(moves, names, strict=True):
            found = position.read(name)
            assert found is not None
            assert found[:2] == (name, move)
        if not moves:
            break
        position = position.play(rng.choice(moves))


def test_needless_files_go_and_ambiguous_or_impossible_moves_are_not_read() -> None:
    # The knight on c3 is pinned, so the one on g1 needs no file.
    pinned = board("4k3/8/8/8/1b6/2N5/8/4K1N1 w - - 0 1")
    assert (pinned.read("Nge2") or ("",))[0] == "Ne2"
    both = board("4k3/8/8/8/8/2N5/8/4K1N1 w - - 0 1")
    assert both.read("Ne2") is None
    assert (both.read("Nge2") or ("",))[0] == "Nge2"
    for text in ("Ke3", "nf3", "O-O", "e9", "e8=Q", "Nx", ""):
        assert both.read(text) is None


@pytest.mark.parametrize("fen", ["", "8/8/8/8/8/8/8/8 w - - 0 1", "rnbqkbnr/ppp w", "k7/8/8/8/8/8/8/K7 x - - 0 1"])
def test_what_is_no_position_is_none(fen: str) -> None:
    assert start(fen) is None

"""Openings: ECO code, name, moves. And what annotators say."""

from __future__ import annotations

BOOK: tuple[tuple[str, str, str], ...] = (
    ("C84", "Ruy Lopez: Closed", "e4 e5 Nf3 Nc6 Bb5 a6 Ba4 Nf6 O-O Be7 Re1 b5 Bb3 d6 c3 O-O h3"),
    ("C67", "Ruy Lopez: Berlin Defence", "e4 e5 Nf3 Nc6 Bb5 Nf6 O-O Nxe4 d4 Nd6 Bxc6 dxc6 dxe5 Nf5 Qxd8+ Kxd8"),
    ("C54", "Italian Game: Giuoco Piano", "e4 e5 Nf3 Nc6 Bc4 Bc5 c3 Nf6 d3 d6 O-O a6 Re1 Ba7 h3 O-O"),
    ("C58", "Italian Game: Two Knights Defence", "e4 e5 Nf3 Nc6 Bc4 Nf6 Ng5 d5 exd5 Na5 Bb5+ c6 dxc6 bxc6 Be2 h6"),
    ("C42", "Petrov's Defence", "e4 e5 Nf3 Nf6 Nxe5 d6 Nf3 Nxe4 d4 d5 Bd3 Nc6 O-O Be7"),
    ("C45", "Scotch Game", "e4 e5 Nf3 Nc6 d4 exd4 Nxd4 Nf6 Nxc6 bxc6 e5 Qe7 Qe2 Nd5 c4 Ba6"),
    ("C36", "King's Gambit Accepted", "e4 e5 f4 exf4 Nf3 d5 exd5 Nf6 Bb5+ c6 dxc6 Nxc6 d4 Bd6"),
    ("C29", "Vienna Game", "e4 e5 Nc3 Nf6 f4 d5 fxe5 Nxe4 Nf3 Be7 d4 O-O Bd3"),
    ("B90", "Sicilian Defence: Najdorf", "e4 c5 Nf3 d6 d4 cxd4 Nxd4 Nf6 Nc3 a6 Be3 e5 Nb3 Be6 f3 Be7"),
    ("B76", "Sicilian Defence: Dragon", "e4 c5 Nf3 d6 d4 cxd4 Nxd4 Nf6 Nc3 g6 Be3 Bg7 f3 O-O Qd2 Nc6 O-O-O"),
    ("B33", "Sicilian Defence: Sveshnikov", "e4 c5 Nf3 Nc6 d4 cxd4 Nxd4 Nf6 Nc3 e5 Ndb5 d6 Bg5 a6 Na3 b5"),
    ("B22", "Sicilian Defence: Alapin", "e4 c5 c3 Nf6 e5 Nd5 d4 cxd4 Nf3 Nc6 cxd4 d6 Bc4 Nb6"),
    ("B18", "Caro-Kann: Classical", "e4 c6 d4 d5 Nc3 dxe4 Nxe4 Bf5 Ng3 Bg6 h4 h6 Nf3 Nd7 h5 Bh7"),
    ("B12", "Caro-Kann: Advance", "e4 c6 d4 d5 e5 Bf5 Nf3 e6 Be2 c5 Be3 cxd4 Nxd4 Ne7"),
    ("C18", "French Defence: Winawer", "e4 e6 d4 d5 Nc3 Bb4 e5 c5 a3 Bxc3+ bxc3 Ne7 Qg4 O-O Bd3"),
    ("C02", "French Defence: Advance", "e4 e6 d4 d5 e5 c5 c3 Nc6 Nf3 Qb6 a3 c4 Nbd2 Na5"),
    ("B01", "Scandinavian Defence", "e4 d5 exd5 Qxd5 Nc3 Qa5 d4 Nf6 Nf3 c6 Bc4 Bf5 Bd2 e6"),
    ("B07", "Pirc Defence", "e4 d6 d4 Nf6 Nc3 g6 f4 Bg7 Nf3 O-O Bd3 Na6"),
    ("D37", "Queen's Gambit Declined", "d4 d5 c4 e6 Nc3 Nf6 Nf3 Be7 Bf4 O-O e3 c5 dxc5 Bxc5"),
    ("D35", "Queen's Gambit Declined: Exchange", "d4 d5 c4 e6 Nc3 Nf6 cxd5 exd5 Bg5 c6 e3 Be7 Bd3 Nbd7 Qc2 O-O"),
    ("D27", "Queen's Gambit Accepted", "d4 d5 c4 dxc4 Nf3 Nf6 e3 e6 Bxc4 c5 O-O a6 dxc5 Bxc5"),
    ("D15", "Slav Defence", "d4 d5 c4 c6 Nf3 Nf6 Nc3 dxc4 a4 Bf5 e3 e6 Bxc4 Bb4 O-O"),
    ("D45", "Semi-Slav Defence", "d4 d5 c4 c6 Nc3 Nf6 e3 e6 Nf3 Nbd7 Qc2 Bd6 Bd3 O-O O-O"),
    ("D02", "London System", "d4 d5 Nf3 Nf6 Bf4 c5 e3 Nc6 c3 e6 Nbd2 Bd6 Bg3 O-O"),
    ("E97", "King's Indian Defence: Mar del Plata", "d4 Nf6 c4 g6 Nc3 Bg7 e4 d6 Nf3 O-O Be2 e5 O-O Nc6 d5 Ne7"),
    ("E54", "Nimzo-Indian Defence", "d4 Nf6 c4 e6 Nc3 Bb4 e3 O-O Bd3 d5 Nf3 c5 O-O dxc4 Bxc4 cxd4 exd4 b6"),
    ("E15", "Queen's Indian Defence", "d4 Nf6 c4 e6 Nf3 b6 g3 Ba6 b3 Bb4+ Bd2 Be7 Bg2 c6"),
    ("E04", "Catalan Opening", "d4 Nf6 c4 e6 g3 d5 Bg2 dxc4 Nf3 Nc6 Qa4 Bb4+ Bd2 Nd5"),
    ("D85", "Grünfeld Defence: Exchange", "d4 Nf6 c4 g6 Nc3 d5 cxd5 Nxd5 e4 Nxc3 bxc3 Bg7 Nf3 c5 Be3 Qa5"),
    ("A57", "Benko Gambit", "d4 Nf6 c4 c5 d5 b5 cxb5 a6 bxa6 Bxa6 Nc3 d6 e4 Bxf1 Kxf1 g6"),
    ("A87", "Dutch Defence: Leningrad", "d4 f5 g3 Nf6 Bg2 g6 Nf3 Bg7 O-O O-O c4 d6 Nc3 Qe8"),
    ("A29", "English Opening: Four Knights", "c4 e5 Nc3 Nf6 Nf3 Nc6 g3 d5 cxd5 Nxd5 Bg2 Nb6 O-O Be7"),
    ("A09", "Réti Opening", "Nf3 d5 c4 d4 g3 c5 Bg2 Nc6 d3 e5 O-O Nf6"),
    ("A07", "King's Indian Attack", "Nf3 d5 g3 Nf6 Bg2 e6 O-O Be7 d3 O-O Nbd2 c5 e4 Nc6"),
)

ON_OPENING = (
    "The {name}, as expected: both had it in their last league match.",
    "{name}. A surprise, since {white} had not played it before.",
    "Book so far; {black} used less than three minutes for the opening.",
    "The tabiya of the {name}. The tournament book has eleven games with it.",
    "{black} prepared this on the train, as he told me afterwards.",
    "Here we leave the theory of the {name} and begin to think.",
)
ON_CAPTURE = (
    "Forced: otherwise the pawn on {square} is simply lost.",
    "Opening the position while the king is still in the centre.",
    "The knight was too strong to be left there.",
    "A trade that suits the side with the better structure.",
    "Grabbing material; the compensation is not obvious.",
    "After this exchange on {square} the endgame should be tenable.",
)
ON_CHECK = (
    "The check only helps the king to a better square.",
    "An intermezzo that {side} had not reckoned with.",
    "Driving the king off the back rank before deciding.",
    "Played at once, with nine minutes on the clock.",
)
ON_QUIET = (
    "A useful waiting move.",
    "Prophylaxis: the square {square} had to be covered.",
    "Too slow. The break in the centre was the last chance to complicate.",
    "I did not like this at the board, but the engine approves.",
    "Heading for the kingside.",
    "Improves the worst-placed piece, as the textbooks tell us.",
    "With the idea of doubling on the open file.",
    "Here {side} thought for twenty-five minutes.",
    "Both players were down to the increment.",
    "The plan with a minority attack comes a tempo too late.",
    "Weakening {square} for good.",
    "Solid, though there was more to be had from the position.",
    "Offering a draw, which was declined after some thought.",
    "Missing the point of the last move.",
)
ON_END = {
    "#": ("Mate. A clean finish.", "A pretty mate; the spectators applauded.", "Checkmate on move {number}."),
    "1-0": ("Black resigned: the material is too much.", "Black overstepped the time limit in a lost position."),
    "0-1": ("White resigned, as there is nothing against the passed pawn.", "White lost on time."),
    "1/2-1/2": ("Draw agreed.", "Threefold repetition.", "Drawn by agreement; the match was decided by then."),
    "*": ("Adjourned.", "The game was not finished in time; the arbiter will decide."),
}
ON_LINE = ("was the alternative", "is met by the same reply", "looks natural, but is slower", "deserved attention")

EVENTS = (
    "{city} Open", "{city} Rapid", "Memorial Tournament {city}", "{city} Chess Festival", "Team League, {city}",
    "{city} City Championship", "Summer Masters {city}", "{city} Seniors",
)  # fmt: skip
TIME_CONTROLS = (("5400+30", 5400, 30), ("900+10", 900, 10), ("180+2", 180, 2), ("40/7200:3600", 7200, 0))

"""What people ask to have done to a collection of games, and how it is done and undone without error."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable

from domains.chess.board import Position
from domains.chess.format import FORMAT, NOTES, bare
from domains.chess.notation import GLYPHS
from domains.chess.render import first_move, render
from domains.chess.sheets import SHEETS
from domains.chess.spelling import FIGURINE, LONG, UCI, opening_position
from domains.kit import EditError, Element, Files, read_csv, stray, write_csv
from domains.kit.edits import UNMAPPED, proven, sort, split, transform_with, whole_number

_PLACE = re.compile(r"(\d{1,4})\s*(\.\.\.?|…|\.)?\s*(\S*)")
_NEAR = 4
Change = Callable[[Element, int, str, Position | None], Element]


def main_line(game: Element, change: Change) -> Element:
    """The game with its own moves changed: the function is given the move, its ply from the start, its name
    (`12...Nf6`) and the position before it."""
    number, white = first_move(game)
    position = opening_position(game)
    parts: list[Element] = []
    ply = 0
    for part in game.children:
        if part.kind == "move":
            found = position.read(part.text("san")) if position else None
            part = change(part, ply, f"{number}{'.' if white else '...'}{part.text('san')}", position)
            position = found[2] if found else None
            number, white, ply = number + (not white), not white, ply + 1
        parts.append(part)
    return game.with_children(parts)


def each_game(document: Element, change: Callable[[Element, int], Element]) -> Element:
    """The document with its games changed; the function is given their numbers, from 1."""
    number = 0
    parts: list[Element] = []
    for part in document.children:
        if part.kind == "game":
            number += 1
            part = change(part, number)
        parts.append(part)
    return document.with_children(parts)


def ply_of(game: Element, name: str) -> int:
    """Where in the game a move such as `12...Nf6` stands, from 0: there, or near by when the game has lost moves; -1
    for no move, -2 for what is none."""
    match = _PLACE.match(name)
    if match is None:
        return -1 if not name else -2
    number, white = first_move(game)
    ply = 2 * (int(match[1]) - number) + (match[2] in ("...", "..", "…")) - (not white)
    moves = [bare(move.text("san")) for move in game.of("move")]
    san = bare(match[3])
    near = sorted(range(max(0, ply - _NEAR), min(len(moves), ply + _NEAR + 1)), key=lambda n: abs(n - ply))
    return next((n for n in near if moves[n] == san), ply)


# -- annotations ------------------------------------------------------------------------------------------------------

_NOTES = "annotations.csv"


def take_annotations(document: Element) -> tuple[Element, str]:
    rows: list[tuple[object, ...]] = []

    def change(game: Element, number: int) -> Element:
        def without_notes(move: Element, _ply: int, name: str, _position: Position | None) -> Element:
            nags: tuple[int, ...] = move.get("nags", ())  # type: ignore[assignment]
            if not nags and "comment" not in move.fields:
                return move
            rows.append((number, name, " ".join(f"${n}" for n in nags), move.text("comment")))
            return move.with_fields(nags=None, comment=None)

        if "comment" in game.fields:
            rows.append((number, "", "", game.text("comment")))
        return main_line(game.with_fields(comment=None), without_notes)

    changed = each_game(document, change)
    if len(rows) < 3:
        raise EditError("annotations_table: hardly anything is annotated")
    return changed, write_csv(("game", "move", "nags", "comment"), rows)


def put_annotations(document: Element, files: Files) -> Element:
    rows = read_csv(files, _NOTES, ("game", "move", "nags", "comment"))
    places = [whole_number(row["game"], _NOTES) for row in rows]
    unplaced: list[Element] = []

    def change(game: Element, number: int) -> Element:
        notes: dict[int, dict[str, str]] = {}
        for place, row in zip(places, rows, strict=True):
            if place == number:
                ply = ply_of(game, row["move"])
                known = notes.get(ply, {})
                notes[ply] = {name: f"{known.get(name, '')} {value}".strip() for name, value in row.items()}

        def noted(move: Element, ply: int, _name: str, _position: Position | None) -> Element:
            return annotated(move, notes.pop(ply, None))

        game = main_line(annotated(game, notes.pop(-1, None)), noted)
        unplaced.extend(stray(" ".join(row.values())) for row in notes.values())
        return game

    changed = each_game(document, change)
    return changed.with_children([*changed.children, *unplaced])


def annotated(e: Element, row: dict[str, str] | None) -> Element:
    """The move (or game) with its annotation; one that it still has was not taken out."""
    fields: dict[str, Hashable] = {}
    if "comment" in e.fields:
        fields["comment"] = UNMAPPED + e.text("comment")
    if "nags" in e.fields:
        fields["nags"] = (*e["nags"], -1)  # type: ignore[misc]
    if row is not None:
        nags = [int(n[1:]) if re.fullmatch(r"\$\d{1,4}", n) else GLYPHS.get(n, -1) for n in nag_words(row["nags"])]
        if nags:
            fields["nags"] = tuple(nags)
        if row["comment"]:
            fields["comment"] = " ".join(row["comment"].split())
    return e.with_fields(**fields) if fields else e


def nag_words(text: str) -> list[str]:
    """NAGs with or without their $, between blanks or other signs."""
    return [f"${word}" if word.isdigit() else word for word in re.split(r"[\s,;]+", text) if word]


ANNOTATIONS = transform_with(
    FORMAT, "annotations_table",
    "The notes go to the translator, the bare games to the printer. Take the comments and NAGs (! and ? too) of the "
    "games' own moves out and list them in annotations.csv with the columns game,move,nags,comment, in order: the "
    "number of the game from 1, the move as `12.Nf3` or `12...Nf6`, its NAGs as numbers between blanks (`$1 $14`; ! is "
    "$1, ? $2, !! $3, ?? $4, !? $5, ?! $6), its comment without braces and without commands; one line a move. A "
    "comment before a game's first move has an empty move. Commands such as [%clk …] stay behind their moves in "
    "braces, variations stay with all that is in them, and so do comments between games. Files: {files}.",
    "Put the notes back into the games: annotations.csv gives the number of the game (from 1), the move, its NAGs and "
    "its comment, which goes in braces behind the move (and behind the move's commands such as [%clk …], but before "
    "its variations). Where no move is given, the comment stands before the game's first move. Only {files} remains.",
    ("referencing", "string manipulation", "context expansion"), _NOTES, take_annotations, put_annotations,
)  # fmt: skip

# -- variations -------------------------------------------------------------------------------------------------------

_LINES = "variations.pgn"
_EVENT = re.compile(r"\D*(\d{1,6})\D+(\d{1,4}\s*\.*.*)")


def take_variations(document: Element) -> tuple[Element, str]:
    taken: list[Element] = []

    def change(game: Element, number: int) -> Element:
        def without_lines(move: Element, _ply: int, name: str, position: Position | None) -> Element:
            if position is None or not move.children:
                return move
            for line in move.of("line"):
                tags = [
                    Element("tag", {"name": "SetUp", "value": "1"}),
                    Element("tag", {"name": "FEN", "value": position.fen()}),
                ]
                fields = {"event": f"Game {number}, {name}", "result": "*", **line.fields}
                taken.append(Element("game", fields, (*tags, *line.children)))
            return move.with_children([e for e in move.children if e.kind != "line"])

        return main_line(game, without_lines)

    changed = each_game(document, change)
    if len(taken) < 2:
        raise EditError("variations_out: there are hardly any variations")
    (text,) = render(Element("pgn", {}, tuple(taken))).values()
    return changed, text


def put_variations(document: Element, files: Files) -> Element:
    (text,) = (text for name, text in files.items() if name.casefold() == _LINES)
    waiting: dict[tuple[int, str], list[Element]] = {}
    for game in FORMAT.parse({_LINES: text}).children:
        match = _EVENT.fullmatch(game.text("event")) if game.kind == "game" else None
        waiting.setdefault((int(match[1]), match[2]) if match else (0, ""), []).append(game)

    def change(game: Element, number: int) -> Element:
        here: dict[int, list[Element]] = {}
        for key in [key for key in waiting if key[0] == number]:
            here.setdefault(ply_of(game, key[1]), []).extend(waiting.pop(key))

        def put(move: Element, ply: int, _name: str, position: Position | None) -> Element:
            left = [e.with_fields(comment=UNMAPPED + e.text("comment")) if e.kind == "line" and position else e
                    for e in move.children]  # fmt: skip
            lines = [as_line(e, position) for e in here.pop(ply, [])]
            return move.with_children([*left, *lines]) if lines or left else move

        game = main_line(game, put)
        waiting.setdefault((0, ""), []).extend(e for games in here.values() for e in games)
        return game

    changed = each_game(document, change)
    # A game that is no variation of one here comes last, and not as a game of the collection.
    loose = [e for games in waiting.values() for e in games]
    marked = [e.with_fields(event=UNMAPPED + e.text("event")) if e.kind == "game" else e for e in loose]
    return changed.with_children([*changed.children, *marked])


def as_line(game: Element, position: Position | None) -> Element:
    """A game that is a variation of another. One that starts elsewhere is not that variation."""
    fields = {name: value for name, value in game.fields.items() if name in NOTES}
    parts = [e for e in game.children if e.kind != "tag"]
    fens = [e.text("value") for e in game.of("tag") if e.get("name") == "FEN"]
    if position and (not fens or fens[0].split()[:3] != position.fen().split()[:3]):
        parts.insert(0, stray(f"FEN {fens[0] if fens else 'missing'}"))
    return Element("line", fields, tuple(parts))


VARIATIONS = transform_with(
    FORMAT, "variations_out",
    "Make training positions of the variations. Take every variation that stands behind a move of a game itself out "
    "of the game, with all that is in it, and write it as a game of its own to variations.pgn, in order. Its tags are "
    "the seven of the roster, Event naming the game by its number from 1 and the move that the variation replaces "
    '([Event "Game 3, 12...Nf6"]), Result "*" and the others "?" or "????.??.??", then [SetUp "1"] and FEN with the '
    "position before the variation's first move, all six fields. Move numbers go on as in the game, a variation inside "
    "a variation stays in parentheses, and each ends with *. A variation that follows a move which is not legal stays "
    "where it is. Files: {files}.",
    "Put the variations back. Each game in variations.pgn is a variation in parentheses behind a move of a game in the "
    'collection: Event says which game, counted from 1, and which move it replaces ("Game 3, 12...Nf6"). Several '
    "behind one move keep their order and stand behind its comment. Drop their tags and the final *. Only {files} "
    "remains.",
    ("domain knowledge", "split and merge", "constraint satisfaction"), _LINES, take_variations, put_variations,
)  # fmt: skip

# -- openings ---------------------------------------------------------------------------------------------------------


def by_opening(game: Element, _document: Element) -> str:
    """The class of a game's opening, from its first two moves."""
    if any(tag.get("name") == "FEN" for tag in game.of("tag")):
        return "other.pgn"
    first, reply, *_ = [*(move.text("san").rstrip("+") for move in game.of("move")), "", ""]
    if first in ("e4", "d4"):
        names = {"e4": ("open.pgn", "semi-open.pgn", "e5"), "d4": ("closed.pgn", "semi-closed.pgn", "d5")}[first]
        return names[reply != names[2]]
    return "flank.pgn" if first else "other.pgn"


OPENINGS = split(
    FORMAT, "split_by_opening",
    "Split the collection by kind of opening, going by the first moves: games with 1. e4 e5 go to open.pgn, other "
    "games with 1. e4 to semi-open.pgn, 1. d4 d5 to closed.pgn, other games with 1. d4 to semi-closed.pgn, any other "
    "first move to flank.pgn. Games without moves or from a position (FEN), and what stands between games (comments, % "
    "lines), go to other.pgn. Keep the order within each file, and write only files that have something in them. Add "
    "order.csv with the single column `file`: one line for each game, comment and % line between games of today's "
    "collection, in order, naming the file it went to. Files: {files}.",
    "Merge the files into {files}: order.csv names, entry by entry (a game, or a comment or % line between games), the "
    "file the next one comes from; within a file the order stays. Drop order.csv.",
    ("classification", "split and merge", "domain knowledge"), ("game",), by_opening, rest="other.pgn",
)  # fmt: skip


def by_code(game: Element) -> tuple[bool, str, str]:
    code = next((tag.text("value") for tag in game.of("tag") if tag.get("name") == "ECO"), "")
    return not code, code, game.text("white")


SORT = sort(
    FORMAT, "sort_by_eco",
    "Order the games by their ECO tag, then by the name of White, both in plain character order, and otherwise in the "
    "order they have; games without an ECO tag come last. What stands between games (comments, % lines) keeps its "
    "place: if the third entry of the file is a comment, it is still the third. Write order.csv with the single column "
    "`position`: for each game in the new order, one line with the place it had among the games, counting from 1. "
    "Files: {files}.",
    "Restore the old order of the games: order.csv gives, for each game in today's order, the place it had among the "
    "games, counting from 1. Comments and % lines between games keep their places. Only {files} remains.",
    ("sorting", "referencing"), ("game",), by_code,
)  # fmt: skip

EDITS = tuple(map(proven, (UCI, LONG, FIGURINE, ANNOTATIONS, VARIATIONS, OPENINGS, SORT, SHEETS)))

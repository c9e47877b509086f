"""Games as score sheets: tables of tags, moves and notes."""

from __future__ import annotations

from collections import defaultdict

from domains.chess.format import FORMAT
from domains.chess.notation import show_commands
from domains.chess.reader import Reader
from domains.chess.render import MAIN, annotation, braced, first_move, other, render_part, tag_line, tag_lines
from domains.kit import Element, Files, read_csv, write_csv
from domains.kit.edits import convert, whole_number

_GAMES, _MOVES, _NOTES = "games.csv", "moves.csv", "notes.csv"
Rows = list[tuple[object, ...]]


def to_sheets(document: Element) -> Files:
    tags: Rows = []
    moves: Rows = []
    notes: Rows = []
    number = 1
    for part in document.children:
        if part.kind != "game":
            notes.append((number, "", "before", render_part(part).strip()))
            continue
        for line in tag_lines(part):
            name, value = line[1:-1].split(" ", 1)
            tags.append((number, name, value[1:-1].replace('\\"', '"').replace("\\\\", "\\")))
        sheet(part, number, moves, notes)
        number += 1
    return {
        _GAMES: write_csv(("game", "tag", "value"), tags),
        _MOVES: write_csv(("game", "number", "white", "black"), moves),
        _NOTES: write_csv(("game", "number", "side", "text"), notes),
    }


def sheet(game: Element, number: int, moves: Rows, notes: Rows) -> None:
    """One game's moves, a row for each number, and what is noted beside them."""
    count, white = first_move(game)
    opening = braced(game.text("comment"), show_commands(game.fields))
    first = len(notes)
    row = ["", ""]
    for part in game.children:
        if part.kind == "move":
            judged, words = annotation(part, count, white)
            if judged or words:
                notes.append((number, count, "white" if white else "black", " ".join([judged, *words]).strip(" ")))
            row[not white] = part.text("san")
            if not white:
                moves.append((number, count, *row))
                row = ["", ""]
            count, white = count + (not white), not white
        else:
            opening += other(part, count, white)
    if any(row):
        moves.append((number, count, *row))
    if opening:
        notes.insert(first, (number, "", "", " ".join(opening)))


def from_sheets(files: Files) -> Element:
    """PGN text put together from the tables, and read."""
    tags: defaultdict[int, dict[str, list[str]]] = defaultdict(dict)
    for row in read_csv(files, _GAMES, ("game", "tag", "value")):
        tags[whole_number(row["game"], _GAMES)].setdefault(row["tag"], []).append(row["value"])
    notes: defaultdict[tuple[int, str, str], list[str]] = defaultdict(list)
    for row in read_csv(files, _NOTES, ("game", "number", "side", "text")):
        side = row["side"].casefold()[:1].replace("-", "")
        notes[whole_number(row["game"], _NOTES), row["number"].rstrip("."), side].append(row["text"])
    moves: defaultdict[int, list[str]] = defaultdict(list)
    for row in read_csv(files, _MOVES, ("game", "number", "white", "black")):
        game, count = whole_number(row["game"], _MOVES), row["number"].rstrip(".")
        for side in ("white", "black"):
            if row[side]:
                moves[game] += [row[side], *notes.pop((game, count, side[0]), [])]
    text: list[str] = []
    for game in sorted({*tags, *moves, *(key[0] for key in notes)}):
        text += notes.pop((game, "", "b"), [])
        text += [tag_line(name, value) for name, values in tags[game].items() for value in values]
        text += [*notes.pop((game, "", ""), []), *moves[game]]
        for key in [key for key in notes if key[0] == game]:
            text += notes.pop(key)
        if tags[game] or moves[game]:
            text += [tags[game].get("Result", ["*"])[0], ""]
    reader = Reader()
    reader.read(MAIN, "\n".join(text))
    return Element("pgn", {}, tuple(reader.children), tuple(reader.problems))


SHEETS = convert(
    FORMAT, "score_sheets",
    "The club's database takes tables. Number the games from 1 and write games.csv (columns game,tag,value: one line "
    "for each tag pair, in order), moves.csv (game,number,white,black: one line for each move number of the game "
    "itself, in SAN without ! or ?; a cell stays empty where a side has not moved) and notes.csv "
    "(game,number,side,text: for each move that has more to it one line with its number, `white` or `black`, and all "
    "that stands behind the move in PGN: its ! or NAG, the comment in braces, variations in parentheses). What stands "
    "before a game's first move goes to notes.csv with number and side empty; comments and % lines between games, as "
    "they are written, with the number of the game that follows, an empty number and `before` as the side. The "
    "result is in the Result tag. Files: {files}.",
    "Turn the tables back into PGN, {files}: for each game its tag pairs from games.csv, then the moves of moves.csv "
    "with their numbers, behind each move its text from notes.csv, and the result of the Result tag at the end. "
    "Notes without a number stand before the game's first move, those with side `before` before the game's tags.",
    ("format knowledge", "split and merge", "referencing"), to_sheets, from_sheets,
)  # fmt: skip

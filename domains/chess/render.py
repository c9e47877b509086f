"""A document as PGN text: export format, but for Elo and other tags, which stay in the order they have, and `!` for the
NAGs that have a sign of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domains.chess.board import start
from domains.chess.notation import show_commands
from domains.chess.tokens import ROSTER
from domains.kit import Element, Files

MAIN = "games.pgn"
WIDTH = 80
SIGNS = {1: "!", 2: "?", 3: "!!", 4: "??", 5: "!?", 6: "?!"}
_UNKNOWN = {"Date": "????.??.??", "Result": "*"}


def render(document: Element) -> Files:
    return {MAIN: "\n".join(map(render_part, document.children))}


def render_part(part: Element) -> str:
    """A game, or what stands between games, with its line end."""
    if part.kind == "game":
        tags = "".join(f"{line}\n" for line in tag_lines(part))
        return f"{tags}\n{wrapped(movetext(part))}"
    if part.kind == "remark":
        return wrapped(braced(part.text("text"), ""))
    return f"%{part.text('text')}\n" if part.kind == "escape" else f"{part.text('text')}\n"


def tag_lines(game: Element) -> Iterator[str]:
    for name, field in ROSTER.items():
        yield tag_line(name, game.text(field) or _UNKNOWN.get(name, "?"))
    for tag in game.of("tag"):
        yield tag_line(tag.text("name"), tag.text("value"))


def tag_line(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'[{name} "{escaped}"]'


def first_move(game: Element) -> tuple[int, bool]:
    """The number a game starts with, and whether White is to move."""
    for tag in game.of("tag"):
        if tag.get("name") == "FEN":
            position = start(tag.text("value"))
            return (position.number, position.white) if position else (1, True)
    return 1, True


def movetext(game: Element) -> list[str]:
    """The words of a game's movetext; one that begins with a line feed needs a line of its own."""
    words = braced(game.text("comment"), show_commands(game.fields))
    words += moves(game, *first_move(game))
    return [*words, game.text("ending") or game.text("result") or "*"]


def moves(line: Element, number: int, white: bool) -> list[str]:
    """The words of a line's moves and what else stands there."""
    words: list[str] = []
    fresh = True
    for part in line.children:
        if part.kind != "move":
            words += other(part, number, white)
            fresh = fresh or part.kind != "tag"
            continue
        count = "" if not (white or fresh) else f"{number}. " if white else f"{number}... "
        judged, noted = annotation(part, number, white)
        words += [count + part.text("san") + judged, *noted]
        fresh = bool(noted) and noted[-1][0] != "$"
        number, white = number + (not white), not white
    return words


def annotation(move: Element, number: int, white: bool) -> tuple[str, list[str]]:
    """What stands on a move, and the words behind it: NAGs, a comment, variations."""
    if len(move.fields) == 1 and not move.children:
        return "", []
    nags: tuple[int, ...] = move.get("nags", ())  # type: ignore[assignment]
    judged = SIGNS.get(nags[0], "") if nags else ""
    words = [f"${n}" for n in (nags[1:] if judged else nags)]
    words += braced(move.text("comment"), show_commands(move.fields))
    for part in move.children:
        words += other(part, number, white)
    return judged, words


def other(part: Element, number: int, white: bool) -> list[str]:
    """A variation, or what has no place."""
    if part.kind == "line":
        inner = braced(part.text("comment"), show_commands(part.fields)) + moves(part, number, white)
        if not inner or "\n" in inner[0] + inner[-1]:
            return ["(", *inner, ")"]
        inner[0] = f"({inner[0]}"
        inner[-1] += ")"
        return inner
    if part.kind == "tag":
        return []
    text = part.text("text")
    if part.kind == "escape":
        return [f"\n%{text}"]
    return [f"\n{text}"] if text.startswith("[") else text.split()


def braced(text: str, commands: str) -> list[str]:
    """A comment's words. A text with a brace in it can only stand behind a semicolon."""
    if "}" in text:
        return [*braced("", commands), f"\n; {text}"]
    inner = f"{commands} {text}".strip() if commands else text
    return f"{{{inner}}}".split() if inner else []


def wrapped(words: Iterable[str]) -> str:
    """Words in lines of at most 80 characters. No line begins with what would be read otherwise there."""
    lines: list[str] = []
    line = ""
    for word in words:
        if word[0] == "\n":
            lines += [line, word[1:]] if line else [word[1:]]
            line = ""
        elif not line:
            line = word
        elif len(line) + len(word) < WIDTH or word[0] in "%[":
            line += f" {word}"
        else:
            lines.append(line)
            line = word
    return "".join(f"{line}\n" for line in lines) + (f"{line}\n" if line else "")

"""Edits of literals: texts and numbers out of the code into tables."""

from __future__ import annotations

import ast
import re

from domains.kit import EditError, Element, Files, read_csv, write_csv
from domains.kit.edits import UNMAPPED, transform_with
from domains.kit.files import mapping
from domains.python.format import FORMAT
from domains.python.render import render
from domains.python.rewrite import rewritten, substituted, unused


def message(literal: str) -> str | None:
    """The text of a string literal of two or more words, None for others."""
    text = ast.literal_eval(literal)
    return text if re.fullmatch(r"\S+(?: \S+)+", text) and text.isprintable() else None


def take_messages(document: Element) -> tuple[Element, str]:
    unused(document, "MESSAGES", "message_catalogue")
    rows: list[tuple[str, str]] = []

    def change(literal: str) -> str:
        text = message(literal)
        if text is None:
            return literal
        rows.append((f"m{len(rows) + 1:03}", text))
        return f"MESSAGES['{rows[-1][0]}']"

    changed = rewritten(document, lambda code: substituted(code, string=change), hints=False)
    if not rows:
        raise EditError("message_catalogue: there is no string of two or more words")
    return changed, write_csv(("id", "text"), rows)


def put_messages(document: Element, files: Files) -> Element:
    table = mapping(read_csv(files, "messages.csv", ("id", "text")), "id", "text")

    def left(literal: str) -> str:
        text = message(literal)
        return literal if text is None else repr(UNMAPPED + text)

    def found(m: re.Match[str]) -> str:
        return repr(table[m[1]]) if m[1] in table else m[0]

    def change(code: str) -> str:
        return re.sub(r"\bMESSAGES\['(\w+)'\]", found, substituted(code, string=left))

    return rewritten(document, change, hints=False)


MESSAGES = transform_with(
    FORMAT, "message_catalogue",
    "We want to have the texts translated. Replace every string literal of two or more words (words with exactly one "
    "blank between them, no blank at either end, no line break) by MESSAGES[\"m001\"], MESSAGES[\"m002\"], … in the "
    "order they stand, file by file in the order of the files' names, a new number each time even if the text "
    "repeats. Literals written next to each other count as one. f-strings, bytes, docstrings, type hints and `case` "
    "patterns stay as they are. List the texts in messages.csv with the columns id,text, just the plain text without "
    "Python's quotes and escapes; no import or definition of MESSAGES is needed. Files: {files}.",
    "Put the texts back into the code: replace each MESSAGES[\"m001\"] by a string literal of the text that "
    "messages.csv gives for that id. Only {files} remains.",
    ("referencing", "string manipulation", "classification"), "messages.csv", take_messages, put_messages,
)  # fmt: skip


def take_numbers(document: Element) -> tuple[Element, str]:
    unused(document, r"N\d+", "number_constants")
    names: dict[str, str] = {}

    def change(literal: str) -> str:
        return literal if literal in ("0", "1", "2") else names.setdefault(literal, f"N{len(names) + 1}")

    changed = rewritten(document, lambda code: substituted(code, number=change), hints=False)
    if not names:
        raise EditError("number_constants: there is no number but 0, 1 and 2")
    return changed, write_csv(("name", "value"), ((name, value) for value, name in names.items()))


def number(text: str) -> str:
    """A number from the table in canonical form, in parentheses. EditError when it is none."""
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        value = None
    if not isinstance(value, int | float | complex):
        raise EditError(f"constants.csv: {text[:40]!r} is not a number")
    return f"({text})"


def put_numbers(document: Element, files: Files) -> Element:
    table = {row["name"]: number(row["value"]) for row in read_csv(files, "constants.csv", ("name", "value"))}

    def left(literal: str) -> str:
        return literal if literal in ("0", "1", "2") else f"({literal}, 'unmapped')"

    def change(code: str) -> str:
        return substituted(code, name=lambda name: table.get(name, name), number=left)

    return FORMAT.parse(render(rewritten(document, change, hints=False)))


NUMBERS = transform_with(
    FORMAT, "number_constants",
    "Get the magic numbers out of the code. Replace every number literal except the integers 0, 1 and 2 by a name "
    "N1, N2, …, numbered by first appearance, file by file in the order of the files' names; the same number gets "
    "the same name (10 and 0xA are the same, 10 and 10.0 are not), and a minus sign stays in the code in front of "
    "the name. Type hints, `case` patterns and numbers inside f-strings, strings and comments stay. List them in "
    "constants.csv with the columns name,value; do not define or import the names in the code. Files: {files}.",
    "Put the numbers back: replace N1, N2, … in the code by the value that constants.csv gives for the name. Only "
    "{files} remains.",
    ("numerical reasoning", "referencing"), "constants.csv", take_numbers, put_numbers,
)  # fmt: skip

"""Rewrites of a CIF that change nothing a crystallographer reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from domains.crystal.escapes import decode
from domains.crystal.render import FORMAT
from domains.crystal.syntax import TOKEN
from domains.kit import Element, Files
from domains.kit.edits import edit_fields
from domains.kit.equivalents import on_text, surface


def tokens(files: Files, change: Callable[[str, str], str]) -> Files:
    """Every token replaced by `change(kind, token)`."""
    return on_text(files, lambda text: TOKEN.sub(lambda m: change(str(m.lastgroup), m.group()), text))


def upper_names(files: Files) -> Files:
    """_CELL_LENGTH_A, LOOP_, DATA_X."""
    names = re.compile(r"_|loop_|data_", re.IGNORECASE)
    return tokens(files, lambda kind, t: t.upper() if kind == "plain" and names.match(t) else t)


def other_quotes(files: Files) -> Files:
    """'x' as "x", and the other way round."""

    def change(kind: str, token: str) -> str:
        other = {"single": '"', "double": "'"}.get(kind)
        return token if other is None or other in token else f"{other}{token[1:-1]}{other}"

    return tokens(files, change)


def quoted_words(files: Files) -> Files:
    """Bare values in quotes, the numbers too."""

    def change(kind: str, token: str) -> str:
        bare = kind == "plain" and not re.match(r"_|loop_|data_|save_", token, re.IGNORECASE)
        return f"'{token}'" if bare and "'" not in token else token

    return tokens(files, change)


def text_fields(files: Files) -> Files:
    """Quoted values as text fields."""
    return tokens(files, lambda kind, t: f"\n;{t[1:-1]}\n;" if kind in ("single", "double") else t)


def reordered(files: Files) -> Files:
    """Data items and loops in the opposite order, and the columns of loops."""
    document = edit_fields(FORMAT.parse(files), ("row",), lambda row: row.with_children(row.children[::-1]))

    def turned(block: Element) -> Element:
        comments = iter(block.of("comment"))
        return block.with_children([next(comments) if e.kind == "comment" else e for e in block.children[::-1]])

    return FORMAT.render(document.with_children([turned(block) for block in document.children]))


def one_value_a_line(files: Files) -> Files:
    return tokens(files, lambda kind, t: f"{t}\n" if kind in ("plain", "single", "double") else t)


def unicode_letters(files: Files) -> Files:
    r"""\'e as é."""
    return tokens(files, lambda kind, t: decode(t) if kind != "comment" else t)


EQUIVALENTS: Mapping[str, Callable[[Files], Files]] = {
    **surface(),
    "data names in capitals": upper_names,
    "other quotes": other_quotes,
    "bare values quoted": quoted_words,
    "quoted values as text fields": text_fields,
    "items, loops and columns in another order": reordered,
    "one value a line": one_value_a_line,
    "letters instead of their codes": unicode_letters,
}

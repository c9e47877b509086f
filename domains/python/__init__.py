"""Python source, one to four modules, compared as syntax trees; nothing is executed.

A module holds imports, functions, classes and statements; compound statements hold statements. Equal is what has the
same tree: quotes, wrapping, parentheses, blank lines, semicolons, the width of indentation, 0x10 and 16. Comments and
docstrings are text of their own, with the statement they stand at. The order of imports means nothing, that of
functions and classes little, that of statements a fact. Code that does not parse costs its statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from domains.kit import Domain, Files
from domains.kit.equivalents import on_text, surface
from domains.python.edits import EDITS
from domains.python.format import FORMAT
from domains.python.generate import generate
from domains.python.source import STRING

_LITERAL = re.compile(rf"#[^\n]*|[A-Za-z]{{0,2}}(?:{STRING})", re.DOTALL)
_SIGN = re.compile(
    r"(?m)^(?:(?:async )?def \w+\(.*\).*:|class \w+.*:\s*$|from [\w.]+ import [\w*(]+|import [a-z_]\w*$|"
    r"if __name__ == .__main__.:)"
)


def outside(change: str, by: str | Callable[[re.Match[str]], str]) -> Callable[[Files], Files]:
    """A replacement made only outside of strings and comments."""

    def rewrite(text: str) -> str:
        out, last = [], 0
        for m in _LITERAL.finditer(text):
            out += [re.sub(change, by, text[last : m.start()]), m[0]]
            last = m.end()
        return "".join([*out, re.sub(change, by, text[last:])])

    return lambda files: on_text(files, rewrite)


def other_quotes(files: Files) -> Files:
    """'x' as "x" and the other way round, where nothing needs an escape."""

    def turn(m: re.Match[str]) -> str:
        text = m[0]
        if not re.fullmatch(r"(\"|')[^\"'\\\n]+\1", text):
            return text
        return f'"{text[1:-1]}"' if text[0] == "'" else f"'{text[1:-1]}'"

    return on_text(files, lambda text: _LITERAL.sub(turn, text))


def indented(by: str) -> Callable[[Files], Files]:
    return outside(r"(?<=\n)(?:    )+", lambda m: by * (len(m[0]) // 4))


DOMAIN = Domain(
    name="python",
    title="Python source",
    category="Code & Configuration",
    extensions=(".py", ".pyi"),
    specification="https://docs.python.org/3/reference/",
    format=FORMAT,
    generate=generate,
    edits=EDITS,
    equivalents={
        **surface(trailing_blanks=False),
        "blanks at line ends": outside(r"(?<![\\\n])\n", "  \n"),
        "the other quotes": other_quotes,
        "indented by two": indented("  "),
        "indented by tabs": indented("\t"),
        "no blank lines": outside(r"\n(?:[ \t]*\n)+", "\n"),
        "twice the blank lines": outside(r"\n\n", "\n\n\n\n"),
        "redundant parentheses": outside(r"(?m)(?<=\n)( +(?:return|yield)) ([\w.]+)$", r"\1 (\2)"),
        "lines wrapped in parentheses": outside(r"(?m)(?<=\n)( +return) ([\w.]+)$", r"\1 (\n    \2\n)"),
        "semicolons": outside(r"(?m)(?<=\n)( +return(?: [\w.]+)?)$", r"\1;"),
        "numbers in hexadecimal": outside(r"(?<![\w.])[1-9]\d*(?![\w.])", lambda m: hex(int(m[0]))),
    },
    folder=Path(__file__).parent,
    records=("function", "class"),
    recognise=lambda text: bool(_SIGN.search(text[:50_000])),
)

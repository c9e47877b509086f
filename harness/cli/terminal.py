"""What the terminal is shown: tables and coloured text in which nothing a model wrote can act."""

from __future__ import annotations

import sys
import unicodedata

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.estimate import Estimate

PIPED = 160
"""Columns when nobody says how wide the output is."""

out = Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else PIPED)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)


def plain(text: str) -> str:
    """A text with every control, escape and bidi character made visible (`\\x1b`); line feeds and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in "\n\t" or not _acts(c) else _shown(c) for c in text)


def _acts(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _shown(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def say(text: str, style: str = "") -> None:
    """A line for a person, on standard error, so that standard output stays data."""
    err.print(Text(plain(text), style=style))


def table(title: str, columns: list[tuple[str, str]], rows: list[list[str | Text]], caption: str = "") -> Table:
    """A table; `columns` are (heading, `left` or `right`)."""
    made = Table(title=title or None, title_justify="left", caption=caption or None, caption_justify="left", box=None,
                 pad_edge=False, header_style="bold")  # fmt: skip
    for heading, side in columns:
        made.add_column(heading, justify="right" if side == "right" else "left", overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(plain(cell)) for cell in row))
    return made


def share(value: float | None) -> str:
    """A score with three places; a dash where there is none. Never rounded up to 1."""
    if value is None or value != value:
        return "-"
    shown = f"{value:.3f}"
    return "0.999" if shown == "1.000" and value < 1 else shown


def interval(estimate: Estimate) -> str:
    """0.850 [0.772, 0.909]"""
    if estimate.value is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def percent(value: float) -> str:
    return f"{100 * value:.3g} %"


def money(value: float | None) -> str:
    """US dollars; a question mark for an unknown price, which is not nothing."""
    if value is None:
        return "?"
    return "0" if value == 0 else f"${value:.4f}" if value < 1 else f"${value:.2f}"


def interactive() -> bool:
    return sys.stderr.isatty()

"""Rewrites of a text that change nothing an expert reads: the battery keeps them at a score of exactly 1."""

from __future__ import annotations

from collections.abc import Callable

from domains.kit.element import Files


def on_text(files: Files, change: Callable[[str], str]) -> Files:
    return {name: change(text) for name, text in files.items()}


def each_line(files: Files, change: Callable[[str], str]) -> Files:
    return on_text(files, lambda text: "\n".join(change(line) for line in text.split("\n")))


def surface(trailing_blanks: bool = True) -> dict[str, Callable[[Files], Files]]:
    """The rewrites that hold for every text format; `trailing_blanks` where blanks at line ends mean nothing."""
    found: dict[str, Callable[[Files], Files]] = {
        "CRLF line ends": lambda files: on_text(files, lambda t: t.replace("\n", "\r\n")),
        "byte order mark": lambda files: on_text(files, lambda t: "\ufeff" + t),
        "trailing blank lines": lambda files: on_text(files, lambda t: t + "\n\n\n"),
        "code fence left on": lambda files: on_text(files, lambda t: f"```\n{t.rstrip(chr(10))}\n```\n"),
    }
    if trailing_blanks:
        found["blanks at line ends"] = lambda files: each_line(files, lambda line: line + "  ")
    return found

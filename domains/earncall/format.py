"""Earnings call transcripts in Markdown: files to document and back."""

from __future__ import annotations

from domains.earncall.reader import Reader
from domains.earncall.render import MAIN, render
from domains.earncall.schema import SCHEMA
from domains.kit import Element, Files, Format, texts


def parse(files: Files) -> Element:
    """All texts given, one after the other in the order of their names."""
    metas: list[Element] = []
    entries: list[Element] = []
    problems: list[str] = []
    for name, text in texts(files, MAIN):
        reader = Reader(text, name, titled=bool(entries))
        reader.run()
        metas += reader.metas
        entries += reader.entries
        problems += reader.problems
    return Element("call", {}, (*metas, *entries), tuple(problems))


FORMAT = Format(SCHEMA, parse, render)

"""What an analyst reads in an earnings call, what it weighs, and how prose becomes it.

Under the root stand, in order, the title, headings, participants, turns, footnotes and comments, and passages without a
speaker; metadata comes first. A turn holds sentences (and tables); the first of a paragraph, list item or quotation
`opens` it. Figures and periods stand below their sentence or table cell.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from domains.earncall.figures import part_code, spans, taken, unit_code, year_code
from domains.earncall.words import sentences
from domains.kit import Element, Field, Kind, Schema, prose, text
from domains.kit.schema import words

PARAGRAPH, QUOTE, BULLET = "¶", ">", "-"
"""What a sentence may open; a numbered item is opened by its number, `3.`."""


def _nameless(_element: Element) -> str:
    return ""


def meta_name(key: Any) -> Hashable:
    """`fiscal_year` and `Fiscal Year` are one."""
    return str(key).casefold().replace("_", " ")


SCHEMA = Schema(
    {
        "call": Kind(),
        "meta": Kind({"key": Field(canon=meta_name), "value": prose()}, key=(("key",),)),
        "title": Kind({"text": prose(1.5)}),
        "section": Kind({"title": prose(1.0)}, key=(("title",),), order=0.25),
        "participant": Kind({"name": Field(), "role": prose(0.5)}, key=(("name",),), order=0.125),
        "turn": Kind(
            {"speaker": Field(), "role": prose(0.5), "time": Field(weight=0.5), "side": Field(weight=0.25)},
            key=(("speaker", "time"),), order=0.5, label=lambda e: e.text("speaker"),
        ),
        "passage": Kind(order=0.25),
        "sentence": Kind(
            {"text": Field(text, words(0.1, 0.5)), "opens": Field(weight=0.125)}, order=0.25, label=_nameless
        ),
        "figure": Kind(
            {"value": Field(), "unit": Field(weight=0.25, canon=lambda u: unit_code(str(u)))}, order=0.25,
            label=_nameless,
        ),
        "period": Kind(
            {"part": Field(weight=0.5, canon=part_code), "year": Field(weight=0.5, canon=year_code)}, order=0.25,
            label=_nameless,
        ),
        "table": Kind(order=0.25),
        "row": Kind(order=0.25, weight=0.125, label=_nameless),
        "cell": Kind({"text": Field(text, words(0.1, 0.25))}, order=0.25, weight=0.125, label=_nameless),
        "note": Kind({"label": Field(weight=0.5)}, key=(("label",),), order=0.125),
        "comment": Kind({"text": prose()}, order=0.125, label=_nameless),
    }
)  # fmt: skip


@lru_cache(maxsize=16384)
def sentence(line: str, opens: str) -> Element:
    slots, facts = taken(line)
    return Element("sentence", {"text": slots, "opens": opens} if opens else {"text": slots}, facts)


def block(line: str, opens: str) -> list[Element]:
    """The sentences of a paragraph, the first of which `opens` it."""
    found = [sentence(part, "") for part in sentences(line)]
    if opens and found:
        found[0] = sentence(sentences(line)[0], opens)
    return found


@lru_cache(maxsize=4096)
def cell(line: str) -> Element:
    """A table cell: a number alone is a figure however it is written, and (2.3) is negative."""
    if not line:
        return Element("cell")
    owed = re.fullmatch(r"\(([^()]{1,30})\)( ?%)?", line)
    if owed and _whole(inner := owed[1] + (owed[2] or "")):
        line = f"-{inner}"
    if re.fullmatch(r"-?[1-9]\d{3,14}", line) and not re.fullmatch(r"(?:19|20)\d\d", line):
        line = f"{int(line):,}"
    slots, facts = taken(line)
    return Element("cell", {"text": slots}, facts)


def _whole(line: str) -> bool:
    found = spans(line)
    return len(found) == 1 and found[0].fact.kind == "figure" and (found[0].start, found[0].end) == (0, len(line))


def table(rows: list[list[str]]) -> Element:
    return Element("table", {}, tuple(Element("row", {}, tuple(map(cell, row))) for row in rows))

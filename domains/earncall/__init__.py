"""Earnings call transcripts in Markdown.

A turn holds sentences; the figures and periods in a sentence are facts of their own at their places, so that a
changed digit costs a figure and a lost sentence a sentence. Equal are spellings of one value where that is exactly
decidable ($1.2bn and $1,200 million, Q3 FY25 and third quarter of fiscal 2025), the styles in which speakers are
named, straight and curly quotes, the wrapping of lines. A period is beside its figure, not in it; heading levels mean
nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

from domains.earncall.edits import EDITS
from domains.earncall.format import FORMAT
from domains.earncall.generate import generate
from domains.kit import Domain, Files
from domains.kit.equivalents import each_line, on_text, surface

_CALL = re.compile(
    r"(?im)^[#*\s\[\d:\]]*(?:conference )?operator\b.{0,40}$|\b(?:earnings|results) (?:conference )?call\b"
    r"|^\W*(?:prepared remarks|questions? (?:and|&) answers?|conference call participants)\b"
    r"|^\W*(?-i:[QA] - [A-Z]\w+ [A-Z])|^\W*speaker \d{1,2}\b.{0,20}\d\d:\d\d"
)
_HEAD = re.compile(r"(?m)^((?:\[[\d:]+\] )?)\*\*((?:[QA] - )?)([^*()\n]+?)(?: \(([^*\n]*)\))?:\*\* ?(.*)$")


def hard_wrapped(files: Files) -> Files:
    """Long paragraphs broken at 72 columns, never before what could begin something else."""

    def wrap(line: str) -> str:
        if len(line) <= 72 or line[:1] in "#|->[<" or line[:1].isdigit() or re.match(r"[\w ]+: ", line):
            return line
        lines, current = [], ""
        for word in line.split(" "):
            if len(current) + len(word) >= 72 and word[:1].islower() and not current.endswith("**"):
                lines.append(current)
                current = word
            else:
                current = f"{current} {word}" if current else word
        return "\n".join([*lines, current])

    return each_line(files, wrap)


def curly_quotes(files: Files) -> Files:
    """it's as it’s, "so" as “so”."""
    return on_text(files, lambda t: re.sub(r'(?<=\s)"(?=\w)', "“", t.replace("'", "’")))


def names_above(files: Files) -> Files:
    """`**Name (Role):** text` as `**Name** -- *Role*` on a line of its own."""

    def apart(m: re.Match[str]) -> str:
        if not (m[4] or m[3] == "Operator"):  # might be a label as well
            return m[0]
        role = f" -- *{m[4]}*" if m[4] else ":"
        return f"{m[1]}**{m[2]}{m[3]}**{role}\n\n{m[5]}"

    return on_text(files, lambda t: _HEAD.sub(apart, t))


def short_scales(files: Files) -> Files:
    """$1.24 billion as $1.24bn, $312 million as $312M."""
    short = {"billion": "bn", "million": "M"}
    scaled = re.compile(r"([$€£¥]\d[\d,.]*) (billion|million)\b")
    return on_text(files, lambda t: scaled.sub(lambda m: m[1] + short[m[2]], t))


def unit_words(files: Files) -> Files:
    """14% as 14 percent, 350 basis points as 350 bps."""
    return on_text(
        files,
        lambda t: re.sub(r"(\d) basis points\b", r"\1 bps", re.sub(r"(?<=\d)%(?=[ ,.?])", " percent", t)),
    )


def em_dashes(files: Files) -> Files:
    """Two hyphens between words as a dash."""
    return on_text(files, lambda t: re.sub(r"(?<=\w) -- (?=\w)", "—", t))


DOMAIN = Domain(
    name="earncall",
    title="Earnings call transcript (Markdown)",
    category="Everyday",
    extensions=(".md",),
    specification="https://spec.commonmark.org/",
    format=FORMAT,
    generate=generate,
    edits=EDITS,
    equivalents={
        **surface(),
        "paragraphs hard-wrapped": hard_wrapped,
        "typographic quotes": curly_quotes,
        "names on lines of their own": names_above,
        "bn and M for billion and million": short_scales,
        "percent and bps in words": unit_words,
        "em dashes": em_dashes,
    },
    folder=Path(__file__).parent,
    records=("turn",),
    recognise=lambda text: _CALL.search(text) is not None,
)

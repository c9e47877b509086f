"""Subtitles in SubRip's format: cues of text with their times.

There is no standard; the common ground of players and editors is what counts. A cue has exact times in milliseconds
and turns of one speaker each. Cue numbers, BOM, wrapped position codes and the order of a style's marks are layout.
"""

from __future__ import annotations

import re
from pathlib import Path

from domains.kit import Domain, Files
from domains.kit.equivalents import on_text, surface
from domains.subtitles.edits import EDITS
from domains.subtitles.format import FORMAT, TIMING
from domains.subtitles.generate import generate

_NUMBER = re.compile(r"(?m)^\d+[ \t]*\n(?=[ \t]*-?\d+:\d\d:\d\d[,.]\d{3}[ \t]*-->)")
_DASH = re.compile(r"(?m)^- (?=[A-Za-z])")


def dotted(files: Files) -> Files:
    """00:00:01.000 for 00:00:01,000."""
    return on_text(files, lambda t: re.sub(r"(\d\d:\d\d:\d\d),(\d{3})", r"\1.\2", t))


def unnumbered(files: Files) -> Files:
    return on_text(files, lambda t: _NUMBER.sub("", t))


def from_zero(files: Files) -> Files:
    """All cues numbered 0, as some tools leave them."""
    return on_text(files, lambda t: _NUMBER.sub("0\n", t))


def short_hours(files: Files) -> Files:
    """0:12:03,250 for 00:12:03,250, and one blank too many around the arrow."""
    return on_text(files, lambda t: re.sub(r"\b0(\d:\d\d:\d\d[,.]\d{3}) *--> *0(?=\d:)", r"\1  -->  ", t))


def no_hours(files: Files) -> Files:
    """12:03,250 for 00:12:03,250, as WebVTT allows."""
    return on_text(files, lambda t: re.sub(r"\b00:(\d\d:\d\d[,.]\d{3})", r"\1", t))


def capital_tags(files: Files) -> Files:
    return on_text(files, lambda t: re.sub(r"<(/?)([bius])>", lambda m: f"<{m[1]}{m[2].upper()}>", t))


def tags_by_line(files: Files) -> Files:
    """Italics that run over a line break closed and opened again."""
    return on_text(files, lambda t: re.sub(r"(?m)^(<i>[^<\n]*)\n([^<\n]+</i>)$", r"\1</i>\n<i>\2", t))


def brace_tags(files: Files) -> Files:
    return on_text(files, lambda t: re.sub(r"<(/?)i>", lambda m: f"{{{m[1]}i}}", t))


def tight_dashes(files: Files) -> Files:
    """-Yes. for - Yes."""
    return on_text(files, lambda t: _DASH.sub("-", t))


DOMAIN = Domain(
    name="subtitles",
    title="Subtitles (SubRip)",
    category="Creative & Media",
    extensions=(".srt",),
    specification="https://www.matroska.org/technical/subtitles.html#srt-subtitles",
    format=FORMAT,
    generate=generate,
    edits=EDITS,
    equivalents={
        **surface(),
        "a dot in times": dotted,
        "no cue numbers": unnumbered,
        "cues numbered anyhow": from_zero,
        "short hours": short_hours,
        "no hours": no_hours,
        "tags in capitals": capital_tags,
        "tags line by line": tags_by_line,
        "tags in braces": brace_tags,
        "dashes without a blank": tight_dashes,
    },
    folder=Path(__file__).parent,
    records=("cue",),
    recognise=lambda text: not text.lstrip("\ufeff").startswith("WEBVTT") and bool(TIMING.search(text[:20_000])),
    layout=r"(?m)^\ufeff?\d+\r?$",
)

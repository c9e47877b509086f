"""Prose as it compares: one spelling of quotes, dashes, blanks and emphasis; and where its sentences end."""

from __future__ import annotations

import re

from domains.earncall.figures import SLOT

_PLAIN = str.maketrans({
    "’": "'", "‘": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "‟": '"', "…": "...", "−": "-", "‐": "-", "‑": "-",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200b": None, "\u2060": None, "\ufeff": None, "\u00ad": None,
    SLOT: "▫", "\ue000": None, "\ue001": None, "\ue002": None,
})  # fmt: skip
_GROUPED = re.compile(r"(?<=\d)[\u00a0\u202f\u2009](?=\d{3}(?!\d))")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_HIDDEN = {"*": "\ue000", "_": "\ue001", "\\": "\ue002"}
_BARE = str.maketrans({hidden: char for char, hidden in _HIDDEN.items()})
_STRESS = re.compile(r"(\*{1,3})(?=[^\s*])([^*]{1,400})(?<=\S)\1|(?<!\w)(_{1,3})(?=[^\s_])([^_]{1,400})(?<=\S)\3(?!\w)")
_DASH = re.compile(r"[—―]|-{2,}")
_SPACED = re.compile(r"(?<=\s)–(?=\s)")
_MINUS = re.compile(r"(?<!\S)–(?=[\d$€£¥.])")
_BREAK = re.compile(r"(?i)<br\s?/?>|&nbsp;")
_STARRED = re.compile(r"[\\*]|(?<!\w)_|_(?!\w)")
_END = re.compile(r"[.!?][\"')\]]*(?:\[\^[^\s\]]{1,20}\])? +(?=[^\sa-zà-ÿ])")
_SHORT = re.compile(
    r"(?:^|(?<!\d)[ (\"'.])[A-Z]$|(?:^|[ (\"'.])(?:Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|Inc|Ltd|Corp|Co|"
    r"No|vs|approx|e\.g|i\.e|cf|est|Jan|Feb|Aug|Sept|Oct|Nov|Dec|Fig)$"
)


def clean(text: str) -> str:
    """Markdown text as it reads: emphasis, escapes and typography gone, blanks single."""
    typographic = not text.isascii()
    if typographic:
        text = _MINUS.sub("-", _GROUPED.sub(",", text).translate(_PLAIN))
    has_escapes = "\\" in text
    if has_escapes:
        text = _ESCAPED.sub(lambda m: _HIDDEN.get(m[1], m[1]), text)
    if "<" in text or "&" in text:
        text = _BREAK.sub(" ", text)
    if "*" in text or "_" in text:
        text = _STRESS.sub(_unstressed, _STRESS.sub(_unstressed, text))
    if typographic or "--" in text:
        text = _DASH.sub(" -- ", _SPACED.sub("--", text).replace("–", "-"))
    text = " ".join(text.split())
    return text.translate(_BARE) if has_escapes else text


def _unstressed(match: re.Match[str]) -> str:
    return match[2] or match[4]


def escaped(text: str) -> str:
    """The text with its literal stars, underscores and backslashes marked as such."""
    return _STARRED.sub(lambda m: "\\" + m[0], text)


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph; joined by blanks they are the paragraph again."""
    found = []
    start = 0
    for match in _END.finditer(text):
        dot = match.start()
        if text[dot] == "." and _SHORT.search(text, max(0, start - 1, dot - 8), dot):
            continue
        found.append(text[start : match.end()].rstrip())
        start = match.end()
    if start < len(text):
        found.append(text[start:])
    return found

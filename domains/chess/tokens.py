"""What PGN text is made of, as regular expressions, and the tags that mean something to us."""

from __future__ import annotations

import re

from domains.chess.notation import RESULTS

ROSTER = {
    "Event": "event", "Site": "site", "Date": "date", "Round": "round", "White": "white", "Black": "black",
    "Result": "result",
}  # fmt: skip
"""The seven tags every game has, and the fields they are."""

NAMES = {name.casefold(): name for name in (*ROSTER, "FEN", "SetUp", "ECO", "Variant")}
ESCAPE = "\x1a"
"""What a `%` in the first column becomes, so that one regular expression tells it from any other."""
_TAG = r"\[\s*([A-Za-z_]\w*)[ \t]*\"((?:[^\"\\\n]|\\.)*)\"[ \t]*\]"
TOKEN = re.compile(
    rf"[\s.…]*(?:\d{{1,4}}[.…][\s.…]*)*(?:(?P<word>[^\s{{}}();!?$\[\]<>{ESCAPE}]+)|(?P<comment>[{{;])|\$(?P<nag>\d{{1,4}})(?!\d)"
    rf"|(?P<glyph>[!?]+)|(?P<open>\()|(?P<close>\)+)|(?P<tag>{_TAG})|{ESCAPE}(?P<escape>[^\n]*)"
    r"|(?P<command>\[%\w+[^\]}\n]*\])|(?P<odd>[\[\]<>}$]+))?"
)
TAG_START = re.compile(r"\}|\n[ \t]*\[[A-Za-z_]\w*[ \t]+\"")
LOOSE_TAG = re.compile(r"\[\s*([A-Za-z_]\w{0,60})[ \t:=]+(.*?[\"\]])[ \t]*")
CLOSING = re.compile(r"\s*\)")
_DATE = re.compile(r"([0-9?]{4})[-./]([0-9?]{1,2})[-./]([0-9?]{1,2})")
_STANDARD = ("", "standard", "chess", "normal", "from position")


def tidy(name: str, value: str) -> str:
    """A roster tag's value as the standard has it: 2024.03.01 for 2024-3-1, 1/2-1/2 for ½-½; "" when unknown."""
    if name == "Date" and (match := _DATE.fullmatch(value)):
        value = f"{match[1]}.{match[2]:0>2}.{match[3]:0>2}"
    if name == "Result":
        value = RESULTS.get(value, value)
    return value if value.strip("?.") else ""


def standard(variant: str) -> bool:
    """Whether a Variant tag means chess as we know it."""
    return variant.casefold() in _STANDARD

"""What attributes of a graph may say, when two values are the same, and how they are quoted."""

from __future__ import annotations

import html
import re
from collections.abc import Hashable
from decimal import Decimal
from functools import lru_cache

from rapidfuzz.distance import LCSseq

from domains.graphviz.lexer import is_numeral, plain_id, writable
from domains.kit.schema import Value

KEYWORDS = frozenset({"strict", "graph", "digraph", "node", "edge", "subgraph"})

NUMBERS = frozenset({
    "arrowsize", "damping", "defaultdist", "dim", "dimen", "distortion", "dpi", "epsilon", "fontsize",
    "gradientangle", "height", "k", "labelangle", "labeldistance", "labelfontsize", "len", "levels", "lheight",
    "lwidth", "maxiter", "mclimit", "minlen", "nodesep", "normalize", "nslimit", "nslimit1", "orientation", "pad",
    "penwidth", "peripheries", "quantum", "ranksep", "remincross", "resolution", "rotate", "rotation", "samplepoints",
    "scale", "searchsize", "showboxes", "sides", "skew", "sortv", "voro_margin", "weight", "width", "z",
})  # fmt: skip
SWITCHES = frozenset({
    "center", "compound", "concentrate", "constraint", "decorate", "diredgeconstraints", "fixedsize", "forcelabels",
    "headclip", "imagescale", "labelfloat", "landscape", "mosek", "newrank", "nojustify", "notranslate",
    "overlap", "overlap_shrink", "pin", "regular", "splines", "tailclip", "truecolor",
})  # fmt: skip
COLOURS = frozenset({"bgcolor", "color", "fillcolor", "fontcolor", "labelfontcolor", "pencolor"})
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

# -- values -----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16384)
def typed(name: str, text: str) -> Hashable:
    """An attribute's value: a number, a switch, a colour in lower case (X11 names have no case), else the text."""
    name = name.casefold()
    if name in NUMBERS and len(text) < 30 and is_numeral(text):
        return Decimal(text)
    if name in SWITCHES:
        return _TRUTH.get(text.casefold(), text)
    return text.lower() if name in COLOURS else text


def shown(value: Hashable) -> str:
    """A typed value as DOT writes it, without quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


_LABEL_WORD = re.compile(r"(?:\\[^nlr]|[^\s\\|{}])+|[|{}]")
_MARKUP = re.compile(r"<[^<>]*>|[^<>\s]+")
_TAG = re.compile(r"<(/?)([\w-]+)((?:[^<>\"']|\"[^\"<>]*\"|'[^'<>]*')*)>")
_TAG_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*("[^"]*"|'[^']*'|\S+)""")
_ROOMY = re.compile(r"\s*(</?(?:table|tr|td|hr|vr|br)\b[^<>]*>)\s*")


@lru_cache(maxsize=4096)
def markup(text: str) -> str:
    """Canonical form of an HTML label: names in lower case, attributes sorted, no blanks around the parts of tables."""

    def tag(m: re.Match[str]) -> str:
        found = sorted((k.lower(), v.strip("\"'")) for k, v in _TAG_ATTRIBUTE.findall(m[3]))
        closing = "/" if m[3].rstrip().endswith("/") else ""
        return f"<{m[1]}{m[2].lower()}{''.join(f' {k}={chr(34)}{v}{chr(34)}' for k, v in found)}{closing}>"

    return _ROOMY.sub(r"\1", _TAG.sub(tag, " ".join(html.unescape(text.replace("&lt;", "&amp;lt;")).split())))


def _shared(a: list[str], b: list[str]) -> float:
    longest = max(len(a), len(b))
    return LCSseq.similarity(a, b) / longest if longest else 1.0


def label_similarity(a: Value, b: Value) -> float:
    """Share of words kept in order; DOT's line ends separate words too, and the bars and braces of records
    are words."""
    if type(a) is not str or type(b) is not str:
        return 0.0
    return _shared(_LABEL_WORD.findall(a), _LABEL_WORD.findall(b))


def markup_similarity(a: Value, b: Value) -> float:
    """Share of tags and words kept in order."""
    return _shared(_MARKUP.findall(markup(a)), _MARKUP.findall(markup(b)))


def label_weight(value: Value) -> float:
    return max(1.0, 0.1 * len(_LABEL_WORD.findall(value))) if type(value) is str and len(value) > 20 else 1.0


def markup_weight(value: Value) -> float:
    return max(1.0, 0.1 * len(_MARKUP.findall(value)))


def unescaped(value: Value) -> Hashable:
    """`R&amp;D` is `R&D`."""
    return html.unescape(value) if type(value) is str and "&" in value else value


def quote(text: str) -> str:
    """A quoted string."""
    return '"' + writable(text.replace("\n", "\\n")).replace('"', '\\"') + '"'


@lru_cache(maxsize=16384)
def show_id(text: str) -> str:
    """An id bare where DOT allows it, else in quotes."""
    bare = plain_id(text) and text.isascii() and text.casefold() not in KEYWORDS
    return text if bare else quote(text)

"""What counts in Python source, and how much."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from rapidfuzz.distance import LCSseq

from domains.kit import Element, Field, Kind, Schema, bag, prose, sequence, words

_TOKEN = re.compile(r"\w+|[^\w\s]")
LONG = 3_000
"""Tokens from which on two texts compare as bags: the tables of real programs stay below it."""


@lru_cache(4096)
def cut(code: str) -> list[str]:
    """The tokens of a text, words of string literals included. Not to be changed."""
    return _TOKEN.findall(code)


def tokens(a: str, b: str) -> float:
    """Share of tokens kept in order, those inside string literals included."""
    left, right = cut(a), cut(b)
    longest = max(len(left), len(right))
    if left == right:  # blanks inside a string literal differ
        return 1 - 1 / (longest + 1)
    if longest > LONG:
        return bag(left, right)
    return LCSseq.similarity(left, right) / longest


def long(least: float) -> Callable[[str], float]:
    """A weight that grows with the length of a text: 1 for 40 characters."""
    return lambda value: max(least, len(value) / 40)


def each(per_item: float = 0.5) -> Callable[[tuple[str, ...]], float]:
    return lambda value: per_item * len(value)


def code(least: float) -> Field:
    """Source text in canonical form; its tokens count one by one."""
    return Field(tokens, long(least))


COMMENTS = {"above": prose(words(0.05, 0.5)), "beside": prose(words(0.05, 0.5))}
DOC = prose(words(0.05, 0.5))
DEFINED = {
    "name": Field(weight=2.0), "decorators": Field(sequence, each()), "type_params": code(0.5), "doc": DOC, **COMMENTS,
}  # fmt: skip


def first_words(field: str) -> Callable[[Element], str]:
    return lambda e: " ".join(e.text(field).split()[:4])[:40]


SCHEMA = Schema(
    {
        "package": Kind(),
        "module": Kind({"name": Field(), "doc": DOC, "above": COMMENTS["above"]}, key=(("name",),)),
        "import": Kind(
            {"source": Field(weight=0.5), "names": Field(bag, each(), lambda names: tuple(sorted(names))), **COMMENTS},
            key=(("source", "names"), ("source",)), label=lambda e: e.text("source") or ", ".join(e["names"]),  # type: ignore[arg-type]
        ),
        "function": Kind(
            {**DEFINED, "async": Field(weight=0.5), "returns": code(0.5)}, key=(("name",),), order=0.1,
        ),
        "class": Kind({**DEFINED, "bases": Field(sequence, each())}, key=(("name",),), order=0.1),
        "parameter": Kind(
            {"name": Field(weight=0.5), "annotation": code(0.5), "default": code(0.5), "kind": Field(weight=0.25)},
            key=(("name",),), order=0.1,
        ),
        "assign": Kind(
            {"target": code(0.5), "annotation": code(0.5), "operator": Field(weight=0.5), "value": code(0.5),
             **COMMENTS},
            key=(("target", "value"), ("target",)), order=0.2, label=lambda e: e.text("target")[:40],
        ),
        "statement": Kind({"text": code(1.0), **COMMENTS}, key=(("text",),), order=0.2, label=first_words("text")),
        "block": Kind({"head": code(1.0), **COMMENTS}, key=(("head",),), order=0.2, label=first_words("head")),
        "comment": Kind({"text": COMMENTS["above"]}, order=0.1, label=lambda _e: ""),
        "stray": Kind({"text": prose(words(0.2, 1.0))}, order=0.2, label=first_words("text")),
    }
)  # fmt: skip

CODE: dict[str, tuple[str, ...]] = {
    "import": ("source", "names"),
    "function": ("decorators", "name", "type_params", "returns"),
    "class": ("decorators", "name", "type_params", "bases"),
    "parameter": ("name", "annotation", "default"),
    "assign": ("target", "annotation", "value"),
    "statement": ("text",),
    "block": ("head",),
}
"""The fields of each kind that hold code."""

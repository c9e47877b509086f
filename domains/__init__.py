"""The science of documents: formats, edits, and how to compare. Needs no model, no network and no store.

`names()`, `get(name)`, `guess(filename, text)` and `score(name, reference, candidate)` are the whole entrance;
the nouns (Element, Domain, Edit, Comparison …) are re-exported for those who pass them on. Importing this
imports no domain.
"""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from domains._index import INDEX

if TYPE_CHECKING:
    from domains.kit import (
        MUTATIONS,
        Change,
        Comparer,
        Comparison,
        Direction,
        Domain,
        Edit,
        EditError,
        Element,
        Files,
        Measurement,
        Meter,
        Mutation,
        Outcome,
        ParseError,
        at,
        describe,
        generate,
        mutate,
    )  # fmt: skip
    from domains.kit.conformance import Check, battery, feasible, timings
    from domains.kit.page import page
    from domains.kit.plant import PLANTS, Plant, plant
    from domains.kit.vote import mend, vote, vote_lines


class UnknownDomain(KeyError):
    """No domain of that name; the message names those there are."""

    def __str__(self) -> str:
        return str(self.args[0])


def names() -> tuple[str, ...]:
    """All domains, sorted."""
    return tuple(INDEX)


@cache
def get(name: str) -> Domain:
    """The domain of that name. UnknownDomain, or ImportError naming the extra when its parser is not installed."""
    if name not in INDEX:
        near = difflib.get_close_matches(name, INDEX, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UnknownDomain(f"there is no domain {name!r}{hint} Known: {', '.join(INDEX)}")
    extra = INDEX[name][3]
    try:
        module = import_module(f"domains.{name}")
    except ModuleNotFoundError as error:
        if extra:
            raise ImportError(f"domain {name!r} needs {error.name}: pip install 'palimpsest-bench[{extra}]'") from error
        raise
    domain: Domain = module.DOMAIN
    return domain


def title(name: str) -> tuple[str, str, tuple[str, ...]]:
    """Title, category and file extensions of a domain, without importing it."""
    return INDEX[name][:3]


def guess(filename: str, text: str) -> str | None:
    """The domain of a file, from its extension and, where several or none share it, from what its text looks like; None
    when it looks like none of them."""
    lower = filename.casefold()
    by_name = [name for name, (_, _, extensions, _) in INDEX.items() if lower.endswith(extensions)]
    if len(by_name) == 1:
        return by_name[0]
    for name in by_name or INDEX:
        try:
            if get(name).recognise(text):
                return name
        except ImportError:
            continue
    return None


def load_fixture(name: str, fixture: str) -> dict[str, str]:
    """The files of a domain's hand-written document."""
    return get(name).fixture(fixture)


def score(name: str, reference: Files, candidate: Files) -> Comparison:
    """How much of `reference` is preserved in `candidate`. ParseError when either cannot be read."""
    from domains.kit import compare

    domain = get(name)
    return compare(domain.schema, domain.parse(reference), domain.parse(candidate))


_NOUNS = {
    "domains.kit": (
        "MUTATIONS", "Change", "Comparer", "Comparison", "Direction", "Domain", "Edit", "EditError", "Element", "Files",
        "Measurement", "Meter", "Mutation", "Outcome", "ParseError", "at", "describe", "generate", "mutate",
    ),
    "domains.kit.conformance": ("Check", "battery", "feasible", "timings"),
    "domains.kit.page": ("page",),
    "domains.kit.plant": ("PLANTS", "Plant", "plant"),
    "domains.kit.vote": ("mend", "vote", "vote_lines"),
}  # fmt: skip
_HOME = {name: module for module, names_there in _NOUNS.items() for name in names_there}


def __getattr__(name: str) -> object:
    """The nouns, loaded when first asked for."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'domains' has no attribute {name!r}")


__all__ = [
    "INDEX", "MUTATIONS", "PLANTS", "Change", "Check", "Comparer", "Comparison", "Direction", "Domain", "Edit",
    "EditError", "Element", "Files", "Measurement", "Meter", "Mutation", "Outcome", "ParseError", "Plant",
    "UnknownDomain", "at", "battery", "describe", "feasible", "generate", "get", "guess", "load_fixture", "mend",
    "mutate", "names", "page", "plant", "score", "timings", "title", "vote", "vote_lines",
]  # fmt: skip

"""Suites: named, versioned sets of work environments and how they are run, so that two results are of the same thing.

    harness.run(["openai:gpt-5.4"], **suites.load("quick").conditions())

The packaged ones are TOML files beside this one; a suite of your own is such a file, TOML or JSON, given by its path.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from dataclasses import dataclass, field, fields
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

from harness.errors import UsageError

__all__ = ["NAMES", "Suite", "load"]

NAMES = ("core", "full", "long", "quick")
"""The packaged suites, sorted. A `lite` one is derived from studies (`harness.suites.derive`)."""

_TYPES: dict[str, type | tuple[type, ...]] = {
    "name": str, "version": int, "about": str, "domains": list, "doc_tokens": int, "documents": int, "seed": int,
    "round_trips": int, "repeats": int, "schedule": str, "distractors": int, "only": list, "hash": str,
    "derived": dict,
}  # fmt: skip
_NEEDED = ("name", "version", "domains", "round_trips")
_SHAPES = ("domains", "doc_tokens", "documents", "seed", "round_trips", "repeats", "schedule", "distractors", "only")


@dataclass(frozen=True, slots=True)
class Suite:
    """`doc_tokens` None means the fixtures, else `documents` generated ones a domain; `only` restricts them to these
    (domain, document) pairs. `hash` is that of the environments as they were when the version was made, "" where
    nobody has pinned it; `derived` says how a derived suite was found."""

    name: str
    version: int
    domains: tuple[str, ...]
    round_trips: int
    about: str = ""
    doc_tokens: int | None = None
    documents: int = 1
    seed: int = 0
    repeats: int = 1
    schedule: str = "round-robin"
    distractors: int = 10_000
    only: tuple[tuple[str, str], ...] = ()
    hash: str = ""
    derived: dict[str, Any] = field(default_factory=dict, compare=False)

    def shape(self) -> dict[str, Any]:
        """RunSpec's fields that the suite fixes; models and how they are asked are the caller's."""
        return {name: getattr(self, name) for name in _SHAPES}

    def conditions(self) -> dict[str, Any]:
        """Keyword arguments of `harness.run`. UsageError when the environments are no longer those of this version."""
        found = self.fingerprint()
        if self.hash and found != self.hash:
            raise UsageError(
                f"the suite {self.name} {self.version} was made with other documents, edits or distractors than this "
                f"version of palimpsest has (hash {self.hash}, now {found}): use the version that made it, or raise "
                "the suite's version and set its hash"
            )
        return {**self.shape(), "suite": f"{self.name}@{self.version}#{found}"}

    def fingerprint(self) -> str:
        """Hash of what a model meets: documents, edits as they are worded, distractors, and the relay's shape. Makes
        the documents, which takes seconds for a large suite."""
        from harness.relay.spec import RunSpec
        from harness.seeds import digest

        places = [
            (place.domain, place.document, place.identity, place.instructions, place.distraction, sorted(place.edits))
            for place in RunSpec(("sim:oracle",), **self.shape()).environments()
        ]
        relay = (self.round_trips, self.repeats, self.schedule, self.seed)
        return digest("suite", relay, sorted(places))[:12]


def load(text: str) -> Suite:
    """A packaged suite by its name, or that in a file. UsageError when there is none, or something is wrong in it."""
    if text in NAMES:
        source = package_files("harness.suites") / f"{text}.toml"
        return _read(source.read_text(encoding="utf-8"), f"{text}.toml")
    path = Path(text)
    if not path.is_file():
        near = difflib.get_close_matches(text, NAMES, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"there is no suite {text!r}: there are {', '.join(NAMES)}, or name a file{hint}")
    try:
        return _read(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the suite {path}: {error}") from None


def _read(text: str, name: str) -> Suite:
    try:
        given = json.loads(text) if name.endswith(".json") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the suite {name} cannot be read: {error}") from None
    if not isinstance(given, dict):
        raise UsageError(f"the suite {name} is no table of names and values")
    for key, value in given.items():
        if key not in _TYPES:
            raise UsageError(f"the suite {name} has {key!r}, which no suite has: there are {', '.join(_TYPES)}")
        if not isinstance(value, _TYPES[key]) or isinstance(value, bool):
            raise UsageError(f"the suite {name}: {key} cannot be {value!r}")
    lacking = [key for key in _NEEDED if key not in given]
    if lacking:
        raise UsageError(f"the suite {name} lacks {lacking[0]!r}")
    given["domains"] = tuple(_strings(name, "domains", given["domains"]))
    given["only"] = tuple(_pair(name, pair) for pair in given.get("only", []))
    suite = Suite(**{f.name: given[f.name] for f in fields(Suite) if f.name in given})
    if not suite.name or set(suite.name) & set("@# \t\n"):
        raise UsageError(f"the suite {name}: its name is one word without @ and #, not {suite.name!r}")
    _possible(suite)
    return suite


def _possible(suite: Suite) -> None:
    """UsageError for what no run can be."""
    from harness.relay.spec import RunSpec

    RunSpec(("sim:oracle",), **suite.shape())


def _strings(name: str, key: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise UsageError(f"the suite {name}: {key} is a list of names")
    return value


def _pair(name: str, pair: Any) -> tuple[str, str]:
    domain, document = (*_strings(name, "only", pair), "", "")[:2]
    if len(pair) != 2:
        raise UsageError(f"the suite {name}: only is a list of [domain, document] pairs")
    return domain, document

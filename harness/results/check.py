"""A result file may come from anybody: everything in it is checked before any of it is used."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.results.form import FORMAT, READABLE, REPLY, ResultChain, Results
from harness.store import FAILURES

MOST_CHAINS, MOST_HOPS, MOST_REPLIES, MOST_RUNS = 100_000, 10_000, 100_000, 10_000
LARGEST_DOCUMENT, LARGEST_DISTRACTORS = 200_000, 1_000_000
LARGEST_FILES = 2_000_000
"""Characters of a user's own document."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_HEX = re.compile(r"[0-9a-f]{64}")
_RATE = re.compile(r"\d{1,9}(/[1-9]\d{0,8})?")
_DOCUMENT = re.compile(r"generated-\d{1,6}-(\d{1,4})")
_OUTCOMES = ("ok", "unread", *FAILURES)


class _Wrong(Exception):
    """Something in the file is not as it should be."""


def _text(longest: int = 500) -> Callable[[Any], bool]:
    """A text that can be written as UTF-8, which half a surrogate pair cannot."""
    return lambda value: isinstance(value, str) and len(value) <= longest and _SURROGATE.search(value) is None


def _whole(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _number(least: float, most: float) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most

    return fits


def _maybe(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value)


def _truth(value: Any) -> bool:
    return isinstance(value, bool)


def _names(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 1000 and all(isinstance(one, str) for one in value)


def _files(value: Any) -> bool:
    return isinstance(value, dict) and _names(list(value.values())) and sum(map(len, value.values())) <= LARGEST_FILES


def _hash(value: Any) -> bool:
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


_SCORE = _maybe(_number(0.0, 1.0 + 1e-9))
_COUNT = _maybe(_whole(0, 2**53))
_MONEY = _maybe(_number(0.0, 1e12))

HOPS: Mapping[str, Callable[[Any], bool]] = {
    "hop": _whole(1, MOST_HOPS), "edit": _text(), "direction": lambda value: value in ("forward", "backward"),
    "outcome": lambda value: value in _OUTCOMES, "detail": _text(10_000),
    "rs": _SCORE, "missing": _SCORE, "altered": _SCORE, "spurious": _SCORE, "moved": _SCORE, "step": _SCORE,
    "done": _SCORE, "valid": _maybe(_truth), "edit_similarity": _SCORE, "own": _SCORE, "kept": _SCORE,
    "repaired": _SCORE, "worse": _SCORE, "extra": _whole(0, 2**31), "input_tokens": _COUNT, "output_tokens": _COUNT,
    "cached_tokens": _COUNT, "reasoning_tokens": _COUNT, "cost_usd": _MONEY, "latency": _number(0.0, 1e12),
    "calls": _whole(0, MOST_REPLIES), "attempts": _whole(1, MOST_REPLIES), "scorer": _text(100),
}  # fmt: skip
"""Columns of a hop and what may stand in them."""

LATER: Mapping[str, Callable[[Any], bool]] = {
    "fired": _maybe(_text()), "bare": _SCORE, "bare_step": _SCORE, "extra_calls": _maybe(_whole(0, MOST_REPLIES)),
    "extra_cost_usd": _MONEY, "turns": _COUNT, "tool_calls": _COUNT, "touched": _COUNT,
}  # fmt: skip
"""Columns that files of older versions lack, and chains without protections and tools: nothing is known then."""


def _calls(value: Any) -> bool:
    """Calls of tools: an id, a name and arguments each."""
    return (
        isinstance(value, list)
        and len(value) <= MOST_REPLIES
        and all(isinstance(one, list) and len(one) == 3 and all(isinstance(part, str) for part in one) for one in value)
    )


_SPEC: Mapping[str, Callable[[Any], bool]] = {
    "model": _text(), "editor": _text(), "domain": _text(), "document": _text(), "document_hash": _hash,
    "document_tokens": _whole(0, 2**40), "distractor_tokens": _whole(0, 2**40),
    "asked_tokens": _maybe(_whole(50, LARGEST_DOCUMENT)), "asked_distractors": _whole(0, LARGEST_DISTRACTORS),
    "schedule": _text(10_000), "policy": _text(50), "memory": _text(50), "heal": _truth, "guided": _truth,
    "temperature": _maybe(_number(0.0, 100.0)), "effort": _maybe(_text(50)), "max_tokens": _maybe(_whole(1, 2**40)),
    "base_url": _maybe(_text(2000)), "api_mode": _text(50), "seed": _whole(-(2**63), 2**63), "origin": _hash,
    "planted": _maybe(lambda value: isinstance(value, str) and _RATE.fullmatch(value) is not None),
    "plant": _maybe(_text(50)), "edits": _names, "repeat": _whole(1, 1000),
}  # fmt: skip
"""What every chain's spec holds. There may be more, which is compared and not otherwise used."""

_REPLY: Mapping[str, Callable[[Any], bool]] = {
    "hop": _whole(1, MOST_HOPS), "attempt": _whole(1, MOST_REPLIES), "call": _whole(1, MOST_REPLIES),
    "request": _hash, "text": lambda value: isinstance(value, str),
    "finish": lambda value: value in ("stop", "length", "filter", "other"), "input": _COUNT, "output": _COUNT,
    "cached": _COUNT, "reasoning": _COUNT, "latency": _number(0.0, 1e12), "cost": _MONEY, "model": _text(),
    "fingerprint": _maybe(_text()), "tries": _whole(0, MOST_REPLIES), "calls": _calls,
}  # fmt: skip

_CHAIN: Mapping[str, Callable[[Any], bool]] = {
    "key": _hash, "model": _text(), "editor": _text(), "domain": _text(), "document": _text(),
    "repeat": _whole(1, 1000), "reason": _text(10_000), "spec": lambda value: isinstance(value, dict),
    "files": _maybe(_files),
    "hops": lambda value: isinstance(value, dict),
    "replies": lambda value: isinstance(value, list) and len(value) <= MOST_REPLIES,
}  # fmt: skip

_RUN: Mapping[str, Callable[[Any], bool]] = {
    "number": _whole(1, 2**31), "command": _text(50), "spec": lambda value: isinstance(value, dict),
    "started": _number(0.0, 1e12), "ended": _maybe(_number(0.0, 1e12)), "about": lambda value: isinstance(value, dict),
}  # fmt: skip

_ABOUT: Mapping[str, Callable[[Any], bool]] = {
    "package": _text(), "commit": _maybe(_text(100)), "dirty": _maybe(_truth), "python": _text(), "platform": _text(),
    "libraries": lambda value: isinstance(value, dict) and all(map(_text(), value.values())),
}  # fmt: skip


def checked(value: Any, path: Path) -> Results:
    """The results in a JSON value. UsageError names the file and what is wrong with it."""
    try:
        return _results(value)
    except _Wrong as wrong:
        raise UsageError(f"{path} is no result file that this version reads: {wrong}") from None


def _results(value: Any) -> Results:
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise _Wrong(f'it does not say "format": "{FORMAT}"')
    if value.get("version") not in READABLE:
        raise _Wrong(f"its version is {str(value.get('version'))[:20]}, this one reads {READABLE[0]} to {READABLE[-1]}")
    suites, scorers, made = value.get("suites"), value.get("scorers"), value.get("made")
    if (
        not isinstance(suites, list)
        or not _names(suites)
        or not isinstance(scorers, dict)
        or not all(map(_names, scorers.values()))
    ):
        raise _Wrong("suites or scorers are not as they should be")
    if not isinstance(made, dict) or not isinstance(value.get("transcripts"), bool):
        raise _Wrong("made or transcripts is not as it should be")
    chains = value.get("chains")
    if not isinstance(chains, list) or len(chains) > MOST_CHAINS:
        raise _Wrong("chains is no list, or too long")
    found = [_chain(chain, number) for number, chain in enumerate(chains, 1)]
    if len({chain.key for chain in found}) != len(found):
        raise _Wrong("it has a chain twice")
    runs = [_fields(run, _RUN, f"run {n}") for n, run in enumerate(_few(value.get("runs", []), "runs"), 1)]
    for number, run in enumerate(runs, 1):
        _fields(run["about"], _ABOUT, f"run {number}, about")
    return Results(made, suites, scorers, value["transcripts"], found, runs)


def _few(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_RUNS:
        raise _Wrong(f"{what} is no list, or too long")
    return value


def _chain(value: Any, number: int) -> ResultChain:
    where = f"chain {number}"
    own = _fields(value, _CHAIN, where)
    spec = _fields(own["spec"], _SPEC, f"{where}, spec")
    for name in ("model", "editor", "domain", "document", "repeat"):
        if spec[name] != own[name]:
            raise _Wrong(f"{where}: its {name} is not that of its spec")
    if spec["asked_tokens"] is not None:
        match = _DOCUMENT.fullmatch(spec["document"])
        if match is None or spec["asked_tokens"] * int(match[1]) > 50 * LARGEST_DOCUMENT:
            raise _Wrong(f"{where}: no generated document is called {spec['document'][:60]!r}")
    hops = _columns(own["hops"], where)
    replies = [_reply(row, f"{where}, reply {n}") for n, row in enumerate(own["replies"], 1)]
    served = own.get("served")  # version 1 tells it with each reply alone
    if served is None:
        served = sorted({row[REPLY.index("model")] for row in replies} - {""})
    if not _names(served) or not all(map(_text(), served)):
        raise _Wrong(f"{where}: served is no list of names")
    return ResultChain(**{**{name: own[name] for name in _CHAIN}, "hops": hops, "served": served, "replies": replies})


def _columns(value: Any, where: str) -> dict[str, list[Any]]:
    known = {**HOPS, **{name: check for name, check in LATER.items() if name in value}}
    lengths = {len(column) if isinstance(column, list) else -1 for column in value.values()}
    if set(HOPS) - set(value) or len(lengths) != 1 or not 0 <= min(lengths) <= MOST_HOPS:
        raise _Wrong(f"{where}: hops are not columns of one length, or one is not there")
    for name, check in known.items():
        for hop, cell in enumerate(value[name], 1):
            if not check(cell):
                raise _Wrong(f"{where}, hop {hop}: {name} cannot be {cell!r:.60}")
    if value["hop"] != list(range(1, 1 + len(value["hop"]))):
        raise _Wrong(f"{where}: its hops do not count 1, 2, 3 …")
    return {name: value[name] if name in known else [None] * len(value["hop"]) for name in (*HOPS, *LATER)}


def _reply(row: Any, where: str) -> list[Any]:
    if isinstance(row, list) and len(row) == len(REPLY) - 1:
        row = [*row, []]
    if not isinstance(row, list) or len(row) != len(REPLY):
        raise _Wrong(f"{where} does not have {len(REPLY)} values")
    _fields(dict(zip(REPLY, row, strict=True)), _REPLY, where)
    return row


def _fields(value: Any, wanted: Mapping[str, Callable[[Any], bool]], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong(f"{where} is no object")
    for name, check in wanted.items():
        if name not in value:
            raise _Wrong(f"{where} lacks {name!r}")
        cell = value[name]
        if not check(cell) or (isinstance(cell, float) and not math.isfinite(cell)):
            raise _Wrong(f"{where}: {name} cannot be {cell!r:.60}")
    return value

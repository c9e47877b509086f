"""What providers say, beside an answer, of how much may still be asked: their headers, and a bucket kept by them."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["requests", "tokens", "input", "output"]
"""What is counted: calls, tokens of both directions, those sent, those written."""

MINUTE = 60.0
CUSHION = 0.1
"""Share of an allowance that is left alone: sizes are estimates, and what others send is told late. It costs no
throughput, since the rest flows at the same rate. The share is of the most that was ever left: a provider may tell of a
minute's calls and let no more than a second's go at once."""
LEARNING = 0.2
"""Weight of the newest call in what is learned of how a provider counts."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_ANTHROPIC: dict[Kind, str] = {"requests": "requests", "tokens": "tokens", "input": "input-tokens",
                               "output": "output-tokens"}  # fmt: skip
_OPENAI: tuple[Kind, ...] = ("requests", "tokens")


@dataclass(frozen=True, slots=True)
class Quota:
    """One allowance as an answer's headers have it: `remaining` of `limit`, whole again in `reset` seconds (None: the
    provider does not say)."""

    limit: float
    remaining: float
    reset: float | None = None

    @property
    def rate(self) -> float:
        """What comes back in a second. Limits are per minute, unless the reset is further away than that: a limit per
        day fills up at the pace that the headers tell."""
        if self.reset is not None and self.reset > MINUTE + 1 and self.remaining < self.limit:
            return (self.limit - self.remaining) / self.reset
        return self.limit / MINUTE


Allowance = Mapping[Kind, Quota]


def read(headers: Mapping[str, str], now: float) -> dict[Kind, Quota]:
    """The allowances in the headers of OpenAI and Anthropic, and of servers that copy either; empty where there are
    none. `now` is Unix time in seconds, used where the server does not tell its own."""
    found: dict[Kind, Quota] = {}
    for kind in _OPENAI:
        parts = (headers.get(f"x-ratelimit-{part}-{kind}") for part in ("limit", "remaining", "reset"))
        _add(found, kind, *parts, now=now)
    for kind, name in _ANTHROPIC.items():
        parts = (headers.get(f"anthropic-ratelimit-{name}-{part}") for part in ("limit", "remaining", "reset"))
        _add(found, kind, *parts, now=_their_time(headers, now))
    return found


def duration(text: str) -> float | None:
    """Seconds in `6m0s`, `1s`, `120ms` or a bare number; None for anything else."""
    whole = text.strip()
    pieces = _DURATION.findall(whole)
    if pieces and "".join(number + unit for number, unit in pieces) == whole:
        return sum(float(number) * _UNITS[unit] for number, unit in pieces)
    return _number(whole)


def _add(
    found: dict[Kind, Quota], kind: Kind, limit: str | None, remaining: str | None, reset: str | None, *, now: float
) -> None:
    most, left = _number(limit), _number(remaining)
    if most and left is not None:
        found[kind] = Quota(most, min(left, most), None if reset is None else _until(reset, now))


def _until(reset: str, now: float) -> float | None:
    """Seconds to a moment that is written as a duration or as RFC 3339."""
    wait = duration(reset)
    if wait is not None:
        return wait
    try:
        moment = datetime.fromisoformat(reset)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - now) if moment.tzinfo else None


def _their_time(headers: Mapping[str, str], now: float) -> float:
    """A reset in their time says nothing to a clock that is wrong."""
    try:
        return email.utils.parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, OverflowError):
        return now


def _number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"\d{1,15}(\.\d{1,15})?", text) else None


@dataclass(slots=True)
class Mark:
    """How a bucket stood just after a call was taken from it."""

    number: int
    level: float
    corrected: float
    taken: float


class Bucket:
    """One allowance as it stands now: the newest answer's, what has come back since, less what was sent since.

    Answers come late and out of order; each says how things stood when its call was counted. So every call keeps a
    Mark, and the difference between the mark and what the provider says is what the bucket is put right by. The same
    difference tells how much a call really counts (`factor`): a provider may count the longest reply allowed, or less
    than we estimate."""

    def __init__(self, quota: Quota, now: float) -> None:
        self._limit, self._rate = quota.limit, quota.rate
        self._fullest = quota.remaining
        self._level = quota.remaining
        self._at = now
        self._factor = 1.0
        self._corrected = self._taken = 0.0
        self._number = 0
        self._newest = Mark(0, 0.0, 0.0, 0.0)

    def delay(self, amount: float, now: float, *, idle: bool) -> float:
        """Seconds until a call of that size may go. Where nothing else is under way (`idle`) the cushion may be used,
        and a call larger than the whole allowance goes when the bucket is full: the provider is to judge it."""
        wanted = min(amount * self._factor + (0.0 if idle else CUSHION * self._fullest), self._limit)
        lacking = wanted - self._filled(now)
        return max(0.0, lacking / self._rate)

    def take(self, amount: float, now: float) -> Mark:
        self._level = self._filled(now) - amount * self._factor
        self._at = now
        self._taken += amount * self._factor
        self._number += 1
        return Mark(self._number, self._level, self._corrected, self._taken)

    def told(self, quota: Quota, mark: Mark) -> None:
        """What the answer to the call of that mark says."""
        self._limit, self._rate = quota.limit, quota.rate
        self._fullest = min(self._limit, max(self._fullest, quota.remaining))
        if mark.number <= self._newest.number:
            return
        stood = mark.level + self._corrected - mark.corrected
        difference = quota.remaining - stood
        self._level += difference
        self._corrected += difference
        taken = mark.taken - self._newest.taken
        if taken > 0 and self._newest.number and quota.remaining < quota.limit:
            seen = min(10.0, max(0.1, (taken - difference) / taken))
            self._factor *= 1 + LEARNING * (seen - 1)
        self._newest = mark

    def _filled(self, now: float) -> float:
        return min(self._limit, self._level + self._rate * (now - self._at))

"""How much goes into one turn: the most items that a model still gets right, found by doubling and bisection."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.calls import Means, blocking, divided
from harness.errors import UsageError
from harness.horizon.engine import Study, opened
from harness.horizon.intervals import NOTHING, Estimate, share
from harness.horizon.metrics import Condition, condition
from harness.horizon.spec import HorizonSpec
from harness.horizon.study import as_json, make_spec

ACCURACY = 0.8
"""Turn accuracy that counts as mastered (arXiv 2509.09677v3)."""

OF_A_HISTORY = ("design", "turns", "size", "rates", "arms", "kind", "magnitude", "position", "gaps")
"""Conditions of a study that the search settles itself, or that mean nothing in a first turn."""


@dataclass(frozen=True, slots=True)
class Length:
    """One condition's longest single turn. `tried` holds the accuracy at each number of items, in the order asked;
    `longest` the most that is mastered: 0 when one item is too much, inf when even `largest`, the last to be tried, is
    not. Its interval goes from the most that is surely mastered to the most that is not surely too much, as far as they
    were tried. All None when rollouts are missing. `condition.size` means nothing here."""

    condition: Condition
    accuracy: float
    largest: int
    tried: tuple[tuple[int, Estimate], ...]
    longest: Estimate


@dataclass(frozen=True, slots=True)
class Lengths:
    """All that one search found; `unfinished` says why, by key, rollouts stopped short."""

    store: Path | None
    results: tuple[Length, ...]
    unfinished: Mapping[str, str]

    def summary(self) -> dict[str, Any]:
        """All figures as JSON, in the form of a study's."""
        return {
            "store": None if self.store is None else str(self.store),
            "unfinished": dict(self.unfinished),
            "lengths": [_json(found) for found in self.results],
        }


def _json(found: Length) -> dict[str, Any]:
    told = {name: value for name, value in found.condition._asdict().items() if name != "size"}
    tried = [{"size": size, "accuracy": as_json(estimate)} for size, estimate in found.tried]
    return {
        **told, "accuracy": found.accuracy, "largest": found.largest, "longest": as_json(found.longest), "tried": tried,
    }  # fmt: skip


def length(
    models: Sequence[str] | str, *, largest: int = 64, accuracy: float = ACCURACY, store: str | Path | None = None,
    means: Means | None = None, **conditions: Any,
) -> Lengths:  # fmt: skip
    """Finds the longest single turn that each model answers with at least this accuracy. `conditions` are those fields
    of HorizonSpec that a first turn has, and Means's; with `store` the search continues what is there."""
    return blocking(
        lambda: length_async(models, largest=largest, accuracy=accuracy, store=store, means=means, **conditions),
        "harness.horizon.length_async",
    )


async def length_async(
    models: Sequence[str] | str, *, largest: int = 64, accuracy: float = ACCURACY, store: str | Path | None = None,
    means: Means | None = None, **conditions: Any,
) -> Lengths:  # fmt: skip
    """`length`, within a running event loop."""
    if largest < 1:
        raise UsageError("the largest turn to try must have at least 1 item")
    if not 0 < accuracy <= 1:
        raise UsageError(f"an accuracy is a share above 0 and up to 1, not {accuracy}")
    for name in OF_A_HISTORY:
        if name in conditions:
            raise UsageError(f"{name} means nothing in the search for the longest single turn: leave it out")
    given, rest = divided(means, conditions)
    spec = make_spec(models, {**rest, "turns": 1})
    with tempfile.TemporaryDirectory(prefix="palimpsest-") as folder:
        path = Path(folder) / "study.db" if store is None else Path(store)
        async with opened(spec, path, given) as study:
            found = [await _one(study, one, largest, accuracy) for one in _conditions(spec)]
    unfinished = {key: reason for _, reasons in found for key, reason in reasons.items()}
    return Lengths(None if store is None else path, tuple(result for result, _ in found), unfinished)


def _conditions(spec: HorizonSpec) -> Iterator[HorizonSpec]:
    """A spec for each of the conditions."""
    for model in dict.fromkeys(spec.models):
        for task in dict.fromkeys(spec.tasks):
            for mode in dict.fromkeys(spec.modes):
                for mitigation in dict.fromkeys(spec.mitigations):
                    yield replace(spec, models=(model,), tasks=(task,), modes=(mode,), mitigations=(mitigation,))


async def _one(study: Study, spec: HorizonSpec, largest: int, accuracy: float) -> tuple[Length, dict[str, str]]:
    """One condition's search, and why rollouts stopped short: such a size is not judged."""
    reasons: dict[str, str] = {}

    async def at(size: int) -> Estimate:
        cells = list(replace(spec, size=size).cells())
        reasons.update(await study.run(cells))
        turns = study.turns(cells)
        return NOTHING if reasons else share(sum(turn.right for turn in turns), len(turns))

    tried = await search(largest, accuracy, at)
    told = condition(next(spec.cells()))
    return Length(told, accuracy, largest, tuple(tried.items()), judged(tried, accuracy)), reasons


async def search(largest: int, accuracy: float, at: Callable[[int], Awaitable[Estimate]]) -> dict[int, Estimate]:
    """The accuracy at every size that was tried: 1, 2, 4 … until one surely falls short or `largest` is reached, then
    halfway between the first that falls short and the one before it. Ends where there is no accuracy to be had."""
    tried: dict[int, Estimate] = {}
    size = 1
    while True:
        tried[size] = await at(size)
        high = tried[size].high
        if high is None or high < accuracy or size == largest:
            break
        size = min(2 * size, largest)
    while (gap := _gap(tried, accuracy)) is not None:
        tried[gap] = await at(gap)
    return tried


def _gap(tried: Mapping[int, Estimate], accuracy: float) -> int | None:
    """The size to try next between the first that falls short and the one before it; None when nothing is between."""
    if any(estimate.value is None for estimate in tried.values()):
        return None
    failed = min((size for size, e in tried.items() if e.value is not None and e.value < accuracy), default=None)
    if failed is None:
        return None
    mastered = max((size for size in tried if size < failed), default=0)
    return (mastered + failed) // 2 if failed - mastered > 1 else None


def judged(tried: Mapping[int, Estimate], accuracy: float) -> Estimate:
    """What the accuracies that were tried say of the longest turn."""
    if not tried or any(estimate.value is None for estimate in tried.values()):
        return NOTHING

    def below(side: str) -> list[int]:
        return sorted(size for size, estimate in tried.items() if getattr(estimate, side) < accuracy)

    def most(side: str) -> int:
        """The largest size before the first that falls short."""
        first = min(below(side), default=math.inf)
        return max((size for size in tried if size < first), default=0)

    beyond = min(below("high"), default=math.inf)
    value = float(most("value")) if below("value") else math.inf
    return Estimate(value, float(most("low")), beyond - 1.0, min(estimate.count for estimate in tried.values()))

"""`permutation`: an ordering of named items, moved by named shuffles. What comes first matters."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from harness.horizon.tasks.base import Magnitude, Rollout, State, Task

ITEMS = ("red", "blue", "green", "white", "black", "pink", "grey", "brown")
SHUFFLES = ("alpha", "bravo", "delta", "echo", "kilo", "lima", "oscar", "tango")


def draw(rng: random.Random, turns: int, size: int) -> Rollout:
    places = range(len(ITEMS))
    named: dict[str, tuple[int, ...]] = {}
    while len(named) < len(SHUFFLES):
        order = tuple(rng.sample(places, len(ITEMS)))
        if order != tuple(places) and order not in named.values():
            named[SHUFFLES[len(named)]] = order
    start = tuple(rng.sample(ITEMS, len(ITEMS)))
    return Rollout(named, start, tuple(tuple(rng.choice(SHUFFLES) for _ in range(size)) for _ in range(turns)))


def advance(named: Any, seen: Sequence[State], given: Any) -> State:
    order: Any = seen[-1]
    for name in given:
        order = tuple(order[place] for place in named[name])
    return order  # type: ignore[no-any-return]


def show(state: State) -> str:
    assert isinstance(state, tuple)  # noqa: S101 - what `advance` gives
    return ", ".join(state)


def read(text: str) -> State | None:
    found = tuple(part.strip(" .[]()\"'").casefold() for part in text.replace("\n", ",").split(","))
    return found if sorted(found) == sorted(ITEMS) else None


def wrong(rng: random.Random, state: State, magnitude: Magnitude) -> State:
    """Two neighbours swapped, two items swapped, or all in another order."""
    order: list[str] = list(state)  # type: ignore[call-overload]
    if magnitude == "large":
        while tuple(order) == state:
            rng.shuffle(order)
        return tuple(order)
    first = rng.randrange(len(order) - 1)
    second = first + 1 if magnitude == "small" else rng.choice([n for n in range(len(order)) if n != first])
    order[first], order[second] = order[second], order[first]
    return tuple(order)


def rules(named: Mapping[str, Sequence[int]], start: State) -> str:
    lines = "\n".join(
        f"{name}: the new order is what stood in places {', '.join(str(place + 1) for place in order)}"
        for name, order in named.items()
    )
    return (
        f"We keep {len(ITEMS)} items in a row. The order starts as {show(start)}. Shuffles have names:\n\n{lines}\n\n"
        "Each turn I name shuffles; do them one after the other and answer with the new order, separated by commas."
    )


def work(_named: Any, seen: Sequence[State], given: Any, answer: State) -> str:
    return f"{show(seen[-1])} after {' and '.join(given)} is {show(answer)}"


def slip(named: Any, seen: Sequence[State], given: Any, answer: State) -> str:
    """Another shuffle than the one named in one place: a wrong look-up. Two items swapped: a near miss."""
    for n, name in enumerate(given):
        for other in named:
            if other != name and advance(named, seen, (*given[:n], other, *given[n + 1 :])) == answer:
                return "wrong-look-up"
    right = advance(named, seen, given)
    assert isinstance(answer, tuple)  # noqa: S101 - what `read` gives
    assert isinstance(right, tuple)  # noqa: S101
    return "near-miss" if sum(a != b for a, b in zip(answer, right, strict=True)) == 2 else "other"


PERMUTATION = Task(
    "permutation", draw, rules, ", ".join, advance, show, read, wrong, work, slip,
)  # fmt: skip

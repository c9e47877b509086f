"""`permutation`: an ordering of named items, moved by named shuffles. What comes first matters."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from math import factorial
from typing import Any

from harness.horizon.tasks.base import Magnitude, State, Task

ITEMS = ("red", "blue", "green", "white", "black", "pink", "grey", "brown")
SHUFFLES = ("alpha", "bravo", "delta", "echo", "kilo", "lima", "oscar", "tango")


def begin(rng: random.Random, width: int) -> tuple[Any, State]:
    """So many items, and as many shuffles as have names, or as there are."""
    places = range(width)
    named: dict[str, tuple[int, ...]] = {}
    while len(named) < min(len(SHUFFLES), factorial(width) - 1):
        order = tuple(rng.sample(places, width))
        if order != tuple(places) and order not in named.values():
            named[SHUFFLES[len(named)]] = order
    return named, tuple(rng.sample(ITEMS[:width], width))


def inputs(rng: random.Random, named: Any, turns: int, size: int) -> tuple[Any, ...]:
    names = tuple(named)
    return tuple(tuple(rng.choice(names) for _ in range(size)) for _ in range(turns))


def advance(named: Any, seen: Sequence[State], given: Any) -> State:
    order: Any = seen[-1]
    for name in given:
        order = tuple(order[place] for place in named[name])
    return order  # type: ignore[no-any-return]


def show(state: State) -> str:
    assert isinstance(state, tuple)  # noqa: S101 - what `advance` gives
    return ", ".join(state)


def read(named: Any, text: str) -> State | None:
    found = tuple(part.strip(" .[]()\"'").casefold() for part in text.replace("\n", ",").split(","))
    width = len(next(iter(named.values())))
    return found if sorted(found) == sorted(ITEMS[:width]) else None


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


def rules(named: Mapping[str, Sequence[int]], start: Any) -> str:
    lines = "\n".join(
        f"{name}: the new order is what stood in places {', '.join(str(place + 1) for place in order)}"
        for name, order in named.items()
    )
    return (
        f"We keep {len(start)} items in a row. The order starts as {show(start)}. Shuffles have names:\n\n{lines}\n\n"
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
    "permutation", len(ITEMS), range(2, len(ITEMS) + 1), begin, inputs, rules, ", ".join, advance, show, read, wrong,
    work, slip,
)  # fmt: skip

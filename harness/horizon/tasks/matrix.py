"""`matrix`: the product so far of 2x2 matrices, modulo a prime. Each step needs the one before it."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

from harness.horizon.tasks.base import Magnitude, State, Task, digit_slip, whole

PRIME = 97
LARGEST = 9
Matrix = tuple[int, int, int, int]


def inputs(rng: random.Random, _prime: Any, turns: int, size: int) -> tuple[Any, ...]:
    return tuple(tuple(_invertible(rng) for _ in range(size)) for _ in range(turns))


def _invertible(rng: random.Random) -> Matrix:
    """Entries in [-9, 9]. A singular factor would make every later state singular too, and then 0."""
    while True:
        a, b, c, d = (rng.randint(-LARGEST, LARGEST) for _ in range(4))
        if (a * d - b * c) % PRIME:
            return a, b, c, d


def times(left: Matrix, right: Matrix) -> Matrix:
    a, b, c, d = left
    e, f, g, h = right
    return (
        (a * e + b * g) % PRIME, (a * f + b * h) % PRIME, (c * e + d * g) % PRIME, (c * f + d * h) % PRIME,
    )  # fmt: skip


def advance(_prime: Any, seen: Sequence[State], given: Any) -> State:
    product: Any = seen[-1]
    for factor in given:
        product = times(product, factor)
    return product  # type: ignore[no-any-return]


def show(state: State) -> str:
    assert isinstance(state, tuple)  # noqa: S101 - what `advance` gives
    return f"[[{state[0]}, {state[1]}], [{state[2]}, {state[3]}]]"


def read(_prime: Any, text: str) -> State | None:
    found = [whole(part) for part in re.split(r"[\s,;]+", re.sub(r"[\[\]()]", " ", text).strip())]
    return tuple(n % PRIME for n in found if n is not None) if len(found) == 4 and None not in found else None


def wrong(rng: random.Random, state: State, magnitude: Magnitude) -> State:
    """One entry off by at most 9, or every entry by anything."""
    entries: list[int] = list(state)  # type: ignore[call-overload]
    places = [rng.randrange(4)] if magnitude == "small" else range(4) if magnitude == "large" else [rng.randrange(4)]
    for place in places:
        off = rng.randint(1, 9) if magnitude == "small" else rng.randint(1, PRIME - 1)
        entries[place] = (entries[place] + off) % PRIME
    return tuple(entries)


def work(_prime: Any, seen: Sequence[State], given: Any, answer: State) -> str:
    return f"{' times '.join(show(m) for m in (seen[-1], *given))} modulo {PRIME} is {show(answer)}"


def slip(prime: Any, seen: Sequence[State], given: Any, answer: State) -> str:
    right = advance(prime, seen, given)
    if not isinstance(answer, tuple) or not isinstance(right, tuple):
        return "other"
    off = [(a, b) for a, b in zip(answer, right, strict=True) if a != b]
    return "near-miss" if len(off) == 1 or all(digit_slip(a, b) for a, b in off) else "other"


MATRIX = Task(
    "matrix", PRIME, None, lambda _rng, prime: (prime, (1, 0, 0, 1)), inputs,
    lambda prime, start: f"We keep a 2x2 matrix, which starts as {show(start)}. Each turn I give you matrices; "
    "multiply ours by each of them from the right, in the order given, take every entry modulo "
    f"{prime} (from 0 to {prime - 1}), and answer with the new matrix in the form [[a, b], [c, d]].",
    lambda given: " then ".join(show(m) for m in given),
    advance, show, read, wrong, work, slip,
)  # fmt: skip

"""`dictsum`, the published task, and its three ablations.

A dictionary gives five-letter words a number each, 100 as published. A turn names K words; the answer is the sum so
far. `retrieve` asks only for the numbers of the turn's words, `add` gives the numbers and asks for their sum alone,
`prefix_sum` gives the numbers and asks for the sum so far. (arXiv 2509.09677v3.)
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from harness.horizon.tasks.base import Magnitude, State, Task, digit_slip, error, whole

WORDS = (
    "apple", "bench", "cabin", "daisy", "eagle", "fable", "giant", "habit", "igloo", "jelly", "kayak", "label",
    "magic", "night", "ocean", "paint", "quilt", "radio", "salad", "table", "uncle", "vapor", "wagon", "yacht",
    "zebra", "amber", "bread", "candy", "dance", "earth", "feast", "glove", "honey", "ivory", "jewel", "knife",
    "lemon", "maple", "novel", "olive", "pearl", "queen", "river", "snail", "tiger", "urban", "viola", "whale",
    "young", "actor", "blaze", "chess", "drift", "elbow", "flame", "grape", "horse", "inlet", "joker", "koala",
    "lunar", "mango", "nurse", "onion", "piano", "quest", "robin", "stone", "torch", "unity", "vivid", "wheat",
    "acorn", "brick", "cloud", "delta", "ember", "frost", "globe", "heron", "ideal", "juice", "karma", "lilac",
    "medal", "noble", "orbit", "plaza", "quiet", "raven", "solar", "train", "umbra", "vault", "wrist", "xenon",
    "yeast", "blimp", "crane", "dwarf",
)  # fmt: skip
LARGEST = 99


def dictionary(rng: random.Random, width: int) -> tuple[Any, State]:
    """So many words."""
    return {word: rng.randint(-LARGEST, LARGEST) for word in WORDS[:width]}, 0


def numbers(_rng: random.Random, width: int) -> tuple[Any, State]:
    """The numbers up to so large a one, of either sign."""
    return range(-width, width + 1), 0


def inputs(rng: random.Random, material: Any, turns: int, size: int) -> tuple[Any, ...]:
    """Words of the dictionary, or numbers."""
    items = tuple(material)
    return tuple(tuple(rng.choice(items) for _ in range(size)) for _ in range(turns))


def values(table: Any, given: Sequence[Any]) -> list[int]:
    return [table[item] if isinstance(item, str) else item for item in given]


def listing(table: Mapping[str, int]) -> str:
    return "\n".join(f"{word}: {number}" for word, number in table.items())


def turn(given: Sequence[Any]) -> str:
    return ", ".join(map(str, given))


def total(table: Any, seen: Sequence[State], given: Any) -> State:
    return int(seen[-1]) + sum(values(table, given))  # type: ignore[call-overload, no-any-return]


def alone(table: Any, _seen: Sequence[State], given: Any) -> State:
    return sum(values(table, given))


def looked_up(table: Any, _seen: Sequence[State], given: Any) -> State:
    return tuple(values(table, given))


def wrong(rng: random.Random, state: State, magnitude: Magnitude) -> State:
    return int(state) + error(rng, magnitude)  # type: ignore[call-overload, no-any-return]


def one_wrong(rng: random.Random, state: State, magnitude: Magnitude) -> State:
    """One of the numbers off."""
    assert isinstance(state, tuple)  # noqa: S101 - what `looked_up` gives
    place = rng.randrange(len(state))
    return (*state[:place], state[place] + error(rng, magnitude), *state[place + 1 :])


def summed(table: Any, seen: Sequence[State], given: Any, answer: State) -> str:
    return f"{signed([int(seen[-1]), *values(table, given)])} = {answer}"  # type: ignore[call-overload]


def summed_alone(table: Any, _seen: Sequence[State], given: Any, answer: State) -> str:
    return f"{signed(values(table, given))} = {answer}"


def named(_table: Any, _seen: Sequence[State], given: Any, answer: State) -> str:
    assert isinstance(answer, tuple)  # noqa: S101 - what `looked_up` gives
    return ", ".join(f"{word} is {number}" for word, number in zip(given, answer, strict=True))


def signed(terms: Sequence[int]) -> str:
    """3 + 4 - 5"""
    rest = "".join(f" {'-' if term < 0 else '+'} {abs(term)}" for term in terms[1:])
    return f"{terms[0]}{rest}"


def read(_material: Any, text: str) -> State | None:
    return whole(text)


def read_list(_table: Any, text: str) -> State | None:
    found = tuple(whole(part) for part in text.replace(";", ",").split(","))
    return None if None in found else found


def show_list(state: State) -> str:
    assert isinstance(state, tuple)  # noqa: S101 - what `looked_up` gives
    return ", ".join(map(str, state))


def slip_of(advance: Any) -> Any:
    """Off by one term left out, counted twice, of the other sign, or taken from the line above or below: a wrong
    look-up. Else off by one place: a near miss."""

    def slip(table: Any, seen: Sequence[State], given: Any, answer: State) -> str:
        if not isinstance(answer, int):
            return "other"
        right = advance(table, seen, given)
        for item, value in zip(given, values(table, given), strict=True):
            near = []
            if isinstance(item, str):
                lines, place = list(table.values()), list(table).index(item)
                near = [lines[n] - value for n in (place - 1, place + 1) if 0 <= n < len(lines)]
            if value and answer - right in (-value, value, -2 * value, *near):
                return "wrong-look-up"
        return "near-miss" if digit_slip(answer, right) else "other"

    return slip


def slip_retrieved(table: Any, seen: Sequence[State], given: Any, answer: State) -> str:
    right = looked_up(table, seen, given)
    if not isinstance(answer, tuple) or not isinstance(right, tuple) or len(answer) != len(right):
        return "other"
    off = [a for a, b in zip(answer, right, strict=True) if a != b]
    return "wrong-look-up" if all(a in table.values() for a in off) else "near-miss"


DICTSUM = Task(
    "dictsum", len(WORDS), range(1, len(WORDS) + 1), dictionary, inputs,
    lambda table, start: f"Here is a dictionary of words and their numbers.\n\n{listing(table)}\n\nWe keep a running "
    f"sum, which starts at {start}. Each turn I give you words; add the number of each of them to the sum and answer "
    "with the new sum.",
    turn, total, str, read, wrong, summed, slip_of(total),
)  # fmt: skip
RETRIEVE = Task(
    "retrieve", len(WORDS), range(1, len(WORDS) + 1), lambda rng, width: (dictionary(rng, width)[0], ()), inputs,
    lambda table, _start: f"Here is a dictionary of words and their numbers.\n\n{listing(table)}\n\nEach turn I give "
    "you words; answer with the number of each of them, in the order given, separated by commas.",
    turn, looked_up, show_list, read_list, one_wrong, named, slip_retrieved,
)  # fmt: skip
ADD = Task(
    "add", LARGEST, range(1, 10**6), numbers, inputs,
    lambda _table, _start: "Each turn I give you numbers; answer with the sum of that turn's numbers.",
    turn, alone, str, read, wrong, summed_alone, slip_of(alone),
)  # fmt: skip
PREFIX_SUM = Task(
    "prefix_sum", LARGEST, range(1, 10**6), numbers, inputs,
    lambda _table, start: f"We keep a running sum, which starts at {start}. Each turn I give you numbers; add them to "
    "the sum and answer with the new sum.",
    turn, total, str, read, wrong, summed, slip_of(total),
)  # fmt: skip

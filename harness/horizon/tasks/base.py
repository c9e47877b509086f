"""What a task is: a state, inputs turn by turn, and one function that advances the one by the other."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

State = Hashable
"""What a turn answers with: a number, a tuple, a text."""

Magnitude = Literal["small", "large", "any"]
MAGNITUDES: tuple[Magnitude, ...] = ("small", "large", "any")


@dataclass(frozen=True, slots=True)
class Rollout:
    """One drawn instance: what all its turns share (a dictionary, named shuffles), where it starts, an input a turn."""

    material: Any
    start: State
    inputs: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A value that says what is asked. Functions get the rollout's `material`; `seen` are the states visible so far,
    the start first.

    width     how much material there is, unless asked for otherwise; `widths` are those that can be had, None: no other
    begin     the material of so much `width`, and where the state starts
    inputs    the inputs of so many turns, each with so many items (`size`)
    rules     what the model is told before the first turn, the answer's form aside
    turn      one turn's input, as it is shown
    advance   the state after an input, from the states visible before it
    show      a state as it stands in an answer
    read      an answer's text as a state of this material, None when it is none
    wrong     another state of the same kind, never the one given
    work      the steps from the last visible state to an answer, in a line, as a chain of thought shows them
    slip      what kind of error a wrong answer is: `wrong-look-up`, `near-miss` or `other`
    """

    name: str
    width: int
    widths: range | None
    begin: Callable[[random.Random, int], tuple[Any, State]]
    inputs: Callable[[random.Random, Any, int, int], tuple[Any, ...]]
    rules: Callable[[Any, State], str]
    turn: Callable[[Any], str]
    advance: Callable[[Any, Sequence[State], Any], State]
    show: Callable[[State], str]
    read: Callable[[Any, str], State | None]
    wrong: Callable[[random.Random, State, Magnitude], State]
    work: Callable[[Any, Sequence[State], Any, State], str]
    slip: Callable[[Any, Sequence[State], Any, State], str]

    def draw(self, rng: random.Random, turns: int, size: int, width: int | None = None) -> Rollout:
        """A rollout of so many turns, each with so many items."""
        material, start = self.begin(rng, self.width if width is None else width)
        return Rollout(material, start, self.inputs(rng, material, turns, size))

    def again(self, rng: random.Random, rollout: Rollout, size: int) -> Rollout:
        """Another rollout of the same material, start and length: what the rules say of the one holds for the other."""
        inputs = self.inputs(rng, rollout.material, len(rollout.inputs), size)
        return Rollout(rollout.material, rollout.start, inputs)


def states(task: Task, rollout: Rollout) -> tuple[State, ...]:
    """The true states: the start, then one a turn."""
    found = [rollout.start]
    for given in rollout.inputs:
        found.append(task.advance(rollout.material, found, given))
    return tuple(found)


def whole(text: str) -> int | None:
    """An integer as models write it: `1,024`, `7.0`, `+3`, a Unicode minus, blanks around. None for anything else."""
    plain = text.strip().translate(_SIGNS).replace(" ", "").removeprefix("+")
    digits = plain.removeprefix("-").split(".")
    groups = digits[0].split(",")
    fraction = digits[1] if len(digits) == 2 else ""
    if len(digits) > 2 or fraction.strip("0") or not all(g.isascii() and g.isdigit() for g in groups):
        return None
    if len(groups) > 1 and not (1 <= len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:])):
        return None
    joined = "".join(groups)
    if len(joined) > 30:
        return None
    return -int(joined) if plain.startswith("-") else int(joined)


_SIGNS = str.maketrans({
    "\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{FULLWIDTH HYPHEN-MINUS}": "-", "\N{FULLWIDTH PLUS SIGN}": "+",
    "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ",
})  # fmt: skip


def digit_slip(answer: int, right: int) -> bool:
    """Whether one number is the other but for a slip: less than ten off, a carry lost or gained, a digit or the sign
    wrong."""
    if answer == -right or abs(answer - right) in (*range(1, 10), 10, 100, 1000):
        return True
    a, b = str(abs(answer)), str(abs(right))
    same_sign = (answer < 0) == (right < 0)
    return same_sign and len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) == 1


def error(rng: random.Random, magnitude: Magnitude) -> int:
    """A number to be off by, never 0: 1 to 9, 100 to 999, or any up to 999, of either sign."""
    low, high = {"small": (1, 9), "large": (100, 999), "any": (1, 999)}[magnitude]
    return rng.choice((-1, 1)) * rng.randint(low, high)

"""Histories with errors of a known amount: how many, how large, where, and whether they live on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Literal

from harness.errors import UsageError
from harness.horizon.tasks import Magnitude, Rollout, State, Task
from harness.seeds import rng

Kind = Literal["reset", "propagate"]
Position = Literal["uniform", "early", "late", "burst"]
Arm = Literal["said", "quoted", "masked", "padding", "foreign"]

KINDS: tuple[Kind, ...] = ("reset", "propagate")
POSITIONS: tuple[Position, ...] = ("uniform", "early", "late", "burst")
ARMS: tuple[Arm, ...] = ("said", "quoted", "masked", "padding", "foreign")
"""How the places chosen for an error look. `said` is the error itself, in the assistant's words; `quoted` the same
error with all earlier turns told by the user; the others hold no error, but a mask, neutral words, or a right turn of
another rollout, each of the same length."""
WITH_ERRORS = ("said", "quoted")


@dataclass(frozen=True, slots=True)
class Dose:
    """What is put into a history. `rate` is the share of its turns that are wrong (`reset`: each wrong state is the
    truth and an error) or that go wrong (`propagate`: an error is carried on). `gap` turns before the target are right:
    1 is the clean predecessor, with which following what is visible and knowing the truth agree. The share is one of
    the turns before those, but that of a `burst` one of all turns: it is as long whatever the gap, and ends where the
    gap begins."""

    rate: Fraction
    kind: Kind = "reset"
    magnitude: Magnitude = "any"
    position: Position = "uniform"
    gap: int = 1
    arm: Arm = "said"

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise UsageError(f"a rate is a share from 0 to 1, not {self.rate}")
        if self.gap < (0 if self.arm in WITH_ERRORS else 1):
            raise UsageError(f"the arm {self.arm} needs a clean predecessor: a gap of 1 or more")


@dataclass(frozen=True, slots=True)
class History:
    """`states` are those visible before the target turn, the start first; `chosen` the turns, from 1, that the dose
    fell on. `wrong` is the share of turns whose state is not the true one, `inconsistent` the share that do not follow
    from the states visible before them."""

    states: tuple[State, ...]
    chosen: frozenset[int]
    wrong: float
    inconsistent: float


def counted(rate: Fraction, places: int, number: int, offset: Fraction) -> int:
    """How many of the places of rollout `number`, counting from 0, are chosen: over all rollouts the share is exact to
    one place, however small the rate, and no rollout is more than one off."""
    each = rate * places
    return floor((number + 1) * each + offset) - floor(number * each + offset)


def chosen(dose: Dose, turns: int, number: int, seed: object) -> frozenset[int]:
    """The turns, from 1 to `turns`, that the dose falls on in rollout `number`. `seed` is the study's."""
    places = max(0, turns - dose.gap)
    offset = Fraction(rng("offset", seed, str(dose.rate), turns).random())
    count = min(places, counted(dose.rate, turns if dose.position == "burst" else places, number, offset))
    draw = rng("places", seed, str(dose.rate), turns, dose.position, dose.gap, number)
    if dose.position == "uniform":
        return frozenset(draw.sample(range(1, places + 1), count))
    first = 0 if dose.position == "early" else places - count
    return frozenset(range(first + 1, first + 1 + count))


def inject(
    task: Task, rollout: Rollout, truth: Sequence[State], turns: int, dose: Dose, number: int, seed: object
) -> History:
    """The history of `turns` turns that a dose leaves. `truth` holds the true states, the start first."""
    where = chosen(dose, turns, number, seed)
    draw = rng("errors", seed, str(dose.rate), turns, dose.kind, dose.magnitude, dose.position, dose.gap, number)
    seen = [rollout.start]
    wrong = inconsistent = 0
    for turn in range(1, turns + 1):
        follows = task.advance(rollout.material, seen, rollout.inputs[turn - 1])
        state = _state(task, truth[turn], follows, dose, draw, hit=turn in where, clean=turn > turns - dose.gap)
        wrong += state != truth[turn]
        inconsistent += state != follows
        seen.append(state)
    return History(tuple(seen), where, wrong / turns if turns else 0.0, inconsistent / turns if turns else 0.0)


def _state(
    task: Task, true: State, follows: State, dose: Dose, draw: random.Random, *, hit: bool, clean: bool
) -> State:
    if dose.arm not in WITH_ERRORS or clean:
        return true
    if dose.kind == "reset":
        return task.wrong(draw, true, dose.magnitude) if hit else true
    if not hit:
        return follows
    state = task.wrong(draw, follows, dose.magnitude)
    while state == true:  # an error that happens to undo the one before it is none
        state = task.wrong(draw, follows, dose.magnitude)
    return state

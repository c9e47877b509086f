"""Models that are none, of known behaviour: what the metrics say of them can be held against what was put in."""

from __future__ import annotations

import difflib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError
from harness.horizon.tasks import Rollout, State, Task


@dataclass(frozen=True, slots=True)
class Situation:
    """A turn to be answered: the states visible so far, the true answer, the share of the answers in sight that is
    wrong, and how many right ones stand after the last of those (None: none is wrong)."""

    task: Task
    rollout: Rollout
    seen: tuple[State, ...]
    turn: int
    truth: State
    wrong: float
    since: int | None

    @property
    def given(self) -> Sequence[Any]:
        """The items of the turn."""
        items: Sequence[Any] = self.rollout.inputs[self.turn - 1]
        return items

    @property
    def follows(self) -> State:
        """The answer that follows from what is visible."""
        return self.task.advance(self.rollout.material, self.seen, self.given)


@dataclass(frozen=True, slots=True)
class Scripted:
    """Slips with a probability of `base`, plus `slope` for each share of wrong answers in sight, plus `shock` just
    after a wrong answer, halved with every `half_life` right ones since; and once more for each item of the turn with a
    probability of `item`. Else it follows the visible state, or, with `knows`, answers the truth, whatever is visible.
    """

    base: float = 0.0
    slope: float = 0.0
    knows: bool = False
    shock: float = 0.0
    half_life: float = 1.0
    item: float = 0.0

    def answer(self, situation: Situation, draw: random.Random) -> State:
        right = situation.truth if self.knows else situation.follows
        if draw.random() >= self.slips(situation):
            return right
        return situation.task.wrong(draw, right, "any")

    def slips(self, situation: Situation) -> float:
        """The probability that the answer is a slip."""
        shock = 0.0 if situation.since is None else self.shock * 2 ** (-situation.since / self.half_life)
        careful = 1 - min(1.0, self.base + self.slope * situation.wrong + shock)
        return 1 - careful * (1 - self.item) ** len(situation.given)


PROFILES = {
    "conditioner": Scripted(0.02, 0.4),
    "crammed": Scripted(item=0.02),
    "oracle": Scripted(),
    "recomputer": Scripted(knows=True),
    "shaken": Scripted(0.02, shock=0.6, half_life=3.0),
    "slips": Scripted(0.05),
}
"""`oracle` follows what is visible without an error, `recomputer` answers the truth and never looks, `slips` errs now
and then, `conditioner` the more the more errors it sees, `shaken` the more the fewer right turns have followed them (it
recovers by half in three), `crammed` the more items a turn has (in one of 11 it is right four times out of five)."""


def scripted(name: str) -> Scripted:
    """The scripted model of a name such as `sim:slips`. UsageError for an unknown one."""
    profile = name.removeprefix("sim:")
    if profile not in PROFILES:
        near = difflib.get_close_matches(profile, PROFILES, 1)
        hint = f"; did you mean sim:{near[0]}?" if near else ""
        raise UsageError(
            f"unknown scripted model {name!r}: there are {', '.join(f'sim:{known}' for known in PROFILES)}{hint}"
        )
    return PROFILES[profile]


def most_frequent(answers: Sequence[State | None]) -> State | None:
    """The answer given most often, the earliest of equals; None only when nobody answered."""
    given = [answer for answer in answers if answer is not None]
    return max(given, key=given.count) if given else None

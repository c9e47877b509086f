"""What is to be asked, as a value; it expands into cells of one rollout each, whose keys hash all that shapes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from math import ceil
from typing import Any, Literal

from harness.backends import ApiMode
from harness.backends.keys import check_url
from harness.errors import UsageError
from harness.horizon.conversation import MODES, Mode
from harness.horizon.dose import ARMS, KINDS, POSITIONS, WITH_ERRORS, Arm, Dose, Kind, Position
from harness.horizon.mitigation import Mitigation
from harness.horizon.tasks import Magnitude, Rollout, State, Task, find, states
from harness.horizon.tasks.base import MAGNITUDES
from harness.seeds import digest, rng
from harness.store import HORIZON, Chain

VERSION = 1
"""Of the prompts and draws: what differs in them is another cell."""

Design = Literal["target", "curve"]


@dataclass(frozen=True, slots=True)
class HorizonSpec:
    """A study. `target`: one call at turn `turns`, behind a history that is written for the model, for every rate and
    arm, and one at the first turn; `curve`: the model generates every turn. `size` is the number of items a turn,
    `material` how much a task's turns share (words of the dictionary, largest number, accounts …; None: the task's own
    width), `rollouts` how many are drawn of each task, `gaps` how many right turns stand just before the target."""

    models: tuple[str, ...]
    tasks: tuple[str, ...] = ("dictsum",)
    design: Design = "target"
    turns: int = 100
    size: int = 1
    material: int | None = None
    rollouts: int = 100
    modes: tuple[Mode, ...] = ("direct",)
    rates: tuple[Fraction, ...] = (Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(1))
    arms: tuple[Arm, ...] = ("said",)
    kind: Kind = "reset"
    magnitude: Magnitude = "any"
    position: Position = "uniform"
    gaps: tuple[int, ...] = (1,)
    mitigations: tuple[str, ...] = ("none",)
    seed: int = 0
    guided: bool = False
    temperature: float | None = None
    effort: str | None = None
    max_tokens: int | None = None
    base_url: str | None = None
    api_mode: ApiMode = "auto"

    def __post_init__(self) -> None:
        check_url(self.base_url)
        if not self.models or not self.tasks:
            raise UsageError("a study needs at least one model and one task")
        for name in self.tasks:
            _check_width(find(name), self.material)
        for text in self.mitigations:
            Mitigation.read(text)
        for name, least in (("turns", 1), ("size", 1), ("rollouts", 1)):
            if getattr(self, name) < least:
                raise UsageError(f"{name} must be at least {least}")
        for what, given, known in (
            ("mode", self.modes, MODES), ("arm", self.arms, ARMS), ("kind of error", (self.kind,), KINDS),
            ("magnitude", (self.magnitude,), MAGNITUDES), ("position", (self.position,), POSITIONS),
            ("design", (self.design,), ("target", "curve")),
        ):  # fmt: skip
            for one in given:
                if one not in known:
                    raise UsageError(f"unknown {what} {one!r}: there are {', '.join(known)}")
        if self.guided and set(self.modes) != {"direct"}:
            raise UsageError("a begun answer leaves no room for steps or thoughts: guided goes with the mode direct")
        self._check_gaps()

    def _check_gaps(self) -> None:
        """That every dose finds its place before the target."""
        past = self.turns - 1
        if not self.gaps:
            raise UsageError("a study needs at least one gap")
        if min(self.gaps) < 0:
            raise UsageError(f"a gap is a number of turns, not {min(self.gaps)}")
        if self.design == "curve" or not past or not any(self.rates):
            return
        largest = max(self.gaps) if set(self.arms) <= set(WITH_ERRORS) else max(1, *self.gaps)
        if largest >= past:
            raise UsageError(
                f"{largest} right turns leave no room for an error before turn {self.turns}: take more turns"
            )
        longest = ceil(max(self.rates) * past)
        if self.position == "burst" and len(set(self.gaps)) > 1 and longest + max(self.gaps) > past:
            raise UsageError(
                f"a burst of {longest} turns and {max(self.gaps)} right ones do not fit before turn {self.turns}: "
                "take smaller rates or gaps, or more turns"
            )

    def cells(self) -> Iterator[Cell]:
        """Rollout by rollout, so that a study that is stopped has the same rollouts of everything."""
        for number in range(self.rollouts):
            for model in dict.fromkeys(self.models):
                for task in dict.fromkeys(self.tasks):
                    for mode in dict.fromkeys(self.modes):
                        for mitigation in dict.fromkeys(self.mitigations):
                            for turns, dose in self._doses():
                                yield self._cell(number, model, task, mode, mitigation, turns, dose)

    def _doses(self) -> Iterator[tuple[int, Dose | None]]:
        if self.design == "curve":
            yield self.turns, None
            return
        clean = Dose(Fraction(0), self.kind, self.magnitude, self.position)
        yield 1, clean
        if self.turns == 1:  # there is no history to put an error into
            return
        yield self.turns, clean
        for arm in dict.fromkeys(self.arms):
            if arm == "quoted" and Fraction(0) in self.rates:
                yield self.turns, replace(clean, arm=arm)
            for gap in dict.fromkeys(gap if arm in WITH_ERRORS else max(1, gap) for gap in self.gaps):
                for rate in dict.fromkeys(filter(None, self.rates)):
                    yield self.turns, Dose(rate, self.kind, self.magnitude, self.position, gap, arm)

    def _cell(
        self, number: int, model: str, task: str, mode: Mode, mitigation: str, turns: int, dose: Dose | None
    ) -> Cell:
        asked = {"temperature": self.temperature, "max_tokens": self.max_tokens, "base_url": self.base_url,
                 "api_mode": self.api_mode, "effort": self.effort if mode == "thinking" else None}  # fmt: skip
        material = find(task).width if self.material is None else self.material
        return Cell(
            model, task, self.size, turns, mode, mitigation, number, self.seed, dose, self.guided, asked, material
        )


_SAME = ("model", "task", "size", "mode", "mitigation", "number", "seed", "guided", "asked")


@dataclass(frozen=True)
class Cell:
    """One rollout under one condition. `dose` is None where the model generates every turn."""

    model: str
    task: str
    size: int
    turns: int
    mode: Mode
    mitigation: str
    number: int
    seed: int
    dose: Dose | None
    guided: bool
    asked: Mapping[str, Any]
    material: int

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that shapes it, as JSON. The length of a model's curve does not: a longer one continues it. Material of
        the task's own width is left out, so that cells keep the keys they had before there was another."""
        dose = None if self.dose is None else {**asdict(self.dose), "rate": str(self.dose.rate)}
        turns = None if dose is None and not self.model.startswith("sim:") else self.turns
        width = {} if self.material == find(self.task).width else {"material": self.material}
        same = {name: getattr(self, name) for name in _SAME}
        return {"version": VERSION, "turns": turns, "dose": dose, **same, **width}

    @cached_property
    def key(self) -> str:
        return digest(HORIZON, self.identity)

    @staticmethod
    def read(identity: Mapping[str, Any], turns: int) -> Cell:
        """The cell of a stored identity; `turns` where that leaves them open."""
        dose = identity["dose"]
        same = {name: identity[name] for name in _SAME}
        read = None if dose is None else Dose(**{**dose, "rate": Fraction(dose["rate"])})
        width = identity.get("material", find(identity["task"]).width)
        return Cell(turns=identity["turns"] or turns, dose=read, material=width, **same)

    def record(self) -> Chain:
        """As the store registers it."""
        name = f"rollout-{self.number}"
        return Chain(self.key, self.model, HORIZON, self.task, name, 1, self.identity, {}, {})

    def draw(self) -> tuple[Task, Rollout, tuple[State, ...]]:
        """The task, this rollout of it and its true states. Neither model nor condition changes them, and a longer one
        begins with a shorter one's turns."""
        return find(self.task), *_drawn(self.task, self.turns, self.size, self.material, self.seed, self.number)

    def draw_again(self) -> tuple[Rollout, tuple[State, ...]]:
        """Another rollout of the same material and start, which no cell has, and its true states."""
        task, rollout, _ = self.draw()
        other = task.again(rng("rollout", self.seed, self.task, self.size, self.number, 1), rollout, self.size)
        return other, states(task, other)


@lru_cache(maxsize=512)  # the cells of a rollout come one after the other
def _drawn(
    name: str, turns: int, size: int, material: int, seed: int, number: int
) -> tuple[Rollout, tuple[State, ...]]:
    task = find(name)
    rollout = task.draw(rng("rollout", seed, name, size, number, 0), turns, size, material)
    return rollout, states(task, rollout)


def _check_width(task: Task, width: int | None) -> None:
    if width is None or width == task.width:
        return
    if task.widths is None:
        raise UsageError(f"the material of {task.name} has one size only")
    if width not in task.widths:
        raise UsageError(f"the material of {task.name} goes from {task.widths[0]} to {task.widths[-1]}, not {width}")

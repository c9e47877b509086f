"""What is to be asked, as a value; it expands into cells of one rollout each, whose keys hash all that shapes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

from harness.backends import ApiMode
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
    `rollouts` how many are drawn of each task."""

    models: tuple[str, ...]
    tasks: tuple[str, ...] = ("dictsum",)
    design: Design = "target"
    turns: int = 100
    size: int = 1
    rollouts: int = 100
    modes: tuple[Mode, ...] = ("direct",)
    rates: tuple[Fraction, ...] = (Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(1))
    arms: tuple[Arm, ...] = ("said",)
    kind: Kind = "reset"
    magnitude: Magnitude = "any"
    position: Position = "uniform"
    gap: int = 1
    mitigations: tuple[str, ...] = ("none",)
    seed: int = 0
    guided: bool = False
    temperature: float | None = None
    effort: str | None = None
    max_tokens: int | None = None
    base_url: str | None = None
    api_mode: ApiMode = "auto"

    def __post_init__(self) -> None:
        if not self.models or not self.tasks:
            raise UsageError("a study needs at least one model and one task")
        for name in self.tasks:
            find(name)
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
        if self.guided and "cot" in self.modes:
            raise UsageError("a begun answer leaves no room for steps: guided goes with the mode direct")

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
        clean = Dose(Fraction(0), self.kind, self.magnitude, self.position, max(1, self.gap))
        yield 1, clean
        if self.turns == 1:  # there is no history to put an error into
            return
        yield self.turns, clean
        for arm in dict.fromkeys(self.arms):
            gap = self.gap if arm in WITH_ERRORS else max(1, self.gap)
            for rate in dict.fromkeys(self.rates):
                if rate or arm == "quoted":
                    yield self.turns, Dose(rate, self.kind, self.magnitude, self.position, gap, arm)

    def _cell(
        self, number: int, model: str, task: str, mode: Mode, mitigation: str, turns: int, dose: Dose | None
    ) -> Cell:
        asked = {"temperature": self.temperature, "max_tokens": self.max_tokens, "base_url": self.base_url,
                 "api_mode": self.api_mode, "effort": self.effort if mode == "thinking" else None}  # fmt: skip
        return Cell(model, task, self.size, turns, mode, mitigation, number, self.seed, dose, self.guided, asked)


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

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that shapes it, as JSON. The length of a model's curve does not: a longer one continues it."""
        dose = None if self.dose is None else {**asdict(self.dose), "rate": str(self.dose.rate)}
        turns = None if dose is None and not self.model.startswith("sim:") else self.turns
        return {"version": VERSION, "turns": turns, "dose": dose, **{name: getattr(self, name) for name in _SAME}}

    @cached_property
    def key(self) -> str:
        return digest(HORIZON, self.identity)

    @staticmethod
    def read(identity: Mapping[str, Any], turns: int) -> Cell:
        """The cell of a stored identity; `turns` where that leaves them open."""
        dose = identity["dose"]
        same = {name: identity[name] for name in _SAME}
        read = None if dose is None else Dose(**{**dose, "rate": Fraction(dose["rate"])})
        return Cell(turns=identity["turns"] or turns, dose=read, **same)

    def record(self) -> Chain:
        """As the store registers it."""
        name = f"rollout-{self.number}"
        return Chain(self.key, self.model, HORIZON, self.task, name, 1, self.identity, {}, {})

    def draw(self, other: int = 0) -> tuple[Task, Rollout, tuple[State, ...]]:
        """The task, this rollout of it (`other`: one that no cell has) and its true states. Neither model nor condition
        changes them, and a longer one begins with a shorter one's turns."""
        task = find(self.task)
        rollout = task.draw(rng("rollout", self.seed, self.task, self.size, self.number, other), self.turns, self.size)
        return task, rollout, states(task, rollout)

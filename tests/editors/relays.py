"""Relays without an engine: seed document, edits round-robin, hop after hop through a Channel and a Meter."""

from __future__ import annotations

import random
from dataclasses import dataclass

import domains
from domains import Comparison, Direction, Domain, Edit, EditError, Files, Meter, ParseError
from harness.editors.base import Task
from harness.editors.channel import Channel
from harness.editors.simulation import Simulated

DIRECTIONS: tuple[Direction, ...] = ("forward", "backward")
EDITS = [(domain, edit) for domain in map(domains.get, ("accounting", "recipe", "subtitles")) for edit in domain.edits]


@dataclass(frozen=True, slots=True)
class Hop:
    direction: str
    rs: Comparison | None
    done: float | None
    failure: str | None

    @property
    def score(self) -> float:
        return self.rs.score if self.rs is not None else 0.0


def fixture(domain: Domain) -> dict[str, str]:
    return domain.fixture(domain.fixtures()[0])


def feasible(domain: Domain, seed: Files) -> tuple[Edit, ...]:
    def admits(edit: Edit) -> bool:
        try:
            edit.apply(seed)
        except (EditError, ParseError):
            return False
        return True

    return tuple(edit for edit in domain.edits if admits(edit))


def task_for(domain: Domain, edit: Edit, direction: Direction, files: Files, expected: tuple[str, ...], seed: int,
             damage: float = 0.0) -> Task:  # fmt: skip
    return Task(domain.name, edit.name, direction, "", files, {}, tuple(files), expected, seed, damage)


def relay(domain: Domain, seed: Files, channel: Channel, plan: int, *, edits: tuple[Edit, ...] = (),
          rounds: int = 10) -> list[Hop]:  # fmt: skip
    """One chain of `rounds` round trips; the edits in a new order each epoch; what came is accepted."""
    rng, meter, model = random.Random(plan), Meter(domain), Simulated("test", channel)
    queue: list[Edit] = []
    files, damage, hops = dict(seed), 0.0, list[Hop]()
    for _ in range(rounds):
        queue = queue or rng.sample(list(edits or feasible(domain, seed)), len(edits or feasible(domain, seed)))
        edit = queue.pop()
        for direction in DIRECTIONS:
            expected = meter.expected(edit, direction, seed, files)
            edited = model.perform(task_for(domain, edit, direction, files, expected, rng.getrandbits(63), damage))
            found = meter.measure(edit, direction, seed, files, edited.files)
            damage = damage if found.rs is None else 1.0 - found.rs.score
            files = dict(edited.files)
            if all(name in files for name in expected):
                files = {name: files[name] for name in expected}
            hops.append(Hop(direction, found.rs, found.done, edited.failure))
    return hops

"""What protections prevent, alarm at and cost, on simulated models whose damage is known: one line a profile and set of
protections. Run it as `python -m tests.bench.protections [TOKENS [DOCUMENTS [PROFILE ...]]]`."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import domains
from domains import Direction, Domain, EditError, Files, Meter, ParseError
from harness.backends.base import Reply, Request
from harness.editors.base import Edited, Task
from harness.editors.profiles import PROFILES
from harness.editors.protections import protected, read
from harness.editors.simulation import Simulated
from harness.seeds import derive

SETS = ("guard", "verify", "guard,verify", "vote:3", "vote:3,guard,verify", "checkpoint")


@dataclass(slots=True)
class Tally:
    """Of the hops of one profile with one set. Loss is 1 - rs, a result that cannot be measured loses all."""

    hops: int = 0
    wrong: int = 0
    caught: int = 0
    alarms: int = 0
    before: float = 0.0
    after: float = 0.0
    calls: int = 0

    def line(self) -> str:
        prevented = 1 - self.after / self.before if self.before else 0.0
        return (
            f"{self.hops:5d} {self.wrong:5d} {self.caught / max(1, self.wrong):7.1%} "
            f"{self.alarms / max(1, self.hops - self.wrong):7.2%} {self.before / self.hops:8.4f} "
            f"{self.after / self.hops:8.4f} {prevented:7.1%} {self.calls / self.hops:6.2f}"
        )


async def nobody(request: Request) -> Reply:
    raise AssertionError(f"a simulated model asked {request}")


def hops(domain: Domain, tokens: int | None, documents: int) -> Iterator[tuple[Files, Task]]:
    """Every edit, both ways, on documents done right so far: the fixtures, or generated ones."""
    seeds = [domain.fixture(name) for name in domain.fixtures()]
    if tokens:
        drawn = (domain.generate(random.Random(f"protect{domain.name}{n}"), tokens) for n in range(documents))
        seeds = [dict(domain.render(document)) for document in drawn]
    for number, seed in enumerate(seeds):
        for edit in domain.edits:
            try:
                made = dict(edit.apply(seed))
            except (EditError, ParseError):
                continue
            back: tuple[tuple[Direction, Files, Files], ...] = (
                ("forward", seed, made), ("backward", made, edit.invert(made)),
            )  # fmt: skip
            for direction, before, after in back:
                names = tuple(sorted(after))
                yield seed, Task(
                    domain.name, edit.name, direction, edit.instruction(direction, names), before, {}, tuple(before),
                    names, derive("bench", domain.name, edit.name, direction, number),
                )  # fmt: skip


def loss(meter: Meter, seed: Files, task: Task, edited: Edited) -> float:
    if edited.failure is not None:
        return 1.0
    found = meter.measure(meter.domain.edit(task.edit), task.direction, seed, task.files, edited.files)
    return 1.0 - found.rs.score if found.rs is not None else 1.0


async def measure(profile: str, chosen: str, tokens: int | None, documents: int) -> Tally:
    tally, wanted = Tally(), read(chosen)
    editor = protected(Simulated(profile, PROFILES[profile]), wanted)
    for name in domains.names():
        domain = domains.get(name)
        meter = Meter(domain, changes=False)
        for seed, task in hops(domain, tokens, documents):
            edited = await editor.edit(task, nobody)
            after = loss(meter, seed, task, edited)
            assert edited.guarded is not None
            before, fired = loss(meter, seed, task, edited.guarded.alone), edited.guarded.fired
            tally.hops += 1
            tally.before += before
            tally.after += after
            tally.wrong += before > 0
            tally.caught += before > 0 and bool(fired)
            tally.alarms += before == 0 and bool(fired)
            tally.calls += 1 + edited.guarded.calls
    return tally


def main() -> None:
    given = [int(text) for text in sys.argv[1:3]]
    tokens, documents = [*given, *(400, 2)[len(given) :]]
    profiles = sys.argv[3:] or ["frontier", "careless", "deleter", "alterer"]
    print("profile   protections            hops wrong  caught  alarms     loss     left  prevented calls")
    for profile in profiles:
        for chosen in SETS:
            tally = asyncio.run(measure(profile, chosen, tokens or None, documents))
            print(f"{profile:9} {chosen:20}", tally.line(), flush=True)


if __name__ == "__main__":
    main()

"""Models that are none: the edit's executable solution with a channel of known error rates in the middle.

They calibrate the instrument. A curve, a share or a compliance that the harness reports for them can be held against
what was put in.
"""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import asdict, dataclass, replace

import domains
from domains import Domain, Edit, EditError, Files, ParseError
from harness.editors.base import NO_FILES, Ask, Edited, Task
from harness.editors.channel import Channel

_VERSION = 1
"""Of the channel's code: a change that draws differently makes other results of the same rates."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """The profile `sim:NAME`. Asks no model; its randomness is the task's seed alone."""

    profile: str
    channel: Channel

    @property
    def name(self) -> str:
        return f"sim:{self.profile}"

    @property
    def fingerprint(self) -> str:
        """Of the profile's parameters: another rate is another chain."""
        shape = {"name": self.name, "version": _VERSION, **asdict(self.channel)}
        return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()

    async def edit(self, task: Task, ask: Ask) -> Edited:  # noqa: ARG002 - the protocol's; nobody is asked
        return self.perform(task)

    def answer(self, files: Files, before: Files = NO_FILES) -> str:  # noqa: ARG002 - the protocol's; no conversation
        return ""

    def perform(self, task: Task) -> Edited:
        """One hop."""
        rng = random.Random(task.seed)
        idle, cut = rng.random() < self.channel.noop, rng.random() < self.channel.truncate
        if idle:
            return _edited(task, task.files)
        domain = domains.get(task.domain)
        try:
            files = self._solve(task, domain, domain.edit(task.edit), rng)
        except (EditError, ParseError) as error:
            return replace(_edited(task, task.files), failure="infeasible", detail=str(error))
        if cut:
            return replace(_edited(task, truncated(rng, files)), failure="truncated", detail="the reply was cut")
        return _edited(task, files)

    def _solve(self, task: Task, domain: Domain, edit: Edit, rng: random.Random) -> dict[str, str]:
        if task.direction == "backward":
            document = edit.read(task.files)
            return dict(domain.render(self.channel.corrupt(rng, document, task.damage)))
        document = domain.parse(task.files)
        corrupted = self.channel.corrupt(rng, document, task.damage)
        if corrupted is document:
            return dict(edit.write(document))
        try:
            files = dict(edit.write(corrupted))
        except EditError:
            # Nothing is left that the edit could be done on. A model writes something all the same: here, no error.
            return dict(edit.write(document))
        if any(name not in files for name in task.expected):
            # A file whose last record vanished was still asked for, and comes back as it should have been.
            exact = edit.write(document)
            files |= {name: exact[name] for name in task.expected if name not in files and name in exact}
        return files


def _edited(task: Task, files: Files) -> Edited:
    return Edited(files, extra=tuple(name for name in files if name not in task.expected))


def truncated(rng: random.Random, files: Files) -> dict[str, str]:
    """The files as far as a reply got that ended too early: the later ones are not there, one is cut."""
    left = int(rng.uniform(0.1, 1.0) * sum(map(len, files.values())))
    kept = {}
    for name, text in files.items():
        kept[name] = text[:left]
        left -= len(text)
        if left <= 0:
            break
    return kept

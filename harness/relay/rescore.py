"""All measures again, offline, from what is stored: after a parser or a scorer was mended."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from harness.backends.base import Reply, Request
from harness.editors import bounded, open_editor
from harness.editors.base import Edited, Editor, Fired, Guarded
from harness.editors.protections import on_bench
from harness.errors import UsageError
from harness.provenance import collect
from harness.relay.environment import Environment, find
from harness.relay.hop import Leg, make_step, make_task, same_result, with_guards
from harness.relay.scoring import Scoring, Verdict, version
from harness.seeds import digest
from harness.store import FAILURES, Place, Step, Store, StoredChain
from harness.store.schema import check_path

Opener = Callable[[StoredChain], Editor]


@dataclass(frozen=True, slots=True)
class Rescored:
    """`steps` were measured again; of these `changed` have another score or failure than before, and `reread` came out
    of their replies as other files."""

    steps: int
    changed: int
    reread: int


class _Unstored(Exception):
    """The editor asks for a reply that this store does not hold: it asks otherwise than the one that ran."""


def rescore(path: Path, *, workers: int | None = None, editor: Opener | None = None) -> Rescored:
    """Measures every stored hop again, reading its replies with the editor of today; what each model was shown stays
    as it was. All steps are replaced at once or, on an error, none. UsageError when a domain no longer has an edit."""
    return asyncio.run(rescore_async(path, workers=workers, editor=editor))


async def rescore_async(path: Path, *, workers: int | None = None, editor: Opener | None = None) -> Rescored:
    """`rescore` within a running event loop."""
    check_path(path, write=False)
    scoring = Scoring(workers if workers is not None else max(1, (os.cpu_count() or 2) - 1))
    found: list[tuple[int, Step, Step]] = []
    with Store(path) as store:
        store.begin("rescore", {}, collect(), time.time)
        try:
            for chain in store.chains():
                found += await _Again(store, chain, scoring, editor or _open).steps()
        finally:
            await scoring.close()
        store.save_steps((number, after) for number, _, after in found)
    changed = sum((a.score, a.failure, a.done) != (b.score, b.failure, b.done) for _, a, b in found)
    return Rescored(len(found), changed, sum(a.after != b.after for _, a, b in found))


def _open(chain: StoredChain) -> Editor:
    return open_editor(chain.editor)


class _Again:
    """One chain measured again."""

    def __init__(self, store: Store, chain: StoredChain, scoring: Scoring, editor: Opener) -> None:
        self._chain = chain
        self._steps = store.steps(chain.number)
        self._seed, self._beside = store.documents(chain.number)
        self._scoring = scoring
        # A simulated model made its files without a reply: they are what there is to measure.
        self._replies = self._by_call(store.replies(chain.number))
        self._place = digest("rescore", chain.domain, sorted(self._seed.items()))
        bench = partial(scoring.protect, chain.number, self._place)
        self._editor = None if chain.model.startswith("sim:") else on_bench(editor(chain), bench)

    async def steps(self) -> list[tuple[int, Step, Step]]:
        domain = find(self._chain.domain)
        unknown = {step.edit for step in self._steps} - {edit.name for edit in domain.edits}
        if unknown:
            raise UsageError(
                f"chain {self._chain.number} uses {', '.join(sorted(unknown))}, which {domain.name} no longer has: "
                "rescore with the version of palimpsest that ran it"
            )
        self._scoring.register_document(self._place, domain.name, self._seed)
        measured = await asyncio.gather(*(self._step(step) for step in self._steps))
        return [(self._chain.number, old, new) for old, new in zip(self._steps, measured, strict=True)]

    async def _step(self, old: Step) -> Step:
        edited = await self._reread(old)
        verdict = None
        if edited.failure is None:
            verdict = await self._measured(old, edited)
        leg = Leg(old.hop, old.edit, old.direction)
        scorer = version(self._chain.domain)
        new = make_step(leg, old.before, edited, verdict, attempts=old.attempts, replies=[], scorer=scorer)
        return replace(await self._guards(old, new, edited), spent=old.spent)

    async def _guards(self, old: Step, new: Step, edited: Edited) -> Step:
        """With what protections did, whose cost stays as it was: that of earlier attempts is in it."""
        guarded = edited.guarded
        if guarded is None or old.guards is None:
            return new
        alone = None
        if guarded.alone.failure is None and not same_result(edited, guarded.alone):
            alone = await self._measured(old, guarded.alone)
        return with_guards(new, [replace(guarded, calls=old.guards.calls, cost=old.guards.cost)], alone)

    async def _measured(self, old: Step, edited: Edited) -> Verdict:
        return await self._scoring.measure(
            self._chain.number, self._place, old.edit, old.direction, old.before, edited.files
        )

    async def _reread(self, old: Step) -> Edited:
        """What today's editor reads in the replies of the attempt that counted."""
        stored = _as_edited(old)
        replies = self._replies.get((old.hop, old.attempts), [])
        if self._editor is None or not replies:
            return stored
        waiting = iter(replies)

        async def ask(_: Request) -> Reply:
            try:
                return next(waiting)
            except StopIteration:
                raise _Unstored from None

        expected = tuple(sorted(self._seed))
        if old.direction == "forward":
            expected = await self._scoring.expected(self._chain.number, self._place, old.edit, old.before) or tuple(
                sorted(find(self._chain.domain).edit(old.edit).apply(self._seed))
            )
        place = Environment(self._chain.domain, self._chain.document, self._seed, {}, self._beside)
        task = make_task(
            place,
            self._chain.key,
            Leg(old.hop, old.edit, old.direction),
            1,
            files=old.before,
            expected=expected,
            damage=0.0,
        )
        try:
            return await bounded.edit(self._editor, task, ask)
        except _Unstored:
            return stored

    @staticmethod
    def _by_call(replies: Mapping[Place, Reply]) -> dict[tuple[int, int], list[Reply]]:
        found: dict[tuple[int, int], list[Reply]] = {}
        for place, reply in replies.items():
            found.setdefault((place.hop, place.attempt), []).append(reply)
        return found


def _as_edited(step: Step) -> Edited:
    """The editor's part of a stored step; what the scorer found is found again."""
    seen = _seen(step.failure, step.after)
    guarded = None
    if (old := step.guards) is not None:
        failed = _seen(old.outcome if old.outcome in FAILURES else None, old.alone)
        alone = Edited(old.alone, failed, old.detail if failed else "")  # type: ignore[arg-type]
        guarded = Guarded(tuple(Fired(**{**one, "why": tuple(one["why"])}) for one in old.fired), alone, 0, 0.0)
    return Edited(step.after, seen, step.detail if seen else "", step.extra, trace=step.trace, guarded=guarded)  # type: ignore[arg-type]


def _seen(failure: str | None, files: Mapping[str, str]) -> str | None:
    """A failure that the editor saw, and no measurement."""
    return failure if failure in ("refused", "truncated", "empty", "infeasible") or not files else None

"""The engine: the hops of a chain one after the other, many chains at once, everything stored as it comes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from harness.backends.base import Backend, Reply, Request
from harness.editors.base import Edited, Editor
from harness.errors import BackendError, Denied, PalimpsestError, Rejected, UsageError
from harness.relay.hop import Asking, Leg, make_step, make_task
from harness.relay.progress import Progress, Tally
from harness.relay.schedule import direction
from harness.relay.scoring import Scoring, ScoringError, Verdict, version
from harness.relay.spec import ChainSpec, Policy
from harness.store import Place, Step, Store
from harness.store.records import Files

log = logging.getLogger("palimpsest")

SPARE = 0.25
"""Chains under way beyond the calls allowed at once, as a share: while some are scored, others keep the provider
busy."""


@dataclass(frozen=True, slots=True)
class Model:
    """How one model is run. A simulated one has no backend. `width` bounds its own calls at once, None: no bound."""

    editor: Editor
    backend: Backend | None = None
    width: int | None = None


@dataclass(slots=True)
class _Walk:
    """A chain on its way: the document as it stands and what is known of the next hop."""

    number: int
    chain: ChainSpec
    plan: list[str]
    files: Files
    damage: float
    known: Mapping[Place, Reply]
    expected: tuple[str, ...] | None = field(default=None)

    def leg(self, hop: int) -> Leg:
        return Leg(hop, self.plan[(hop - 1) // 2], direction(hop))

    def next_forward(self, leg: Leg) -> str | None:
        """The edit of the hop after a backward one, None where no forward hop follows."""
        return self.plan[leg.hop // 2] if leg.direction == "backward" and leg.hop // 2 < len(self.plan) else None


class Relay:
    """Runs chains. `concurrency` bounds the calls at once; `clock` gives seconds since the epoch; `report` is told
    after every hop."""

    def __init__(
        self,
        store: Store,
        scoring: Scoring,
        models: Mapping[str, Model],
        *,
        round_trips: int,
        policy: Policy,
        concurrency: int,
        clock: Callable[[], float],
        report: Callable[[Progress], None] | None = None,
    ) -> None:
        self._store = store
        self._scoring = scoring
        self._models = models
        self._round_trips = round_trips
        self._policy = policy
        self._concurrency = concurrency
        self._clock = clock
        self._report = report
        self._calls = asyncio.Semaphore(concurrency)
        self._own = {name: asyncio.Semaphore(model.width) for name, model in models.items() if model.width}
        self._tally = Tally({}, 0)

    async def run(self, chains: Sequence[ChainSpec]) -> dict[str, str]:
        """Runs every chain to its end, or until it cannot go on; the reasons by key of those that could not. Denied and
        UsageError end the whole run, once everything that came is stored."""
        numbers = self._store.register(chain.record() for chain in chains)
        self._tally = Tally({numbers[c.key]: c.model for c in chains}, len(chains) * 2 * self._round_trips)
        reasons: dict[str, str] = {}
        waiting = iter(chains)
        crew = min(len(chains), self._concurrency + max(4, int(self._concurrency * SPARE)))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(crew):
                    group.create_task(self._work(waiting, numbers, reasons))
        except BaseExceptionGroup as errors:
            raise _first(errors) from None
        return reasons

    async def _work(self, waiting: Iterator[ChainSpec], numbers: Mapping[str, int], reasons: dict[str, str]) -> None:
        for chain in waiting:
            number = numbers[chain.key]
            reason = await self._chain(number, chain)
            if reason:
                reasons[chain.key] = reason
                self._store.save_reason(number, reason)
                self._tally.stopped()
                self._tell()

    async def _chain(self, number: int, chain: ChainSpec) -> str:
        """Runs a chain from where it stands; why it stopped short, "" when it did not."""
        try:
            await self._hops(number, chain)
        except (Denied, UsageError):
            raise
        except (BackendError, ScoringError) as error:
            return f"{type(error).__name__}: {error}"
        except Exception as error:  # a reply that trips a bug of ours costs its chain, not the run
            log.exception(
                "chain %d (%s, %s) stopped by a fault of palimpsest", number, chain.model, chain.environment.domain
            )
            return f"fault: {type(error).__name__}: {error}"
        return ""

    async def _hops(self, number: int, chain: ChainSpec) -> None:
        position = self._store.position(number)
        self._scoring.register(chain.environment.identity, chain.environment)
        failed = position.outcome not in ("ok", "unread")
        files = chain.environment.files
        if position.hop:
            files = self._policy.carry(position.before, position.after, failed=failed)
        last = 2 * self._round_trips
        self._tally.resumed(min(position.hop, last))
        walk = _Walk(
            number, chain, chain.edits(self._round_trips), files, position.damage,
            self._store.replies(number, position.hop),
            chain.environment.edits[chain.edits(1)[0]] if not position.hop else None,
        )  # fmt: skip
        for hop in range(position.hop + 1, last + 1):
            step = await self._hop(walk, walk.leg(hop))
            self._store.save_step(number, step)
            self._tally.stepped(number, step)
            self._tell()

    async def _hop(self, walk: _Walk, leg: Leg) -> Step:
        chain = walk.chain
        expected = await self._expected(walk, leg)
        model = self._models[chain.model]
        asking = Asking(
            leg.hop, walk.known, lambda request: self._generate(chain.model, request),
            lambda place, reply: self._store.save_reply(walk.number, place, reply, self._clock()),
        )  # fmt: skip
        for attempt in range(1, self._policy.retries + 2):
            task = make_task(
                chain.environment, chain.material, leg, attempt, files=walk.files, expected=expected, damage=walk.damage
            )
            edited = await model.editor.edit(task, asking.attempt(attempt))
            verdict = await self._measure(walk, leg, edited)
            if edited.failure is None and verdict is not None and verdict.failure is None:
                break
        step = make_step(
            leg, walk.files, edited, verdict, attempts=attempt, replies=asking.replies, scorer=version(task.domain)
        )
        self._advance(walk, step, verdict)
        return step

    async def _expected(self, walk: _Walk, leg: Leg) -> tuple[str, ...]:
        """The names wanted back (`Meter.expected`)."""
        environment = walk.chain.environment
        if leg.direction == "backward":
            return tuple(sorted(environment.files))
        if walk.expected is not None:
            return walk.expected
        names = await self._scoring.expected(walk.number, environment.identity, leg.edit, walk.files)
        return names or environment.edits[leg.edit]

    async def _measure(self, walk: _Walk, leg: Leg, edited: Edited) -> Verdict | None:
        if edited.failure is not None:
            return None
        return await self._scoring.measure(
            walk.number, walk.chain.environment.identity, leg.edit, leg.direction, walk.files, edited.files,
            walk.next_forward(leg),
        )  # fmt: skip

    def _advance(self, walk: _Walk, step: Step, verdict: Verdict | None) -> None:
        carried = self._policy.carry(step.before, step.after, failed=step.failure is not None)
        # What the scorer said of the next hop holds for the output alone.
        walk.expected = verdict.expected if verdict is not None and carried is step.after else None
        walk.files = carried
        if step.score is not None and step.score.rs is not None:
            walk.damage = 1.0 - step.score.rs

    async def _generate(self, name: str, request: Request) -> Reply:
        backend = self._models[name].backend
        if backend is None:
            raise Rejected(f"{name} has no backend to ask")
        async with AsyncExitStack() as gates:
            # A model's own gate first: who waits there must not hold a place that another model could use.
            for gate in filter(None, (self._own.get(name), self._calls)):
                await gates.enter_async_context(gate)
            reply = await backend.generate(request)
        self._tally.paid(reply.cost)
        return reply

    def _tell(self) -> None:
        if self._report is not None:
            self._report(self._tally.progress())


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one that tells the user most: several chains may have been refused at once."""
    leaves = list(_leaves(errors))
    ours = [leaf for leaf in leaves if isinstance(leaf, PalimpsestError)]
    return (ours or leaves)[0]


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error

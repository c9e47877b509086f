"""The engine: the hops of a chain one after the other, many chains at once, everything stored as it comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from harness.backends.base import Message, Reply, Request
from harness.budget import Budget
from harness.calls import Asking, walk_all
from harness.editors import bounded
from harness.editors.base import Edited, Editor, Guarded, Task
from harness.editors.protections import on_bench
from harness.errors import PalimpsestError
from harness.lines import Line, Lines
from harness.progress import Progress, Tally
from harness.relay.hop import Leg, make_step, make_task, oracle, same_result, with_guards
from harness.relay.schedule import direction
from harness.relay.scoring import Scoring, Verdict, version
from harness.relay.spec import ChainSpec, Policy
from harness.store import Place, Step, Store
from harness.store.records import Files


@dataclass(slots=True)
class _Walk:
    """A chain on its way: the document as it stands and what is known of the next hop."""

    number: int
    chain: ChainSpec
    editor: Editor
    plan: list[str]
    files: Files
    damage: float
    known: Mapping[Place, Reply]
    expected: tuple[str, ...] | None = field(default=None)
    history: tuple[Message, ...] = ()
    restated: bool = True

    def leg(self, hop: int) -> Leg:
        return Leg(hop, self.plan[(hop - 1) // 2], direction(hop))

    def next_forward(self, leg: Leg) -> str | None:
        """The edit of the hop after a backward one, None where no forward hop follows."""
        return self.plan[leg.hop // 2] if leg.direction == "backward" and leg.hop // 2 < len(self.plan) else None


class Relay:
    """Runs chains. `lines` holds the line to each model; `concurrency` bounds the calls at once, None: as many as the
    models allow; `clock` gives seconds since the epoch; `report` is told after every hop; `budget` is kept."""

    def __init__(
        self,
        store: Store,
        scoring: Scoring,
        lines: Mapping[str, Line],
        *,
        round_trips: int,
        policy: Policy,
        session: bool = False,
        heal: bool = False,
        concurrency: int | None,
        clock: Callable[[], float],
        report: Callable[[Progress], None] | None = None,
        budget: Budget | None = None,
    ) -> None:
        self._store = store
        self._scoring = scoring
        self._round_trips = round_trips
        self._policy = policy
        self._session = session
        self._heal = heal
        self._clock = clock
        self._report = report
        self._lines = Lines(lines, concurrency, self._paid, budget)
        self._tally = Tally({}, 0)

    async def run(self, chains: Sequence[ChainSpec]) -> dict[str, str]:
        """Runs every chain to its end, or until it cannot go on; the reasons by key of those that could not. Denied and
        UsageError end the whole run, once everything that came is stored."""
        numbers = self._store.register(chain.record() for chain in chains)
        self._tally = Tally({numbers[c.key]: c.model for c in chains}, len(chains) * 2 * self._round_trips)
        self._lines.begin(self._store, {numbers[chain.key]: chain.model for chain in chains})
        reasons: dict[str, str] = {}

        def stopped(chain: ChainSpec, reason: str) -> None:
            reasons[chain.key] = reason
            self._store.save_reason(numbers[chain.key], reason)
            self._tally.stopped()
            self._tell()

        await walk_all(chains, self._lines, lambda chain: self._hops(numbers[chain.key], chain), stopped)
        return reasons

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
            number, chain, on_bench(chain.editor, partial(self._scoring.protect, number, chain.environment.identity)),
            chain.edits(self._round_trips), files, position.damage,
            self._store.replies(number, 0 if self._session else position.hop),
            chain.environment.edits[chain.edits(1)[0]] if not position.hop else None,
        )  # fmt: skip
        if self._session:
            await self._recall(walk)
        if self._heal and position.hop:
            self._healed(walk, walk.leg(position.hop))
        for hop in range(position.hop + 1, last + 1):
            step = await self._hop(walk, walk.leg(hop))
            self._store.save_step(number, step)
            self._tally.stepped(number, step.credit)
            self._tell()

    async def _recall(self, walk: _Walk) -> None:
        """The conversation of the finished hops, from their stored replies."""
        for step in self._store.steps(walk.number):
            leg = walk.leg(step.hop)
            past = replace(walk, files=step.before, expected=None if step.hop > 1 else walk.expected)
            task = self._task(past, leg, step.attempts, await self._expected(past, leg))
            asking = Asking(step.hop, walk.known, _nobody, _nothing_new)
            edited = await bounded.edit(walk.editor, task, asking.attempt(step.attempts))
            self._remember(walk, leg, task, edited, failed=bool(step.failure))

    def _remember(self, walk: _Walk, leg: Leg, task: Task, edited: Edited, *, failed: bool) -> None:
        """The hop becomes part of the conversation; healed, with the right answer in it."""
        said = edited.said
        if self._heal and said:
            right = walk.editor.answer(oracle(walk.chain.environment, leg), task.files)
            said = (said[0], Message("assistant", right))
        walk.history += said
        walk.restated = not self._heal and (failed or bool(edited.extra))

    def _healed(self, walk: _Walk, leg: Leg) -> None:
        """The oracle's document in place of the model's."""
        walk.files, walk.damage, walk.expected = oracle(walk.chain.environment, leg), 0.0, None

    def _task(self, walk: _Walk, leg: Leg, attempt: int, expected: tuple[str, ...]) -> Task:
        return make_task(
            walk.chain.environment, walk.chain.material, leg, attempt, files=walk.files, expected=expected,
            damage=walk.damage, history=walk.history, restated=walk.restated,
        )  # fmt: skip

    async def _hop(self, walk: _Walk, leg: Leg) -> Step:
        chain = walk.chain
        expected = await self._expected(walk, leg)
        asking = Asking(
            leg.hop, walk.known, lambda request: self._lines.generate(chain.model, request),
            lambda place, reply: self._store.save_reply(walk.number, place, reply, self._clock()),
        )  # fmt: skip
        extra: list[Guarded] = []
        for attempt in range(1, self._policy.retries + 2):
            task = self._task(walk, leg, attempt, expected)
            edited = await bounded.edit(walk.editor, task, asking.attempt(attempt))
            verdict = await self._measure(walk, leg, edited)
            extra += [edited.guarded] if edited.guarded is not None else []
            if edited.failure is None and verdict is not None and verdict.failure is None:
                break
        step = make_step(
            leg, walk.files, edited, verdict, attempts=attempt, replies=asking.replies, scorer=version(task.domain)
        )
        step = with_guards(step, extra, await self._alone(walk, leg, edited))
        if self._session:
            self._remember(walk, leg, task, edited, failed=step.failure is not None)
        self._advance(walk, step, verdict)
        if self._heal:
            self._healed(walk, leg)
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

    async def _alone(self, walk: _Walk, leg: Leg, edited: Edited) -> Verdict | None:
        """What measuring the editor's own result gives; None where that is the step's, or there is nothing to
        measure."""
        if edited.guarded is None or same_result(edited, edited.guarded.alone):
            return None
        return await self._measure(walk, leg, edited.guarded.alone)

    def _advance(self, walk: _Walk, step: Step, verdict: Verdict | None) -> None:
        carried = self._policy.carry(step.before, step.after, failed=step.failure is not None)
        # What the scorer said of the next hop holds for the output alone.
        walk.expected = verdict.expected if verdict is not None and carried is step.after else None
        walk.files = carried
        if step.score is not None and step.score.rs is not None:
            walk.damage = 1.0 - step.score.rs

    def _paid(self, cost: float | None) -> None:
        self._tally.paid(cost)

    def _tell(self) -> None:
        if self._report is not None:
            self._report(self._tally.progress())


async def _nobody(_: Request) -> Reply:
    raise PalimpsestError("the stored replies do not make up the conversation: another version asked for them")


async def _nothing_new(_place: Place, _reply: Reply) -> None:
    """A conversation that is recalled brings no reply."""

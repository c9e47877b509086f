"""A horizon study from its spec to its end, and read again from its store: a turn is what its replies say it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.backends.base import Reply, Request
from harness.calls import Asking, Generate, Keep, Means, open_line, walk_all
from harness.errors import PalimpsestError
from harness.horizon.play import Ask, Turn, play
from harness.horizon.scripted import Scripted, scripted
from harness.horizon.spec import Cell, HorizonSpec
from harness.lines import Line, Lines
from harness.progress import Tally
from harness.provenance import collect
from harness.store import Place, Reader, Store
from harness.store.schema import check_path


class NotYet(PalimpsestError):
    """A turn whose reply is not in the store."""


async def run_horizon(spec: HorizonSpec, path: Path, means: Means) -> dict[str, str]:
    """Runs `spec` into the store at `path`, continuing what is there; why, by key, cells stopped short. Denied and
    UsageError end it with everything stored, as does cancellation."""
    async with opened(spec, path, means) as study:
        return await study.run(list(spec.cells()))


def noted(spec: HorizonSpec) -> dict[str, Any]:
    """A spec as JSON for the record of its run."""
    told = {**asdict(spec), "rates": [str(rate) for rate in spec.rates]}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}


@asynccontextmanager
async def opened(spec: HorizonSpec, path: Path, means: Means) -> AsyncIterator[Study]:
    """The models of `spec` and the store at `path`, open for as many cells as are wanted one after the other."""
    models = {name: scripted(name) if name.startswith("sim:") else None for name in spec.models}
    async with AsyncExitStack() as stack:
        check_path(path, write=True)
        lines = {
            name: await open_line(name, means, stack, base_url=spec.base_url, api_mode=spec.api_mode) for name in models
        }
        store = stack.enter_context(Store(path))  # last: a wrong model's name should not leave an empty store
        store.begin("horizon", noted(spec), collect(), means.clock, accept_drift=means.accept_drift)
        yield Study(store, models, lines, means)


class Study:
    """Runs cells: the turns of each one after the other, many cells at once."""

    def __init__(
        self, store: Store, models: Mapping[str, Scripted | None], lines: Mapping[str, Line], means: Means
    ) -> None:
        self._store = store
        self._models = models
        self._means = means
        self._lines = Lines(lines, means.concurrency, self._paid, means.purse())
        self._tally = Tally({}, 0)
        self._numbers: dict[str, int] = {}

    async def run(self, cells: Sequence[Cell]) -> dict[str, str]:
        """Why, by key, cells stopped short."""
        self._numbers = self._store.register(cell.record() for cell in cells)
        turns = sum(1 if cell.dose is not None else cell.turns for cell in cells)
        self._tally = Tally({self._numbers[cell.key]: cell.model for cell in cells}, turns)
        self._lines.begin(self._store, {self._numbers[cell.key]: cell.model for cell in cells})
        reasons: dict[str, str] = {}

        def stopped(cell: Cell, reason: str) -> None:
            reasons[cell.key] = reason
            self._store.save_reason(self._numbers[cell.key], reason)
            self._tally.stopped()
            self._tell()

        await walk_all(cells, self._lines, self._walk, stopped)
        return reasons

    def turns(self, cells: Sequence[Cell]) -> list[Turn]:
        """The turns of cells that were run, as the store has them."""
        return [turn for cell in cells for turn in played(cell, self._models[cell.model] or self._stored(cell))]

    def _stored(self, cell: Cell) -> Ask:
        return asker(self._store.replies(self._numbers[cell.key]), _nobody, _nothing_new)

    async def _walk(self, cell: Cell) -> None:
        number = self._numbers[cell.key]
        ask = asker(
            self._store.replies(number), lambda request: self._lines.generate(cell.model, request),
            lambda place, reply: self._store.save_reply(number, place, reply, self._means.clock()),
        )  # fmt: skip
        async for turn in play(cell, self._models[cell.model] or ask):
            self._tally.stepped(number, float(turn.right))
            self._tell()

    def _paid(self, cost: float | None) -> None:
        self._tally.paid(cost)

    def _tell(self) -> None:
        if self._means.report is not None:
            self._means.report(self._tally.progress())


def asker(known: Mapping[Place, Reply], generate: Generate, keep: Keep) -> Ask:
    """The calls of a cell: a stored reply is not asked for again."""
    turns: dict[int, Generate] = {}

    async def ask(turn: int, request: Request) -> Reply:
        if turn not in turns:
            turns[turn] = Asking(turn, known, generate, keep).attempt(1)
        return await turns[turn](request)

    return ask


def stored_turns(reader: Reader) -> Iterator[tuple[int, Cell, Turn]]:
    """All turns of the horizon studies in a store: number of the chain, cell, turn. Asks nobody: what is not stored
    ends its cell."""
    for chain in reader.chains(horizon=True):
        model: Scripted | Ask
        if chain.model.startswith("sim:"):
            model, turns = scripted(chain.model), 0
        else:
            known = reader.replies(chain.number)
            model, turns = asker(known, _nobody, _nothing_new), max((place.hop for place in known), default=0)
        cell = Cell.read(chain.spec, turns)
        if cell.turns:
            yield from ((chain.number, cell, turn) for turn in played(cell, model))


def played(cell: Cell, model: Scripted | Ask) -> list[Turn]:
    """The turns of a cell whose model never keeps anybody waiting, so that no event loop is needed."""
    found: list[Turn] = []

    async def collect() -> None:
        with suppress(NotYet):
            async for turn in play(cell, model):
                found.append(turn)  # noqa: PERF401 - what came before the end is wanted too

    with suppress(StopIteration):
        collect().send(None)
    return found


async def _nobody(_: Request) -> Reply:
    raise NotYet("not in the store")


async def _nothing_new(_place: Place, _reply: Reply) -> None:
    raise AssertionError("a stored study has no new reply")

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from relay_stub import Answering, Scripted, relay, small

from harness.relay.pool import Overrun, Pool, WorkerDied
from harness.relay.scoring import Scoring
from harness.relay.worker import Bounds
from harness.store import Reader

HERE = Path(__file__).parent
BOUNDS = Bounds(cpu=0.3, wall=100.0, memory=2**28)


@pytest.fixture
async def pool(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pool]:
    monkeypatch.syspath_prepend(HERE)
    made = Pool(1, "relay_hostile:Hostile", BOUNDS)
    made.prepare("p", {"do": "place", "name": "p"})
    yield made
    await made.close()


async def test_what_takes_too_long_costs_itself_alone(pool: Pool) -> None:
    jobs = [pool.call(0, "p", {"do": kind}) for kind in ("fine", "spin", "fine", "print")]
    first, spun, after, printed = await asyncio.gather(*jobs, return_exceptions=True)
    assert isinstance(spun, Overrun)
    assert isinstance(first, dict)
    assert isinstance(after, dict)
    assert first["places"] == after["places"] == ["p"]  # the replacement was told again
    assert first["pid"] != after["pid"] == printed["pid"]  # type: ignore[index]


async def test_a_worker_that_waits_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)
    pool = Pool(1, "relay_hostile:Hostile", Bounds(cpu=100.0, wall=0.3, memory=2**28))
    pool.prepare("p", {"do": "place", "name": "p"})
    jobs = [pool.call(0, "p", {"do": kind}) for kind in ("wait", "fine")]
    waited, after = await asyncio.gather(*jobs, return_exceptions=True)
    await pool.close()
    assert isinstance(waited, Overrun)
    assert str(waited) == "within 0.3 s of waiting"
    assert isinstance(after, dict)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds private memory")
async def test_what_wants_too_much_memory_costs_itself_alone(pool: Pool) -> None:
    assert await pool.call(0, "p", {"do": "hoard", "megabytes": 100}) == {"held": 100}
    jobs = [pool.call(0, "p", message) for message in ({"do": "hoard", "megabytes": 400}, {"do": "fine"})]
    hoarded, after = await asyncio.gather(*jobs, return_exceptions=True)
    assert isinstance(hoarded, Overrun)
    assert str(hoarded) == "in 256 MB of memory"
    assert isinstance(after, dict)


async def test_an_answer_may_be_long_but_not_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)
    pool = Pool(1, "relay_hostile:Hostile", Bounds(cpu=100.0, wall=1000.0, memory=2**29))
    pool.prepare("p", {"do": "place", "name": "p"})
    assert len((await pool.call(0, "p", {"do": "talk", "length": 5_000_000}))["said"]) == 5_000_000
    jobs = [pool.call(0, "p", message) for message in ({"do": "talk", "length": 2**26}, {"do": "fine"})]
    endless, after = await asyncio.gather(*jobs, return_exceptions=True)
    await pool.close()
    assert isinstance(endless, Overrun)
    assert str(endless) == "in an answer of 64 MB"
    assert isinstance(after, dict)


async def test_a_worker_that_dies_is_tried_once_more(pool: Pool, tmp_path: Path) -> None:
    assert (await pool.call(0, "p", {"do": "die once", "path": str(tmp_path / "died")}))["places"] == ["p"]
    with pytest.raises(WorkerDied, match="status 3"):
        await pool.call(0, "p", {"do": "die"})
    assert await pool.call(0, "p", {"do": "fine"})


async def test_exceptions_are_told(pool: Pool) -> None:
    assert await pool.call(0, "p", {"do": "raise"}) == {"error": "RecursionError: too deep"}


async def test_a_killed_worker_is_replaced(pool: Pool) -> None:
    pid = (await pool.call(0, "p", {"do": "fine"}))["pid"]
    os.kill(pid, signal.SIGKILL)
    assert (await pool.call(0, "p", {"do": "fine"}))["pid"] != pid


async def test_a_worker_that_cannot_start() -> None:
    pool = Pool(1, "relay_no_such_module:X", BOUNDS)
    pool.prepare("p", {})
    with pytest.raises(WorkerDied, match="cannot be started"):
        await pool.call(0, "p", {})
    await pool.close()


def test_workers_die_with_a_killed_parent() -> None:
    code = (
        f"import sys; sys.path[:0] = [{str(HERE)!r}, {str(HERE.parents[1])!r}]\n"
        "import asyncio; from harness.relay.pool import Pool; from harness.relay.worker import Bounds\n"
        "async def main():\n"
        f"    pool = Pool(1, 'relay_hostile:Hostile', {BOUNDS}); pool.prepare('p', {{'do': 'place', 'name': 'p'}})\n"
        "    print((await pool.call(0, 'p', {'do': 'fine'}))['pid'], flush=True)\n"
        "    await pool.call(0, 'p', {'do': 'spin'})\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        worker = int(parent.stdout.readline())
        descriptor = os.pidfd_open(worker)
        parent.kill()
    with os.fdopen(descriptor):
        import select

        assert select.select([descriptor], [], [], 20)[0], "the worker outlived its parent"


async def test_workers_and_inline_give_the_same(tmp_path: Path) -> None:
    found = []
    for workers in (0, 2):
        scoring = Scoring(workers)
        path = tmp_path / f"{workers}.db"
        await relay(path, small(repeats=3), Scripted(), Answering(), scoring=scoring)
        await scoring.close()
        with Reader(path) as reader:
            found.append([reader.steps(chain) for chain in (1, 2, 3)])
    assert found[0] == found[1]


async def test_a_hop_that_cannot_be_scored_in_time_is_unparseable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(HERE)
    scoring = Scoring(1)
    scoring._pool = Pool(1, "relay_hostile:Slow", Bounds(cpu=0.2, wall=100.0, memory=2**28))
    await relay(tmp_path / "s.db", small(round_trips=1), Scripted(), Answering(), scoring=scoring)
    await scoring.close()
    with Reader(tmp_path / "s.db") as reader:
        steps = reader.steps(1)
    assert [step.outcome for step in steps] == ["unparseable"] * 2
    assert steps[0].detail == "could not be scored within 0.2 s"
    assert steps[0].done is None


async def test_a_scorer_that_breaks_down_is_no_score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)
    scoring = Scoring(1)
    scoring._pool = Pool(1, "relay_hostile:Broken", BOUNDS)
    reasons = await relay(tmp_path / "s.db", small(round_trips=1), Scripted(), Answering(), scoring=scoring)
    await scoring.close()
    assert next(iter(reasons.values())).endswith("broke down: ValueError: ours")

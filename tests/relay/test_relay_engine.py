from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from relay_stub import Answering, Scripted, audit, relay, small

from harness.backends.base import Reply, Request
from harness.editors.base import Edited, Task
from harness.errors import Denied, Outage, Rejected, UsageError
from harness.progress import Progress
from harness.store import Reader, Step


def steps_of(path: Path, chain: int = 1) -> list[Step]:
    with Reader(path) as reader:
        return reader.steps(chain)


async def test_perfect_run(tmp_path: Path) -> None:
    seen: list[Progress] = []
    reasons = await relay(tmp_path / "s.db", small(), Scripted(), Answering(), report=seen.append)
    steps = steps_of(tmp_path / "s.db")
    assert reasons == {}
    assert [(s.hop, s.direction, s.outcome) for s in steps] == [
        (1, "forward", "ok"), (2, "backward", "ok"), (3, "forward", "ok"), (4, "backward", "ok")]  # fmt: skip
    assert all(s.score and s.score.rs == 1.0 and s.score.step == 1.0 for s in steps)
    assert [s.done for s in steps] == [1.0, None, 1.0, None]
    assert [s.spent.cost for s in steps] == [0.25] * 4
    assert all(before.after == after.before for before, after in pairwise(steps))
    assert (seen[-1].hops, seen[-1].total, seen[-1].cost, seen[-1].calls) == (4, 4, 1.0, 4)
    assert seen[-1].rs == {"test:one": 1.0}


async def test_a_longer_run_continues_the_shorter(tmp_path: Path) -> None:
    backend = Answering()
    await relay(tmp_path / "a.db", small(round_trips=1), Scripted(), backend)
    await relay(tmp_path / "a.db", small(round_trips=4), Scripted(), backend)
    assert backend.calls == 8
    await relay(tmp_path / "b.db", small(round_trips=4), Scripted(), Answering())
    assert audit(tmp_path / "a.db") == audit(tmp_path / "b.db")
    await relay(tmp_path / "a.db", small(round_trips=2), Scripted(), backend)
    assert backend.calls == 8


async def test_hops_see_seeded_orders_and_seeds_of_their_own(tmp_path: Path) -> None:
    editor = Scripted()
    await relay(tmp_path / "s.db", small(round_trips=4, doc_tokens=None, distractors=8000), editor, Answering())
    assert len({task.seed for task in editor.tasks}) == 8
    assert all(sorted(task.order) == sorted([*task.files, *task.distractors]) for task in editor.tasks)


async def test_outage_leaves_the_chain_unfinished_and_the_others_alone(tmp_path: Path) -> None:
    class Half(Answering):
        async def generate(self, request: Request) -> Reply:
            if request.messages[0].text.startswith("backward") and self.calls < 9:
                self.calls += 1
                raise Outage("gone")
            return await super().generate(request)

    spec = small(repeats=2)
    reasons = await relay(tmp_path / "s.db", spec, Scripted(), Half())
    assert set(reasons.values()) == {"Outage: gone"}
    with Reader(tmp_path / "s.db") as reader:
        assert [(chain.hops, chain.reason) for chain in reader.chains()] == [(1, "Outage: gone")] * 2
    assert await relay(tmp_path / "s.db", spec, Scripted(), Answering()) == {}
    await relay(tmp_path / "whole.db", spec, Scripted(), Answering())
    assert audit(tmp_path / "s.db") == audit(tmp_path / "whole.db")


async def test_rejected_is_no_score(tmp_path: Path) -> None:
    backend = Answering(lambda call: Rejected("too long") if call == 2 else None)
    assert list((await relay(tmp_path / "s.db", small(), Scripted(), backend)).values()) == ["Rejected: too long"]
    assert len(steps_of(tmp_path / "s.db")) == 1


async def test_denied_stops_everything_and_keeps_what_came(tmp_path: Path) -> None:
    backend = Answering(lambda call: Denied("no credit") if call > 5 else None)
    with pytest.raises(Denied, match="no credit"):
        await relay(tmp_path / "s.db", small(repeats=6), Scripted(), backend)
    assert len(audit(tmp_path / "s.db")["replies"]) == 5
    again = Answering()
    await relay(tmp_path / "s.db", small(repeats=6), Scripted(), again)
    assert again.calls == 6 * 4 - 5


async def test_cancelling_keeps_what_came(tmp_path: Path) -> None:
    got = asyncio.Event()

    class Slow(Answering):
        async def generate(self, request: Request) -> Reply:
            reply = await super().generate(request)
            if self.calls == 3:
                got.set()
                await asyncio.Event().wait()
            return reply

    running = asyncio.create_task(relay(tmp_path / "s.db", small(), Scripted(), Slow()))
    await got.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert len(steps_of(tmp_path / "s.db")) == 2


async def test_a_fault_of_ours_costs_one_chain(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def bend(task: Task, _nth: int, _files: dict[str, str]) -> Edited | None:
        if task.seed == first.tasks[0].seed:
            raise ZeroDivisionError("ours")
        return None

    first = Scripted()
    await relay(tmp_path / "x.db", small(), first, Answering())
    reasons = await relay(tmp_path / "s.db", small(repeats=2), Scripted(bend), Answering())
    assert list(reasons.values()) == ["fault: ZeroDivisionError: ours"]
    assert "stopped by a fault of palimpsest" in caplog.text
    assert len(steps_of(tmp_path / "s.db", 2)) == 4


async def test_a_reply_is_on_the_disk_before_it_is_read(tmp_path: Path) -> None:
    path, stored = tmp_path / "s.db", []

    class Looking(Scripted):
        async def edit(self, task, ask):  # type: ignore[no-untyped-def]
            async def asked(request):  # type: ignore[no-untyped-def]
                reply = await ask(request)
                stored.append(len(audit(path)["replies"]))
                return reply

            return await super().edit(task, asked)

    await relay(path, small(), Looking(), Answering())
    assert stored == [1, 2, 3, 4]


async def test_a_reply_without_its_step_is_used(tmp_path: Path) -> None:
    def trip(task: Task, _nth: int, _files: dict[str, str]) -> Edited | None:
        raise RuntimeError(task.edit)

    backend = Answering()
    await relay(tmp_path / "s.db", small(round_trips=1), Scripted(trip), backend)
    await relay(tmp_path / "s.db", small(round_trips=1), Scripted(), backend)
    assert backend.calls == 2


FAILED = Edited({}, "refused", "said no")


async def test_failure_policies(tmp_path: Path) -> None:
    def bend(task: Task, nth: int, files: dict[str, str]) -> Edited | None:
        if task.direction == "backward" and nth == 1:
            return Edited({**files, "journal.ledger": "cut"}, "truncated")
        return None

    carried = {}
    for policy in ("accept", "keep", "retry:2"):
        spec, path = small(policy=policy, schedule="single:to_csv"), tmp_path / f"{policy}.db"
        await relay(path, spec, Scripted(bend), Answering())
        steps = steps_of(path)
        carried[policy] = steps[2].before
        assert steps[1].attempts == (2 if policy == "retry:2" else 1)
        assert steps[1].outcome == ("ok" if policy == "retry:2" else "truncated")
    assert carried["accept"]["journal.ledger"] == "cut"
    assert carried["keep"] == steps_of(tmp_path / "keep.db")[1].before
    assert carried["retry:2"]["journal.ledger"] not in ("", "cut")


async def test_retries_have_seeds_of_their_own_and_are_all_paid(tmp_path: Path) -> None:
    editor = Scripted(lambda _task, _nth, _files: FAILED)
    await relay(tmp_path / "s.db", small(round_trips=1, policy="retry:2"), editor, Answering())
    steps = steps_of(tmp_path / "s.db")
    assert len({task.seed for task in editor.tasks}) == 6
    assert [(s.attempts, s.spent.calls, s.spent.cost) for s in steps] == [(3, 3, 0.75)] * 2
    assert [place[:4] for place in audit(tmp_path / "s.db")["replies"][:3]] == [(1, 1, n, 1) for n in (1, 2, 3)]


@pytest.mark.parametrize("failure", ["refused", "truncated", "empty", "infeasible"])
async def test_failures_of_the_editor(tmp_path: Path, failure: str) -> None:
    editor = Scripted(lambda _task, _nth, _files: Edited({}, failure, "why"))  # type: ignore[arg-type]
    await relay(tmp_path / "s.db", small(round_trips=1), editor, Answering())
    steps = steps_of(tmp_path / "s.db")
    assert {(s.failure, s.detail, s.score) for s in steps} == {(failure, "why", None)}
    assert steps[1].before == steps[0].before  # no file came: the document stays
    assert [s.done for s in steps] == [None if failure == "infeasible" else 0.0, None]
    assert [s.credit for s in steps] == [0.0, 0.0]


async def test_outcomes_of_measuring(tmp_path: Path) -> None:
    def bend(task: Task, _nth: int, files: dict[str, str]) -> Edited | None:
        if task.direction == "forward":
            return Edited(dict.fromkeys(files, "?\0?"))
        return Edited({}) if task.seed % 2 else Edited({"notes.txt": "x"}, extra=("notes.txt",))

    async def edit(task: Task, ask: object) -> Edited:
        return bend(task, 1, dict.fromkeys(task.expected, "")) or Edited({})

    editor = Scripted()
    editor.edit = edit  # type: ignore[method-assign,assignment]
    await relay(tmp_path / "s.db", small(round_trips=1, schedule="single:to_csv"), editor, Answering())
    forward, backward = steps_of(tmp_path / "s.db")
    assert (forward.outcome, forward.credit, forward.done) == ("unread", None, None)
    assert forward.detail
    assert (backward.outcome, backward.credit) == ("missing_files", 0.0)
    assert "journal.ledger" in backward.detail


async def test_concurrency_bounds_the_calls(tmp_path: Path) -> None:
    now, most = 0, 0

    class Counting(Answering):
        async def generate(self, request: Request) -> Reply:
            nonlocal now, most
            now += 1
            most = max(most, now)
            for _ in range(5):
                await asyncio.sleep(0)
            reply = await super().generate(request)
            now -= 1
            return reply

    await relay(tmp_path / "s.db", small(repeats=9, round_trips=1), Scripted(), Counting(), concurrency=3)
    assert most == 3


async def test_two_runs_on_one_store(tmp_path: Path) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    class Waiting(Answering):
        async def generate(self, request: Request) -> Reply:
            entered.set()
            await leave.wait()
            return await super().generate(request)

    first = asyncio.create_task(relay(tmp_path / "s.db", small(), Scripted(), Waiting()))
    await entered.wait()
    with pytest.raises(UsageError, match="being written by another run"):
        await relay(tmp_path / "s.db", small(), Scripted(), Answering())
    leave.set()
    assert await first == {}

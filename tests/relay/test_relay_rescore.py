from __future__ import annotations

from pathlib import Path

import pytest
from relay_stub import audit, same_file

from harness import UsageError, load, run
from harness.backends.base import Message, Request
from harness.editors.base import Ask, Edited, Task
from harness.relay.rescore import rescore, rescore_async
from harness.store import Store
from tests.chat_server import ChatServer


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("rescore") / "s.db"
    with ChatServer(same_file, latency=0.0) as server:
        study = run("openai:stub", "accounting", round_trips=3, doc_tokens=300, distractors=0, store=made,
                    base_url=server.url, workers=0, policy="retry:1")  # fmt: skip
    assert study.unfinished == {}
    return made


def test_replies_are_read_again(path: Path) -> None:
    before = audit(path)
    with Store(path) as store:
        store._writer.submit(
            lambda c: c.execute("UPDATE steps SET outcome = 'refused', scorer = 'older', rs = NULL") and None
        ).result()
    told = rescore(path, workers=0)
    assert (told.steps, told.changed, told.reread) == (6, 6, 0)
    assert audit(path) == before


async def test_an_editor_that_reads_otherwise(path: Path) -> None:
    class Deaf:
        name = fingerprint = "deaf"

        async def edit(self, _: Task, ask: Ask) -> Edited:
            await ask(Request((Message("user", "another prompt"),)))
            return Edited({}, "empty")

    told = await rescore_async(path, workers=0, editor=lambda _chain: Deaf())
    assert told.steps == 6
    assert set(load(path).steps["outcome"]) == {"empty"}
    await rescore_async(path, workers=0)


async def test_an_editor_that_asks_for_more_than_is_stored(path: Path) -> None:
    class Greedy:
        name = fingerprint = "greedy"

        async def edit(self, _: Task, ask: Ask) -> Edited:
            while True:
                await ask(Request((Message("user", "more"),)))

    before = load(path).steps
    assert (await rescore_async(path, workers=0, editor=lambda _chain: Greedy())).changed == 0
    assert before.equals(load(path).steps)


async def test_edits_that_are_gone(path: Path) -> None:
    with Store(path) as store:
        store._writer.submit(lambda c: c.execute("UPDATE steps SET edit = 'gone' WHERE hop = 1") and None).result()
    before = audit(path)
    with pytest.raises(UsageError, match="uses gone, which accounting no longer has"):
        await rescore_async(path, workers=0)
    assert audit(path) == before


def test_nothing_to_rescore(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no store"):
        rescore(tmp_path / "none.db")

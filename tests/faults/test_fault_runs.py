"""Through whole runs, on real sockets: whatever a server does, the study is the one that a sound server gives, with
every paid reply in it once and no outage among the model's failures."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import Denied
from tests.chat_server import ChatServer, Connection, Fault
from tests.faults.catalogue import FAULTS, FINAL, REVOKED
from tests.faults.runs import HOPS, MODELS, Once, ids, replies, steps, study
from tests.faults.stand_in import StandIn

SOUND = 2
"""Hops that are answered before the trouble begins."""


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    with ChatServer(StandIn(["accounting"]), 0.0) as running:
        yield running


@pytest.fixture(scope="module")
def calm(server: ChatServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By API, the store of a run without trouble."""
    folder = tmp_path_factory.mktemp("calm")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
            patch.setenv(name, "none")
        server.trouble = lambda _asked: None
        for dialect in MODELS:
            study(folder / dialect, server.url, dialect)
        study(folder / "begun", server.url, round_trips=SOUND // 2)
    assert all(len(steps(folder / dialect)) == HOPS for dialect in MODELS)
    assert any(rs is None or rs < 1 for rs in (row[6] for row in steps(folder / "chat")))  # the model does err
    return {dialect: folder / dialect for dialect in MODELS}


def check(path: Path, calm: Path, server: ChatServer, sent: int | None, begun: Path | None = None) -> None:
    """The store is that of a calm run; of what was sent whole since `sent`, all is there once, beside what
    the store had when it was `begun`."""
    assert steps(path) == steps(calm)
    assert replies(path) == replies(calm)
    if sent is not None:
        earlier = ids(begun) if begun else []
        assert sorted(ids(path)) == sorted(earlier + server.sent[sent:])


EVERYWHERE = ("529", "no choices", "reset in the body", "an error that says 200")
CASES = [
    *(("chat", name) for name in FAULTS),
    *((api, name) for api in ("anthropic", "responses") for name in EVERYWHERE),
]


@pytest.mark.parametrize(("dialect", "name"), CASES)
def test_a_fault_that_passes(
    dialect: str, name: str, server: ChatServer, calm: dict[str, Path], tmp_path: Path
) -> None:
    """Each request meets it once."""
    fault, path, sent = FAULTS[name], tmp_path / "s.db", len(server.sent)
    server.trouble = Once(fault, 1 if fault.slow else HOPS)
    assert not study(path, server.url, dialect, timeout=0.6 if fault.slow else 30.0).unfinished
    # A good answer may come too late for so short a timeout.
    check(path, calm[dialect], server, None if fault.slow else sent)


LASTING = ("429 asking for 10 ms", "503", "invalid JSON", "null message", "reset in the body", "stalled in the body")


@pytest.mark.parametrize("name", LASTING)
def test_a_fault_that_lasts(name: str, server: ChatServer, calm: dict[str, Path], tmp_path: Path) -> None:
    """The chain has begun when there is nothing but trouble: it stops and says why, nothing is made of that, and it
    goes on when the trouble is over."""
    fault, path, sent, begun = FAULTS[name], tmp_path / "s.db", len(server.sent), calm["chat"].with_name("begun")
    shutil.copy(begun, path)
    server.trouble = lambda _asked: fault
    stopped = study(path, server.url, timeout=0.6 if fault.slow else 30.0, attempts=2)
    assert [reason.partition(":")[0] for reason in stopped.unfinished.values()] in (["Outage"], ["RateLimited"])
    assert steps(path) == steps(calm["chat"])[:SOUND]
    assert ids(path) == ids(begun)
    server.trouble = lambda _asked: None
    assert not study(path, server.url).unfinished
    check(path, calm["chat"], server, sent, begun)


@pytest.mark.parametrize("name", FINAL)
def test_a_refused_request_stops_its_chain_alone(
    name: str, server: ChatServer, calm: dict[str, Path], tmp_path: Path
) -> None:
    path, sent, before = tmp_path / "s.db", len(server.sent), server.received
    server.trouble = lambda asked: FINAL[name] if asked.number == before + SOUND + 1 else None
    stopped = study(path, server.url)
    assert [reason[:14] for reason in stopped.unfinished.values()] == ["Rejected: HTTP"]
    assert server.received == before + SOUND + 1
    assert not study(path, server.url).unfinished
    check(path, calm["chat"], server, sent)


@pytest.mark.parametrize("dialect", MODELS)
def test_a_key_revoked_ends_the_run_at_once_and_a_new_one_goes_on(
    dialect: str, server: ChatServer, calm: dict[str, Path], tmp_path: Path
) -> None:
    path, sent, before = tmp_path / "s.db", len(server.sent), server.received
    server.trouble = lambda asked: REVOKED if asked.number > before + SOUND else None
    with pytest.raises(Denied, match="revoked"):
        study(path, server.url, dialect)
    assert server.received == before + SOUND + 1
    assert steps(path) == steps(calm[dialect])[:SOUND]
    server.trouble = lambda _asked: None
    assert not study(path, server.url, dialect).unfinished
    check(path, calm[dialect], server, sent)


def test_what_is_under_way_when_the_key_is_revoked_is_kept(server: ChatServer, tmp_path: Path) -> None:
    """The other calls have been accepted and will be billed: the run waits for them, and sends no more."""
    path, sent, before, together = tmp_path / "s.db", len(server.sent), server.received, 8

    async def late(connection: Connection, whole: bytes) -> bool:
        await asyncio.sleep(0.3)
        await connection.send(whole)
        return True

    server.trouble = lambda asked: REVOKED if asked.number == before + together else Fault(late, delivers=True)
    with pytest.raises(Denied, match="revoked"):
        study(path, server.url, repeats=12, concurrency=together)
    kept = ids(path)
    assert (server.received - before, len(kept)) == (together, together - 1)
    assert sorted(kept) == sorted(server.sent[sent:])

"""Stores of every earlier version go on: read as they lie, written on, scored again. `old/` is what that code made."""

from __future__ import annotations

import json
import lzma
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import harness
import harness.horizon
from harness.cli.show import show_study
from harness.errors import UsageError
from harness.report import build
from harness.results import export, load
from harness.store import Reader, Store, migrations, schema
from harness.store.check import check

OLD = Path(__file__).parent / "old"
VERSIONS = [1, 2, 3]
SMALL: dict[str, Any] = {"doc_tokens": 150, "distractors": 0, "workers": 0}


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def store(version: int, tmp_path: Path) -> Path:
    path = tmp_path / "old.db"
    path.write_bytes(lzma.decompress((OLD / f"v{version}.db.xz").read_bytes()))
    return path


def told(version: int) -> dict[str, Any]:
    """What the code of that version said of the store."""
    found: dict[str, Any] = json.loads((OLD / f"v{version}.json").read_text())
    return found


def user_version(path: Path) -> int:
    connection = sqlite3.connect(path)
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    connection.close()
    return found


def test_every_earlier_version_is_tested() -> None:
    assert [*VERSIONS, schema.VERSION] == list(range(1, schema.VERSION + 1))
    for version in VERSIONS:
        assert (OLD / f"v{version}.db.xz").stat().st_size < 50_000


def test_it_is_read_as_it_lies(version: int, store: Path, tmp_path: Path) -> None:
    before = store.read_bytes()
    then = told(version)
    assert harness.load(store).summary()["models"] == then["models"]
    assert len(harness.horizon.load(store).played) == then["horizon"]
    show_study(store, False)
    study = harness.load(store)
    hop = study.hop(5, 4)
    assert hop.measurement is not None
    assert hop.measurement.rs is not None
    assert hop.measurement.rs.score == then["models"]["openai:copyist"]["rs"]["4"]
    assert build([store], tmp_path / "site").steps == len(study.steps)
    assert check(store).ok
    export(store, tmp_path / "old.json")
    assert len(load(tmp_path / "old.json")) == len(study.steps)
    assert store.read_bytes() == before


def test_it_is_brought_up_to_date_to_be_written(version: int, store: Path) -> None:
    with Reader(store) as reader:
        before, steps = reader.chains(), [reader.steps(chain.number) for chain in reader.chains()]
        replies = reader.replies(5)
    Store(store).close()
    assert user_version(store) == schema.VERSION
    with Reader(store) as reader:
        assert reader.chains() == before
        assert [reader.steps(chain.number) for chain in before] == steps
        assert reader.replies(5) == replies
        assert len(replies) == 4
        assert [run.command for run in reader.runs()] == ["rescore"] * (version == 3)
        names = {row[0] for row in reader.connection.execute("SELECT name FROM sqlite_master")}
    assert not [name for name in names if name.startswith("old_")]
    with Store(store.with_name("new.db")) as fresh:
        assert names == {row[0] for row in fresh.connection.execute("SELECT name FROM sqlite_master")}
    assert check(store).ok


def test_scored_again_it_has_its_changes(version: int, store: Path) -> None:
    with Reader(store) as reader:
        had = [len(reader.changes(chain.number)) for chain in reader.chains()]
    assert set(had) == ({0} if version == 1 else {4})
    then, steps = told(version), len(harness.load(store).steps)
    done = harness.rescore(store, workers=0)
    assert (done.steps, done.changed, done.reread) == (steps, 0, 0)
    with Reader(store) as reader:
        assert {len(reader.changes(chain.number)) for chain in reader.chains()} == {4}
        assert [run.command for run in reader.runs()] == ["rescore"] * (1 + (version == 3))
    assert harness.load(store).summary()["models"] == then["models"]


def test_a_run_continues_its_chains(store: Path) -> None:
    harness.rescore(store, workers=0)  # today's scorer is another one than then
    chains = len(harness.load(store).chains)
    models, domains = ["sim:careless", "sim:deleter"], ["accounting", "recipe"]
    longer = harness.run(models, domains, store=store, round_trips=3, **SMALL)
    assert len(harness.load(store).chains) == chains
    assert len(longer.steps) == 4 * 6
    assert check(store).ok


def test_a_migration_that_fails_leaves_the_old_store(
    version: int, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = store.read_bytes()

    def fails(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(migrations, "_note_served", fails)
    with pytest.raises(UsageError, match="disk is full"):
        Store(store)
    assert user_version(store) == version
    assert store.read_bytes()[100:] == before[100:]  # SQLite counts changes in the header
    monkeypatch.undo()
    assert harness.load(store).summary()["models"] == told(version)["models"]


def test_a_store_of_the_future_is_refused(store: Path) -> None:
    Store(store).close()
    connection = sqlite3.connect(store)
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    for opener in (Reader, Store):
        with pytest.raises(UsageError, match=rf"store version {schema.VERSION + 1}, this one reads 1 to"):
            opener(store)

"""Stores checked, compacted, merged and handed to other programs: nothing is lost, and what is wrong is said."""

from __future__ import annotations

import importlib.util
import json
import lzma
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

import harness
from harness.cli.store import store_app
from harness.errors import UsageError
from harness.results.rows import write_rows
from harness.store import Place, Reader, Store, blobs
from harness.store.check import check
from harness.store.compact import compact
from harness.store.merge import Merged, merge
from tests.store.alias_server import Alias

SMALL: dict[str, Any] = {"doc_tokens": 150, "distractors": 0, "workers": 0, "concurrency": 1}

app = typer.Typer()
app.add_typer(store_app, name="store")


@pytest.fixture(scope="module")
def server() -> Any:
    with Alias("m-1") as running:
        yield running


@pytest.fixture(scope="module")
def made(server: Alias, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("upkeep") / "s.db"
    harness.run(
        "openai:m", "accounting", store=path, base_url=server.url, round_trips=2, schedule="single:eur_to_chf",
        policy="retry:1", **SMALL,
    )  # fmt: skip
    harness.run(["sim:careless", "sim:deleter"], ["accounting", "recipe"], store=path, round_trips=2, **SMALL)
    return path


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path / "s.db"))


def changed(path: Path, *statements: str) -> Path:
    connection = sqlite3.connect(path)
    with connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0
    connection.close()
    return path


def faults(path: Path) -> str:
    return "; ".join(finding.told for finding in check(path).findings if finding.fault)


def test_a_whole_store_is_whole(store: Path) -> None:
    found = check(store)
    assert (found.ok, found.findings) == (True, ())
    assert (found.chains, found.steps) == (5, 20)
    assert found.replies >= 4


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE blobs SET data = (SELECT data FROM blobs b WHERE b.hash > blobs.hash) WHERE rowid = 1", "their hash"),
        ("UPDATE blobs SET data = x'00' WHERE rowid = 2", "their hash"),
        ("DELETE FROM blobs WHERE hash IN (SELECT after FROM steps WHERE chain = 2 AND hop = 4)", "are not there"),
        ("DELETE FROM steps WHERE chain = 3 AND hop = 2", "chains 3: their hops do not count"),
        ("DELETE FROM replies WHERE chain = 1 AND hop = 3", "chain 1 hop 3: steps without all their replies"),
        ("UPDATE replies SET output = output + 1 WHERE chain = 1 AND hop = 2", "hop 2: steps that tell another cost"),
        ("UPDATE steps SET input = NULL WHERE chain = 1 AND hop = 2", "hop 2: steps that tell another cost"),
        ("UPDATE replies SET text = x'0102' WHERE chain = 1 AND hop = 1", "chain 1 hop 1: replies that cannot"),
        ("UPDATE changes SET data = x'' WHERE chain = 4 AND hop = 1", "chain 4 hop 1: changes that cannot"),
        ("DELETE FROM chains WHERE id = 5", "rows of steps belong to a chain"),
        ("UPDATE steps SET run = 99 WHERE chain = 2", "rows of steps belong to a chain or a run"),
    ],
)
def test_what_is_wrong_is_said(statement: str, told: str, store: Path) -> None:
    assert told in faults(changed(store, statement))


def test_a_damaged_file_is_said(store: Path) -> None:
    data = bytearray(store.read_bytes())
    data[8192:16384] = bytes(8192)
    store.write_bytes(data)
    found = CliRunner().invoke(app, ["store", "check", str(store)])
    assert (found.exit_code, "NOT whole" in found.output, "fault: " in found.output) == (
        1, True, True,
    )  # fmt: skip


def test_what_is_only_worth_knowing_is_no_fault(store: Path) -> None:
    with Store(store) as opened:
        opened._writer.submit(lambda c: blobs.put(c, {"a.txt": "nobody's"}) and None).result()
    changed(
        store, "INSERT INTO replies SELECT chain, hop, attempt, call, 'other', finish, input, output, cached, "
        "reasoning, cost, latency, model, fingerprint, tries, received, run, text, raw, calls FROM replies "
        "WHERE chain = 1 AND hop = 1 AND attempt = 1",
    )  # fmt: skip
    found = check(store)
    assert found.ok
    assert [finding.told.partition(":")[0] for finding in found.findings] == [
        "2 texts that nothing uses", "1 replies that no step is made of",
    ]  # fmt: skip


def contents(path: Path) -> list[Any]:
    with Reader(path) as reader:
        return [
            (c.key, c.reason, reader.steps(c.number), reader.replies(c.number), reader.changes(c.number),
             reader.documents(c.number), reader.clean(c.number)) for c in reader.chains()
        ]  # fmt: skip


def test_compacting_loses_nothing(store: Path) -> None:
    before = contents(store)
    with Store(store) as opened:
        opened._writer.submit(lambda c: blobs.put(c, {"a.txt": " ".join(map(str, range(20_000)))}) and None).result()
    done = compact(store)
    assert done.dropped == 2
    assert done.after == store.stat().st_size < done.before
    assert contents(store) == before
    assert (check(store).ok, check(store).findings) == (True, ())
    assert compact(store).dropped == 0
    assert list(store.parent.iterdir()) == [store]


def test_compacting_brings_an_old_store_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    path.write_bytes(lzma.decompress((Path(__file__).parent / "old" / "v1.db.xz").read_bytes()))
    before = contents(path)
    compact(path)
    assert contents(path) == before


def test_nothing_is_compacted_under_a_writer(store: Path) -> None:
    with Store(store), pytest.raises(UsageError, match="being written by another run"):
        compact(store)


def test_a_store_is_looked_at_beside_its_writer(store: Path, tmp_path: Path) -> None:
    with Store(store) as writer:
        number = writer.chains()[1].number
        step = writer.steps(number)[-1]
        assert check(store).ok
        assert write_rows(store, tmp_path / "steps.jsonl") == {tmp_path / "steps.jsonl": 20}
        assert merge([store], tmp_path / "copy.db").steps == 20
        writer.save_steps([(number, step)])


def run(path: Path, server: Alias, **given: Any) -> None:
    harness.run(
        "openai:m", "accounting", store=path, base_url=server.url, schedule="single:eur_to_chf",
        **{**SMALL, "round_trips": 1, **given},
    )  # fmt: skip


def test_merging_takes_the_longer_of_two_beginnings(server: Alias, tmp_path: Path) -> None:
    a, b, c = (tmp_path / f"{name}.db" for name in "abc")
    run(a, server)
    shutil.copy(a, b)
    run(b, server, round_trips=2)
    run(a, server, repeats=2)
    compact(a)  # the same texts in other bytes
    for stores in ([a, b], [b, a]):
        assert merge(stores, c) == Merged(2, 6, 6, 1)
        assert check(c).ok
        both = {key: rest for path in (a, b) for key, *rest in contents(path)}  # b's is the longer
        assert {key: rest for key, *rest in contents(c)} == both
        with Reader(c) as reader:
            assert [run.command for run in reader.runs()] == ["run"] * 3  # the first is in both, and there once
            assert reader.connection.execute("SELECT count(*) FROM steps WHERE run IS NULL").fetchone() == (0,)
        run(c, server, round_trips=2)  # a chain that is whole asks nobody
        assert len(contents(c)[0][3]) == 4
        c.unlink()


def test_replies_of_an_unfinished_hop_are_kept(server: Alias, tmp_path: Path) -> None:
    a, b, c = (tmp_path / f"{name}.db" for name in "abc")
    run(a, server, round_trips=2)
    shutil.copy(a, b)
    changed(
        a, "DELETE FROM steps WHERE hop = 4", "DELETE FROM replies WHERE hop = 4", "DELETE FROM changes WHERE hop = 4"
    )
    changed(b, "DELETE FROM steps WHERE hop > 2", "DELETE FROM changes WHERE hop > 2")
    assert merge([a, b], c) == Merged(1, 3, 4, 1)


def test_what_does_not_fit_is_not_merged(store: Path, server: Alias, tmp_path: Path) -> None:
    other, target = tmp_path / "other.db", tmp_path / "c.db"
    for statement, told in (
        ("UPDATE replies SET received = 1 WHERE chain = 1 AND hop = 2", "hop 2 has another reply"),
        ("UPDATE steps SET after = before WHERE chain = 1 AND hop = 3", "hop 3 came out otherwise"),
        ("UPDATE steps SET scorer = 'older' WHERE chain = 2", "different versions of palimpsest scored"),
        ("UPDATE served SET id = 'm-2'", "answered as m-1 in .* and as m-2 in"),
    ):
        changed(Path(shutil.copy(store, other)), statement)
        with pytest.raises(UsageError, match=told):
            merge([store, other], target)
        assert not target.exists()
    assert merge([store, other], target, accept_drift=True).chains == 5
    with pytest.raises(UsageError, match="exists already"):
        merge([store], target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.db", "other.db", "s.db"]


def test_rows_for_other_programs(store: Path, tmp_path: Path) -> None:
    found = CliRunner().invoke(
        app, ["store", "export", str(store), "-o", str(tmp_path / "out"), "--replies", "--documents"]
    )
    assert found.exit_code == 0, found.output
    steps = harness.load(store).steps
    rows = [json.loads(line) for line in (tmp_path / "out" / "steps.jsonl").read_text().splitlines()]
    assert [set(row) for row in rows] == [set(harness.COLUMNS)] * 20
    for name in ("rs", "cost_usd", "doc_tokens", "valid", "model"):
        told = [None if pd.isna(cell) else cell for cell in steps[name]]
        assert [row[name] for row in rows] == told
    replies = [json.loads(line) for line in (tmp_path / "out" / "replies.jsonl").read_text().splitlines()]
    with Reader(store) as reader:
        stored = reader.replies(1)
        after = reader.steps(2)[3].after
    assert {Place(row["hop"], row["attempt"], row["call"], row["request"]): row["text"] for row in replies} == {
        place: reply.text for place, reply in stored.items()
    }
    documents = [json.loads(line) for line in (tmp_path / "out" / "documents.jsonl").read_text().splitlines()]
    assert {d["name"]: d["text"] for d in documents if (d["chain"], d["hop"]) == (2, 4)} == after
    with pytest.raises(UsageError, match="name a folder"):
        write_rows(store, tmp_path / "x.jsonl", replies=True)
    with pytest.raises(UsageError, match="cannot write"):
        write_rows(store, tmp_path / "s.db" / "out")


def test_parquet_needs_its_extra(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UsageError, match=r"pip install 'palimpsest-bench\[parquet\]'"):
        write_rows(store, tmp_path / "out", "parquet")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(importlib.util.find_spec("pyarrow") is None, reason="the extra parquet is not installed")
def test_parquet_says_what_the_lines_say(store: Path, tmp_path: Path) -> None:
    for form in ("jsonl", "parquet"):
        write_rows(store, tmp_path / form, form, replies=True, documents=True)  # type: ignore[arg-type]
    for name in ("steps", "replies", "documents"):
        told = pd.read_parquet(tmp_path / "parquet" / f"{name}.parquet").astype(object)
        rows = [json.loads(line) for line in (tmp_path / "jsonl" / f"{name}.jsonl").read_text().splitlines()]
        assert told.where(told.notna(), None).to_dict("records") == rows


@pytest.mark.parametrize("command", [["check"], ["compact"], ["merge", "-o", "new.db"], ["export", "-o", "out"]])
def test_no_store_is_told(command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(app, ["store", command[0], "none.db", *command[1:]])
    assert isinstance(found.exception, UsageError)
    assert "there is no store" in str(found.exception)


def outputs(arguments: list[str]) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["store", *arguments])
    return found.exit_code, found.output


def test_commands_say_what_they_did(store: Path, tmp_path: Path) -> None:
    code, told = outputs(["check", str(store)])
    assert (code, "5 chains, 20 steps" in told, "whole" in told, "2 runs" in told) == (0, True, True, True)
    assert "openai:m answered as m-1" in told
    assert "bytes before" in outputs(["compact", str(store)])[1]
    assert "5 chains, 20 steps" in outputs(["merge", str(store), "-o", str(tmp_path / "c.db")])[1]
    assert outputs(["check", str(changed(store, "DELETE FROM steps WHERE chain = 3 AND hop = 2"))])[0] == 1

"""Every result says where it comes from, and results of two models or two scorers are never one."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import harness
import harness.horizon
from harness.errors import UsageError
from harness.provenance import collect, git_state
from harness.report import build
from harness.results import export, load
from harness.results.load import open_results
from harness.sides import open_side, paired
from harness.store import Reader, Store
from harness.store.origin import origin
from tests.store.alias_server import Alias

SMALL: dict[str, Any] = {
    "doc_tokens": 150, "distractors": 0, "workers": 0, "concurrency": 1, "schedule": "single:eur_to_chf",
}  # fmt: skip


def relay(server: Alias, store: Path, **given: Any) -> harness.Study:
    return harness.run(
        "openai:m", "accounting", store=store, base_url=server.url, **{**SMALL, "round_trips": 1, **given}
    )


def git(folder: Path, *command: str) -> None:
    identity = {"GIT_CONFIG_GLOBAL": os.devnull, "PATH": os.environ["PATH"]}
    subprocess.run(
        ["git", "-c", "user.name=n", "-c", "user.email=e@x", *command], cwd=folder, check=True, env=identity,
        capture_output=True,
    )  # fmt: skip


def test_the_state_of_a_checkout(tmp_path: Path) -> None:
    assert git_state(tmp_path) == (None, None)
    git(tmp_path, "init", "-q")
    assert git_state(tmp_path) == (None, None)
    (tmp_path / "harness").mkdir()
    code = tmp_path / "harness" / "a.py"
    code.write_text("1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    commit, dirty = git_state(tmp_path)
    assert (len(str(commit)), dirty) == (40, False)
    (tmp_path / "results.json").write_text("{}")  # no code: it changes no figure
    assert git_state(tmp_path) == (commit, False)
    code.write_text("2\n")
    assert git_state(tmp_path) == (commit, True)
    git(tmp_path, "checkout", "-q", ".")
    (tmp_path / "harness" / "new.py").write_text("3\n")
    assert git_state(tmp_path) == (commit, True)


def test_without_git_nothing_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (collect().commit, collect().dirty, collect().git) == (None, None, None)


def test_git_is_given_no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    spy = tmp_path / "git"
    spy.write_text(f"#!/bin/sh\n/usr/bin/env > {seen}\n")
    spy.chmod(0o755)
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    git_state(tmp_path)
    assert "PATH=" in seen.read_text()
    assert "canary" not in seen.read_text()


def test_steps_and_replies_name_their_run(tmp_path: Path) -> None:
    store, ticks = tmp_path / "s.db", iter(range(1000, 9000))
    with Alias("m-2026-01") as server:
        relay(server, store, clock=lambda: float(next(ticks)))
        relay(server, store, round_trips=2, clock=lambda: float(next(ticks)))
        harness.horizon.run(
            "openai:m", tasks=["dictsum"], turns=2, rollouts=1, rates=["0"], store=store, base_url=server.url
        )
    harness.rescore(store, workers=0)
    with Reader(store) as reader:
        runs = reader.runs()
        asked = dict(reader.connection.execute("SELECT hop, run FROM replies WHERE chain = 1").fetchall())
        of_horizon = {row[0] for row in reader.connection.execute("SELECT run FROM replies WHERE chain > 1")}
        measured = {row[0] for row in reader.connection.execute("SELECT run FROM steps")}
    assert [run.command for run in runs] == ["run", "run", "horizon", "rescore"]
    assert (asked, of_horizon, measured) == ({1: 1, 2: 1, 3: 2, 4: 2}, {3}, {4})
    first, second = runs[:2]
    assert (first.started, second.spec["round_trips"]) == (1000.0, 2)
    assert first.ended is not None
    assert first.started < first.ended < second.started
    assert {run.about.told for run in runs} == {collect().told}
    assert first.about.libraries["numpy"]
    assert origin(store)[-1] == "openai:m answered as m-2026-01"


def test_a_killed_run_has_no_end(tmp_path: Path) -> None:
    with Store(tmp_path / "s.db") as store:
        store.begin("run", {}, collect(), lambda: 1.0)
        with Reader(tmp_path / "s.db") as reader:
            assert [run.ended for run in reader.runs()] == [None]


@pytest.mark.parametrize("kind", ["relay", "horizon"])
def test_another_model_under_the_same_name_stops_the_run(kind: str, tmp_path: Path) -> None:
    store = tmp_path / "s.db"

    def run(server: Alias, length: int, **given: Any) -> None:
        if kind == "relay":
            relay(server, store, round_trips=length, **given)
        else:
            harness.horizon.run(
                "openai:m", tasks=["dictsum"], design="curve", turns=2 * length, rollouts=1, store=store,
                base_url=server.url, **given,
            )  # fmt: skip

    with Alias("m-2026-01") as server:
        run(server, 1)
        server.served = "m-2026-02"
        for _ in range(2):  # the second time before anything is asked
            with pytest.raises(UsageError, match=r"answers as m-2026-02, .* m-2026-01: .*--accept-drift"):
                run(server, 2)
            with Reader(store) as reader:
                assert reader.served() == {1: ("m-2026-01", "m-2026-02")}
                kept = reader.connection.execute("SELECT model FROM replies ORDER BY hop").fetchall()
            assert [row[0] for row in kept] == ["m-2026-01"] * 2 + ["m-2026-02"]  # the paid reply is kept
        run(server, 2, accept_drift=True)
        run(server, 3)  # what was once accepted stays so
    with Reader(store) as reader:
        accepted = reader.connection.execute("SELECT id, run FROM served ORDER BY id").fetchall()
        assert accepted[0] == ("m-2026-01", 1)
        assert accepted[1][0] == "m-2026-02"
        assert accepted[1][1] in (4, 5)


def test_two_models_under_one_name_are_told_apart(tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    with Alias("m-2026-01") as server:
        relay(server, store)
        server.served = "m-2026-02"
        relay(server, store, repeats=2, accept_drift=True)
    assert list(harness.load(store).summary()["models"]) == [
        "openai:m (served m-2026-01)", "openai:m (served m-2026-02)",
    ]  # fmt: skip
    with pytest.raises(UsageError, match=r"several models under the name openai:m: choose with \?served=m-2026-01"):
        open_side(str(store))
    one = open_side(f"{store}#openai:m?served=m-2026-02").steps
    assert (set(one["repeat"]), set(one["served"])) == ({2}, {"m-2026-02"})


def test_a_fingerprint_that_changes_is_counted(tmp_path: Path) -> None:
    with Alias("m-2026-01") as server:
        relay(server, tmp_path / "s.db")
        server.fingerprint = "fp_2"
        relay(server, tmp_path / "s.db", round_trips=2)
    assert origin(tmp_path / "s.db")[-1] == "openai:m answered as m-2026-01, 2 system fingerprints"
    assert len(harness.load(tmp_path / "s.db").summary()["models"]) == 1


def test_other_servers_have_models_of_their_own(tmp_path: Path) -> None:
    with Alias("one") as here, Alias("two") as there:
        relay(here, tmp_path / "s.db")
        relay(there, tmp_path / "s.db")
    assert len(harness.load(tmp_path / "s.db").chains) == 2


def test_result_files_carry_it_and_older_ones_are_read(tmp_path: Path) -> None:
    store, file = tmp_path / "s.db", tmp_path / "r.json"
    with Alias("m-2026-01") as server:
        relay(server, store)
    export(store, file)
    found = open_results(file)
    assert [run["command"] for run in found.runs] == ["run"]
    assert found.runs[0]["about"]["package"] == collect().package
    assert set(load(file)["served"]) == {"m-2026-01"}
    value = json.loads(file.read_text())
    value["version"] = 1
    del value["runs"], value["chains"][0]["served"]
    file.write_text(json.dumps(value))
    assert set(load(file)["served"]) == {"m-2026-01"}  # as its replies say
    value["chains"][0]["model"] = value["chains"][0]["spec"]["model"] = "\ud800"
    file.write_text(json.dumps(value))
    with pytest.raises(UsageError, match="model cannot be"):
        load(file)


def test_scores_of_two_versions_are_not_compared(tmp_path: Path) -> None:
    for name, model in (("a", "sim:careless"), ("b", "sim:deleter")):
        harness.run(model, "accounting", store=tmp_path / f"{name}.db", round_trips=1, **SMALL)
    with Store(tmp_path / "b.db") as store:
        store._writer.submit(lambda c: c.execute("UPDATE steps SET scorer = 'older'") and None).result()
    a, b = (open_side(str(tmp_path / f"{name}.db")) for name in "ab")
    for mixing in (lambda: paired(a, b), lambda: build([tmp_path / "a.db", tmp_path / "b.db"], tmp_path / "site")):
        with pytest.raises(UsageError, match="accounting was scored by different versions"):
            mixing()
    with pytest.raises(UsageError, match="scored by another version"):
        harness.gate("sim:oracle", str(tmp_path / "b.db"))

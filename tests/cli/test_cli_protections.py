"""Editors and protections on the command line: told beside the model, and chosen from."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

import harness
from harness.analysis.ways import ways
from harness.cli.analyse import analyse_store
from harness.cli.compare import show_comparison
from harness.cli.diff import print_work, show_diff
from harness.cli.show import show_study
from harness.cli.ways import number, paid, ranged
from harness.estimate import NOTHING, Estimate
from harness.store import Reader
from harness.study import load


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "study.db"
    harness.run("sim:frontier", "accounting", doc_tokens=200, documents=5, round_trips=2, distractors=0, workers=0,
                protect=("none", "verify,guard"), store=path)  # fmt: skip
    return path


def words(text: str) -> str:
    return " ".join(text.split())


def test_show_says_what_protections_do_and_are_worth(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_study(store, as_json=False)
    shown = capsys.readouterr().out
    relays, hops = shown.split("whole relays")[1].split("What protections do at a hop")
    told = ways(load(store).steps)["sim:frontier (protect guard, verify)"]
    assert told.protection is not None
    assert told.against is not None
    row = words(next(line for line in relays.splitlines() if "guard, verify" in line))
    assert row.startswith(f"sim:frontier guard, verify {told.rs.value:.3f} [")
    assert f"unprotected {told.against.difference.value:.3f}" in row
    assert row.endswith(number(told.against.per_call))
    row = words(next(line for line in hops.splitlines() if "guard, verify" in line))
    assert f"{told.protection.damage.value:.3f} {told.protection.prevented.value:.3f}" in row
    assert row.endswith(ranged(told.protection.per_call))
    assert "points/dollar" not in shown  # nothing was paid
    show_study(store, as_json=True)
    found = json.loads(capsys.readouterr().out)["ways"]["sim:frontier (protect guard, verify)"]
    assert found == json.loads(json.dumps(dataclasses.asdict(told)))


def test_analyse_tells_every_figure_with_its_interval(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    analyse_store(store, values=False, as_json=False)
    shown = words(capsys.readouterr().out)
    analyse_store(store, values=False, as_json=True)
    found = json.loads(capsys.readouterr().out)["models"]
    own = found["sim:frontier (protect guard, verify)"]["way"]["protection"]
    assert f"false alarms {own['false_alarms']['value']:.3f} [" in shown
    assert own["fired"]
    for name, hops in own["fired"].items():
        assert f"{name} at {hops} of {own['hops']} hops" in shown
    assert own["per_dollar"] == {"value": None, "low": None, "high": None, "count": 5}


def test_compare_takes_protections_as_people_write_them(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sides = (f"{store}?protect=none", f"{store}#sim:frontier?protect=guard,verify")
    show_comparison(*sides, None, None, 0, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["pairs"] == 5
    assert found["calls"]["value"] >= 4.0  # a second turn at each of four hops
    assert (found["cost"]["value"], found["per_dollar"]["value"]) == (0.0, None)
    show_comparison("sim:frontier?protect=none", "sim:frontier?protect=verify, guard", store, None, 0, as_json=False)
    assert f"A relay of B takes {found['calls']['value']:.3g} " in words(capsys.readouterr().out)


def test_what_is_not_chosen_is_refused_with_the_choice(store: Path) -> None:
    choice = f"choose with '{store}#sim:frontier?protect=none'; protect is guard,verify or none"
    with pytest.raises(harness.UsageError, match=re.escape(choice)):
        show_comparison(str(store), f"{store}?protect=none", None, None, 0, as_json=False)
    with pytest.raises(harness.UsageError, match="has no protect 'vote:3'"):
        show_comparison(f"{store}?protect=vote:3", str(store), None, None, 0, as_json=False)


def test_unknown_and_nothing_are_told_apart() -> None:
    nothing = Estimate(None, None, None, 4)
    assert [paid(NOTHING), number(NOTHING), number(nothing), ranged(nothing)] == ["?", "?", "-", "-"]
    assert [paid(Estimate(-0.5, -1.0, 0.0, 3)), ranged(Estimate(2.0, 1.5, 2.5, 3))] == ["-$0.500", "2 [1.5, 2.5]"]


def test_diff_says_what_protections_and_tools_did(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = load(store).steps
    row = steps[(steps["fired"] == "guard") & (steps["bare"] < 1)].iloc[0]
    chain, hop = int(row["chain"]), int(row["hop"])
    show_diff(store, str(chain), hop, None, 5)
    shown = words(capsys.readouterr().out)
    assert "sim:frontier & guard & verify" in shown
    assert f"protections: without them RS {row['bare']:.3f}, {row['extra_calls']} calls more" in shown
    assert "guard asked again" in shown
    with Reader(store) as reader:
        step = next(step for step in reader.steps(chain) if step.hop == hop)
    calls: tuple[dict[str, object], ...] = (
        {"turn": 1, "tool": "view", "file": "a\x1b[31m.ledger", "ok": True, "bytes": 0},
        {"turn": 2, "tool": "insert", "file": "", "ok": False, "bytes": 0, "why": "no such file"},
    )
    print_work(dataclasses.replace(step, trace=calls, guards=None))
    assert capsys.readouterr().out == ("  turn 1: view a\\x1b[31m.ledger\n  turn 2: insert, in vain: no such file\n")

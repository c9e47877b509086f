"""What protections do in relays of simulated models, whose errors are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from relayed import relays

import harness
from harness import results
from harness.analysis import paired
from harness.analysis.doses import arms, doses
from harness.analysis.overview import analyse
from harness.analysis.protection import protection
from harness.analysis.ways import ways
from harness.comparison import compare
from harness.editors.channel import Channel
from harness.editors.protections.editor import Reviewer
from harness.sides import open_side

SETS = ("none", "verify", "guard", "vote:3")
SMALL: dict[str, Any] = {"doc_tokens": 120, "documents": 7, "round_trips": 2, "distractors": 0, "workers": 0}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("protection") / "study.db"
    harness.run(["sim:frontier", "sim:oracle"], "accounting", store=path, protect=SETS, **SMALL)
    return path


@pytest.fixture(scope="module")
def steps(store: Path) -> pd.DataFrame:
    return harness.load(store).steps


def part(steps: pd.DataFrame, model: str, protect: str) -> pd.DataFrame:
    told = steps["protect"].astype(object).where(steps["protect"].notna(), "none")
    return steps[(steps["model"] == model) & (told == protect)]


def test_the_editor_alone_is_the_unprotected_one(steps: pd.DataFrame) -> None:
    """At the first hop both have the same document, so what the protections are held against was really run."""
    key = ["domain", "document"]
    alone = part(steps, "sim:frontier", "none").query("hop == 1").set_index(key)
    assert (alone["credit"] < 1.0).any()
    for protect in SETS[1:]:
        own = part(steps, "sim:frontier", protect).query("hop == 1").set_index(key)
        for name, bare in (("credit", "bare"), ("step", "bare_step")):
            assert own[bare].to_dict() == pytest.approx(alone[name].to_dict(), nan_ok=True)
        rest = part(steps, "sim:frontier", protect)
        assert (rest["prevented"].dropna() == (rest["credit"] - rest["bare"]).dropna()).all()


def test_a_review_prevents_what_it_sees() -> None:
    """Each difference is seen, and mended, with a known probability; one call more is made."""
    channels = {"alters": Channel(alter=0.05), "drops": Channel(drop=0.05)}
    steps = relays(
        channels, ("accounting", "recipe"), protect="verify", doc_tokens=120, documents=20, round_trips=1
    ).steps
    for _, own in steps.groupby("model"):
        found = protection(own)
        assert found is not None
        assert Reviewer().seen in found.share
        assert 0.0 < (found.share.high or 0.0) - (found.share.low or 0.0) < 0.9
        assert (found.extra_calls.value, found.extra_cost.value, found.per_dollar.value) == (1.0, 0.0, None)
        assert found.per_call.value == pytest.approx(100.0 * (found.prevented.value or 0.0))
        assert found.harmed.value == pytest.approx((own["prevented"] < 0).mean(), abs=0.01)


def test_a_vote_of_three_takes_two_more(steps: pd.DataFrame) -> None:
    found = protection(part(steps, "sim:frontier", "vote:3"))
    assert found is not None
    assert found.extra_calls.value == 2.0
    assert (found.share.value or 0.0) > 0.5


def test_who_damages_nothing_has_nothing_prevented(steps: pd.DataFrame) -> None:
    for protect in SETS[1:]:
        found = protection(part(steps, "sim:oracle", protect))
        assert found is not None
        assert (found.damage.value, found.share.value, found.caught.count) == (0.0, None, 0)
    guard = protection(part(steps, "sim:oracle", "guard"))
    assert guard is not None
    own = part(steps, "sim:oracle", "guard")
    assert guard.false_alarms.value == pytest.approx((own["fired"] != "").mean())
    assert (guard.fired.get("guard", 0), guard.hops) == (int((own["fired"] != "").sum()), len(own))


def test_whole_relays_are_paired_with_the_unprotected_ones(store: Path, steps: pd.DataFrame) -> None:
    told = ways(steps)
    assert len(told) == 2 * len(SETS)
    way = told["sim:frontier (protect vote:3)"]
    assert way.against is not None
    sides = [open_side(f"{store}#sim:frontier?protect={name}") for name in ("none", "vote:3")]
    pairs = paired.pair(*(side.steps for side in sides))
    assert (way.against.hop, way.against.pairs) == (4, 7)
    assert way.against.difference == paired.differences(pairs)[4]
    assert (way.against.calls.value, way.calls.value) == (8.0, 12.0)
    assert way.against.per_call.value == pytest.approx(100.0 * (way.against.difference.value or 0.0) / 8.0)
    compared = compare(*sides)
    assert (compared.difference[4], compared.calls) == (way.against.difference, way.against.calls)


def test_json_tells_them_and_older_tables_do_without(steps: pd.DataFrame) -> None:
    plain = part(steps, "sim:frontier", "none")
    both = pd.concat([plain, part(steps, "sim:frontier", "guard")])
    told = json.loads(json.dumps(analyse(both), allow_nan=False))["models"]
    assert told["sim:frontier (protect guard)"]["way"]["protection"]["hops"] == 28
    assert told["sim:frontier (protect none)"]["way"]["protection"] is None
    older = plain.drop(columns=["protect", "fired", "bare", "bare_step", "prevented", "extra_calls", "extra_cost_usd"])
    assert analyse(older) == analyse(plain)
    assert analyse(older)["models"]["sim:frontier"]["way"] is None


def test_a_result_file_keeps_what_protections_did(store: Path, steps: pd.DataFrame, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    results.export(store, file)
    loaded = results.load(file)
    for name in ("protect", "fired", "bare", "bare_step", "prevented", "extra_calls", "extra_cost_usd"):
        pd.testing.assert_series_equal(loaded[name], steps[name])
    assert results.verify(file, workers=0).ok
    value = json.loads(file.read_text())
    for chain in value["chains"]:
        assert ("fired" in chain["hops"]) == ("&" in chain["editor"])  # others are as older versions write them
    value["chains"][0]["hops"]["bare"] = ["much"] * 4
    file.write_text(json.dumps(value))
    with pytest.raises(harness.UsageError, match="bare cannot be 'much'"):
        results.load(file)


def test_sides_are_chosen_by_protections_however_they_are_written(store: Path) -> None:
    rows = open_side(f"{store}#sim:frontier?protect=vote:3").steps
    assert set(rows["protect"]) == {"vote:3"}
    assert open_side(f"{store}#sim:frontier?editor=sim:frontier&protect=none").steps["protect"].isna().all()
    with pytest.raises(harness.UsageError, match=r"\?protect=none'; protect is guard or none or verify or vote:3"):
        open_side(f"{store}#sim:frontier")
    with pytest.raises(harness.UsageError, match="has no protect 'guard,verify': it has guard or none"):
        open_side(f"{store}#sim:frontier?protect=verify, guard")
    with pytest.raises(harness.UsageError, match="unknown protection 'gard'"):
        open_side(f"{store}#sim:frontier?protect=gard")


def test_protections_are_a_condition_of_what_errors_do(tmp_path: Path) -> None:
    """Chains with and without protections are never averaged."""
    few = {**SMALL, "documents": 3, "round_trips": 1}
    study = harness.run(["sim:careless"], ["recipe"], protect=("none", "vote:3"), planted=["0", "25%"], **few)
    found = doses(study.steps)
    assert [one.condition["protect"] for one in found] == [None, "vote:3"]
    assert all(dose.own.count == 3 for one in found for dose in one.doses)
    tables = [study.steps, study.steps.assign(memory="session")]
    assert [one.protect for one in arms(pd.concat(tables))] == [None, None, "vote:3", "vote:3"]

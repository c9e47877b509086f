"""Decisions on simulated models: every verdict, what is bought for it, and when buying stops."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import results
from harness.backends.base import Reply, Usage
from harness.gating import gate, gate_async
from harness.sides import open_side
from harness.store import Place, Reader, Store
from tests.chat_server import ChatServer

QUICK = {"doc_tokens": 100, "round_trips": 1, "distractors": 0}
HERE = {**QUICK, "workers": 0}


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty documents of two domains."""
    path = tmp_path_factory.mktemp("gate") / "old.db"
    harness.run(["sim:oracle"], ["recipe", "subtitles"], store=path, documents=20, **{**HERE, "round_trips": 5})
    return path


def test_a_better_candidate_passes(tmp_path: Path) -> None:
    found = gate("sim:oracle", "sim:deleter", domains="subtitles", margin=0.1, adaptive=True, **HERE)
    assert (found.outcome, found.exit_code) == ("pass", 0)
    assert found.difference.low is not None
    assert found.difference.low > -0.1
    assert found.looks[-1].pairs == found.pairs
    assert found.further is None
    assert found.cost_usd == 0.0


def test_a_worse_candidate_fails_with_the_figures(baseline: Path) -> None:
    found = gate("sim:frontier", str(baseline), margin=0.02, adaptive=True, workers=0)
    assert (found.outcome, found.exit_code) == ("fail", 1)
    assert found.difference.high is not None
    assert found.difference.high < -0.02
    assert found.comparison is not None
    assert 1 <= len(found.comparison.regressions) <= 5
    assert found.comparison.regressions[0].difference < -0.05
    assert set(found.comparison.domains) == {"recipe", "subtitles"}


def test_too_little_evidence_is_inconclusive_and_says_what_would_do() -> None:
    found = gate("sim:careless", "sim:oracle", domains="subtitles", adaptive=True, max_chains=15, **HERE)
    assert (found.outcome, found.exit_code) == ("inconclusive", 3)
    assert found.pairs == 12
    assert "--max-chains 15" in found.reason
    assert found.further is not None
    assert f"{found.further:,} further" in found.outlook()


def test_one_look_at_a_fixed_size(baseline: Path) -> None:
    assert gate("sim:oracle", str(baseline), margin=0.2, workers=0).outcome == "pass"
    assert gate("sim:oracle", str(baseline), margin=0.02, workers=0).outcome == "inconclusive"
    found = gate("sim:alterer", "sim:oracle", domains="subtitles", margin=0.001, documents=5, **HERE)
    assert found.pairs == 5
    assert found.outcome == "inconclusive"


def test_the_environments_are_those_of_the_baseline(baseline: Path, tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    found = gate("sim:oracle", str(baseline), margin=0.2, store=path, workers=0)
    old, new = open_side(str(baseline)).steps, open_side(str(path)).steps
    assert found.pairs == 40
    assert set(zip(old["document_hash"], old["edit"], strict=True)) == set(
        zip(new["document_hash"], new["edit"], strict=True)
    )
    part = gate("sim:oracle", str(baseline), domains=["recipe"], margin=0.2, store=tmp_path / "part.db", workers=0)
    assert part.pairs == 20


def test_the_same_call_again_buys_nothing(baseline: Path, tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    first = gate("sim:frontier", str(baseline), margin=0.02, adaptive=True, store=path, workers=0)
    with sqlite3.connect(path) as connection:
        before = connection.execute("SELECT count(*) FROM steps").fetchone()
    again = gate("sim:frontier", str(baseline), margin=0.02, adaptive=True, store=path, workers=0)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM steps").fetchone() == before
    assert again.to_dict() == first.to_dict()


def test_a_baseline_that_ends_before_the_decision(baseline: Path) -> None:
    found = gate("sim:oracle", str(baseline), margin=0.02, adaptive=True, workers=0)
    assert found.outcome == "inconclusive"
    assert found.pairs == 40
    assert "has no more chains" in found.reason
    # All 40 are equal: a loss of everything in 1 of 50 is excluded at 5 % by about 150.
    assert found.further is not None
    assert 80 < found.further < 300


def test_fixtures_are_bought_by_repeats(tmp_path: Path) -> None:
    path = tmp_path / "fixtures.db"
    harness.run(["sim:oracle"], ["subtitles"], store=path, repeats=2, round_trips=1, distractors=0, workers=0)
    places = open_side(str(path)).steps["document"].nunique()
    found = gate("sim:noop", str(path), margin=0.3, adaptive=True, workers=0)
    assert found.pairs == 2 * places
    assert found.comparison is not None
    assert found.comparison.compliance.value == pytest.approx(-1.0, abs=0.1)


def test_a_running_loop_takes_the_coroutine() -> None:
    async def decide() -> str:
        with pytest.raises(harness.UsageError, match="gate_async"):
            gate("sim:oracle", "sim:deleter", domains="subtitles", **HERE)
        found = await gate_async("sim:oracle", "sim:deleter", domains="subtitles", margin=0.4, documents=14, **HERE)
        return found.outcome

    assert asyncio.run(decide()) == "pass"


def test_it_stops_before_the_purse_is_empty(tmp_path: Path) -> None:
    """Chains that cost a dollar each: of the second batch there would be 24 in all."""
    path = tmp_path / "paid.db"
    terms = {"domains": "subtitles", "adaptive": True, "store": path, **HERE}
    gate("sim:careless", "sim:oracle", max_chains=12, **terms)
    charge(path, 1.0)
    found = gate("sim:careless", "sim:oracle", max_cost=30.0, **terms)
    assert (found.outcome, found.pairs, found.cost_usd) == ("inconclusive", 12, 24.0)
    assert "--max-cost" in found.reason
    assert gate("sim:careless", "sim:oracle", max_cost=60.0, max_chains=24, **terms).pairs == 24


def test_an_unknown_price_cannot_be_budgeted(baseline: Path) -> None:
    with pytest.raises(harness.UsageError, match="price of openai:nobody-knows-it is not known"):
        gate("openai:nobody-knows-it", str(baseline), adaptive=True, max_cost=1.0)


@pytest.mark.parametrize("adaptive", [True, False])
def test_a_purse_too_small_for_the_first_batch_buys_nothing(baseline: Path, tmp_path: Path, adaptive: bool) -> None:
    """No key is set and no server is there: a call would be an error."""
    found = gate("openai:gpt-4o", str(baseline), adaptive=adaptive, max_cost=0.0001, store=tmp_path / "none.db")
    assert (found.outcome, found.pairs, found.calls) == ("inconclusive", 0, 0)
    assert found.headline().startswith("inconclusive: ")
    assert not (tmp_path / "none.db").exists()


def test_the_limits_of_a_run_are_those_of_all_batches_together(tmp_path: Path) -> None:
    with ChatServer(lambda _: "nothing", latency=0.0) as server:
        terms = {"domains": "recipe", "adaptive": True, "base_url": server.url, "store": tmp_path / "s.db", **HERE}
        found = gate("openai:stub", "sim:oracle", max_calls=10, margin=0.9, **terms)
        assert (found.outcome, found.calls, server.received) == ("inconclusive", 10, 10)
        assert "--max-calls 10: 10 calls made; the same command with a higher --max-calls continues" in found.reason
        assert found.missing > 0


def charge(path: Path, cost: float) -> None:
    """One reply of that cost to every chain."""

    async def write() -> None:
        with Reader(path) as reader:
            numbers = [chain.number for chain in reader.chains()]
        with Store(path) as store:
            for number in numbers:
                await store.save_reply(
                    number, Place(1, 1, 1, "request"), Reply("", "stop", Usage(1, 1), 0.0, cost), 0.0
                )

    asyncio.run(write())


def test_refusals(baseline: Path, tmp_path: Path) -> None:
    for arguments, terms, told in (
        (("sim:oracle", "sim:oracle"), {"domains": "recipe"}, "against itself"),
        (("sim:oracle", "sim:noop"), {}, "which domains"),
        (("sim:oracle", "nonsense"), {}, "neither a file that exists nor a model"),
        (("sim:oracle", str(tmp_path / "gone.db")), {}, "there is no baseline"),
        (("sim:oracle", str(baseline)), {"seed": 3}, "seed comes from the baseline"),
        (("sim:oracle", str(baseline)), {"domains": ["chess"]}, "has no chess"),
        (("sim:oracle", str(baseline)), {"margin": 0.0}, "margin"),
        (("sim:oracle", str(baseline)), {"max_chains": 0}, "at least 1"),
        (("sim:oracle", str(baseline)), {"max_chains": 5}, "takes 40 pairs"),
        (("sim:oracle", str(baseline)), {"max_cost": 0.0}, "above 0"),
        (("sim:gone", str(baseline)), {}, "sim:gone"),
    ):
        with pytest.raises(harness.UsageError, match=told):
            gate(*arguments, **terms)  # type: ignore[arg-type]


def test_documents_that_changed_are_told_before_anything_is_bought(baseline: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    results.export(baseline, other, transcripts=False)
    told = other.read_text(encoding="utf-8")
    for one in open_side(str(baseline)).steps["document_hash"].unique():
        told = told.replace(one, one[::-1])
    other.write_text(told, encoding="utf-8")
    with pytest.raises(harness.UsageError, match="run the baseline again"):
        gate("sim:oracle", str(other), store=tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


def test_a_results_file_is_a_baseline(baseline: Path, tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    results.export(baseline, file, transcripts=False)
    found = gate("sim:frontier", str(file), margin=0.02, adaptive=True, workers=0)
    assert found.outcome == "fail"
    assert found.comparison is not None
    assert found.comparison.regressions[0].text == ()


def test_a_way_of_editing_is_decided_on_like_a_model(tmp_path: Path) -> None:
    plain, kept = tmp_path / "plain.db", tmp_path / "kept.db"
    conditions: dict[str, Any] = {**HERE, "round_trips": 3, "documents": 20, "domains": "subtitles"}
    harness.run("sim:frontier", store=plain, **conditions)
    harness.run("sim:frontier", store=kept, protect="vote:3", **conditions)

    def difference(baseline: Path, **asked: Any) -> float:
        found = gate("sim:frontier", str(baseline), margin=0.02, workers=0, **asked).difference.value
        assert found is not None
        return found

    assert difference(plain) == difference(kept) == 0.0  # asked as the baseline was
    assert difference(plain, protect="vote:3") == -difference(kept, protect="none") > 0.05

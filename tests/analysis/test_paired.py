"""Pairs of chains: what pairs, and that the figures are those of the pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import harness
from harness import results
from harness.analysis import paired
from harness.comparison import compare
from harness.seeds import derive
from harness.sides import open_side

SMALL = {"doc_tokens": 120, "documents": 6, "round_trips": 2, "distractors": 0, "workers": 0}
DOMAINS = ["recipe", "subtitles"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("paired") / "study.db"
    harness.run(["sim:oracle", "sim:deleter", "sim:noop"], DOMAINS, store=path, **SMALL)
    return path


def side(store: Path, model: str) -> pd.DataFrame:
    return open_side(f"{store}#{model}").steps


def test_everything_pairs_on_the_same_environments(store: Path) -> None:
    pairs = paired.pair(side(store, "sim:oracle"), side(store, "sim:deleter"))
    assert (pairs.chains, pairs.alone_a, pairs.alone_b, pairs.other_plan) == (12, 0, 0, 0)
    assert pairs.last == 4
    own = side(store, "sim:deleter")
    expected = own[own["hop"] == 4]["credit"].mean() - 1.0
    assert paired.differences(pairs)[4].value == pytest.approx(expected)
    assert pairs.at(4)["difference"].mean() == pytest.approx(expected)


def test_swapping_the_sides_turns_the_sign(store: Path) -> None:
    there = paired.differences(paired.pair(side(store, "sim:oracle"), side(store, "sim:deleter")))
    back = paired.differences(paired.pair(side(store, "sim:deleter"), side(store, "sim:oracle")))
    for hop, found in there.items():
        if found.value is not None:
            assert back[hop].value == pytest.approx(-found.value)


def test_the_loss_is_of_the_kind_the_profile_makes(store: Path) -> None:
    pairs = paired.pair(side(store, "sim:oracle"), side(store, "sim:deleter"))
    losses = {kind: found.value or 0.0 for kind, found in paired.by_loss(pairs, 4).items()}
    assert max(losses, key=lambda kind: losses[kind]) == "missing"
    assert paired.compliance(paired.pair(side(store, "sim:oracle"), side(store, "sim:noop"))).value == pytest.approx(
        -1.0, abs=0.1
    )


def test_domains_and_edits_come_worst_first(store: Path) -> None:
    pairs = paired.pair(side(store, "sim:oracle"), side(store, "sim:deleter"))
    for part in (paired.by_domain(pairs, 4), paired.by_edit(pairs)):
        values = [found.value or 0.0 for found in part.values()]
        assert values == sorted(values)
        assert all(value <= 0 for value in values)
    assert set(paired.by_domain(pairs, 4)) == set(DOMAINS)


def test_the_worst_are_the_worst_and_the_hop_is_where_it_fell(store: Path) -> None:
    pairs = paired.pair(side(store, "sim:oracle"), side(store, "sim:deleter"))
    falls = paired.worst(pairs, 4, 3)
    lowest = sorted(pairs.at(4)["difference"])[:3]
    assert [fall for *_, fall in falls] == pytest.approx(lowest)
    for _, chain, hop, _ in falls:
        own = pairs.table[(pairs.table["chain_b"] == chain) & (pairs.table["hop"] % 2 == 0)].set_index("hop")[
            "difference"
        ]
        steps = {2: own[2], 4: own[4] - own[2]}
        assert hop == min(steps, key=lambda k: steps[k])


def test_chains_without_a_partner_are_counted(store: Path) -> None:
    whole, part = side(store, "sim:oracle"), side(store, "sim:deleter")
    part = part[part["document"] != "generated-120-3"]
    pairs = paired.pair(whole, part)
    assert (pairs.chains, pairs.alone_a, pairs.alone_b) == (10, 2, 0)


def test_partners_that_were_asked_for_other_edits_do_not_count(store: Path) -> None:
    whole, other = side(store, "sim:oracle"), side(store, "sim:deleter").copy()
    number = int(other["chain"].iloc[0])
    other.loc[other["chain"] == number, "edit"] = "another"
    pairs = paired.pair(whole, other)
    assert (pairs.chains, pairs.other_plan, pairs.alone_a, pairs.alone_b) == (11, 1, 0, 0)


def test_an_unread_hop_is_no_difference(store: Path) -> None:
    whole, other = side(store, "sim:oracle"), side(store, "sim:deleter").copy()
    number = int(other["chain"].iloc[0])
    other.loc[(other["chain"] == number) & (other["hop"] == 4), "credit"] = np.nan
    pairs = paired.pair(whole, other)
    assert len(pairs.at(4)) == 11
    assert len(pairs.at(2)) == 12


def test_compare_tells_what_the_second_lost(store: Path) -> None:
    found = compare(f"{store}#sim:oracle", "sim:deleter", store=store)
    assert (found.pairs, found.hop, found.better) == (12, 4, 0)
    assert found.worse + found.equal == 12
    assert found.rs_a == 1.0
    assert 1 <= len(found.regressions) <= 5
    worst = found.regressions[0]
    assert worst.difference == min(r.difference for r in found.regressions)
    assert worst.text
    measured = [r for r in found.regressions if r.outcome == "ok"]
    assert measured
    assert all(r.changes and r.changes[0]["kind"] == "missing" for r in measured)


def test_a_results_file_pairs_with_its_store(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    results.export(store, file, transcripts=False)
    found = compare(f"{store}#sim:deleter", f"{file}#sim:deleter")
    assert found.pairs == found.equal == 12
    assert compare(f"{store}#sim:oracle", f"{file}#sim:deleter").regressions[0].text == ()


def test_refusals_name_the_way_out(store: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    harness.run(["sim:oracle"], ["recipe"], store=other, seed=7, **SMALL)
    with pytest.raises(harness.UsageError, match="document hash is common"):
        compare(f"{store}#sim:oracle", str(other))
    with pytest.raises(harness.UsageError, match="several models: write"):
        compare(str(store), str(other))
    with pytest.raises(harness.UsageError, match="has no model 'sim:gone'"):
        compare(f"{store}#sim:gone", str(other))
    with pytest.raises(harness.UsageError, match="there is no file"):
        compare("sim:oracle", "sim:noop")
    with pytest.raises(harness.UsageError, match=r"no pair of .* measured at hop 9"):
        compare(f"{store}#sim:oracle", f"{store}#sim:noop", hop=9)


def test_two_conditions_of_one_model(tmp_path: Path) -> None:
    path = tmp_path / "two.db"
    for policy in ("accept", "keep"):
        harness.run(["sim:careless"], DOMAINS, store=path, policy=policy, **SMALL)
    with pytest.raises(harness.UsageError, match=r"several conditions \(policy\): choose with .*\?policy=accept"):
        compare(str(path), str(path))
    found = compare(f"{path}#sim:careless?policy=accept", f"{path}#sim:careless?policy=keep")
    assert found.pairs == 12
    with pytest.raises(harness.UsageError, match="has no policy 'no'"):
        compare(f"{path}#sim:careless?policy=no", str(path))


def test_a_guarded_interval_is_wary_of_little_evidence() -> None:
    few, many = paired.guarded([0.0] * 20, 0.9), paired.guarded([0.0] * 200, 0.9)
    assert few.low is not None
    assert many.low is not None
    assert few.low < -0.02 < many.low
    assert paired.guarded([]).value is None


@pytest.mark.parametrize("count", [20, 60, 200, 600])
def test_one_look_keeps_its_error_rate_at_the_margin(count: int) -> None:
    """Mostly nothing, some small differences, a few critical losses: the mean is the margin."""
    rng = np.random.default_rng(derive("guarded", count))
    runs, margin = 1000, 0.02
    d = np.where(rng.random((runs, count)) < 0.6, 0.0, rng.normal(0, 0.05, (runs, count)))
    d = np.where(rng.random((runs, count)) < 0.04, -rng.beta(1.5, 1.1, (runs, count)), d)
    d = np.clip(d + (0.04 * 1.5 / 2.6 - margin), -1, 1)
    limits = np.array([(found.low, found.high) for row in d if (found := paired.guarded(row.tolist(), 0.9)).value])
    passed, failed = int((limits[:, 0] > -margin).sum()), int((limits[:, 1] < -margin).sum())
    print(f"{count}: passed {passed / runs:.3f} failed {failed / runs:.3f}")
    assert passed / runs <= 0.06  # Student's interval of a skewed mean, 2.6 standard errors above 0.045
    assert failed / runs <= 0.05

"""What is put into a simulated model comes out of the analyses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from relayed import LIGHT, expected_survival, relays
from scipy.integrate import trapezoid
from scipy.stats import kendalltau, spearmanr

import domains
from harness.analysis import curves, losses, money
from harness.analysis.critical import critical, trips
from harness.analysis.fits import fit, predict
from harness.analysis.overview import analyse
from harness.editors.channel import Channel
from harness.editors.profiles import PROFILES
from harness.store import Reader

if TYPE_CHECKING:
    from harness import Study

HOPS = np.arange(2.0, 21.0, 2.0)
PURE = {
    "missing": Channel(drop=0.02), "altered": Channel(alter=0.02), "spurious": Channel(invent=0.02),
    "moved": Channel(reorder=0.05),
}  # fmt: skip


def seeds(study: Study) -> list[dict[str, str]]:
    with Reader(study.path) as reader:
        return [reader.documents(chain.number)[0] for chain in study.chains]


@pytest.mark.parametrize(
    ("domain", "edit", "drop"), [("subtitles", "conform_to_24_fps", 0.01), ("accounting", "to_csv", 0.03)]
)
def test_a_channel_that_drops_decays_as_it_must(domain: str, edit: str, drop: float) -> None:
    conditions = {"doc_tokens": 250, "documents": 30, "round_trips": 6, "schedule": f"single:{edit}"}
    study = relays({"drops": Channel(drop=drop)}, (domain,), **conditions)
    wanted = np.mean([expected_survival(domain, files, drop, 12) for files in seeds(study)], axis=0)
    found = curves.curve(study.steps)
    assert sum(value in one for value, one in zip(wanted, found.values(), strict=True)) >= 11
    assert float(trapezoid([1.0, *wanted]) / 12) in curves.area(study.steps)
    decay = curves.decay(study.steps)
    assert decay is not None
    expected = fit(np.arange(2.0, 13.0, 2.0), wanted[None, 1::2], floor=False)[0, 0]
    assert float(np.log(2.0) / expected) in decay.half_life
    assert float(expected) in decay.rate
    assert decay.plateau != "yes"


@pytest.mark.parametrize("part", PURE)
def test_the_decomposition_is_what_was_done(part: str) -> None:
    steps = relays({"pure": PURE[part]}, ("subtitles", "accounting"), doc_tokens=200, documents=8, round_trips=3).steps
    told = losses.decomposition(steps)[6]
    values = {name: one.value or 0.0 for name, one in told.items()}
    credit = steps[steps["hop"] == 6]["credit"]
    assert sum(values.values()) == pytest.approx(1.0 - credit.mean())
    own = values.pop(part)
    failed = values.pop("failed")
    assert own > 0.0
    # Two values that changed places in a tuple may pair as one missing and one invented.
    assert sum(values.values()) <= (0.8 if part == "moved" else 0.15) * own
    assert failed <= 0.1
    if part == "missing":
        assert 1.0 - own - failed == pytest.approx(credit.mean())


def test_critical_errors_are_those_that_struck() -> None:
    """One strike in 20 hops takes about half of the document, and nothing else happens."""
    channel = Channel(critical=0.05, size=(20, 20), deletion=1.0)
    steps = relays({"strikes": channel}, ("subtitles", "accounting"), doc_tokens=120, documents=90, round_trips=3).steps
    found = critical(steps)
    for hop, chains in found.chains.items():
        assert 1 - 0.95**hop in chains
    assert 1 - 0.95**2 in found.rate
    assert found.share.value is not None
    assert found.share.value > 0.98
    assert found.drop.value == pytest.approx(0.5, abs=0.15)
    assert found.deletion.value is not None
    assert found.failure.value is not None
    assert found.deletion.value + found.failure.value == pytest.approx(1.0, abs=1e-6)
    assert found.errors == int((trips(steps)["drop"] >= 0.1).sum())


def test_garbling_is_no_deletion() -> None:
    channel = Channel(critical=0.1, size=(20, 20), deletion=0.0, garble=0.9)
    steps = relays({"garbles": channel}, ("accounting",), doc_tokens=120, documents=40, round_trips=2).steps
    found = critical(steps)
    assert found.errors > 10
    assert found.deletion.value is not None
    assert found.deletion.value < 0.1


def test_small_drops_are_no_critical_errors() -> None:
    steps = frame([[1.0, 0.95, 0.9, 0.86, 0.82, 0.78]] * 4)
    found = critical(steps)
    assert (found.errors, found.share.value, found.drop.value) == (0, 0.0, None)
    steps = frame([[1.0, 0.95, 1.0, 0.85, 0.9, 0.8]] * 3 + [[1.0, 1.0, 1.0, 1.0, 1.0, 1.0]])
    found = critical(steps)  # .05, .10 and .05 three times
    assert found.errors == 3
    assert found.share.value == pytest.approx(0.5)
    assert found.drop.value == pytest.approx(0.1)
    assert [found.chains[hop].value for hop in (2, 4, 6)] == [0.0, 0.75, 0.75]


def frame(chains: list[list[float | None]], domain: str = "accounting") -> pd.DataFrame:
    """Steps of these chains, their credit given hop by hop."""
    rows = [
        {"chain": n, "model": "m", "domain": domain, "document": f"d{n}", "document_hash": f"h{n}", "hop": hop,
         "direction": "forward" if hop % 2 else "backward", "credit": credit, "rs": credit, "failed": False,
         "missing": 0.0, "altered": 0.0 if credit is None else 1.0 - credit, "spurious": 0.0, "moved": 0.0}
        for n, chain in enumerate(chains)
        for hop, credit in enumerate(chain, 1)
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"credit": "float64", "rs": "float64"})


def relay_of(rate: float, floor: float, noise: float, chains: int = 30, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    hops = np.arange(1.0, 31.0)
    curve = floor + (1.0 - floor) * np.exp(-rate * hops)
    return frame([list(np.clip(curve + rng.normal(0.0, noise), 0.0, 1.0)) for _ in range(chains)])


def test_fits_are_exact_where_the_curve_is() -> None:
    wanted = np.array([[0.02, 1.0, 0.0], [0.3, 0.9, 0.0], [0.3, 1.0, 0.4], [0.15, 0.95, 0.7]])
    plain = fit(HOPS, predict(HOPS, wanted[:2]), floor=False)
    assert np.allclose(plain, wanted[:2], atol=1e-5)
    assert np.allclose(fit(HOPS, predict(HOPS, wanted[2:]), floor=True), wanted[2:], atol=1e-3)
    flat = fit(HOPS, np.ones((1, 10)), floor=False)
    assert flat[0, 0] < 1e-5
    assert np.isnan(fit(HOPS, np.full((1, 10), np.nan), floor=True)).all()


def test_a_plateau_is_seen_where_there_is_one() -> None:
    level = curves.decay(relay_of(0.3, 0.6, 0.03))
    assert level is not None
    assert level.plateau == "yes"
    assert 0.6 in level.floor
    falling = [curves.decay(relay_of(0.05, 0.0, 0.03, seed=seed)) for seed in range(40)]
    assert sum(one is not None and one.plateau == "yes" for one in falling) <= 1


def test_no_decay_has_no_half_life() -> None:
    found = curves.decay(frame([[1.0] * 12] * 5))
    assert found is not None
    assert (found.half_life.value, found.half_life.high) == (None, None)
    assert curves.decay(frame([[1.0] * 6] * 5)) is None


def test_the_first_hop_below_half() -> None:
    steps = frame([[0.9, 0.7, 0.52, 0.48, 0.4], [0.88, 0.72, 0.5, 0.47, 0.38], [0.91, 0.71, 0.54, 0.46, 0.39]])
    found = curves.below(steps)
    assert found.value == 4.0
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 4.0 <= found.high
    assert curves.below(frame([[1.0] * 4] * 3)).value is None


def test_area_bridges_what_does_not_count() -> None:
    assert curves.area(frame([[0.9, None, 0.7, 0.6]] * 3)).value == pytest.approx((0.95 + 2 * 0.8 + 0.65) / 4)


def test_readiness() -> None:
    sure = pd.concat([frame([[1.0] * 22] * 9), frame([[0.9] * 22] * 9, "recipe").assign(chain=lambda d: d.chain + 50)])
    found = curves.readiness(sure)
    assert (found["accounting"].hop, found["accounting"].rs.value, found["accounting"].probability) == (20, 1.0, 0.95)
    assert found["recipe"].probability == pytest.approx(0.05)
    torn = curves.readiness(frame([[0.99] * 4, [0.97] * 4] * 10))["accounting"]
    assert 0.3 < torn.probability < 0.8


def test_short_horizons_rank_as_long_ones_or_not() -> None:
    quality = [0.99, 0.97, 0.94, 0.9]
    rng = np.random.default_rng(0)

    def models(ends: list[float]) -> dict[str, pd.DataFrame]:
        return {
            f"m{n}": frame([[1.0, a + rng.normal(0, 1e-3), 1.0, b + rng.normal(0, 1e-3)] for _ in range(12)])
            for n, (a, b) in enumerate(zip(quality, ends, strict=True))
        }

    same = curves.rank_agreement(models([0.9, 0.8, 0.7, 0.6]), 2, 4)
    assert (same["spearman"].value, same["kendall"].value, same["kendall"].low) == (1.0, 1.0, 1.0)
    assert curves.rank_agreement(models([0.6, 0.7, 0.8, 0.9]), 2, 4)["spearman"].value == -1.0
    two = dict(list(models([0.9, 0.8, 0.7, 0.6]).items())[:2])
    assert curves.rank_agreement(two, 2, 4)["spearman"].value is None


def test_rank_coefficients_are_scipys() -> None:
    rng = np.random.default_rng(0)
    pools = {f"m{n}": rng.integers(0, 4, size=(20, 2)) / 4 for n in range(6)}
    found = curves.rank_agreement({m: frame([[0.0, a, 0.0, b] for a, b in pool]) for m, pool in pools.items()}, 2, 4)
    ends = np.array([pool.mean(axis=0) for pool in pools.values()])
    assert found["spearman"].value == pytest.approx(spearmanr(ends[:, 0], ends[:, 1]).statistic)
    assert found["kendall"].value == pytest.approx(kendalltau(ends[:, 0], ends[:, 1]).statistic)


@pytest.fixture(scope="module")
def careless() -> pd.DataFrame:
    channels = {name: PROFILES[name] for name in ("careless", "noop", "oracle")}
    return relays(channels, LIGHT, doc_tokens=120, documents=5, round_trips=4, repeats=2).steps


def test_losses_by_group_hold_every_hop(careless: pd.DataFrame) -> None:
    steps = careless[careless["model"] == "sim:careless"]
    for group in losses.GROUPS:
        parts = losses.by(steps, group)
        told = sum(one.hops for one in parts.values())
        assert told >= len(steps) if group == "tag" else told == len(steps)
    assert set(losses.by(steps, "domain")) == set(LIGHT)
    assert set(losses.by(steps, "direction")) == {"forward", "backward"}
    assert set(losses.by(steps, "size")) == {"120"}
    assert {name.split("/")[0] for name in losses.by(steps, "edit")} == set(LIGHT)
    assert set(losses.by(steps, "category")) == {domains.title(name)[1] for name in LIGHT}
    one = steps[steps["edit"] == "to_csv"]
    plain = one.groupby("document_hash")["step"].mean().mean()
    assert losses.by(steps, "edit")["accounting/to_csv"].loss.value == pytest.approx(1.0 - plain)


def test_who_does_nothing_complies_with_nothing(careless: pd.DataFrame) -> None:
    noop, oracle = (losses.compliance(careless[careless["model"] == f"sim:{name}"]) for name in ("noop", "oracle"))
    assert noop.untouched.value is not None
    assert noop.untouched.value > 0.95
    assert (oracle.whole.value, oracle.untouched.value, oracle.partial.value) == (1.0, 0.0, 0.0)


def test_what_is_unknown_is_not_zero(careless: pd.DataFrame) -> None:
    steps = careless[careless["model"] == "sim:careless"].assign(cost_usd=0.25, input_tokens=100)
    free = money.spending(careless[careless["model"] == "sim:oracle"])["cost_usd"]
    assert (free.total, free.hop.value, free.unknown) == (0.0, 0.0, 0)
    assert free.lost.value is None  # nothing was lost
    paid = money.spending(steps)
    assert paid["cost_usd"].total == pytest.approx(0.25 * len(steps))
    assert (paid["cost_usd"].hop.value, paid["cost_usd"].chain.value) == (pytest.approx(0.25), pytest.approx(2.0))
    assert paid["input_tokens"].hop.value == pytest.approx(100.0)
    last = steps[steps["hop"] == 8].groupby("document_hash")["credit"].mean().mean()
    assert paid["cost_usd"].kept.value == pytest.approx(2.0 / (100 * last), rel=0.05)
    assert paid["cost_usd"].lost.value == pytest.approx(2.0 / (100 * (1 - last)), rel=0.05)
    gap = steps.reset_index(drop=True)
    gap.loc[3, "cost_usd"] = None
    missing = money.spending(gap)["cost_usd"]
    assert (missing.total, missing.hop.value, missing.kept.value, missing.unknown) == (None, None, None, 1)


def test_everything_at_once_is_json(careless: pd.DataFrame) -> None:
    told = json.loads(json.dumps(analyse(careless), allow_nan=False))
    assert set(told["models"]) == {"sim:careless", "sim:noop", "sim:oracle"}
    assert told["models"]["sim:oracle"]["rs"]["8"]["value"] == 1.0
    assert told["ranks"]["long"] == 8
    assert set(told["across"]["sim:noop"]) == {"size", "distractors"}
    assert analyse(careless[:0]) == {"models": {}, "across": {}, "ranks": None}
    few = careless[careless["domain"] == "recipe"]
    two = pd.concat([few, few.assign(policy="keep", chain=few["chain"] + 1000)])
    both = analyse(two)
    assert len(both["models"]) == 6
    assert both["ranks"] is None
    json.dumps(both, allow_nan=False)

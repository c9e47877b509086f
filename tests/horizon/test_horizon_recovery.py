"""Recovery and the longest single turn: what is found of scripted models is what was put in."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import pytest

from harness import horizon
from harness.errors import UsageError
from harness.horizon import metrics
from harness.horizon.engine import played
from harness.horizon.intervals import Estimate, share
from harness.horizon.longest import judged, search
from harness.horizon.recovery import Recovery, half_life
from harness.horizon.scripted import Scripted
from harness.horizon.spec import HorizonSpec

GAPS = (0, 1, 3, 7)
SHOCK, HALF_LIFE = 0.7, 2.0


def recovery(model: Scripted, seed: int, rollouts: int = 40) -> Recovery:
    spec = HorizonSpec(
        ("sim:test",), tasks=("prefix_sum",), seed=seed, turns=12, rollouts=rollouts, gaps=GAPS,
        rates=(Fraction(1, 4),), position="burst",
    )  # fmt: skip
    found = metrics.target([(cell, turn) for cell in spec.cells() for turn in played(cell, model)])
    (only,) = found.recoveries
    return only


@pytest.mark.slow
def test_a_known_half_life_is_found() -> None:
    studies = 40
    found = [recovery(Scripted(0.05, shock=SHOCK, half_life=HALF_LIFE), seed) for seed in range(studies)]
    assert sum(HALF_LIFE in one.half_life for one in found) >= 0.9 * studies
    for place, gap in enumerate(GAPS):
        held = sum(SHOCK * 2 ** (-gap / HALF_LIFE) in one.losses[place][1] for one in found)
        assert held >= 0.9 * studies
    values = sorted(one.half_life.value or math.nan for one in found)
    assert values[studies // 2] == pytest.approx(HALF_LIFE, rel=0.15)


def test_damage_that_stays_is_censored_and_none_is_none() -> None:
    stays = recovery(Scripted(0.02, shock=SHOCK, half_life=1000.0), 1)
    assert stays.half_life.value == stays.half_life.high == math.inf
    assert recovery(Scripted(0.05), 1).half_life.value is None
    gone = recovery(Scripted(0.02, shock=0.9, half_life=0.2), 1).half_life
    assert gone.high is not None
    assert gone.high < 1.0


def test_a_repair_is_no_damage() -> None:
    """A model that answers the truth behind a wrong predecessor does not follow it, and has nothing to recover from."""
    found = recovery(Scripted(knows=True), 1)
    assert [estimate.value for _, estimate in found.losses] == [0.0] * len(GAPS)
    assert found.half_life.value is None


def test_a_half_life_is_that_of_the_curve_of_least_squares() -> None:
    """Losses of 64, 32, 16 and 4 of 80 rollouts halve in exactly one turn."""
    rows = [[int(n < 64), int(n < 32), int(n < 16), int(n < 4)] for n in range(80)]
    found = half_life((0, 1, 2, 4), rows)
    assert found.value == pytest.approx(1.0, rel=0.02)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 1.0 < found.high
    assert found == half_life((0, 1, 2, 4), rows)
    assert half_life((0, 1), []).count == 0


def test_several_gaps_are_cells_of_their_own_beside_one_clean_history() -> None:
    one, many = (HorizonSpec(("sim:oracle",), turns=9, rollouts=1, gaps=gaps) for gaps in ((1,), (0, 1, 3)))
    first, more = {cell.key for cell in one.cells()}, {cell.key for cell in many.cells()}
    assert first < more
    assert (len(first), len(more)) == (2 + 3, 2 + 3 * 3)
    masked = HorizonSpec(("sim:oracle",), turns=9, rollouts=1, gaps=(0, 1), arms=("masked",))
    assert len(list(masked.cells())) == 2 + 3


def test_recovery_in_the_summary(tmp_path: Path) -> None:
    study = horizon.run(
        "sim:shaken", turns=20, rates=["25%"], position="burst", gaps=[1, 4, 8], rollouts=30, store=tmp_path / "s.db"
    )
    (target,) = json.loads(json.dumps(study.summary()))["targets"]
    (found,) = target["recoveries"]
    assert [loss["gap"] for loss in found["losses"]] == [1, 4, 8]
    assert found["half_life"]["count"] == 30
    assert {dose["gap"] for dose in target["doses"]} == {1, 4, 8}
    assert horizon.load(tmp_path / "s.db").summary() == study.summary()


async def test_doubling_until_it_fails_then_bisecting() -> None:
    async def at(size: int) -> Estimate:
        return share(10 if size <= 11 else 0, 10)

    assert list(await search(64, 0.8, at)) == [1, 2, 4, 8, 16, 12, 10, 11]
    assert list(await search(11, 0.8, at)) == [1, 2, 4, 8, 11]
    assert judged(await search(64, 0.8, at), 0.8).value == 11
    assert judged(await search(11, 0.8, at), 0.8).value == math.inf

    async def never(_: int) -> Estimate:
        return share(0, 10)

    assert list(await search(64, 0.8, never)) == [1]
    assert judged(await search(64, 0.8, never), 0.8) == Estimate(0.0, 0.0, 0.0, 10)

    async def missing(_: int) -> Estimate:
        return Estimate(None, None, None, 0)

    assert judged(await search(64, 0.8, missing), 0.8).value is None


def test_the_longest_turn_of_a_model_that_slips_with_every_item() -> None:
    """0.98 to the power of K is 0.8 at 11.04: eleven items."""
    (found,) = horizon.length("sim:crammed", tasks=["add"], rollouts=300).results
    assert 11 in found.longest
    assert found.longest.value is not None
    assert abs(found.longest.value - 11) <= 4
    assert found.longest.high is not None
    assert found.longest.high < 32
    assert all(estimate.value == pytest.approx(0.98**size, abs=0.07) for size, estimate in found.tried)


@pytest.mark.slow
def test_its_interval_holds_what_was_put_in() -> None:
    studies = 20
    found = [horizon.length("sim:crammed", tasks=["add"], rollouts=20, seed=n).results[0] for n in range(studies)]
    assert sum(11 in one.longest for one in found) >= 0.9 * studies


def test_a_search_is_stored_and_continued(tmp_path: Path) -> None:
    conditions = {"tasks": ["add", "permutation"], "rollouts": 12, "largest": 8, "store": tmp_path / "s.db"}
    first = horizon.length(["sim:crammed", "sim:oracle"], **conditions)  # type: ignore[arg-type]
    again = horizon.length(["sim:crammed", "sim:oracle"], **conditions)  # type: ignore[arg-type]
    assert first == again
    assert [(found.condition.model, found.condition.task) for found in first.results] == [
        (model, task) for model in ("sim:crammed", "sim:oracle") for task in ("add", "permutation")
    ]
    told = json.loads(json.dumps(first.summary()))["lengths"][-1]
    assert told["longest"] == {"value": None, "low": 0.0, "high": None, "count": 12, "censored": True}
    assert [tried["size"] for tried in told["tried"]] == [1, 2, 4, 8]


def test_what_makes_no_sense_in_a_single_turn_is_refused() -> None:
    for conditions, told in (
        ({"turns": 4}, "turns means nothing"), ({"gaps": (1, 2)}, "gaps means nothing"), ({"largest": 0}, "at least 1"),
        ({"accuracy": 80}, "up to 1"), ({"tasks": ["nope"]}, "unknown task"), ({"colour": 1}, "unknown condition"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=told):
            horizon.length("sim:oracle", **conditions)

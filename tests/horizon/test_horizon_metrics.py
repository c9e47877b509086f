"""The instrument proves itself: on scripted models every metric finds the value that was put in."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from harness.horizon import metrics
from harness.horizon.engine import played
from harness.horizon.intervals import Estimate, lifetime, mean, paired, share
from harness.horizon.metrics import Played
from harness.horizon.scripted import Scripted
from harness.horizon.spec import HorizonSpec

STUDIES, LEAST = 100, 93
BASE, SLOPE, SLIPS = 0.05, 0.5, 0.1


def study(model: Scripted, seed: int, **conditions: object) -> list[Played]:
    spec = HorizonSpec(("sim:test",), tasks=("prefix_sum",), seed=seed, **conditions)  # type: ignore[arg-type]
    return [(cell, turn) for cell in spec.cells() for turn in played(cell, model)]


def dosed(model: Scripted, seed: int, **conditions: object) -> metrics.Target:
    rates = (Fraction(1, 4), Fraction(1, 2), Fraction(1))
    return metrics.target(study(model, seed, turns=6, rollouts=40, rates=rates, **conditions))


@pytest.mark.slow
def test_what_a_target_study_finds_of_a_self_conditioner() -> None:
    checks: dict[str, Callable[[metrics.Target], bool]] = {
        "first": lambda t: 1 - BASE in t.first,
        "clean": lambda t: 1 - BASE in t.clean,
        "context": lambda t: 0.0 in t.context,
        "quarter": lambda t: SLOPE * t.doses[0].wrong in t.doses[0].loss,
        "full": lambda t: SLOPE * t.doses[2].wrong in t.doses[2].loss,
        "accuracy": lambda t: 1 - BASE - SLOPE * t.doses[1].wrong in t.doses[1].accuracy,
        "slope": lambda t: SLOPE in t.slopes["said"],
    }
    found = [dosed(Scripted(BASE, SLOPE), seed) for seed in range(STUDIES)]
    held = {name: sum(map(check, found)) for name, check in checks.items()}
    assert {name: n for name, n in held.items() if n < LEAST} == {}
    assert sum(t.smallest["said"] is not None for t in found) >= LEAST


@pytest.mark.slow
def test_what_a_curve_finds_of_independent_errors() -> None:
    right = 1 - SLIPS
    found = [metrics.curve(study(Scripted(SLIPS), n, design="curve", turns=12, rollouts=40)) for n in range(STUDIES)]
    held = {
        "turn": sum(right in c.turn[5] for c in found),
        "task": sum(right**6 in c.task[5] for c in found),
        "horizon": sum(metrics.constant_horizon(right) in c.horizon for c in found),
    }
    assert {name: n for name, n in held.items() if n < LEAST} == {}


def test_models_without_an_effect_are_told_to_have_none() -> None:
    for model in (Scripted(), Scripted(knows=True), Scripted(BASE)):
        found = [dosed(model, seed) for seed in range(20)]
        assert sum(t.smallest["said"] is None for t in found) >= 18
        assert sum(0.0 in t.slopes["said"] for t in found) >= 18


def test_a_model_that_recomputes_the_truth_is_not_one_that_conditions_itself_on_its_errors() -> None:
    """With a wrong predecessor, as published, its accuracy falls with the rate. Its answers are repairs, and behind a
    clean predecessor nothing falls."""
    published = dosed(Scripted(knows=True), 1, gaps=(0,))
    full = published.doses[-1]
    assert full.accuracy.value == 0.0
    assert full.true.value == 1.0
    assert set(full.outcomes) == {"repairs-to-truth"}
    slope = published.slopes["said"].value
    assert slope is not None
    assert slope > 0.9
    clean = dosed(Scripted(knows=True), 1, gaps=(1,))
    assert clean.doses[-1].accuracy.value == 1.0
    assert clean.slopes["said"].value == 0.0
    conditioner = dosed(Scripted(BASE, SLOPE), 1, gaps=(1,)).slopes["said"]
    assert conditioner.low is not None
    assert conditioner.low > 0


def test_an_oracle_follows_what_is_visible() -> None:
    found = dosed(Scripted(), 2, gaps=(0,)).doses[-1]
    assert set(found.outcomes) == {"follows-visible"}
    assert found.accuracy.value == 1.0
    assert found.true.value == 0.0


def test_a_horizon_that_was_not_reached_is_censored() -> None:
    curve = metrics.curve(study(Scripted(), 0, design="curve", turns=4, rollouts=5))
    assert curve.horizon.value == curve.horizon.high == float("inf")
    assert metrics.constant_horizon(1.0) == float("inf")
    assert metrics.constant_horizon(0.9) == 7.0
    assert metrics.constant_horizon(0.5) == 2.0


def test_intervals() -> None:
    assert share(0, 0) == Estimate(None, None, None, 0)
    assert share(5, 5).high == 1.0
    exact = share(9, 10)
    assert exact.low == pytest.approx(0.55498, abs=1e-5)
    assert exact.high == pytest.approx(0.99747, abs=1e-5)
    assert mean([1.0]).low is None
    assert 0.0 in paired([True, False, True], [True, True, False])
    assert lifetime([10, 8, 4, 1], 10, 0.5).value == 3.0

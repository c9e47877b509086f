"""The adaptive gate's arithmetic, held to what it declares over simulated upgrades.

The upgrades are drawn from a pool of real simulated relays: RS@10 of `sim:frontier` on the same documents, two repeats
of each, so that a pair is two independent runs of one model. A candidate that is worse by x has, with the probability
that makes x the mean, one more critical error of the size that profile makes; a better one has a baseline that does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

import harness
from harness.analysis.sequential import Design, Sequence
from harness.errors import UsageError
from harness.gating.run import FIRST, GROWTH
from harness.seeds import derive

UPGRADES = 500
SIZES = (0.0, -0.01, -0.02, -0.05, -0.10, 0.01, 0.02, 0.05, 0.10)
DESIGN = Design(margin=0.02, alpha=0.05, power=0.95)
CRITICAL = (1.5, 1.1)
"""The (alpha, beta) of the size of a critical error of sim:frontier."""
LONGEST = 2.4
"""Simulated upgrades are followed up to this many times the fixed size."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pool:
    """RS of two repeats by environment, shape (environments, 2)."""

    scores: Array

    def draw(self, size: float, runs: int, pairs: int) -> Array:
        """Differences of mean `size`, shape (runs, pairs)."""
        rng = np.random.default_rng(derive("upgrade", size, runs))
        place, turn = rng.integers(len(self.scores), size=(runs, pairs)), rng.integers(2, size=(runs, pairs))
        baseline, candidate = self.scores[place, turn], self.scores[place, 1 - turn]
        lost = rng.beta(*CRITICAL, size=(runs, pairs))
        share = abs(size) / (self.scores.mean() * CRITICAL[0] / sum(CRITICAL))
        kept = np.where(rng.random((runs, pairs)) < share, 1 - lost, 1.0)
        return candidate * kept - baseline if size < 0 else candidate - baseline * kept


@dataclass(frozen=True)
class Raced:
    """What became of simulated upgrades of one size."""

    passed: float
    failed: float
    pairs: float


@pytest.fixture(scope="module")
def pool() -> Pool:
    steps = harness.run(
        ["sim:frontier"], ["accounting", "recipe", "subtitles"], doc_tokens=150, documents=14, repeats=2, round_trips=5,
        distractors=0, workers=0,
    ).steps  # fmt: skip
    last = steps[steps["hop"] == 10].pivot_table(index=["domain", "document"], columns="repeat", values="credit")
    return Pool(last.to_numpy(dtype="float64"))


def looks(longest: int) -> list[int]:
    """Pairs at each look, as the gate buys them in batches of one domain's documents."""
    found = [FIRST]
    while found[-1] < longest:
        found.append(min(longest, found[-1] + max(FIRST, int(GROWTH * found[-1]))))
    return found


def race(draws: Array, design: Design) -> Raced:
    sequence = Sequence(design, len(draws))
    outcome = np.full(len(draws), "", dtype=object)
    pairs = np.full(len(draws), draws.shape[1])
    start = 0
    for end in looks(draws.shape[1]):
        sequence.add(draws[:, start:end])
        new = (outcome == "") & (now := np.array(sequence.outcome, dtype=object)).astype(bool)
        outcome[new], pairs[new] = now[new], end
        start = end
        if (outcome != "").all():
            break
    return Raced(float((outcome == "pass").mean()), float((outcome == "fail").mean()), float(pairs.mean()))


@pytest.fixture(scope="module")
def upgrades(pool: Pool) -> tuple[int, dict[float, Raced]]:
    """The fixed size of equal power, its standard deviation known, and what the races gave."""
    fixed = DESIGN.fixed_size(float(pool.draw(0.0, 1, 200_000).std()))
    return fixed, {size: race(pool.draw(size, UPGRADES, int(LONGEST * fixed)), DESIGN) for size in SIZES}


def test_false_alarms_and_misses_stay_within_the_declared_rate(upgrades: tuple[int, dict[float, Raced]]) -> None:
    for size, found in upgrades[1].items():
        print(f"{size:+.2f}: passed {found.passed:.3f} failed {found.failed:.3f} pairs {found.pairs:.0f}")
        if size <= -DESIGN.margin:
            assert found.passed <= DESIGN.alpha, f"misses at {size}"
        if size >= -DESIGN.margin:
            assert found.failed <= DESIGN.alpha, f"false alarms at {size}"


def test_an_equal_candidate_passes_as_often_as_declared(upgrades: tuple[int, dict[float, Raced]]) -> None:
    noise = 2.6 * np.sqrt(DESIGN.power * (1 - DESIGN.power) / UPGRADES)
    assert upgrades[1][0.0].passed >= DESIGN.power - noise
    assert all(found.passed >= DESIGN.power for size, found in upgrades[1].items() if size > 0)


def test_what_is_far_beyond_the_margin_fails(upgrades: tuple[int, dict[float, Raced]]) -> None:
    assert upgrades[1][-0.05].failed >= 0.85
    assert upgrades[1][-0.10].failed >= 0.99


def test_calls_are_at_most_two_fifths_of_the_fixed_size(upgrades: tuple[int, dict[float, Raced]]) -> None:
    fixed, found = upgrades
    share = float(np.mean([raced.pairs for raced in found.values()])) / fixed
    print(f"fixed size {fixed} pairs, adaptive {share:.3f} of it")
    assert share <= 0.40


@pytest.mark.parametrize("power", [0.8, 0.9])
def test_declared_power_is_kept(pool: Pool, power: float) -> None:
    design = Design(0.05, 0.05, power)
    fixed = design.fixed_size(float(pool.draw(0.0, 1, 200_000).std()))
    found = race(pool.draw(0.0, UPGRADES, 4 * fixed), design)
    assert found.passed >= power - 2.6 * np.sqrt(power * (1 - power) / UPGRADES)
    assert found.failed <= design.alpha


def test_the_interval_holds_at_all_times(pool: Pool) -> None:
    draws = pool.draw(-0.02, 40, 600)
    truth = -0.02
    above = below = 0
    for row in draws:
        sequence = Sequence(DESIGN)
        limits = []
        for start in range(0, 600, 100):
            sequence.add(row[None, start : start + 100])
            limits.append(sequence.interval())
            low, high = limits[-1]
            assert low <= high
            assert (sequence.outcome[0] == "pass") == (low > -DESIGN.margin)
            assert (sequence.outcome[0] == "fail") == (high < -DESIGN.margin)
        above += any(low > truth + 1e-9 for low, _ in limits)
        below += any(high < truth - 1e-9 for _, high in limits)
    # 40 runs, each wrong with probability 0.05 at most: 7 or more have probability below 0.01.
    assert above < 7
    assert below < 7


def test_domains_of_unequal_means_do_not_break_the_rate() -> None:
    """Half the domains far better, half far worse, the mean at the margin."""
    rng = np.random.default_rng(derive("strata"))
    runs, pairs = 600, 1200
    centre = np.where(np.arange(pairs) % 2 == 0, 0.25, -0.25) - DESIGN.margin
    spread = rng.choice([-0.15, 0.0, 0.15], size=(runs, pairs))
    found = race(centre[None, :] + spread, DESIGN)
    assert found.passed <= DESIGN.alpha
    assert found.failed <= DESIGN.alpha


def test_the_worst_there_can_be_breaks_nothing() -> None:
    for value, outcome in ((-1.0, "fail"), (1.0, "pass")):
        sequence = Sequence(DESIGN)
        sequence.add(np.full((1, 60), value))
        assert sequence.outcome == [outcome]
        sequence.add(np.full((1, 60), -value))
        low, high = sequence.interval()
        assert -1.0 <= low <= high <= 1.0


def test_nothing_lost_so_far_is_no_proof() -> None:
    """Rare total losses, 1 in 50, are the margin: without one among n pairs 0.98 ** n is still to be expected."""
    sequence = Sequence(DESIGN)
    sequence.add(np.zeros((1, 100)))
    assert sequence.outcome == [""]
    further = sequence.further()
    assert further is not None
    sequence.add(np.zeros((1, 100 + further)))
    assert sequence.outcome == ["pass"]
    assert 0.98**sequence.count < DESIGN.alpha


def test_batches_do_not_change_the_order_of_things(pool: Pool) -> None:
    """One batch or many: a different bet, the same data, the same sign of the evidence."""
    row = pool.draw(-0.10, 1, 1500)
    whole, parts = Sequence(DESIGN), Sequence(DESIGN)
    whole.add(row)
    for start in range(0, 1500, 100):
        parts.add(row[:, start : start + 100])
    assert whole.mean[0] == pytest.approx(parts.mean[0])
    assert parts.outcome == ["fail"]


def test_further_points_to_the_decision(pool: Pool) -> None:
    row = pool.draw(-0.10, 1, 60)
    sequence = Sequence(DESIGN)
    sequence.add(row)
    further = sequence.further()
    assert further is not None
    assert further > 0
    assert Sequence(DESIGN).further() is None


def test_a_difference_near_the_margin_is_told_in_the_end() -> None:
    """Half a margin beyond it: long past the point at which the gate stops for economy."""
    rng = np.random.default_rng(derive("patience"))
    sequence = Sequence(DESIGN)
    for _ in range(60):
        sequence.add(rng.choice([-0.13, 0.07], size=(1, 100)))
        if sequence.count == 300:
            assert sequence.outcome != ["fail"]
            assert sequence.further() is not None
    assert sequence.outcome == ["fail"]


@pytest.mark.parametrize("terms", [(0.0, 0.05, 0.9), (0.02, 0.6, 0.9), (0.02, 0.05, 1.0), (1.5, 0.05, 0.9)])
def test_declarations_that_mean_nothing_are_refused(terms: tuple[float, float, float]) -> None:
    with pytest.raises(UsageError):
        Design(*terms)


@pytest.mark.parametrize("value", [1.5, float("nan")])
def test_differences_out_of_range_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"\[-1, 1\]"):
        Sequence(DESIGN).add(np.array([[value]]))


def test_the_fixed_size_is_that_of_the_textbook() -> None:
    # (1.6449 + 0.8416)^2 * (0.2 / 0.05)^2 = 98.9
    assert Design(0.05, 0.05, 0.8).fixed_size(0.2) == 99

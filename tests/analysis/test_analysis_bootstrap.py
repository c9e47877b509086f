from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from harness.analysis.bootstrap import (
    LEAST,
    Array,
    Panel,
    estimate,
    estimates,
    means,
    panel,
    probability,
    resampled,
    weights,
)
from harness.estimate import NOTHING


def made(values: Sequence[Sequence[float]], domains: Sequence[str] | None = None) -> Panel:
    names = domains or ["a"] * len(values)
    units = tuple((name, f"d{n}", f"h{n}") for n, name in enumerate(names))
    return Panel(units, tuple(range(1, len(values[0]) + 1)), np.array(values, dtype="float64"))


def table(rows: Sequence[tuple[str, int, int, float | None]]) -> pd.DataFrame:
    """Rows (document, repeat, hop, credit) of one domain."""
    frame = pd.DataFrame(rows, columns=["document", "repeat", "hop", "credit"])
    return frame.assign(domain="a", document_hash=frame["document"]).astype({"credit": "float64"})


def test_repeats_are_averaged_first() -> None:
    once = table([("x", 1, 1, 1.0), ("y", 1, 1, 0.5), ("z", 1, 1, 0.2)])
    often = table([("x", n, 1, 1.0) for n in range(1, 30)] + [("y", 1, 1, 0.4), ("y", 2, 1, 0.6), ("z", 1, 1, 0.2)])
    assert means(panel(once)) == pytest.approx(means(panel(often)))
    assert panel(often).values.ravel().tolist() == pytest.approx([1.0, 0.5, 0.2])


def test_what_does_not_count_is_left_out() -> None:
    steps = table([("x", 1, 1, None), ("x", 1, 2, 0.5), ("y", 1, 1, 0.4), ("y", 1, 2, 0.5), ("z", 1, 1, 0.8)])
    first, second = means(panel(steps))
    assert (first.value, first.count) == (pytest.approx(0.6), 2)
    assert (second.value, second.count) == (pytest.approx(0.5), 2)


def test_without_skew_it_is_students_interval() -> None:
    values = [0.3, 0.4, 0.5, 0.6, 0.7]
    (found,) = means(made([[v] for v in values]))
    reach = student.ppf(0.975, 4) * np.std(values, ddof=1) / np.sqrt(5)
    assert (found.low, found.high) == (pytest.approx(0.5 - reach), pytest.approx(0.5 + reach))


def test_a_tail_below_moves_the_interval_down() -> None:
    (found,) = means(made([[v] for v in [1.0, 0.99, 0.98, 1.0, 0.97, 1.0, 0.99, 0.4]]))
    assert found.low is not None
    assert found.value is not None
    assert found.high is not None
    assert found.value - found.low > 2 * (found.high - found.value)
    assert found.high <= 1.0


def test_domains_that_differ_do_not_widen_the_interval() -> None:
    noise = [0.0, 0.01, 0.02, 0.03]
    values = [[0.2 + e] for e in noise] + [[0.8 + e] for e in noise]
    apart = means(made(values, ["a"] * 4 + ["b"] * 4))[0]
    together = means(made(values))[0]
    widths = [e.high - e.low for e in (apart, together) if e.high is not None and e.low is not None]
    assert widths[0] < widths[1] / 10


@pytest.mark.parametrize(
    ("domains", "strata"),
    [
        ("aaabbb", [3, 3]),
        ("aaabc", [5]),  # the two lone ones are too few even together
        ("aaabcd", [3, 3]),
        ("aaaabbbc", [4, 4]),  # the smallest other takes it
        ("abc", [3]),
        ("ab", [2]),
    ],
)
def test_domains_of_few_environments_are_pooled(domains: str, strata: list[int]) -> None:
    assert sorted(np.bincount(made([[0.0]] * len(domains), list(domains)).strata)) == sorted(strata)


def test_nobody_knows_from_two() -> None:
    (found,) = means(made([[0.4], [0.6]]))
    assert (found.value, found.low, found.high, found.count) == (pytest.approx(0.5), None, None, 2)
    assert LEAST == 3
    assert means(Panel((), (), np.empty((0, 0)))) == []
    assert estimate(Panel((), (1,), np.empty((0, 1))), lambda rows: rows) == NOTHING


def test_equal_values_leave_room_for_what_was_not_seen() -> None:
    """As Clopper and Pearson for 10 hits of 10."""
    (found,) = means(made([[1.0]] * 10))
    assert (found.value, found.low, found.high) == (1.0, pytest.approx(0.025 ** (1 / 10)), 1.0)
    (apart,) = means(made([[0.0]] * 10), (-1.0, 1.0))
    assert apart.low == pytest.approx(-apart.high if apart.high is not None else None)


def test_differences_are_symmetric_and_of_what_both_have() -> None:
    rng = np.random.default_rng(0)
    first, second = (made(rng.uniform(size=(12, 3)).tolist(), list("aaaabbbbcccc")) for _ in range(2))
    shorter = Panel(second.units[2:], second.columns[:2], second.values[2:, :2])
    apart = first.minus(shorter)
    assert (apart.units, apart.columns) == (first.units[2:], (1, 2))
    assert np.allclose(apart.values, (first.values - second.values)[2:, :2])
    for found in means(apart, (-1.0, 1.0)):
        assert found.low is not None
        assert found.high is not None
        assert found.value == pytest.approx((found.low + found.high) / 2)


def test_a_ratio_moves_with_its_environments() -> None:
    data = made([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0], [5.0, 10.0]])
    found = estimate(data, lambda rows: rows[:, :1] / rows[:, 1:])
    assert (found.value, found.low, found.high) == (0.5, 0.5, 0.5)


def test_a_figure_that_needs_every_environment_is_open() -> None:
    data = made([[1.0], [0.0], [0.0], [0.0]])
    (found,) = estimates(data, lambda rows: np.where(rows > 0, rows, np.nan))
    assert (found.value, found.low, found.high) == (0.25, None, None)


def test_resamples_keep_domains_and_spread() -> None:
    strata = np.repeat([0, 1], [5, 9])
    drawn = weights(strata)
    assert np.allclose(drawn[:, :5].sum(axis=1), 5.0)
    assert np.allclose(drawn[:, 5:].sum(axis=1), 9.0)
    assert (weights(strata) == drawn).all()
    assert (weights(strata, seed=1) != drawn).any()
    rng = np.random.default_rng(1)
    data = made(rng.normal(size=(9, 1)).tolist())
    assert resampled(data).std() == pytest.approx(data.values.std(ddof=1) / 3, rel=0.1)


def test_a_probability_is_never_certain() -> None:
    always = np.ones(100, dtype=np.bool_)
    assert [probability(always, n) for n in (1, 3, 9)] == [0.75, 0.875, 0.95]
    assert probability(~always, 9) == pytest.approx(0.05)


def test_a_hundred_hops_of_300_environments_take_no_time() -> None:
    """By its work: one pass over the figures for each column, no loop over resamples."""
    calls = 0

    def counted(rows: Array) -> Array:
        nonlocal calls
        calls += 1
        return rows

    estimates(made(np.random.default_rng(0).uniform(size=(300, 100)).tolist()), counted)
    assert calls == 2

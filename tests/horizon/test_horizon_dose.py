"""Histories with errors: exact rates, realised rates, arms of equal length."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from harness.errors import UsageError
from harness.horizon.conversation import Past, answer_in, dressed
from harness.horizon.dose import ARMS, Dose, chosen, counted, inject, share
from harness.horizon.tasks import TASKS, find, states

RATES = [Fraction(0), Fraction(1, 1000), Fraction(1, 100), Fraction(1, 20), Fraction(1, 4), Fraction(1, 2), Fraction(1)]


@pytest.mark.parametrize("rate", RATES)
def test_the_rate_is_exact_over_all_rollouts(rate: Fraction) -> None:
    """0.1 % of 50 turns is one error in twenty rollouts, neither none nor one in each."""
    counts = [counted(rate, 50, number, Fraction(1, 3)) for number in range(200)]
    assert abs(sum(counts) - rate * 50 * 200) < 1
    assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("kind", ["reset", "propagate"])
@pytest.mark.parametrize("rate", RATES)
def test_realised_rates_are_counted_on_what_is_there(name: str, kind: str, rate: Fraction) -> None:
    task = find(name)
    rollout = task.draw(random.Random(5), 20, 2)
    true = states(task, rollout)
    history = inject(task, rollout, true, 20, Dose(rate, kind), 3, 0)  # type: ignore[arg-type]
    visible = history.states
    wrong = [visible[n] != true[n] for n in range(1, 21)]
    loose = [task.advance(rollout.material, visible[:n], rollout.inputs[n - 1]) != visible[n] for n in range(1, 21)]
    assert history.wrong == sum(wrong) / 20
    assert history.inconsistent == sum(loose) / 20
    assert not wrong[-1], "the predecessor is clean"
    if kind == "reset":
        assert sum(wrong) == len(history.chosen)
    if rate == 0:
        assert history.wrong == history.inconsistent == 0


def test_a_propagated_error_lives_on() -> None:
    task = find("prefix_sum")
    rollout = task.draw(random.Random(2), 30, 1)
    true = states(task, rollout)
    dose = Dose(Fraction(1, 30), "propagate", position="early", gap=0)
    history = inject(task, rollout, true, 30, dose, 0, 0)
    count = len(history.chosen)
    assert history.inconsistent == count / 30
    assert history.wrong == (1.0 if count else 0.0)


@pytest.mark.parametrize("position", ["uniform", "early", "late", "burst"])
def test_positions(position: str) -> None:
    places = chosen(Dose(Fraction(1, 4), position=position, gap=2), 42, 1, 0)  # type: ignore[arg-type]
    assert len(places) == 10
    assert places <= set(range(1, 41))
    if position != "uniform":
        assert max(places) - min(places) == 9
    assert position != "early" or min(places) == 1
    assert position != "late" or max(places) == 40


@pytest.mark.parametrize("arm", ARMS)
def test_what_takes_the_place_of_an_error_has_its_length(arm: str) -> None:
    past = [Past(f"turn {n} of this", f"<answer>{n * 111}</answer>", n, n == 2) for n in range(1, 5)]
    other = [Past(f"turn {n} of that", f"<answer>{n * 222}</answer>", n, False) for n in range(1, 5)]
    shown = dressed(past, frozenset({2}), arm, other)  # type: ignore[arg-type]
    assert shown[0] == past[0]
    assert abs(len(shown[1].answered) - len(past[1].answered)) <= 1
    assert abs(len(shown[1].asked) - len(past[1].asked)) <= 1
    if arm == "masked":
        assert answer_in(shown[1].answered) == "***"
    if arm == "foreign":
        assert shown[1].answered == "<answer>444</answer>"


def test_the_last_answer_counts_also_unclosed() -> None:
    assert answer_in("<answer>1</answer> no: <ANSWER> 2 </ANSWER>") == "2"
    assert answer_in("so <answer>17") == "17"
    assert answer_in("17") is None


def test_rates_as_people_write_them() -> None:
    assert share("0.1%") == share("0.001") == Fraction(1, 1000)
    for text in ("much", "1/0", "%"):
        with pytest.raises(UsageError):
            share(text)
    with pytest.raises(UsageError, match="from 0 to 1"):
        Dose(share("150%"))
    with pytest.raises(UsageError, match="clean predecessor"):
        Dose(share("50%"), gap=0, arm="masked")

"""Histories with errors: exact rates, realised rates, arms of equal length."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from harness.errors import UsageError
from harness.horizon.conversation import Past, answer_in, dressed
from harness.horizon.dose import ARMS, Dose, chosen, counted, inject
from harness.horizon.play import Player
from harness.horizon.scripted import Scripted
from harness.horizon.spec import HorizonSpec
from harness.horizon.tasks import TASKS, find, states
from harness.rates import share

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
    places = chosen(Dose(Fraction(1, 4), position=position, gap=2), 44, 1, 0)  # type: ignore[arg-type]
    count = 11 if position == "burst" else len(places)
    assert len(places) == count
    assert count in (10, 11)
    assert places <= set(range(1, 43))
    if position != "uniform":
        assert max(places) - min(places) == count - 1
    assert position != "early" or min(places) == 1
    assert position not in ("late", "burst") or max(places) == 42


def test_a_burst_is_as_long_whatever_the_gap_and_ends_where_it_begins() -> None:
    for number in range(20):
        bursts = {
            gap: chosen(Dose(Fraction(1, 7), position="burst", gap=gap), 30, number, 0) for gap in (0, 1, 2, 5, 10)
        }
        assert len({len(places) for places in bursts.values()}) == 1
        assert all(max(places) == 30 - gap for gap, places in bursts.items())


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


@pytest.mark.parametrize("name", TASKS)
def test_foreign_turns_are_a_right_history_of_another_rollout_of_the_same_material(name: str) -> None:
    """At a rate of 100 % nothing else is left but the turn before the target, which is the rollout's own."""
    spec = HorizonSpec(
        ("openai:x",), tasks=(name,), turns=9, size=2, rollouts=4, rates=(Fraction(1),), arms=("foreign",)
    )
    for cell in spec.cells():
        if cell.dose is None or cell.dose.arm != "foreign":
            continue
        player = Player(cell, *cell.draw(), Scripted())
        material, start = player.rollout.material, player.rollout.start
        other, states = cell.draw_again()
        assert player.rules.startswith(player.task.rules(other.material, other.start))
        own = [player.task.turn(given) for given in player.rollout.inputs]
        seen = [start]
        for turn, given in zip(player.past[:-1], other.inputs, strict=False):
            seen.append(player.task.advance(material, seen, given))
            told = answer_in(turn.answered)
            assert turn.asked == player.task.turn(given)
            assert told is not None
            assert player.task.read(material, told) == seen[-1]
        assert tuple(seen) == states[: len(seen)]
        assert [turn.asked for turn in player.past] != own[: len(player.past)]
        assert player.past[-1].asked == own[len(player.past) - 1]


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

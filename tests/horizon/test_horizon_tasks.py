"""The tasks: states advance, answers are read as written, a wrong state is wrong, errors have names."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.horizon.tasks import TASKS, find, states
from harness.horizon.tasks.base import MAGNITUDES, digit_slip, whole


def widths(name: str) -> set[int]:
    """The smallest material, the largest, and the task's own."""
    task = find(name)
    return {task.width, *([] if task.widths is None else [task.widths[0], task.widths[-1]])}


@pytest.mark.parametrize(("name", "width"), [(name, width) for name in TASKS for width in sorted(widths(name))])
def test_every_state_is_read_as_it_is_shown_and_can_be_wrong(name: str, width: int) -> None:
    task = find(name)
    for seed in range(20):
        rollout = task.draw(random.Random(seed), 6, 3, width)
        true = states(task, rollout)
        assert len(true) == 7
        for n, state in enumerate(true[1:], 1):
            assert task.read(rollout.material, task.show(state)) == state
            assert task.advance(rollout.material, true[:n], rollout.inputs[n - 1]) == state
            for magnitude in MAGNITUDES:
                wrong = task.wrong(random.Random(seed), state, magnitude)
                assert wrong != state
                assert task.read(rollout.material, task.show(wrong)) == wrong
                kind = task.slip(rollout.material, true[:n], rollout.inputs[n - 1], wrong)
                assert kind in ("wrong-look-up", "near-miss", "other")
            assert (
                task.show(state) in task.work(rollout.material, true[:n], rollout.inputs[n - 1], state)
                or name == "retrieve"
            )


@pytest.mark.parametrize("name", TASKS)
def test_a_longer_rollout_begins_with_the_shorter_one(name: str) -> None:
    task = find(name)
    short, long = (task.draw(random.Random(3), turns, 2) for turns in (4, 9))
    assert (short.material, short.start, short.inputs) == (long.material, long.start, long.inputs[:4])


@pytest.mark.parametrize("name", TASKS)
def test_another_rollout_of_the_same_material_fits_what_the_rules_say(name: str) -> None:
    task = find(name)
    rollout = task.draw(random.Random(3), 12, 2)
    other = task.again(random.Random(4), rollout, 2)
    assert (other.material, other.start, len(other.inputs)) == (rollout.material, rollout.start, 12)
    assert task.rules(other.material, other.start) == task.rules(rollout.material, rollout.start)
    assert other.inputs != rollout.inputs
    assert {len(turn) for turn in other.inputs} == {2}


def test_material_of_another_size() -> None:
    small = find("retrieve").draw(random.Random(3), 40, 1, 5)
    assert len(small.material) == 5
    assert {word for turn in small.inputs for word in turn} == set(small.material)
    digits = find("prefix_sum").draw(random.Random(3), 200, 1, 9)
    assert {n for turn in digits.inputs for n in turn} == set(range(-9, 10))
    swap = find("permutation").draw(random.Random(3), 2, 1, 2)
    assert list(swap.material.values()) == [(1, 0)]
    pair = find("ledger").draw(random.Random(3), 2, 1, 2)
    assert find("ledger").read(pair.material, "Cash 3, Bank 4") == (3, 4)
    assert find("ledger").read(pair.material, "Cash 3, Bank 4, Card 5") is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,024", 1024), ("7.0", 7), ("\u221212", -12), (" +3 ", 3), ("-1,234,567", -1234567), ("1\u202f000", None),
        ("12,34", None), ("seven", None), ("3.5", None), ("", None), ("1.2.3", None), ("9" * 40, None), ("--3", None),
    ],
)  # fmt: skip
def test_numbers_as_models_write_them(text: str, number: int | None) -> None:
    assert whole(text) == (1000 if text == "1\u202f000" else number)


@given(st.integers(-(10**9), 10**9))
def test_any_integer_comes_back(number: int) -> None:
    assert whole(f"{number:,}") == whole(str(number)) == number


def test_slips_of_a_digit() -> None:
    assert digit_slip(124, 134)
    assert digit_slip(-134, 134)
    assert digit_slip(140, 134)
    assert not digit_slip(250, 134)


def test_a_dropped_term_is_a_wrong_look_up() -> None:
    task = find("dictsum")
    rollout = task.draw(random.Random(1), 1, 3)
    (given,) = rollout.inputs
    right = task.advance(rollout.material, [0], given)
    assert isinstance(right, int)
    assert task.slip(rollout.material, [0], given, right - rollout.material[given[1]]) == "wrong-look-up"


def test_the_edit_log_looks_back_two_turns() -> None:
    task = find("editlog")
    assert task.advance(None, ["a b c d e f g h", "h g f e d c b a"], (("back",),)) == "a b c d e f g h"


def test_an_unknown_task_is_named_with_a_suggestion() -> None:
    with pytest.raises(UsageError, match="did you mean 'dictsum'"):
        find("dictsun")

"""The tasks: states advance, answers are read as written, a wrong state is wrong, errors have names."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.horizon.tasks import TASKS, find, states
from harness.horizon.tasks.base import MAGNITUDES, digit_slip, whole


@pytest.mark.parametrize("name", TASKS)
def test_every_state_is_read_as_it_is_shown_and_can_be_wrong(name: str) -> None:
    task = find(name)
    for seed in range(20):
        rollout = task.draw(random.Random(seed), 6, 3)
        true = states(task, rollout)
        assert len(true) == 7
        for n, state in enumerate(true[1:], 1):
            assert task.read(task.show(state)) == state
            assert task.advance(rollout.material, true[:n], rollout.inputs[n - 1]) == state
            for magnitude in MAGNITUDES:
                wrong = task.wrong(random.Random(seed), state, magnitude)
                assert wrong != state
                assert task.read(task.show(wrong)) == wrong
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

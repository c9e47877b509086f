from __future__ import annotations

import subprocess
import sys
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.relay.schedule import direction, plan
from harness.seeds import derive, digest

EDITS = st.lists(st.text("abcdef", min_size=1, max_size=4), min_size=1, max_size=9, unique=True)


@given(EDITS, st.text(), st.integers(0, 40), st.integers(0, 40))
def test_longer_plan_begins_with_the_shorter(edits: list[str], material: str, short: int, more: int) -> None:
    first = list(islice(plan("round-robin", edits, material), short))
    assert list(islice(plan("round-robin", edits, material), short + more))[:short] == first


@given(EDITS, st.text())
def test_round_robin_visits_every_edit_once_an_epoch(edits: list[str], material: str) -> None:
    visited = list(islice(plan("round-robin", edits, material), 3 * len(edits)))
    for epoch in range(3):
        assert sorted(visited[epoch * len(edits) :][: len(edits)]) == sorted(edits)


def test_epochs_and_seeds_differ() -> None:
    edits = [f"edit{n}" for n in range(8)]
    visited = list(islice(plan("round-robin", edits, "m"), 24))
    assert visited[:8] != visited[8:16]
    assert visited != list(islice(plan("round-robin", edits, "n"), 24))


def test_single_and_list() -> None:
    assert list(islice(plan("single:b", ["a", "b"], "m"), 3)) == ["b", "b", "b"]
    assert list(islice(plan("list:b, a,b", ["a", "b"], "m"), 4)) == ["b", "a", "b", "b"]


@pytest.mark.parametrize("wrong", ["", "single:", "single:a,b", "list:", "random", "round-robin:a"])
def test_unknown_schedule(wrong: str) -> None:
    with pytest.raises(UsageError, match="round-robin, single:EDIT"):
        next(plan(wrong, ["a"], "m"))


def test_seeds_are_the_same_in_every_process() -> None:
    code = "from harness.seeds import derive, digest; print(derive('hop', 'm', 3), digest('x', None, 1.5))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={
        "PYTHONHASHSEED": "7", "PYTHONPATH": ":".join(sys.path)}).stdout.split()  # fmt: skip
    assert told == [str(derive("hop", "m", 3)), digest("x", None, 1.5)]
    assert 0 <= derive("hop") < 2**31


def test_odd_hops_go_forward() -> None:
    assert [direction(hop) for hop in (1, 2, 3)] == ["forward", "backward", "forward"]

"""The small version of `make soak`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.runs import steps
from tests.nursery import DONE
from tests.soak.soak import SMALL, soak, table


@pytest.mark.slow
def test_a_study_in_a_storm_is_the_study_in_peace(tmp_path: Path) -> None:
    result = soak(SMALL, tmp_path, deadline=300.0)
    print(table(result))
    assert result.wrong == []
    assert result.lives[-1].ended.status == DONE
    assert sum(life.ended.status < 0 for life in result.lives) > 0
    assert sum(result.injected.values()) > SMALL.hops * 0.1
    # The audit compared something: the model errs, fails and is billed.
    outcomes = [(row[4], row[6]) for row in steps(tmp_path / "calm.db")]
    assert len(outcomes) == SMALL.hops
    assert any(outcome not in ("ok", "unread") for outcome, _ in outcomes)
    assert any(rs is not None and rs < 1 for _, rs in outcomes)

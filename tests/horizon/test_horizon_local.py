"""A horizon study on the embedded real model: killed and continued, and asked for a chain of thought."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness import horizon
from harness.progress import Progress

pytestmark = [
    pytest.mark.local,
    pytest.mark.skipif(importlib.util.find_spec("xllamacpp") is None, reason="needs the extra `local`"),
]

STUDY: dict[str, Any] = {
    "models": "local:", "tasks": ["add"], "material": 9, "turns": 3, "rollouts": 3, "rates": ["100%"], "guided": True,
    "temperature": 0, "concurrency": 2,
}  # fmt: skip
PLANNED = 3 * 3
"""Each rollout's first turn, its target behind a clean history, and behind a wrong one."""

CHILD = """
import json, sys
from harness import horizon
horizon.run(**json.loads(sys.argv[1]), report=lambda progress: print(progress.hops, flush=True))
"""


def rows(store: Path) -> list[tuple[object, ...]]:
    """Every reply, with the time it came."""
    connection = sqlite3.connect(store)
    try:
        return connection.execute("SELECT * FROM replies ORDER BY chain, hop, attempt, call, request").fetchall()
    finally:
        connection.close()


@pytest.mark.slow
def test_killed_and_run_again_it_buys_no_turn_twice(tmp_path: Path) -> None:
    store = tmp_path / "study.db"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, json.dumps({**STUDY, "store": str(store)})],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    with child.stdout:
        for line in child.stdout:
            if int(line) >= 3:
                break
        child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    kept = rows(store)
    assert 3 <= len(kept) < PLANNED

    told: list[Progress] = []
    study = horizon.run(**STUDY, store=store, report=told.append)
    assert study.unfinished == {}
    assert told[-1].calls == PLANNED - len(kept)
    assert len(study.turns) == PLANNED
    found = rows(store)
    assert len(found) == PLANNED, "a turn that was bought again would stand here twice"
    assert set(kept) < set(found), "what was kept is as it was, its time of arrival included"


def test_a_chain_of_thought_of_the_real_model(tmp_path: Path) -> None:
    study = horizon.run(
        "local:", tasks=["add"], modes=["cot"], turns=1, rollouts=1, max_tokens=24, temperature=0,
        store=tmp_path / "study.db",
    )  # fmt: skip
    ((cell, turn),) = study.played
    assert cell.mode == "cot"
    (reply,) = turn.replies
    assert reply.text.strip()
    assert reply.usage.output is not None
    assert reply.usage.output <= 24

"""Agents as a user runs them: named, given a command, and side by side with models and protections."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from relay_stub import audit

import harness
from harness.errors import UsageError
from harness.results import export
from harness.results.verify import verify
from harness.store import Reader
from tests.sandbox.inside import needs_sandbox

AGENT = """
import os, pathlib, sys
for path in pathlib.Path(".").iterdir():
    if path.suffix == ".ledger":
        path.write_text(path.read_text().replace("EUR", "CHF"))
print("I have", sorted(name for name in os.environ if name.startswith("AGENTS_")), len(open(sys.argv[1]).read()) > 99)
print("cost: $0.125")
"""
SHORT: dict[str, Any] = {"domains": "accounting", "doc_tokens": 200, "distractors": 0, "round_trips": 1, "workers": 0,
                         "schedule": "single:eur_to_chf"}  # fmt: skip


@needs_sandbox
def test_an_agent_runs_like_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTS_KEY", "a-key-of-some-length")
    monkeypatch.setenv("AGENTS_OTHER", "another")
    (tmp_path / "agent.py").write_text(AGENT)
    asked: dict[str, Any] = {
        **SHORT, "models": ["sim:oracle", "command:mine"], "store": tmp_path / "s.db",
        "editor": f"command:{sys.executable} {tmp_path / 'agent.py'} {{prompt_file}}",
        "protect": ["none", "checkpoint"],
        "agent_env": ["AGENTS_KEY"], "agent_readable": [str(tmp_path / "agent.py")], "agent_time": 60.0,
        "agent_cost": r"cost: \$([\d.]+)",
    }  # fmt: skip
    study = harness.run(**asked)
    assert study.unfinished == {}
    steps = study.steps[study.steps["model"] == "command:mine"]
    assert len(study.steps) == 8
    assert list(steps["cost_usd"]) == [0.125] * 4
    assert list(steps["turns"]) == [1] * 4
    assert (steps["done"].dropna() > 0).all()
    before = audit(tmp_path / "s.db")
    harness.run(**asked)
    assert audit(tmp_path / "s.db") == before
    with Reader(tmp_path / "s.db") as reader:
        number = int(steps["chain"].iloc[0])
        told = [reply.text for reply in reader.replies(number).values()]
        (first, _) = reader.steps(number)
    assert "I have ['AGENTS_KEY'] True" in told[0]
    assert first.trace[0]["tool"] == "command"
    assert first.trace[0]["files"] == ["journal.ledger"]
    assert harness.rescore(tmp_path / "s.db", workers=0).changed == 0
    assert audit(tmp_path / "s.db") == before
    export(tmp_path / "s.db", tmp_path / "r.json")
    assert verify(tmp_path / "r.json", workers=0).ok


@needs_sandbox
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"editor": "command:no-such-agent {prompt}"}, "no program 'no-such-agent'"),
        ({"editor": "command:true", "agent_env": "AGENTS_MISSING"}, "AGENTS_MISSING"),
        ({"editor": "command:true", "agent_readable": "/no/such/path"}, "/no/such/path"),
    ],
)
def test_what_an_agent_lacks_is_told_before_a_store_is_made(tmp_path: Path, wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        harness.run(**{**SHORT, "models": "command:mine", "store": tmp_path / "s.db", **wrong})
    assert not (tmp_path / "s.db").exists()

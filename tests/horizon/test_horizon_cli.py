"""What `palimpsest horizon` prints of a recovery and of the longest turn."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def palimpsest(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from harness.cli import main; main()", "horizon", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=170)


def test_a_recovery_is_shown_and_told(tmp_path: Path) -> None:
    store = str(tmp_path / "study.db")
    study = ["--turns", "20", "--rates", "25%", "--position", "burst", "--gaps", "1,4,8", "--rollouts", "30"]
    done = palimpsest("run", "-m", "sim:shaken", *study, "--store", store)
    assert done.returncode == 0, done.stderr
    (head,) = [line.split() for line in done.stdout.splitlines() if "half-life" in line]
    assert head == ["errors", "are", "rate", "after", "1", "after", "4", "after", "8", "half-life"]
    assert palimpsest("show", store).stdout == done.stdout
    (target,) = json.loads(palimpsest("show", store, "--json").stdout)["targets"]
    assert [recovery["rate"] for recovery in target["recoveries"]] == [0.25]
    assert target["material"] == 100


def test_the_longest_turn_is_shown_and_told(tmp_path: Path) -> None:
    search = ["length", "-m", "sim:oracle", "--task", "add", "--material", "9", "--rollouts", "20", "--largest", "4"]
    done = palimpsest(*search, "--store", str(tmp_path / "study.db"))
    assert done.returncode == 0, done.stderr
    assert "sim:oracle, add of 9, direct, a single turn" in done.stdout
    assert "longest turn with an accuracy of 80 %: > 4 items" in done.stdout
    (found,) = json.loads(palimpsest(*search, "--json").stdout)["lengths"]
    assert [tried["size"] for tried in found["tried"]] == [1, 2, 4]
    assert palimpsest("show", str(tmp_path / "study.db")).stdout.count("first turn, 20 rollouts") == 3


def test_what_cannot_be_asked_is_one_line_and_a_way_out() -> None:
    for option, told in (("--gaps=1,x", "--gaps takes whole numbers"), ("--material=101", "from 1 to 100, not 101")):
        done = palimpsest("run", "-m", "sim:oracle", option)
        assert done.returncode == 2
        assert told in done.stderr
        assert len(done.stderr.splitlines()) == 1

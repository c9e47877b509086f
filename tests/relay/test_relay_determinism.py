"""The same spec gives the same figures in every process, whatever seed its hashes have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FIGURES = """
import harness

document = ("graphviz", "generated-400-5")  # its elements share so much that partners are found by their votes
study = harness.run("sim:frontier", "graphviz", only=(document,), documents=5, doc_tokens=400, round_trips=2,
                    distractors=0, protect="guard", workers=0)
print(study.steps[["rs", "bare", "missing", "altered", "moved"]].map(float.hex).to_string())
"""


def test_figures_do_not_depend_on_the_process() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", FIGURES], cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True, timeout=170,
        ).stdout
        for seed in ("0", "1", "3")
    }  # fmt: skip
    assert len(told) == 1
    assert next(iter(told)).count("0x1") == 8

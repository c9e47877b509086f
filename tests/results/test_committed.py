"""The result files in the repository: each can be read, and what was simulated comes out the same today."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.results import load, verify

FILES = sorted((Path(__file__).parents[2] / "results").glob("*.json.xz"))
REMAKE = "the code now gives other figures: make the file again as results/README.md says"


def test_there_are_simulated_and_real_models() -> None:
    models = {model for path in FILES for model in load(path)["model"]}
    assert any(model.startswith("sim:") for model in models)
    assert any(model.startswith("local:") for model in models)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_committed_file_is_whole_and_small(path: Path) -> None:
    steps = load(path)
    assert len(steps) > 0
    assert (steps.groupby("chain")["hop"].max() == steps.groupby("chain")["hop"].count()).all()
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize("path", [path for path in FILES if path.name.startswith("sim-")], ids=lambda path: path.name)
def test_simulated_results_come_out_the_same(path: Path) -> None:
    found = verify(path, workers=0)
    assert found.ok, f"{REMAKE}: {found.wrong[:1]}"

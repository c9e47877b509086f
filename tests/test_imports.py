"""Imports go one way; the contracts in pyproject.toml hold the layers, this holds the domains apart."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grimp

import domains
from harness.relay.scoring import ASIDE


def test_no_domain_imports_another() -> None:
    graph = grimp.build_graph("domains", cache_dir=None)
    crossed = []
    for name in domains.names():
        home = f"domains.{name}"
        for module in {home, *graph.find_descendants(home)}:
            for other in graph.find_modules_directly_imported_by(module):
                own = other == home or other.startswith((f"{home}.", "domains.kit"))
                crossed += [] if own else [f"{module} imports {other}"]
    assert not crossed


def test_importing_the_harness_does_no_work() -> None:
    code = (
        "import sys, harness; print([m for m in sys.modules if m.split('.')[0] in ('pandas', 'openai', 'anthropic')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_what_measures_nothing_is_no_part_of_a_scorer() -> None:
    graph = grimp.build_graph("domains", cache_dir=None)
    measuring = set[str]().union(
        *(graph.find_upstream_modules(f"domains.kit.{name}") for name in ("measure", "edits", "compare", "files"))
    )
    assert not measuring & {f"domains.kit.{name}" for name in ASIDE}
    assert all((Path(domains.__file__).parent / "kit" / f"{name}.py").is_file() for name in ASIDE)

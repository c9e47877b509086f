"""SECURITY.md names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_promise_is_tested() -> None:
    page = (ROOT / "SECURITY.md").read_text()
    promised = {
        name for names in re.findall(r"\[(`test_[^\]]+)\]", page) for name in re.findall(r"`(test_\w+)`", names)
    }
    assert len(promised) == len(set(re.findall(r"`(test_\w+)`", page))) > 20
    assert promised <= set(functions())


def functions() -> list[str]:
    """The names of all test functions, those with a mark that skips them everywhere excepted."""
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                marks = [ast.unparse(mark) for mark in node.decorator_list]
                if not any(mark.startswith("pytest.mark.skip(") for mark in marks):
                    found.append(node.name)
    return found

"""The pytest plugin, as a team's own tests meet it."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]

HEAD = """
import pytest
SMALL = dict(domains="subtitles", doc_tokens=100, round_trips=3, distractors=0, workers=0, adaptive=True)
"""


def run(pytester: pytest.Pytester, body: str, *args: str) -> pytest.RunResult:
    pytester.makepyfile(HEAD + body)
    registered = any(point.value == "harness.pytest_plugin" for point in entry_points(group="pytest11"))
    plugin = [] if registered else ["-p", "harness.pytest_plugin"]
    return pytester.runpytest_inprocess(
        "-p", "no:cacheprovider", "-p", "no:asyncio", "--strict-markers", *plugin, *args
    )


def test_a_regression_fails_with_figures_and_the_worst(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_upgrade(palimpsest):
    palimpsest.assert_no_regression("sim:frontier", baseline="sim:oracle", margin=0.02, **SMALL)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*fail: sim:frontier is worse than sim:oracle by more than 0.020: RS@6 differs by -0.*pairs*",
            "*margin 0.020, error rate 0.05*",
            "*worst regressions*",
            "*1. subtitles/generated-100-*",
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_what_is_no_regression_passes_and_returns_the_verdict(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
def test_upgrade(palimpsest):
    verdict = palimpsest.assert_no_regression("sim:oracle", baseline="sim:frontier", margin=0.2, **SMALL)
    assert verdict.outcome == "pass" and verdict.pairs >= 12
""",
    ).assert_outcomes(passed=1)


def test_undecided_fails_unless_told_otherwise(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
LITTLE = dict(SMALL, max_chains=12)

def test_red(palimpsest):
    palimpsest.assert_no_regression("sim:careless", baseline="sim:oracle", **LITTLE)

def test_skipped(palimpsest):
    palimpsest.assert_no_regression("sim:careless", baseline="sim:oracle", inconclusive="skip", **LITTLE)

def test_warned(palimpsest):
    with pytest.warns(pytest.PytestWarning, match="inconclusive"):
        palimpsest.assert_no_regression("sim:careless", baseline="sim:oracle", inconclusive="pass", **LITTLE)

def test_typo(palimpsest):
    palimpsest.assert_no_regression("sim:careless", baseline="sim:oracle", inconclusive="maybe", **LITTLE)
""",
        "-rA",
    )
    result.assert_outcomes(failed=2, skipped=1, passed=1)
    result.stdout.fnmatch_lines(["*further pairs of chains would decide*"])
    result.stdout.fnmatch_lines(["*inconclusive is fail, skip or pass, not 'maybe'*"])


def test_markers_give_defaults_the_nearest_first(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
pytestmark = pytest.mark.palimpsest(margin=0.3, max_chains=12, inconclusive="fail", **SMALL)

@pytest.mark.palimpsest(margin=0.001, inconclusive="skip")
def test_near(palimpsest):
    palimpsest.assert_no_regression("sim:careless", baseline="sim:oracle")

def test_far(palimpsest):
    assert palimpsest.gate("sim:oracle", "sim:deleter").design.margin == 0.3
""",
    ).assert_outcomes(passed=1, skipped=1)


def test_nothing_is_loaded_before_it_is_used() -> None:
    heavy = "{'pandas', 'numpy', 'scipy', 'harness.study', 'domains'}"
    program = f"import harness.pytest_plugin, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

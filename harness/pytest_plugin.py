"""The pytest plugin: a fixture `palimpsest`, with which a team holds a model upgrade to its margin in its own tests.

    def test_upgrade(palimpsest):
        palimpsest.assert_no_regression("openai:new", baseline="results/old.db", margin=0.02)

    @pytest.mark.palimpsest(margin=0.05, adaptive=True, max_cost=20.0)   # defaults of a test, a class or a module
    def test_other(palimpsest): ...

A candidate worse by more than the margin fails the test. So does one that is not decided on, since a test that says
nothing must not look green; `inconclusive="skip"` skips it and `inconclusive="pass"` lets it pass with a warning.
Nothing of palimpsest but this file is loaded until the fixture is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from harness.gating import Verdict

Undecided = Literal["fail", "skip", "pass"]


class Palimpsest:
    """What the fixture gives. `defaults` are the marker's."""

    def __init__(self, defaults: dict[str, Any]) -> None:
        self._defaults = defaults

    def gate(self, candidate: str, baseline: str, **terms: Any) -> Verdict:
        """The verdict, whatever it is: `harness.gating.gate` with the marker's defaults."""
        from harness.gating import gate

        given = {**self._defaults, **terms}
        given.pop("inconclusive", None)
        return gate(candidate, baseline, **given)

    def assert_no_regression(
        self, candidate: str, baseline: str, *, inconclusive: Undecided | None = None, **terms: Any
    ) -> Verdict:
        """Fails the test when `candidate` is worse than `baseline` by more than `margin` (default 0.02), with the
        figures and the worst regressions; `inconclusive` says what a verdict that decides nothing does (default fail).
        `terms` are those of `harness.gating.gate`. The verdict is returned. UsageError for what the caller can mend."""
        __tracebackhide__ = True
        from harness.errors import UsageError

        wanted = inconclusive or self._defaults.get("inconclusive", "fail")
        if wanted not in ("fail", "skip", "pass"):
            raise UsageError(f"inconclusive is fail, skip or pass, not {wanted!r}")
        from harness.cli.gate import text

        verdict = self.gate(candidate, baseline, **terms)
        if verdict.outcome == "fail" or (verdict.outcome == "inconclusive" and wanted == "fail"):
            pytest.fail(text(verdict), pytrace=False)
        if verdict.outcome == "inconclusive":
            if wanted == "skip":
                pytest.skip(verdict.headline())
            import warnings

            warnings.warn(pytest.PytestWarning(verdict.headline()), stacklevel=2)
        return verdict


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "palimpsest(**terms): defaults of the palimpsest fixture, see harness.gating.gate"
    )


@pytest.fixture
def palimpsest(request: pytest.FixtureRequest) -> Palimpsest:
    """Holds model upgrades to a margin: `palimpsest.assert_no_regression(candidate, baseline=…, margin=…)`."""
    defaults: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("palimpsest"))):
        defaults.update(marker.kwargs)
    return Palimpsest(defaults)

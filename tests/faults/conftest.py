from __future__ import annotations

import pytest

from harness.backends.limits import Retrying


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow each other at once, and no key or proxy of whoever runs the tests is used."""
    monkeypatch.setitem(Retrying.__init__.__kwdefaults__, "base", 0.001)
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "none")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)

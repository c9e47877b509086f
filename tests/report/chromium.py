"""Debian's Chromium under Playwright, or why there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WAY_OUT = "pip install playwright, and apt-get install chromium (or another chromium or google-chrome on the path)"


def missing() -> str:
    """What keeps a browser from being driven, "" when nothing does."""
    try:
        import playwright.sync_api  # noqa: F401 (asked whether it is there)
    except ImportError:
        return f"playwright is not installed: {WAY_OUT}"
    return "" if _program() else f"there is no Chromium: {WAY_OUT}"


def _program() -> str | None:
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser without a window. Call `missing` first."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=_program())
        try:
            yield opened
        finally:
            opened.close()

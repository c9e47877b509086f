"""Takes the README's pictures from the site that `make demo` writes: `python -m tests.picture demo docs/img`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.report.chromium import browser


def main(demo: Path, folder: Path) -> None:
    """The top of the leaderboard, and the hop at which the embedded model's first chain lost most."""
    site = (demo / "report").resolve()
    models = sorted(site.glob("model-*.html"))
    chains = [re.search(r"chain\.html(#[\d/]+)", page.read_text()) for page in models if "local:" in page.read_text()]
    with browser() as opened:
        page = opened.new_page(viewport={"width": 1200, "height": 760}, color_scheme="light")
        page.goto((site / "index.html").as_uri())
        page.screenshot(path=folder / "report.png")
        page.goto((site / "chain.html").as_uri() + next(found[1] for found in chains if found))
        page.locator("main table").first.wait_for()
        page.set_viewport_size({"width": 1200, "height": 960})
        page.screenshot(path=folder / "chain.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""Draws the README's picture from the stores of `make demo`: `python -m tests.picture demo docs/img/report.svg`."""

from __future__ import annotations

import sys
from pathlib import Path

import harness
from harness.cli.diff import show_diff
from harness.cli.show import print_study
from harness.cli.terminal import out


def main(demo: Path, picture: Path) -> None:
    out.record, out.width = True, 118
    for store in ("sim.db", "real.db"):
        print_study(harness.load(demo / store))
        out.print()
    show_diff(demo / "real.db", "1", None, None, 12)
    out.save_svg(str(picture), title="palimpsest show, palimpsest diff")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

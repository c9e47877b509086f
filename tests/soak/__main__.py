"""`make soak`: 10 000 hops in a storm of faults and kills, then an audit; exit status 1 when it finds anything."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.soak.soak import FULL, SMALL, soak, table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=600.0, help="when to give up")
    parser.add_argument("--small", action="store_true", help="the few hundred hops of the ordinary test suite")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="palimpsest-soak-") as folder:
        result = soak(replace(SMALL if given.small else FULL, seed=given.seed), Path(folder), given.seconds)
    print(table(result))
    return 1 if result.wrong else 0


if __name__ == "__main__":
    sys.exit(main())

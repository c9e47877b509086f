"""`sim:frontier` against the published row of a strong model.

GPT 5.4 (arXiv 2604.15597, no tools): RS@2, 10, 20; cumulative share of chains with a critical error, a drop of ten
points or more in one round trip, after 2, 6, 10, 14 and 20 interactions; share of the loss from critical errors;
share of the final loss that is deletion. The test prints what is achieved.
"""

from __future__ import annotations

import random
from itertools import pairwise
from statistics import fmean

import pytest
from relays import feasible, fixture, relay

import domains
from harness.editors.profiles import PROFILES

RS = {2: 94.3, 10: 79.4, 20: 71.5}
CRITICAL = {2: 13.9, 6: 30.1, 10: 42.5, 14: 48.2, 20: 55.2}
CRITICAL_SHARE, DELETION_SHARE = 80.9, 40.0
DOMAINS = ("accounting", "recipe", "subtitles")
CHAINS, TOKENS = 90, 400


def shown(figures: dict[int, float]) -> str:
    return ", ".join(f"{value:.1f} @{k}" for k, value in figures.items())


@pytest.mark.slow
def test_frontier_decays_as_the_published_model(capsys: pytest.CaptureFixture[str]) -> None:
    curves = []
    missing = lost = 0.0
    for chain in range(CHAINS):
        domain = domains.get(DOMAINS[chain % len(DOMAINS)])
        generated = dict(domain.render(domain.generate(random.Random(chain), TOKENS)))
        seed = generated if chain % 8 else fixture(domain)
        assert feasible(domain, seed)
        last = [hop for hop in relay(domain, seed, PROFILES["frontier"], chain) if hop.direction == "backward"]
        curves.append([1.0, *(hop.score for hop in last)])
        if last[-1].rs is not None:
            missing += last[-1].rs.missing
            lost += 1.0 - last[-1].rs.score
    rs = {k: 100 * fmean(curve[k // 2] for curve in curves) for k in RS}
    drops = [[a - b for a, b in pairwise(curve)] for curve in curves]
    critical = {k: 100 * fmean(any(d >= 0.1 for d in drop[: k // 2]) for drop in drops) for k in CRITICAL}
    falls = [d for drop in drops for d in drop if d > 0]
    share = 100 * sum(d for d in falls if d >= 0.1) / sum(falls)
    deletion = 100 * missing / lost
    with capsys.disabled():
        print(f"\nRS {shown(rs)}; critical {shown(critical)}; share {share:.1f}; deletion {deletion:.1f}")
    assert rs == {k: pytest.approx(v, abs=4.0) for k, v in RS.items()}
    assert critical == {k: pytest.approx(v, abs=8.0) for k, v in CRITICAL.items()}
    assert share == pytest.approx(CRITICAL_SHARE, abs=8.0)
    assert deletion == pytest.approx(DELETION_SHARE, abs=10.0)

"""Intervals cover what they say: 500 studies of 8 to 15 environments a domain, drawn from a pool of real relays whose
means are the truth. A share of 500 is itself off by two hundredths at most, 19 times of 20."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from relayed import LIGHT, draw, relays, study_of

from harness.analysis.bootstrap import Array, Panel, estimate, means, panel
from harness.analysis.critical import ratios_of, trips_panel
from harness.analysis.curves import area_of, rate_of
from harness.analysis.traits import cohen
from harness.editors.profiles import PROFILES
from harness.estimate import Estimate

if TYPE_CHECKING:
    import pandas as pd

STUDIES = 500
MODELS = ("careless", "frontier")
FROM, TO, NOISE = 0.93, 0.97, 0.02
LATE = slice(3, None)
"""Hops from 4 on. Before, most studies of a model that fails rarely and then wholly have seen no failure yet, and no
interval of what they saw can tell."""


@pytest.fixture(scope="module")
def pools() -> dict[str, pd.DataFrame]:
    study = relays({name: PROFILES[name] for name in MODELS}, LIGHT, doc_tokens=120, documents=80, round_trips=6)
    return {name: study.steps[study.steps["model"] == f"sim:{name}"] for name in MODELS}


@pytest.fixture(scope="module")
def credit(pools: dict[str, pd.DataFrame]) -> dict[str, Panel]:
    found = {name: panel(steps) for name, steps in pools.items()}
    return {**found, "difference": found["frontier"].minus(found["careless"])}


def covered(pool: Panel, estimates: Callable[[Panel], list[Estimate]], studies: int = STUDIES) -> Array:
    """The share of studies whose interval holds the figure of the whole pool, by figure."""
    truth = [found.value for found in estimates(pool)]
    rng = np.random.default_rng(11)
    hits = np.zeros(len(truth))
    for _ in range(studies):
        found = estimates(study_of(pool, draw(pool, rng)))
        hits += [value in one for value, one in zip(truth, found, strict=True) if value is not None]
    share: Array = hits / studies
    print(np.round(share, 3))
    return share


@pytest.mark.parametrize("model", MODELS)
def test_rs_at_k(credit: dict[str, Panel], model: str) -> None:
    share = covered(credit[model], means)
    assert FROM <= share.mean() <= TO
    assert FROM <= share[LATE].mean() <= TO + NOISE / 2
    assert FROM - NOISE <= share[LATE].min() <= share[LATE].max() <= TO + NOISE
    assert share.min() > 0.8


@pytest.mark.parametrize("model", MODELS)
def test_area(credit: dict[str, Panel], model: str) -> None:
    (share,) = covered(credit[model], lambda own: [area_of(own)])
    assert FROM <= share <= TO + 0.01


def test_difference_of_two_models(credit: dict[str, Panel]) -> None:
    pool = credit["difference"]
    share = covered(pool, lambda own: means(own, (-1.0, 1.0)))
    assert FROM <= share.mean() <= TO
    assert FROM - NOISE <= share.min() <= share.max() <= TO + NOISE
    (area,) = covered(pool, lambda own: [estimate(own, lambda rows: rows.mean(axis=1, keepdims=True), (-1.0, 1.0))])
    assert FROM <= area <= TO + 0.01


@pytest.mark.parametrize("model", MODELS)
def test_decay_rate(credit: dict[str, Panel], model: str) -> None:
    pool = credit[model]
    backward = Panel(pool.units, pool.columns[1::2], pool.values[:, 1::2]).whole()
    (share,) = covered(backward, lambda own: rate_of(own)[:1], 300)
    assert FROM - NOISE <= share <= TO + NOISE


@pytest.mark.parametrize("model", MODELS)
def test_critical_errors(pools: dict[str, pd.DataFrame], model: str) -> None:
    share = covered(trips_panel(pools[model]), ratios_of)
    assert FROM - NOISE <= share.min() <= share.max() <= TO + NOISE


def test_cohens_d() -> None:
    rng = np.random.default_rng(3)
    hits = [
        0.6 in cohen(rng.normal(0.6, 1.0, int(n)), rng.normal(0.0, 1.0, int(m)))
        for n, m in rng.integers(8, 30, (2000, 2))
    ]
    assert FROM <= np.mean(hits) <= TO

"""Relays of simulated models for the analyses, and studies drawn from a pool of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import domains
import harness
from domains.kit.index import Index
from harness.analysis.bootstrap import Array, Panel
from harness.editors.channel import Channel
from harness.editors.profiles import PROFILES

if TYPE_CHECKING:
    from harness import Study

LIGHT = ("subtitles", "recipe", "accounting")


def relays(channels: dict[str, Channel], names: tuple[str, ...], **conditions: Any) -> Study:
    """A study of simulated models with these channels; each is called `sim:NAME`."""
    given = {"distractors": 0, "workers": 0, **conditions}
    with pytest.MonkeyPatch.context() as patch:
        for name, channel in channels.items():
            patch.setitem(PROFILES, name, channel)
        return harness.run([f"sim:{name}" for name in channels], names, **given)


def draw(pool: Panel, rng: np.random.Generator, least: int = 8, most: int = 15) -> Array:
    """Rows of a pool for one study: as many environments of every domain, between `least` and `most`."""
    count = int(rng.integers(least, most + 1))
    names = np.array([unit[0] for unit in pool.units])
    return np.concatenate([rng.choice(np.flatnonzero(names == name), count) for name in np.unique(names)])


def study_of(pool: Panel, rows: Array) -> Panel:
    return Panel(tuple(pool.units[row] for row in rows), pool.columns, pool.values[rows])


def expected_survival(domain: str, files: dict[str, str], drop: float, hops: int) -> list[float]:
    """What a channel that only drops leaves of a document after each hop: an element below d others is there while
    none of the d + 1 was dropped."""
    found = domains.get(domain)
    index = Index(found.schema)
    root = found.parse(files)
    kept = np.zeros(hops)
    level, depth = [root], 0
    while level:
        own = sum(index.mass(e) - sum(index.mass(child) for child in e.children) for e in level)
        kept += own * (1.0 - drop) ** (depth * np.arange(1, hops + 1))
        level, depth = [child for e in level for child in e.children], depth + 1
    return list(kept / index.mass(root))

"""Which model, edited which way, can be trusted with a document, and at what price: every model under every editor and
set of protections, over whole relays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import summary
from harness.analysis import money, paired
from harness.analysis.bootstrap import features, means, panel
from harness.analysis.protection import Protection, protection
from harness.estimate import NOTHING, Estimate

if TYPE_CHECKING:
    import pandas as pd

FIRST = ("rewrite", "rewrite:guided")
"""The editors that others are held against, where a model has one of them."""


@dataclass(frozen=True, slots=True)
class Against:
    """One way of a model less another of it, its `editor` without protections, over the `pairs` of chains both have:
    `difference` is of RS@`hop`, `cost` (US dollars) and `calls` are what a relay takes more up to there, below 0 where
    it takes less. `per_dollar` and `per_call` are points (hundredths) of RS@hop won per unit of that; None where it
    does not take more, or a price is unknown."""

    editor: str
    hop: int
    pairs: int
    difference: Estimate
    cost: Estimate
    calls: Estimate
    per_dollar: Estimate
    per_call: Estimate


@dataclass(frozen=True, slots=True)
class Way:
    """A model, the editor and the protections (None without) that it ran under. `rs` is RS@`hop`, its last backward
    hop; `done` the share of the asked change that forward hops made, without which what is kept says little; `cost` and
    `calls` are what a relay takes. `protection` tells what the protections did at the hops, None
    without any. `against` holds it against the same editor without protections or, without any, against the model's
    first editor, `rewrite` where it ran; None where that did not run, or shares no chain."""

    model: str
    editor: str
    protect: str | None
    hop: int
    rs: Estimate
    done: Estimate
    cost: Estimate
    calls: Estimate
    protection: Protection | None
    against: Against | None


def ways(steps: pd.DataFrame) -> dict[str, Way]:
    """By the names of `harness.summary`. Empty where every model ran under one editor and without protections: there
    is nothing to compare."""
    if not len(steps) or not _several(steps):
        return {}
    told = steps.assign(calls=asked(steps), protect=_protect(steps))
    parts = dict(summary.by_condition(told))
    settings = {name: _settings(own) for name, own in parts.items()}
    found = {}
    for name, own in parts.items():
        first = _baseline(name, settings)
        against = None if first == name else _against(settings[first]["editor"], parts[first], own)
        found[name] = _way(own, settings[name], against)
    return found


def asked(steps: pd.DataFrame) -> pd.Series[float]:
    """Calls of each hop. A simulated model, which nobody calls, takes one, and what its protections would take."""
    calls = steps["calls"].astype("float64")
    if "extra_calls" not in steps:
        simulated = calls * 0.0 + 1.0
    else:
        simulated = 1.0 + steps["extra_calls"].astype("float64").fillna(0.0)
    return calls.mask(steps["model"].astype(str).str.startswith("sim:"), simulated)


def _several(steps: pd.DataFrame) -> bool:
    return bool(_protect(steps).notna().any() or (steps.groupby("model")["editor"].nunique() > 1).any())


def _protect(steps: pd.DataFrame) -> pd.Series[str]:
    import pandas as pd

    return steps["protect"] if "protect" in steps else pd.Series(None, steps.index, dtype=object)


def _settings(own: pd.DataFrame) -> dict[str, str]:
    """A row's conditions, in words."""
    known = ["model", *(name for name in summary.CONDITIONS if name in own)]
    return {str(name): str(value) for name, value in summary.words(own[known].head(1)).iloc[0].items()}


def _baseline(name: str, settings: Mapping[str, Mapping[str, str]]) -> str:
    """The way that this one is held against: itself where there is none."""
    mine = settings[name]
    varying = "protect" if mine["protect"] != "none" else "editor"
    plain = [
        other
        for other, theirs in settings.items()
        if theirs["protect"] == "none" and all(theirs[key] == mine[key] for key in mine if key != varying)
    ]
    return next((other for other in plain if settings[other]["editor"] in FIRST), plain[0] if plain else name)


def _way(own: pd.DataFrame, settings: Mapping[str, str], against: Against | None) -> Way:
    back = own[own["direction"] == "backward"]
    hop = int((back if len(back) else own)["hop"].max())
    at = panel(own[own["hop"] == hop])
    work = own[(own["direction"] == "forward") & own["done"].notna()]
    paid = money.spending(own, ("cost_usd", "calls"))
    return Way(
        settings["model"], settings["editor"], None if settings["protect"] == "none" else settings["protect"], hop,
        means(at)[0] if len(at.units) else NOTHING, means(features(work, ["done"]))[0] if len(work) else NOTHING,
        paid["cost_usd"].chain, paid["calls"].chain, protection(own), against,
    )  # fmt: skip


def _against(editor: str, baseline: pd.DataFrame, own: pd.DataFrame) -> Against | None:
    pairs = paired.pair(baseline, own)
    hop = pairs.last
    if not hop:
        return None
    cost, per_dollar = paired.price(pairs, hop, "cost_usd")
    calls, per_call = paired.price(pairs, hop, "calls")
    return Against(
        editor, hop, len(pairs.at(hop)), paired.differences(pairs)[hop], cost, calls, per_dollar, per_call
    )  # fmt: skip

"""All analyses of a study at once, as plain values: what `analyse` gives is JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness import summary
from harness.analysis import critical, curves, losses, money
from harness.analysis.ways import Way, ways

if TYPE_CHECKING:
    import pandas as pd

ACROSS: tuple[losses.Group, ...] = ("size", "distractors")
"""Groups whose values may be conditions: they are told over all of a model's conditions, and nowhere averaged."""


def analyse(steps: pd.DataFrame) -> dict[str, Any]:
    """`{"models": {NAME: {…}}, "across": {MODEL: {"size", "distractors"}}, "ranks": {…}}`.

    A model under two conditions appears once for each, as in `harness.summary`. An interval is {value, low, high,
    count}, what is unknown is None. "way" is as in `harness.analysis.ways`, None where every model ran under one editor
    and without protections. "ranks" is the agreement of short and long horizons, at the hops it names; None
    where models ran under several conditions, or no hop is shared."""
    parts, told = dict(summary.by_condition(steps)), ways(steps)
    return {
        "models": {name: plain(_model(own, told.get(name))) for name, own in parts.items()},
        "across": {
            str(model): {group: plain(losses.by(own, group)) for group in ACROSS}
            for model, own in steps.groupby("model", sort=False)
        },
        "ranks": _ranks(parts) if len(parts) == steps["model"].nunique() else None,
    }


def _model(steps: pd.DataFrame, way: Way | None) -> dict[str, Any]:
    return {
        "rs": curves.curve(steps),
        "area": curves.area(steps),
        "below_half": curves.below(steps),
        "decay": curves.decay(steps),
        "readiness": curves.readiness(steps),
        "decomposition": losses.decomposition(steps),
        "own": {group: losses.by(steps, group) for group in losses.GROUPS if group not in ACROSS},
        "compliance": losses.compliance(steps),
        "critical": critical.critical(steps),
        "spending": money.spending(steps),
        "way": way,
    }


def _ranks(parts: Mapping[str, pd.DataFrame]) -> dict[str, Any] | None:
    short = 2
    long = min((int(own["hop"].max()) for own in parts.values()), default=0)
    long = min(curves.READY_AT, long - long % 2)
    if long <= short:
        return None
    return {"short": short, "long": long, **plain(curves.rank_agreement(parts, short, long))}


def plain(value: Any) -> Any:
    """Dataclasses and mappings as dicts with text for keys; all else as it is."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    return value

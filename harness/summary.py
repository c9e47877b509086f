"""A study in numbers: pure functions of its table of steps. RS@k as in METHOD, k counting hops."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.store import FAILURES

if TYPE_CHECKING:
    import pandas as pd

CONDITIONS = (
    "editor", "schedule", "policy", "memory", "heal", "planted", "plant", "doc_tokens", "distractors", "temperature",
    "effort", "max_tokens", "base_url",
)  # fmt: skip
"""Columns that tell conditions apart. Results of two conditions are never averaged."""


def by_model(steps: pd.DataFrame, paid: Mapping[int, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each model's figures. `paid` holds, by chain, what its replies cost, those of unfinished hops included. A model
    under two conditions appears once for each, the condition behind its name."""
    return {name: _figures(part, paid) for name, part in by_condition(steps)}


def by_condition(steps: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The steps of each model and condition, under the name that tells it from the model's others."""
    parts = []
    for model, own in steps.groupby("model", sort=False):
        told = own[[*CONDITIONS]].astype(object)
        told = told.where(told.notna(), "none").astype(str)
        varying = [name for name in CONDITIONS if told[name].nunique() > 1]
        if not varying:
            parts.append((str(model), own))
            continue
        for values, part in own.groupby([told[name] for name in varying], sort=False):
            said = ", ".join(f"{name} {value}" for name, value in zip(varying, values, strict=True))
            parts.append((f"{model} ({said})", part))
    return parts


def _figures(steps: pd.DataFrame, paid: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    bills = [paid[chain] for chain in steps["chain"].unique()]
    return {
        "rs": {str(hop): value for hop, value in rs_at(steps).items()},
        "compliance": mean(steps.loc[steps["direction"] == "forward", "done"]),
        "failures": {kind: n for kind in FAILURES if (n := int((steps["outcome"] == kind).sum()))},
        "calls": sum(bill["calls"] for bill in bills),
        "tokens": _total(bill["tokens"] for bill in bills),
        "cost_usd": _total(bill["cost_usd"] for bill in bills),
    }


def rs_at(steps: pd.DataFrame) -> dict[int, float | None]:
    """RS@k for every hop k: the mean over environments of the mean over repeats. A failure counts 0, an unread hop not
    at all; None where no hop counts."""
    means = steps.groupby(["hop", "domain", "document", "document_hash"])["credit"].mean().groupby("hop").mean()
    return {int(hop): _number(value) for hop, value in zip(means.index, means, strict=True)}


def mean(values: pd.Series[float]) -> float | None:
    """None where there is nothing to average."""
    return _number(values.mean())


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _total(parts: Any) -> Any:
    found = list(parts)
    return None if None in found else sum(found)


def nothing() -> dict[str, Any]:
    """The figures of a model of which no hop is finished."""
    return {"rs": {}, "compliance": None, "failures": {}, "calls": 0, "tokens": None, "cost_usd": None}

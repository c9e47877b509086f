"""A study in numbers: pure functions of its table of steps. RS@k as in METHOD, k counting hops."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.store import FAILURES

if TYPE_CHECKING:
    import pandas as pd

CONDITIONS = (
    "editor", "protect", "schedule", "policy", "memory", "heal", "planted", "plant", "doc_tokens", "distractors",
    "temperature", "effort", "max_tokens", "agent", "base_url", "served",
)  # fmt: skip
"""Columns that tell conditions apart. Results of two conditions are never averaged."""


def by_model(steps: pd.DataFrame, paid: Mapping[int, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each model's figures, of steps or of their outline (`harness.table`). `paid` holds, by chain, what its replies
    cost, those of unfinished hops included. A model under two conditions appears once for each, the condition behind
    its name."""
    figures = {}
    rs = rs_by(steps, [names_of(steps)])
    for name, part in by_condition(steps):
        own = rs.xs(name)
        told = {str(hop): _number(value) for hop, value in zip(own.index, own, strict=True)}
        figures[name] = {"rs": told, **_figures(part, paid)}
    return figures


def by_condition(steps: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The steps of each model and condition, under the name that tells it from the model's others."""
    labels = names_of(steps)
    first = (~labels.duplicated()).to_numpy()
    parts: dict[Any, pd.DataFrame] = dict(iter(steps.groupby(labels.to_numpy(), sort=False)))
    by_model = labels[first].groupby(steps.loc[first, "model"].to_numpy(), sort=False)
    return [(str(name), parts[name]) for _, names in by_model for name in names]


def names_of(steps: pd.DataFrame) -> pd.Series[str]:
    """For each step the name of its model and condition."""
    return steps["name"] if "name" in steps else named(steps)


def named(steps: pd.DataFrame, beside: Collection[str] = ()) -> pd.Series[str]:
    """For each row, of steps or of chains, the name of its model and condition. Conditions that are told `beside` it
    are left out of the name."""
    # Told of one row a condition: a study has some conditions and a hundred thousand steps.
    known = ["model", *(name for name in CONDITIONS if name in steps)]
    number = steps.groupby(known, sort=False, dropna=False).ngroup()
    told = words(steps.loc[(~number.duplicated()).to_numpy(), known]).set_axis(number.drop_duplicates().to_numpy())
    names = {}
    for model, own in told.groupby("model", sort=False):
        varying = [name for name in known[1:] if name not in beside and own[name].nunique() > 1]
        for condition, values in zip(own.index, own[varying].itertuples(index=False), strict=True):
            said = ", ".join(f"{name} {value}" for name, value in zip(varying, values, strict=True))
            names[condition] = f"{model} ({said})" if said else str(model)
    return number.map(names).rename("name")


def words(conditions: pd.DataFrame) -> pd.DataFrame:
    """Conditions as a person is told them, and may write them: `none` for what is missing."""
    found = conditions.astype(object)
    return found.where(found.notna(), "none").astype(str)


def _figures(steps: pd.DataFrame, paid: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    bills = [paid[chain] for chain in steps["chain"].unique()]
    return {
        "compliance": mean(steps.loc[steps["direction"] == "forward", "done"]),
        "failures": {kind: n for kind in FAILURES if (n := int((steps["outcome"] == kind).sum()))},
        "calls": sum(bill["calls"] for bill in bills),
        "tokens": _total(bill["tokens"] for bill in bills),
        "cost_usd": _total(bill["cost_usd"] for bill in bills),
    }


def rs_at(steps: pd.DataFrame) -> dict[int, float | None]:
    """RS@k for every hop k: the mean over environments of the mean over repeats. A failure counts 0, an unread hop not
    at all; None where no hop counts."""
    return {int(hop): _number(value) for hop, value in rs_by(steps, []).items()}  # type: ignore[call-overload]


def rs_by(steps: pd.DataFrame, groups: Sequence[Any]) -> pd.Series[float]:
    """RS@k of every group, by the groups and then k; NaN where no hop counts."""
    within = [*groups, "hop"]
    repeats = steps.groupby([*within, "domain", "document", "document_hash"], sort=False, observed=True)[
        "credit"
    ].mean()
    return repeats.groupby(level=list(range(len(within))), observed=True).mean()


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

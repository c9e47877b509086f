"""What is lost, where and under which work: pure functions of the steps, each loss a mean over environments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from harness.analysis.bootstrap import UNIT, features, means, panel
from harness.estimate import NOTHING, Estimate

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("missing", "altered", "spurious", "moved", "failed")
"""What 1 - RS@k consists of: the four of the comparison and the hops that failed, which lose all."""

Group = Literal["direction", "edit", "tag", "domain", "category", "size", "distractors"]
GROUPS: tuple[Group, ...] = ("direction", "edit", "tag", "domain", "category", "size", "distractors")


@dataclass(frozen=True, slots=True)
class Own:
    """What hops of one group do themselves, whatever they inherited: `loss`, 1 - step of those that could be measured,
    the share that `failed`, the share that was `unread`, and how many hops there are."""

    loss: Estimate
    failed: Estimate
    unread: Estimate
    hops: int


@dataclass(frozen=True, slots=True)
class Compliance:
    """Forward hops: mean share of the change that was made, share of hops that left the document as it was, that made
    a part of the change, and all of it. Failed hops are not among them; shares of those whose work could be told."""

    done: Estimate
    untouched: Estimate
    partial: Estimate
    whole: Estimate


def decomposition(steps: pd.DataFrame) -> dict[int, dict[str, Estimate]]:
    """By hop, what 1 - RS@k consists of (PARTS); the values add up to it. Unread hops do not count."""
    known = steps[steps["credit"].notna()].copy()
    known["failed"] = known["failed"].astype("float64")
    known[list(PARTS)] = known[list(PARTS)].mask(known["failed"] == 1.0, 0.0).assign(failed=known["failed"])
    found: dict[int, dict[str, Estimate]] = {}
    for part in PARTS:
        data = panel(known, part)
        for hop, estimate in zip(data.columns, means(data), strict=True):
            found.setdefault(int(hop), {})[part] = estimate
    return found


def own(steps: pd.DataFrame) -> Own:
    """What these hops do themselves."""
    if not len(steps):
        return Own(NOTHING, NOTHING, NOTHING, 0)
    table = steps[UNIT].assign(
        loss=1.0 - steps["step"],
        failed=steps["failed"].astype("float64"),
        unread=(steps["outcome"] == "unread").astype("float64"),
    )
    data = features(table, ["loss", "failed", "unread"])
    loss, failed, unread = means(data)
    return Own(loss, failed, unread, len(steps))


def by(steps: pd.DataFrame, group: Group) -> dict[str, Own]:
    """What hops do themselves, by group, in its natural order. An edit is named `domain/edit`; a hop counts under each
    of its edit's tags; a size is the one asked for or, of fixtures, the next power of two of their tokens."""
    return {str(name): own(part) for name, part in _labelled(steps, group).groupby("label", sort=True)}


def compliance(steps: pd.DataFrame) -> Compliance:
    """How much of what was asked forward hops did."""
    asked = steps[(steps["direction"] == "forward") & ~steps["failed"] & steps["done"].notna()]
    if not len(asked):
        return Compliance(NOTHING, NOTHING, NOTHING, NOTHING)
    done = asked["done"]
    table = asked.assign(
        untouched=(done <= 0.0).astype("float64"),
        partial=((done > 0.0) & (done < 1.0)).astype("float64"),
        whole=(done >= 1.0).astype("float64"),
    )
    return Compliance(*means(features(table, ["done", "untouched", "partial", "whole"])))


def _labelled(steps: pd.DataFrame, group: Group) -> pd.DataFrame:
    """The steps with a `label`; with several labels, a row for each."""
    import pandas as pd

    if group == "tag":
        tags = {pair: _tags(*pair) for pair in set(zip(steps["domain"], steps["edit"], strict=True))}
        listed = [tags[pair] for pair in zip(steps["domain"], steps["edit"], strict=True)]
        return (
            steps.assign(label=pd.Series(listed, index=steps.index, dtype=object))
            .explode("label")
            .dropna(subset="label")
        )
    if group == "edit":
        return steps.assign(label=steps["domain"] + "/" + steps["edit"])
    if group == "category":
        return steps.assign(label=[_category(name) for name in steps["domain"]])
    if group == "size":
        tokens = steps["document_tokens"].astype("float64").clip(lower=1.0)
        binned = (2.0 ** np.ceil(np.log2(tokens))).astype("Int64")
        return steps.assign(label=steps["doc_tokens"].where(steps["doc_tokens"].notna(), binned)).dropna(subset="label")
    return steps.assign(label=steps[group])


def _tags(domain: str, edit: str) -> list[str]:
    """None for an edit that the domain no longer has."""
    import domains

    try:
        return list(domains.get(domain).edit(edit).tags)
    except (KeyError, ImportError):
        return []


def _category(domain: str) -> str:
    import domains

    return domains.title(domain)[1] if domain in domains.INDEX else "unknown"

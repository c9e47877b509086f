"""What errors do to later edits of a document: planted ones, by dose, and the model's own, by what stays in context.
Everything is paired by environment: each dose and each arm has the same documents, plans and seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.analysis.bootstrap import Array, Panel, estimate, means, panel
from harness.estimate import NOTHING, Estimate

if TYPE_CHECKING:
    import pandas as pd

CONDITION = ("model", "editor", "protect", "memory", "heal")


@dataclass(frozen=True, slots=True)
class Dose:
    """One rate: what became of the planted errors (`kept`, `repaired`, `worse`), the model's `own` damage, and its
    `growth`: that damage less the damage at rate 0."""

    rate: float
    kept: Estimate
    repaired: Estimate
    worse: Estimate
    own: Estimate
    growth: Estimate


@dataclass(frozen=True, slots=True)
class Doses:
    """The dose-response of one condition and class of errors after `hop` hops. `slope`: own damage gained per share of
    facts planted, a least-squares line through the means; `smallest`: the smallest rate whose growth is
    distinguishable from 0, None when none is."""

    condition: Mapping[str, Any]
    plant: str
    hop: int
    doses: tuple[Dose, ...]
    slope: Estimate
    smallest: float | None


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of remembering: `damage` is the share that a hop damages of what it was given (1 - step, 1 for a
    failure), `rs` what is left after `hop` hops, `against` the damage less that of the arm it is held against, in which
    the model's errors are healed before each hop."""

    model: str
    editor: str
    protect: str | None
    memory: str
    heal: bool
    hop: int
    damage: Estimate
    rs: Estimate
    against: Estimate


def doses(steps: pd.DataFrame) -> list[Doses]:
    """One for each model, editor, protections, memory and class of planted errors. Empty where nothing was planted."""
    planted = steps[steps["planted"].notna()]
    found = []
    for names, own in _grouped(planted, CONDITION):
        for plant in own["plant"].dropna().unique():  # rate 0 is of no class, and every class's
            part = own[own["plant"].isna() | (own["plant"] == plant)]
            found.append(_response(names, str(plant), part))
    return found


def _response(condition: Mapping[str, Any], plant: str, steps: pd.DataFrame) -> Doses:
    hop = _last(steps)
    at = _same_origin(steps[steps["hop"] == hop])
    own = panel(at, "own", "planted")
    whole = own.only(np.isfinite(own.values.sum(axis=1)))
    fates = {name: panel(at, name, "planted") for name in ("kept", "repaired", "worse")}
    rates = [float(rate) for rate in own.columns]
    clean = own.at(0.0) if 0.0 in rates else None
    rows = []
    for rate in rates:
        told = {name: means(fate.at(rate))[0] if rate in fate.columns else NOTHING for name, fate in fates.items()}
        growth = _minus(own.at(rate), clean) if clean is not None and rate else NOTHING
        rows.append(Dose(rate, **told, own=means(own.at(rate))[0], growth=growth))
    slope = estimate(whole, lambda m: _slope(np.array(rates), m)) if len(rates) > 1 else NOTHING
    return Doses(condition, plant, hop, tuple(rows), slope, _smallest(rows))


def _smallest(rows: list[Dose]) -> float | None:
    """The smallest rate from which on the growth is above 0, in this and every larger rate."""
    found = None
    for row in sorted(rows, key=lambda row: -row.rate):
        if row.growth.low is None or row.growth.low <= 0.0:
            break
        found = row.rate
    return found


def _slope(rates: Array, values: Array) -> Array:
    """Of the least-squares line through (rate, mean), for each row of means; shape (rows, 1)."""
    centred = rates - rates.mean()
    found: Array = (values @ centred / (centred @ centred))[:, None]
    return found


def arms(steps: pd.DataFrame) -> list[Arm]:
    """One for each model, editor, protections and way of remembering, of documents without planted errors; empty where
    there is only one such way."""
    plain = steps[steps["planted"].isna() | (steps["planted"] == 0.0)]
    if plain.groupby(["memory", "heal"]).ngroups < 2:
        return []
    plain = plain.assign(damage=(1.0 - plain["step"]).mask(plain["failed"], 1.0))
    found = []
    for names, own in _grouped(plain, ("model", "editor", "protect")):
        hop = _last(own)
        ways = {(str(memory), bool(heal)): part for (memory, heal), part in own.groupby(["memory", "heal"])}
        damages = {way: _mean_damage(part, hop) for way, part in ways.items()}
        for (memory, heal), part in ways.items():
            healed = damages.get((memory, True))
            against = _minus(damages[memory, heal], healed) if healed is not None and not heal else NOTHING
            rs = means(panel(_same_origin(part[part["hop"] == hop])))[0]
            damage = means(damages[memory, heal])[0]
            found.append(Arm(**names, memory=memory, heal=heal, hop=hop, damage=damage, rs=rs, against=against))
    return found


def _grouped(steps: pd.DataFrame, names: Sequence[str]) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """The steps of each condition, and what it is; None where there are no protections."""
    for told, own in steps.groupby(list(names), sort=False, dropna=False):
        yield {name: None if value != value else value for name, value in zip(names, told, strict=True)}, own


def _mean_damage(steps: pd.DataFrame, hop: int) -> Panel:
    return panel(_same_origin(steps[steps["hop"] <= hop]).assign(all=0), "damage", "all")


def _minus(left: Panel, right: Panel) -> Estimate:
    """The mean difference, paired by environment."""
    difference = Panel(left.units, (0,), left.values).minus(Panel(right.units, (0,), right.values))
    return means(difference, bounds=(-1.0, 1.0))[0] if difference.units else NOTHING


def _same_origin(steps: pd.DataFrame) -> pd.DataFrame:
    """An environment is known by the document that all its doses come from."""
    return steps.assign(document_hash=steps["origin"])


def _last(steps: pd.DataFrame) -> int:
    """The last backward hop that every dose or arm has reached."""
    backward = steps[steps["direction"] == "backward"]
    reached = backward.groupby(["memory", "heal", "planted"], dropna=False)["hop"].max()
    return int(reached.min()) if len(reached) else 0

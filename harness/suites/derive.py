"""A small suite found in the results of a large one: the fewest environments that rank and score models as all do.

An environment is *difficult* where models lose much and *discriminates* where those do well that do well elsewhere: the
correlation of its credit with the mean of the other environments, over models (item-rest correlation, as in test
theory). Of every size that subset is sought from whose mean a model's RS on all environments is best foretold: `Miss`
says what is expected of a model not seen yet. Subsets grow by the environment that helps most and are mended by
exchanges, one for one, as long as any helps; between equals the better discriminating, then the more difficult one is
taken. The size is judged on models that had no part in the choice: each is left out once, the subsets chosen on the
others, and its RS read from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from harness.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

LEAST_MODELS = 4
HOP = 20
SPEARMAN, ERROR = 0.95, 0.02
_CONDITIONS = ("doc_tokens", "distractors", "schedule", "seed")
_PLACE = ["domain", "document"]


@dataclass(frozen=True, slots=True)
class Rated:
    """One environment: `difficulty` is the models' mean loss there; `discrimination` in [-1, 1], None where all models
    lose the same."""

    domain: str
    document: str
    difficulty: float
    discrimination: float | None


@dataclass(frozen=True, slots=True)
class Held:
    """Models left out, each read from a subset of `size` chosen without it: the largest and the mean error, and how
    such a subset ranks all models, the one left out among them, as all environments do: the least of Spearman's
    coefficients."""

    size: int
    spearman: float
    error: float
    mean_error: float


@dataclass(frozen=True, slots=True)
class Derived:
    """The `chosen` environments, the better discriminating first; `held` is by size, 1 to all; `hop` is where RS was
    read; `models` is each model's RS on all environments and on the chosen."""

    chosen: tuple[Rated, ...]
    rated: tuple[Rated, ...]
    held: tuple[Held, ...]
    hop: int
    models: dict[str, tuple[float, float]]

    @property
    def told(self) -> Held:
        return self.held[len(self.chosen) - 1]


@dataclass(frozen=True, slots=True)
class Panel:
    """Credit of each model (rows) in each environment (columns), the mean over repeats."""

    models: tuple[str, ...]
    places: tuple[tuple[str, str], ...]
    credit: Array


def derive(
    steps: pd.DataFrame,
    *,
    hop: int | None = None,
    spearman: float = SPEARMAN,
    error: float = ERROR,
    size: int | None = None,
) -> Derived:
    """The smallest subset that agrees with all environments, no model left out being further off than `error`, and from
    whose size on every larger one does too: one lucky size does not count. With `size`, the best of that size. `hop` is
    by default 20, or the last backward hop of all chains if they are shorter. UsageError when there is too little to
    tell from."""
    found = panel(steps, hop)
    credit, last = found[0].credit, found[1]
    rated = tuple(_rate(found[0]))
    held = _cross_validated(found[0])
    if size is None:
        size = len(held)
        while size > 1 and held[size - 2].spearman >= spearman and held[size - 2].error <= error:
            size -= 1
    elif not 1 <= size <= len(held):
        raise UsageError(f"a suite of {size} environments cannot be taken from {len(held)}")
    chosen = subsets(credit, _precedence(rated))[size - 1]
    full, small = credit.mean(axis=1), credit[:, chosen].mean(axis=1)
    models = {m: (float(a), float(b)) for m, a, b in zip(found[0].models, full, small, strict=True)}
    return Derived(tuple(rated[n] for n in chosen), rated, tuple(held), last, models)


def panel(steps: pd.DataFrame, hop: int | None = None) -> tuple[Panel, int]:
    """The environments that all models have at one backward hop, and that hop. A model under several conditions counts
    as several. UsageError with fewer than four models, or no environment in common."""
    from harness.summary import by_condition

    parts = by_condition(steps)
    if len(parts) < LEAST_MODELS:
        raise UsageError(
            f"a suite is derived from at least {LEAST_MODELS} models: there are {len(parts)} in these studies"
        )
    back = [(name, own[own["direction"] == "backward"]) for name, own in parts]
    last = hop or min(HOP, *(int(own["hop"].max()) if len(own) else 0 for _, own in back))
    if last < 2 or last % 2:
        raise UsageError(f"RS is read after a backward hop, an even number: not {last}")
    columns = {
        name: own[own["hop"] == last].groupby(_PLACE)["credit"].mean().dropna() for name, own in back
    }  # fmt: skip
    shared = sorted(set.intersection(*(set(values.index) for values in columns.values())))
    if len(shared) < 2:
        raise UsageError(
            f"these models have {len(shared)} environments in common at hop {last}: run them on the same ones"
        )
    credit = np.array([[float(values[place]) for place in shared] for values in columns.values()])
    return Panel(tuple(columns), tuple((str(a), str(b)) for a, b in shared), credit), last


def _rate(found: Panel) -> list[Rated]:
    credit = found.credit
    rated = []
    for column, (domain, document) in enumerate(found.places):
        own, rest = credit[:, column], np.delete(credit, column, axis=1).mean(axis=1)
        discrimination = None
        if np.ptp(own) > 1e-12 and np.ptp(rest) > 1e-12:
            discrimination = float(np.corrcoef(own, rest)[0, 1])
        rated.append(Rated(domain, document, float(1.0 - own.mean()), discrimination))
    return rated


def _precedence(rated: Sequence[Rated]) -> list[int]:
    """The environments' numbers, the better discriminating and then the more difficult first."""

    def worth(number: int) -> tuple[float, float]:
        told = rated[number].discrimination
        return (-2.0 if told is None else round(told, 6)), round(rated[number].difficulty, 6)

    return sorted(range(len(rated)), key=worth, reverse=True)


class Miss:
    """The squared error expected when RS is read from some environments, for a model like those seen.

    In environment e a model of overall RS t has t + a_e + (b_e - 1) (t - mean t) + noise of variance v_e: harder or
    easier, steeper or flatter, and a model's own luck. Of S, n of N environments, the mean misses by the mean of the
    first two over S, and by noise of variance sum_S v_e (1/n - 1/N)^2 + sum_others v_e / N^2. What cancels in the noise
    of the models seen is luck, so it counts for nothing.
    """

    def __init__(self, credit: Array, order: Sequence[int]) -> None:
        ranked = credit[:, list(order)]
        overall = credit.mean(axis=1)
        centred = overall - overall.mean()
        spread = float((centred**2).sum())
        steepness = centred @ ranked / spread if spread > 1e-12 else np.ones(ranked.shape[1])
        self.system = ranked.mean(axis=0) - overall.mean() + np.outer(centred, steepness - 1.0)
        noise = ranked - overall[:, None] - self.system
        own = (noise**2).sum(axis=0) / max(1, len(credit) - 2)
        # A few models say little about one environment's noise: half of what is believed of it is that of all.
        self.noise: Array = (own + own.mean()) / 2
        self.places = ranked.shape[1]

    def of(self, total: Array, noise: Array | float, size: int) -> Array:
        """Of subsets of one size, by the sums of their systematic misses (models first) and of their noise; the part
        of the noise that all subsets share is left out."""
        share = (1 / size - 1 / self.places) ** 2 - 1 / self.places**2
        found: Array = (total**2).mean(axis=0) / size**2 + share * noise
        return found


def subsets(credit: Array, order: Sequence[int]) -> list[list[int]]:
    """For every size, 1 to all, the environments from which RS is best read. `order` is their precedence, which decides
    between equals and in which they are listed."""
    miss = Miss(credit, order)
    inside = np.zeros(miss.places, dtype=bool)
    found = []
    for size in range(1, miss.places + 1):
        total, noise = miss.system[:, inside].sum(axis=1), miss.noise[inside].sum()
        grown = miss.of(total[:, None] + miss.system, noise + miss.noise, size)
        inside[_first_least(np.where(inside, np.inf, grown))] = True
        while (swap := _exchange(miss, inside)) is not None:
            inside[list(swap)] = False, True
        found.append([order[int(n)] for n in np.flatnonzero(inside)])
    return found


def _exchange(miss: Miss, inside: NDArray[np.bool_]) -> tuple[int, int] | None:
    """The exchange, one out and one in, that helps most, None when none does."""
    out, into = np.flatnonzero(inside), np.flatnonzero(~inside)
    if not len(into):
        return None
    total, noise = miss.system[:, inside].sum(axis=1), float(miss.noise[inside].sum())
    totals = total[:, None, None] - miss.system[:, out][:, :, None] + miss.system[:, into][:, None, :]
    after = miss.of(totals, noise - miss.noise[out][:, None] + miss.noise[into][None, :], len(out)).ravel()
    best = _first_least(after)
    if after[best] >= miss.of(total, noise, len(out)) - 1e-12:
        return None
    return int(out[best // len(into)]), int(into[best % len(into)])


def _first_least(values: Array) -> int:
    return int(np.argmin(np.round(values, 12)))


def _cross_validated(found: Panel) -> list[Held]:
    models, places = found.credit.shape
    full = found.credit.mean(axis=1)
    misses, agreement = np.empty((places, models)), np.empty((places, models))
    for out in range(models):
        others = replace(found, credit=np.delete(found.credit, out, axis=0))
        for row, chosen in enumerate(subsets(others.credit, _precedence(_rate(others)))):
            read = found.credit[:, chosen].mean(axis=1)
            misses[row, out] = abs(read[out] - full[out])
            agreement[row, out] = _agreement(read, full)
    return [
        Held(row + 1, float(agreement[row].min()), float(misses[row].max()), float(misses[row].mean()))
        for row in range(places)
    ]


def _agreement(first: Array, second: Array) -> float:
    """Spearman's coefficient; -1 where one side ranks nothing."""
    if np.ptp(first) < 1e-12 or np.ptp(second) < 1e-12:
        return -1.0
    return float(spearmanr(np.round(first, 9), np.round(second, 9)).statistic)


def conditions(steps: pd.DataFrame) -> dict[str, Any]:
    """The shape of the suite that the steps are of, as `Suite` names it. UsageError when they are of several."""
    told: dict[str, Any] = {}
    for name in _CONDITIONS:
        values = steps[name].astype(object).where(steps[name].notna(), None).drop_duplicates().tolist()
        if len(values) != 1:
            raise UsageError(
                f"these studies differ in {name} ({', '.join(map(str, values[:4]))}): derive from one of them"
            )
        value = values[0]
        told[name] = value if value is None or isinstance(value, str) else int(value)
    told["round_trips"] = int(steps["round_trip"].max())
    told["repeats"] = int(steps["repeat"].max())
    return told

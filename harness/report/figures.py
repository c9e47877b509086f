"""Every number of the site, gathered in one value; what they mean is in METHOD, how they are found in `analysis`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness import summary
from harness.analysis import critical, curves, losses, money
from harness.analysis.bootstrap import UNIT
from harness.analysis.ways import Way, ways
from harness.estimate import NOTHING, Estimate
from harness.horizon.metrics import Condition, Curve, Target
from harness.report.sources import Sources

if TYPE_CHECKING:
    import pandas as pd

BELOW = 0.9
"""Compliance under which a model is ranked below the line."""
MARKS = (2, 10, 20, 40, 100)
WORST = 20


@dataclass(frozen=True, slots=True)
class Reference:
    """A row of published figures, from other documents and another scorer: `rs` by k, in [0, 1]."""

    name: str
    rs: Mapping[int, float]
    note: str = "published, other documents and scorer"


@dataclass(frozen=True, slots=True)
class Fall:
    """The largest loss of a chain in one round trip, and the hop where it showed."""

    chain: int
    hop: int
    drop: float


@dataclass(frozen=True, slots=True)
class Edit:
    """What hops of one edit lose themselves, on average, and how many there are."""

    name: str
    loss: float
    hops: int


@dataclass(frozen=True)
class Model:
    """A model under one condition. `number` names its page; `name` tells the whole condition, `title` all but `editor`
    and `protect`, which stand beside it; `way` says what these come to, None where nothing varies; `curve` is RS@k by
    k; `last` the last backward hop; `lost` by k what 1 - RS consists of; `falls` are of chains that lost something, the
    worst first."""

    number: int
    name: str
    title: str
    editor: str
    protect: str | None
    way: Way | None
    steps: pd.DataFrame
    last: int
    chains: int
    curve: Mapping[int, Estimate]
    area: Estimate
    decay: curves.Decay | None
    lost: Mapping[int, Mapping[str, Estimate]]
    domains: Mapping[str, curves.Readiness]
    critical: critical.Critical
    falls: Sequence[Fall]
    tags: Mapping[str, losses.Own]
    edits: Sequence[Edit]
    compliance: float | None
    failures: Mapping[str, int]
    calls: int
    tokens: int | None
    cost: float | None
    cost_per_chain: Estimate

    @property
    def conditions(self) -> dict[str, str]:
        """What may stand beside its title, by the name of the column."""
        return {"editor": self.editor, "protections": self.protect or "none"}

    @property
    def final(self) -> Estimate:
        """RS at its last backward hop."""
        return self.curve.get(self.last, NOTHING)

    @property
    def ready(self) -> int:
        """Domains whose documents are as good as whole."""
        return sum(r.rs.value is not None and r.rs.value >= curves.READY for r in self.domains.values())

    @property
    def below(self) -> bool:
        """Whether it hardly does the work, so that what it keeps says little."""
        return (self.compliance or 0.0) < BELOW

    @property
    def parts(self) -> dict[str, float]:
        """What the loss at the last hop consists of."""
        return {part: e.value or 0.0 for part, e in self.lost.get(self.last, {}).items()}


@dataclass(frozen=True)
class Figures:
    """The site. `models` are ranked, those below the line last; `marks` are the hops its tables show; `agreement` is
    how far the ranking after the first round trip is that of the last one."""

    sources: Sources
    models: tuple[Model, ...]
    references: tuple[Reference, ...]
    marks: tuple[int, ...]
    agreement: Estimate
    targets: Mapping[Condition, Target]
    curves: Mapping[Condition, Curve]

    @cached_property
    def beside(self) -> list[str]:
        """The conditions that are columns of their own beside the model: those of which there are several. A simulated
        model is its own editor, which is no choice."""
        chosen = {m.editor for m in self.models if m.editor != m.title}
        found = {"editor": len(chosen), "protections": len({m.protect for m in self.models})}
        return [name for name, count in found.items() if count > 1]

    @cached_property
    def ways(self) -> list[Model]:
        """The models of which several ways of editing are compared."""
        return [model for model in self.models if model.way is not None]

    @cached_property
    def guarded(self) -> list[Model]:
        """Those with protections, by the damage prevented per extra dollar and, where none was paid, per extra call."""
        worth = []
        for model in self.ways:
            if model.way is not None and (own := model.way.protection) is not None:
                dollar, call = (-math.inf if e.value is None else e.value for e in (own.per_dollar, own.per_call))
                worth.append((dollar, call, model))
        return [model for *_, model in sorted(worth, key=lambda row: row[:2], reverse=True)]

    @cached_property
    def domains(self) -> list[str]:
        return sorted({domain for model in self.models for domain in model.domains})

    @cached_property
    def environments(self) -> int:
        steps = self.sources.steps
        return len(steps[UNIT].drop_duplicates()) if len(steps) else 0

    @property
    def last(self) -> int:
        return max((model.last for model in self.models), default=0)

    @cached_property
    def falls(self) -> list[tuple[Model, Fall]]:
        """The worst round trips of all models."""
        found = [(model, fall) for model in self.models for fall in model.falls[:WORST]]
        return sorted(found, key=lambda pair: -pair[1].drop)[:WORST]


def gather(sources: Sources, references: Sequence[Reference] = ()) -> Figures:
    """All figures of the stores."""
    models = []
    if len(sources.steps):
        told, compared = summary.by_model(sources.steps, sources.paid), ways(sources.steps)
        titles = summary.named(sources.steps, beside=("editor", "protect"))
        models = [
            _model(name, titles[own.index[0]], own, told[name], compared.get(name))
            for name, own in summary.by_condition(sources.steps)
        ]
    models.sort(key=lambda m: (m.below, -1.0 if m.final.value is None else -m.final.value, m.name))
    ranked = tuple(replace(model, number=n) for n, model in enumerate(models, 1))
    last = max((model.last for model in models), default=0)
    marks = tuple(sorted({k for k in MARKS if k < last} | {last})) if last else ()
    agreement = NOTHING
    if last > MARKS[0]:
        agreement = curves.rank_agreement({m.name: m.steps for m in ranked}, MARKS[0], last)["spearman"]
    targets = {c: t for study in sources.horizons for c, t in study.targets().items()}
    of_turns = {c: t for study in sources.horizons for c, t in study.curves().items()}
    return Figures(sources, ranked, tuple(references), marks, agreement, targets, of_turns)


def _model(name: str, title: str, steps: pd.DataFrame, told: Mapping[str, Any], way: Way | None) -> Model:
    editor, protect = map(str, summary.words(steps[["editor", "protect"]].head(1)).iloc[0])
    back = steps[steps["direction"] == "backward"]
    return Model(
        0, name, title, editor, None if protect == "none" else protect, way, steps,
        int((back if len(back) else steps)["hop"].max()), int(steps["chain"].nunique()),
        curves.curve(steps), curves.area(back if len(back) else steps), curves.decay(steps),
        losses.decomposition(steps),
        curves.readiness(steps), critical.critical(steps), _falls(steps), losses.by(steps, "tag"), _edits(steps),
        told["compliance"], told["failures"], told["calls"], told["tokens"], told["cost_usd"],
        money.spending(steps)["cost_usd"].chain,
    )  # fmt: skip


def _falls(steps: pd.DataFrame) -> list[Fall]:
    trips = critical.trips(steps)
    worst = trips[trips["drop"] > 0].sort_values("drop", ascending=False, kind="stable").drop_duplicates("chain")
    rows = zip(worst["chain"], worst["hop"], worst["drop"], strict=True)
    return [Fall(int(chain), int(hop), float(drop)) for chain, hop, drop in rows]


def _edits(steps: pd.DataFrame) -> list[Edit]:
    """The edits that lose most of what they are given."""
    own = (1.0 - steps["step"]).groupby([steps["domain"], steps["edit"]]).agg(["mean", "count"])
    worst = own[own["mean"] > 0].sort_values("mean", ascending=False, kind="stable").head(WORST)
    rows = zip(worst.index, worst["mean"], worst["count"], strict=True)
    return [Edit("/".join(map(str, name)), float(loss), int(hops)) for name, loss, hops in rows]

"""The charts of the site, from its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from harness.analysis.losses import PARTS
from harness.estimate import Estimate
from harness.horizon.metrics import Condition, Curve, Target
from harness.report.figures import Figures, Model
from harness.report.plot import Chart, Point, Series, line


def of_study(figures: Figures) -> list[Chart]:
    """The charts of the first page, by slug: drift, critical errors, cost, and what horizon studies found."""
    found: list[Chart] = []
    if figures.models:
        found += [drift(figures), critical(figures)]
        found += [cost(figures)] if any(m.cost_per_chain.value for m in figures.models) else []
    return found + horizons(figures)


def drift(figures: Figures) -> Chart:
    start = (0, Estimate(1.0, None, None, 0))
    series = [line(m.name, [start, *backward(m)], cells=_cells(figures, m)) for m in figures.models]
    return Chart("drift", "lines", "What is left after k hops", "k, hops", "RS@k", tuple(series),
                 "Backward hops, at which the document is back in its own format. Intervals: 95 %, over environments.",
                 zoom=True, labels=_labels(figures))  # fmt: skip


def _labels(figures: Figures) -> tuple[str, ...]:
    return ("model", *figures.beside)


def _cells(figures: Figures, model: Model) -> tuple[str, ...]:
    """What the table of a chart says of a model, under `_labels`."""
    return (model.title, *(model.conditions[name] for name in figures.beside))


def backward(model: Model) -> list[tuple[float, Estimate]]:
    return [(k, e) for k, e in model.curve.items() if k % 2 == 0 or model.last == 1]


def critical(figures: Figures) -> Chart:
    series = [line(m.name, list(m.critical.chains.items()), cells=_cells(figures, m)) for m in figures.models]
    note = "A critical error is a fall of 10 points or more in one round trip."
    return Chart("critical", "lines", "Chains that have had a critical error", "k, hops", "share of chains",
                 tuple(series), note, labels=_labels(figures))  # fmt: skip


def cost(figures: Figures) -> Chart:
    """Models whose cost is unknown are left out, and the note says so."""
    models = figures.models
    series = [
        Series(
            m.name, (Point(m.cost_per_chain.value, m.final.value, m.final.low, m.final.high),), cells=_cells(figures, m)
        )
        for m in models
        if m.cost_per_chain.value is not None and m.final.value is not None
    ]
    unknown = [m.name for m in models if m.cost_per_chain.value is None]
    note = f"Price unknown, so not shown: {', '.join(unknown)}." if unknown else ""
    free = any(not m.cost_per_chain.value for m in models)
    return Chart("cost", "scatter", "Cost against fidelity", "US dollars a chain", "RS at the last hop", tuple(series),
                 note, zoom=True, logarithmic=not free, labels=_labels(figures))  # fmt: skip


def losses(model: Model) -> Chart:
    """Backward hops: how the loss divides, layer upon layer."""
    hops = [k for k in sorted(model.lost) if k % 2 == 0 or model.last == 1]
    layers = [
        Series(part, tuple(Point(k, model.lost[k][part].value or 0.0) for k in hops), part)
        for part in PARTS
        if any(model.lost[k][part].value for k in hops)
    ]
    return Chart("losses", "stack", "What the loss is made of", "k, hops", "share of the document", tuple(layers),
                 "The layers add up to 1 − RS@k.", labels=("loss",))  # fmt: skip


def every_hop(model: Model) -> Chart:
    forward = line("forward hops, through the inverse", [(k, e) for k, e in model.curve.items() if k % 2])
    back = line("backward hops", backward(model))
    return Chart("hops", "lines", "RS@k, both ways", "k, hops", "RS@k", (back, forward), zoom=True, labels=("hops",))


def horizons(figures: Figures) -> list[Chart]:
    """Dose-response of the targets and turn accuracy of the curves, a chart for each task as it was asked."""
    found = []
    for n, (asked, targets) in enumerate(_grouped(figures.targets).items(), 1):
        found.append(_doses(f"doses-{n}", asked, targets))
    for n, (asked, curves) in enumerate(_grouped(figures.curves).items(), 1):
        found += [_turns(f"turns-{n}", asked, curves), _tasks(f"tasks-{n}", asked, curves)]
    return found


T = TypeVar("T")


def _grouped(found: Mapping[Condition, T]) -> dict[str, list[tuple[str, T]]]:
    """By the task as it was asked: what to call each line, and its figures."""
    grouped: dict[str, list[tuple[str, T]]] = {}
    for c, value in found.items():
        asked = f"{c.task}, {c.size} a turn, {c.mode}{', guided' if c.guided else ''}"
        name = c.model if c.mitigation == "none" else f"{c.model}, {c.mitigation}"
        grouped.setdefault(asked, []).append((name, value))
    return grouped


def _doses(slug: str, asked: str, targets: Sequence[tuple[str, Target]]) -> Chart:
    """Turn accuracy over the realised share of wrong states, a line for each model and arm."""
    series = []
    for name, target in targets:
        gaps = {dose.gap for dose in target.doses}
        for arm, gap in dict.fromkeys((dose.arm, dose.gap) for dose in target.doses):
            own = [(d.wrong, d.accuracy) for d in target.doses if (d.arm, d.gap) == (arm, gap)]
            told = [name, *([arm] if arm != "said" else []), *([f"gap {gap}"] if len(gaps) > 1 else [])]
            series.append(line(", ".join(told), [(0.0, target.clean), *sorted(own, key=lambda pair: pair[0])]))
    turns = max(target.turns for _, target in targets)
    return Chart(slug, "lines", f"Dose and response: {asked}", "share of wrong turns in the history",
                 f"turn accuracy at turn {turns}", tuple(series), labels=("model, arm",))  # fmt: skip


def _turns(slug: str, asked: str, curves: Sequence[tuple[str, Curve]]) -> Chart:
    series = tuple(line(name, list(enumerate(curve.turn, 1))) for name, curve in curves)
    return Chart(slug, "lines", f"Turn accuracy: {asked}", "turn", "turn accuracy", series)


def _tasks(slug: str, asked: str, curves: Sequence[tuple[str, Curve]]) -> Chart:
    series = tuple(line(name, list(enumerate(curve.task, 1))) for name, curve in curves)
    return Chart(slug, "lines", f"Horizon: {asked}", "turn", "rollouts without an error so far", series,
                 "The horizon is the first turn at which fewer than half of the rollouts are faultless.")  # fmt: skip

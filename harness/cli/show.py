"""`palimpsest show` and `rescore`: a study as tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.text import Text

import harness
from harness.cli import ways
from harness.cli.terminal import interval, money, out, percent, plain, say, share, table
from harness.store.origin import origin

if TYPE_CHECKING:
    import pandas as pd

    from harness.analysis.doses import Arm, Doses

READY = 0.98
ACROSS = 12
"""Domains beside each other."""
SHORT = 4
BELOW = 0.9
"""Compliance under which a model is ranked below the line (METHOD)."""


def show_study(path: Path, as_json: bool) -> None:
    study = harness.load(path)
    if as_json:
        out.print(json.dumps(study.summary()), soft_wrap=True)
    else:
        print_study(study)
        for line in origin(path):
            out.print(Text(plain(line), style="dim"), soft_wrap=True)


def rescore_study(path: Path) -> None:
    done = harness.rescore(path)
    say(f"{path}: {done}")


def print_study(study: harness.Study) -> None:
    """The table of models, then that of models and domains."""
    steps = study.outline
    if not len(steps):
        out.print(f"{len(study.chains)} chains, no finished hop yet")
        return
    figures = study.figures()
    last = int(steps["hop"].max())
    hops = marks(last)
    rows = [_row(name, figures[name], hops) for name in ranked(figures)]
    columns = [("model", ""), *((f"RS@{k}", "right") for k in hops), ("done", "right"), ("calls", "right"),
               ("tokens", "right"), ("cost", "right"), ("failures", "")]  # fmt: skip
    chains = f"{len(study.chains)} chains, up to {last} hops. RS@k: share of the document preserved after k hops."
    notes = "done: share of the asked change that forward hops made; under 0.900 a model is ranked below the line."
    out.print(table("", columns, rows, f"{chains}\n{notes}"))
    if steps["domain"].nunique() > 1:
        out.print(by_domain(steps, hops[-1]))
    for told in ways.tables(study.ways()):
        out.print(told)
    for response in study.doses():
        out.print(_doses(response))
    held = study.arms()
    if held:
        out.print(_arms(held))
    unread = float((steps["outcome"] == "unread").mean())
    if unread > 0.03:
        out.print(f"{unread:.0%} of the hops are unread: no inverse could read what came back")


def _doses(found: Doses) -> Any:
    """What became of planted errors, a row a rate."""
    columns = [("planted", "right"), ("kept", ""), ("repaired", ""), ("worse", ""), ("own damage", ""),
               ("grown by", "")]  # fmt: skip
    rows: list[list[str | Text]] = [
        [percent(row.rate), *map(interval, (row.kept, row.repaired, row.worse, row.own, row.growth))]
        for row in found.doses
    ]
    condition = found.condition
    told = [*_way(condition["model"], condition["editor"], condition["protect"]), condition["memory"]]
    told += ["healed"] if condition["heal"] else []
    smallest = "no rate has an effect" if found.smallest is None else f"from {percent(found.smallest)} on"
    slope = f"Own damage grows by {interval(found.slope)} per share of facts planted; distinguishable: {smallest}."
    title = f"\n{', '.join(told)}: planted errors of the class {found.plant}, after {found.hop} hops"
    return table(title, columns, rows, slope)


def _arms(found: Sequence[Arm]) -> Any:
    """What the model's own errors in sight do."""
    columns = [("model", ""), ("memory", ""), ("errors", ""), ("damage a hop", ""), ("RS", ""),
               ("more than healed", "")]  # fmt: skip
    rows: list[list[str | Text]] = [
        [", ".join(_way(arm.model, arm.editor, arm.protect)), arm.memory, "healed" if arm.heal else "kept",
         *map(interval, (arm.damage, arm.rs, arm.against))]
        for arm in found
    ]  # fmt: skip
    return table(f"\nWhat stays in context, after {found[0].hop} hops", columns, rows)


def _way(model: str, editor: str, protect: str | None) -> list[str]:
    """A model and how it edits: a simulated one is its own editor."""
    return [model, *([editor] if editor != model else []), *([protect] if protect else [])]


def marks(last: int) -> list[int]:
    """The hops a table shows: all of a short relay, else some round trips from the first to the last."""
    if last <= SHORT:
        return list(range(1, last + 1))
    even = last - last % 2
    wanted = {2, 4, 10, 20, 40, 60, 80, 100, even}
    return sorted(k for k in wanted if k <= even)


def ranked(figures: dict[str, Any]) -> list[str]:
    """By the last RS, those that do not do the work below those that do."""

    def place(name: str) -> tuple[bool, float]:
        rs = [v for v in figures[name]["rs"].values() if v is not None]
        return (figures[name]["compliance"] or 0.0) < BELOW, -(rs[-1] if rs else 0.0)

    return sorted(figures, key=place)


def _row(name: str, figures: dict[str, Any], hops: list[int]) -> list[str | Text]:
    rs = [figures["rs"].get(str(k)) for k in hops]
    failures = ", ".join(f"{kind} {n}" for kind, n in figures["failures"].items())
    tokens = "?" if figures["tokens"] is None else f"{figures['tokens']:,}"
    lazy = (figures["compliance"] or 0.0) < BELOW
    return [
        name, *(Text(share(v), style="green" if v is not None and v >= READY else "") for v in rs),
        Text(share(figures["compliance"]), style="red" if lazy else ""), f"{figures['calls']:,}", tokens,
        money(figures["cost_usd"]), failures,
    ]  # fmt: skip


def by_domain(steps: pd.DataFrame, hop: int) -> Group:
    """RS at one hop, a row a model, a column a domain; of many domains several tables."""
    from harness.summary import names_of, rs_by

    domains = sorted(steps["domain"].unique())
    at = steps[steps["hop"] == hop]
    names = names_of(steps)
    values = rs_by(at, [names[at.index], "domain"]).to_dict()
    tables = []
    for first in range(0, len(domains), ACROSS):
        some = domains[first : first + ACROSS]
        rows: list[list[str | Text]] = []
        for name in names.unique():
            cells = [values.get((name, domain, hop)) for domain in some]
            rows.append([name, *(Text(share(v), style="green" if v is not None and v >= READY else "") for v in cells)])
        title = "" if first else f"\nRS@{hop} by domain"
        tables.append(table(title, [("model", ""), *((domain, "right") for domain in some)], rows))
    return Group(*tables)

"""`palimpsest analyse`: the statistics of a study, each with its 95 % interval."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import harness
from harness.analysis import critical, curves, losses
from harness.analysis.overview import analyse, plain
from harness.analysis.protection import protection
from harness.analysis.survival import Grouping, survival, values_table
from harness.analysis.traits import Trait, traits
from harness.cli import ways
from harness.cli.show import marks
from harness.cli.terminal import interval, out, table
from harness.store import Reader
from harness.summary import by_condition

if TYPE_CHECKING:
    import pandas as pd

    from harness.analysis.curves import Decay
    from harness.estimate import Estimate

HARDEST = 10
"""Edits shown, those that lose most."""
GROUPS: tuple[Grouping, ...] = ("type", "rarity", "place")


def analyse_store(path: Path, values: bool, as_json: bool) -> None:
    study = harness.load(path)
    if as_json:
        told = analyse(study.steps)
        if values:
            for name, facts in _facts(study).items():
                told["models"][name] |= plain(facts)
        out.print(json.dumps(told), soft_wrap=True)
        return
    if not len(study.steps):
        out.print(f"{len(study.chains)} chains, no finished hop yet")
        return
    facts = _facts(study) if values else {}
    for name, own in by_condition(study.steps):
        _model(name, own)
        _protection(own)
        for group, found in facts.get(name, {}).items():
            if group != "traits":
                _survival(group, found)
            elif found:
                _traits(found)
    for relays in ways.tables(study.ways())[:1]:
        out.print(relays)


def _model(name: str, steps: pd.DataFrame) -> None:
    last = int(steps["hop"].max())
    rs = curves.curve(steps)
    failed = losses.decomposition(steps)
    rows = [
        [str(k), interval(rs[k]), *(interval(failed[k][part]) for part in losses.PARTS)]
        for k in marks(last)
        if k in rs and k in failed
    ]
    columns = [("hop", "right"), ("RS", ""), *((part, "") for part in losses.PARTS)]
    out.print(table(f"\n{name}", columns, [[*row] for row in rows]))
    found = critical.critical(steps)
    out.print(f"area under the curve {interval(curves.area(steps))}; {_decay(curves.decay(steps))}")
    if found.chains:
        out.print(
            f"critical errors (10 points or more in a round trip): {interval(found.chains[max(found.chains)])} of the "
            f"chains, {interval(found.share)} of the loss"
        )
    ready = [
        [domain, str(r.hop), interval(r.rs), f"{r.probability:.2f}"] for domain, r in curves.readiness(steps).items()
    ]
    columns = [("domain", ""), ("hop", "right"), ("RS", ""), (f"P(RS >= {curves.READY})", "right")]
    out.print(table("", columns, [[*row] for row in ready]))
    _hardest(steps)


def _protection(steps: pd.DataFrame) -> None:
    found = protection(steps)
    if found is not None:
        out.print(table("", [("protections, at a hop", ""), ("", "")], [[*row] for row in ways.lines(found)]))


def _decay(found: Decay | None) -> str:
    if found is None:
        return "too few hops for a decay"
    return f"half-life {_hops(found.half_life)} hops; does it plateau? {found.plateau}"


def _hops(found: Estimate) -> str:
    low, value, high = ("?" if v is None else f"{v:.0f}" for v in (found.low, found.value, found.high))
    return f"{value} [{low}, {high}]"


def _hardest(steps: pd.DataFrame) -> None:
    found = losses.by(steps, "edit")
    ranked = sorted(found, key=lambda name: -(found[name].loss.value or 0.0))[:HARDEST]
    rows = [[name, interval(found[name].loss), interval(found[name].failed)] for name in ranked]
    out.print(table("", [("edit", ""), ("lost by a hop", ""), ("failed", "")], [[*row] for row in rows]))


def _facts(study: harness.Study) -> dict[str, dict[str, Any]]:
    """By model and condition: the survival of values by each of GROUPS, and the traits of the documents."""
    values, documents = values_table(study), _documents(study)
    found: dict[str, dict[str, Any]] = {}
    for name, own in by_condition(study.steps):
        part = values[values["chain"].isin(own["chain"])]
        found[name] = {group: survival(part, group) for group in GROUPS}
        found[name]["traits"] = traits(own, documents)
    return found


def _survival(group: str, found: dict[str, dict[int, Estimate]]) -> None:
    hops = sorted({hop for curve in found.values() for hop in curve})
    shown = [hop for hop in marks(max(hops, default=0)) if hop in hops]
    rows = [[name, *(interval(curve[hop]) if hop in curve else "-" for hop in shown)] for name, curve in found.items()]
    columns = [(group, ""), *((f"hop {hop}", "") for hop in shown)]
    out.print(table(f"\nvalues still there, by {group}", columns, [[*row] for row in rows]))


def _documents(study: harness.Study) -> dict[str, dict[str, str]]:
    hashes = dict(study.steps.groupby("chain")["document_hash"].first().items())
    with Reader(study.path) as reader:
        return {str(found): reader.documents(int(str(chain)))[0] for chain, found in hashes.items()}


def _traits(found: dict[str, Trait]) -> None:
    rows = [[name, f"{trait.more:.3g}", f"{trait.less:.3g}", interval(trait.d)] for name, trait in found.items()]
    columns = [("documents that lose", ""), ("more", "right"), ("less", "right"), ("Cohen's d", "")]
    out.print(table("", columns, [[*row] for row in rows]))

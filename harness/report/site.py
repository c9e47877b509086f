"""Builds the site: pages, data and static files into one folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.report import chains, drawings
from harness.report.figures import Figures, Model, Reference, gather
from harness.report.packing import Packing, Progress
from harness.report.pages import HERE, page
from harness.report.plot import Chart
from harness.report.sources import Sources, read

MARKER = ".palimpsest-report"
"""Lies in a folder that holds a report, which a new one may therefore replace."""


@dataclass(frozen=True, slots=True)
class Built:
    """A finished site: where it begins, and what it took."""

    index: Path
    models: int
    chains: int
    steps: int
    bytes: int


def build(
    stores: Sequence[str | Path],
    folder: str | Path,
    *,
    references: Sequence[Reference] = (),
    progress: Progress | None = None,
    workers: int | None = None,
) -> Built:
    """Makes the site of these stores in `folder`, which must be new, empty or an earlier report. `references` are rows
    of published figures; `workers` processes pack the chains, 0 this one, None as many as there are processors if there
    are many chains. UsageError when a store is none, or the folder holds something else or cannot be written."""
    sources = read([Path(store) for store in stores])
    out = _prepare(Path(folder))
    with Packing(out / "data", list(sources.chains.values()), workers) as packing:
        figures = gather(sources, references)
        written = _pages(figures, out) + packing.finish(progress)
    return Built(out / "index.html", len(figures.models), len(sources.chains), len(sources.steps), written)


def _prepare(folder: Path) -> Path:
    """The folder, without an earlier report, with the static files."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: name a folder for the report")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise UsageError(f"{folder} holds something that is not a report: name a new or an empty folder")
    try:
        for old in ("data", "static"):
            shutil.rmtree(folder / old, ignore_errors=True)
        for old_page in folder.glob("*.html"):
            old_page.unlink()
        (folder / "data").mkdir(parents=True)
        (folder / MARKER).touch()
        shutil.copytree(HERE / "static", folder / "static")
    except OSError as error:
        raise UsageError(f"cannot write the report into {folder}: {error}") from None
    return folder


def _pages(figures: Figures, folder: Path) -> int:
    """The pages; how many bytes they are."""
    made = {**dict(_rendered(figures)), "data/chains.js": _around(figures)}
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return sum(map(len, made.values()))


def _rendered(figures: Figures) -> Iterator[tuple[str, bytes]]:
    yield "index.html", page("index.html", {"figures": figures, **_charts(drawings.of_study(figures))})
    yield "chain.html", page("chain.html", {"figures": figures})
    for model in figures.models:
        charts = _charts([drawings.every_hop(model), drawings.losses(model)])
        yield (
            f"model-{model.number}.html",
            page("model.html", {"figures": figures, "model": model, "rows": rows_of(figures.sources, model), **charts}),
        )


def _charts(charts: Sequence[Chart]) -> dict[str, Any]:
    return {"charts": {chart.slug: chart for chart in charts}, "drawn": [chart.data() for chart in charts]}


def rows_of(sources: Sources, model: Model) -> list[dict[str, Any]]:
    """What the page of a model says of each of its chains, the worst first."""
    worst = {fall.chain: fall for fall in model.falls}
    last = model.steps[model.steps["credit"].notna()].sort_values("hop").drop_duplicates("chain", keep="last")
    credit = dict(zip(last["chain"].tolist(), last["credit"].tolist(), strict=True))
    failed = model.steps.groupby("chain")["failed"].sum().to_dict()
    rows = [
        {"chain": sources.chains[n], "credit": credit.get(n), "worst": worst.get(n), "failed": int(failed[n])}
        for n in model.steps["chain"].unique().tolist()
    ]
    return sorted(rows, key=lambda row: 1.0 if row["credit"] is None else row["credit"])


def _around(figures: Figures) -> bytes:
    """A packed file with, by chain, the page of its model, its neighbours there and the hop where most was lost."""
    found: dict[int, list[Any]] = {}
    for model in figures.models:
        worst = {fall.chain: fall.hop for fall in model.falls}
        numbers = [row["chain"].number for row in rows_of(figures.sources, model)]
        for before, number, after in zip([None, *numbers], numbers, [*numbers[1:], None], strict=False):
            found[number] = [f"model-{model.number}.html", before, after, worst.get(number)]
    return chains.pack("chains", json.dumps(found))

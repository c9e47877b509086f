"""`palimpsest report`: a static site of one store or several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.progress import Progress

from harness import results
from harness.cli.terminal import err, interactive, out, say
from harness.report import Reference, build


def write_report(stores: Sequence[Path], folder: Path, published: bool) -> None:
    """Builds the site and says where it begins, on standard output; `published`: with published figures beside."""
    references = [Reference(row.name, row.rs, row.note) for row in results.published()] if published else []
    with Progress(console=err, transient=True, disable=not interactive()) as bar:
        task = bar.add_task("chains", total=None)
        built = build(
            stores,
            folder,
            references=references,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    say(
        f"{built.models} models, {built.chains} chains, {built.steps} hops, {built.bytes / 1e6:.1f} MB; open this file:"
    )
    out.print(str(built.index), soft_wrap=True)

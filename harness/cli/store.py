"""`palimpsest store`: stores looked after - checked, made small, put together, handed to other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.cli.options import StoreFile

if TYPE_CHECKING:
    from harness.store.check import Checked

store_app = typer.Typer(help="Look after stores: check, compact, merge, export.", no_args_is_help=True)

Drift = Annotated[
    bool, typer.Option("--accept-drift", help="Also where a provider answered with two models under one name.")
]


@store_app.command("check")
def check_store(store: StoreFile) -> None:
    """Whether everything in a store is there and fits together; exit 1 when it does not."""
    from harness.cli.terminal import out, plain
    from harness.store.check import check
    from harness.store.origin import origin

    found = check(store)
    for line in [*_told(found), *(origin(store) if found.ok else [])]:
        out.print(plain(line), soft_wrap=True)
    raise typer.Exit(0 if found.ok else 1)


def _told(found: Checked) -> list[str]:
    counts = f"{found.chains:,} chains, {found.steps:,} steps, {found.replies:,} replies, {found.texts:,} texts"
    lines = [f"{counts}: {'whole' if found.ok else 'NOT whole'}"]
    return lines + [f"{'fault' if one.fault else 'note'}: {one.told}; {one.way_out}" for one in found.findings]


@store_app.command("compact")
def compact_store(store: StoreFile) -> None:
    """Make a store smaller: drop texts that nothing uses, compress the rest further."""
    from harness.cli.terminal import out, plain
    from harness.store.compact import compact

    done = compact(store)
    dropped = f", {done.dropped:,} unused texts dropped" if done.dropped else ""
    out.print(f"{plain(str(store))}: {done.before:,} bytes before, {done.after:,} after{dropped}", soft_wrap=True)


@store_app.command("merge")
def merge_stores(
    stores: Annotated[list[Path], typer.Argument(help="The SQLite files of studies.", dir_okay=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="The new store.", dir_okay=False)],
    accept_drift: Drift = False,
) -> None:
    """Put stores together into a new one; a chain that several hold counts as far as it came."""
    from harness.cli.terminal import out, plain
    from harness.store.merge import merge

    done = merge(stores, output, accept_drift=accept_drift)
    shared = f", {done.shared:,} of them in more than one store" if done.shared else ""
    out.print(
        f"{plain(str(output))}: {done.chains:,} chains{shared}, {done.steps:,} steps, {done.replies:,} replies",
        soft_wrap=True,
    )


@store_app.command("export")
def export_store(
    store: StoreFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="A folder, or a file for the steps alone.")],
    format_: Annotated[
        Literal["jsonl", "parquet"], typer.Option("--format", help="parquet takes the extra of that name.")
    ] = "jsonl",
    replies: Annotated[bool, typer.Option("--replies", help="The models' replies too.")] = False,
    documents: Annotated[
        bool, typer.Option("--documents", help="The documents too: seeds and after each hop.")
    ] = False,
) -> None:
    """Write the steps, with all their conditions, for other programs; replies and documents where asked for."""
    from harness.cli.terminal import out, plain
    from harness.results.rows import write_rows

    for path, count in write_rows(store, output, format_, replies=replies, documents=documents).items():
        out.print(f"{plain(str(path))}: {count:,} rows, {path.stat().st_size:,} bytes", soft_wrap=True)

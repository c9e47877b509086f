"""`palimpsest results` and `verify`: result files made, looked at and recomputed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from harness.results import Verified

_SHOWN = 10

results_app = typer.Typer(help="Result files: small, versioned, to be committed or sent.", no_args_is_help=True)

ResultFile = Annotated[Path, typer.Argument(help="A result file.", dir_okay=False)]


@results_app.command("export")
def export_results(
    store: Annotated[Path, typer.Argument(help="The SQLite file of a study.", dir_okay=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="NAME.json.xz, .json.gz or .json", dir_okay=False)],
    transcripts: Annotated[
        bool, typer.Option("--transcripts/--no-transcripts", help="The models' replies, needed to verify the file.")
    ] = True,
) -> None:
    """Write a study as a result file."""
    from harness.cli.terminal import out, plain
    from harness.results import export

    found = export(store, output, transcripts=transcripts)
    hops = sum(chain.count for chain in found.chains)
    out.print(f"{plain(str(output))}: {len(found.chains):,} chains, {hops:,} hops, {output.stat().st_size:,} bytes")


@results_app.command("show")
def show_results(file: ResultFile) -> None:
    """What a result file says: where it comes from, and RS@k of its models."""
    from harness.cli.show import by_domain, marks
    from harness.cli.terminal import out, plain, share, table
    from harness.results.load import open_results
    from harness.results.load import table as steps_of
    from harness.summary import by_condition, mean, rs_at

    found = open_results(file)
    steps = steps_of(found)
    made = ", ".join(f"{name} {value}" for name, value in origin(found.made).items())
    out.print(plain(f"{made}; suites: {', '.join(found.suites) or 'none'}"), soft_wrap=True)
    if not len(steps):
        return
    hops = marks(int(steps["hop"].max()))
    rows = []
    for name, own in by_condition(steps):
        curve = rs_at(own)
        done = mean(own.loc[own["direction"] == "forward", "done"])
        rows.append([name, *(share(curve.get(k)) for k in hops), share(done)])
    columns = [("model", ""), *((f"RS@{k}", "right") for k in hops), ("done", "right")]
    out.print(table("", columns, [list(row) for row in rows]))
    if steps["domain"].nunique() > 1:
        out.print(by_domain(steps, hops[-1]))


def origin(made: Any) -> dict[str, str]:
    """Who made a file, in the order told; whatever else the file says of it is left out."""
    git = made.get("git")
    told = {name: str(made.get(name, "?"))[:60] for name in ("package", "python", "date")}
    if isinstance(git, dict):
        told["commit"] = str(git.get("commit", "?"))[:12] + ("" if git.get("clean") is True else " with changes")
    return told


@results_app.command("published")
def show_published() -> None:
    """The published DELEGATE-52 figures: of other documents and by another scorer, to be seen beside one's own."""
    from harness.cli.terminal import out, share, table
    from harness.results import published

    rows = published()
    hops = sorted({k for row in rows for k in row.rs})
    cells = [[row.name, *(share(row.rs.get(k)) for k in hops)] for row in rows]
    columns = [("model", ""), *((f"RS@{k}", "right") for k in hops)]
    out.print(table("", columns, [list(row) for row in cells], f"{rows[0].note} (arXiv 2604.15597)"))


def verify(file: ResultFile) -> None:
    """Recompute a result file from its transcripts; exit 1 when anything comes out otherwise."""
    from harness.cli.terminal import out
    from harness.results import verify as recompute

    found = recompute(file)
    for line in lines(found):
        out.print(line, soft_wrap=True)
    raise typer.Exit(0 if found.ok else 1)


def lines(found: Verified) -> list[str]:
    """The verdict for a person, nothing in it able to act on a terminal."""
    from harness.cli.terminal import plain

    told = [f"{found.agree:,} of {found.steps:,} steps come out exactly as the file says"]
    for (suite, model), (whole, of) in found.suites.items():
        told.append(f"{model}: {whole} of {of} chains of {suite}")
    if found.scorers:
        told.append(f"scored by another version of the code there than here: {', '.join(found.scorers)}")
    for one in found.wrong[:_SHOWN]:
        where = f"{one.model} {one.domain}/{one.document} hop {one.hop} (chain {one.key[:12]})"
        told.append(
            f"{where}: {one.column} {one.says!r} in the file, {one.found!r} found"
            if one.column
            else f"{where}: {one.found}"
        )
    if len(found.wrong) > _SHOWN:
        told.append(f"… and {len(found.wrong) - _SHOWN:,} more")
    return [plain(line) for line in told]

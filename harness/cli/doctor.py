"""`palimpsest doctor`: what this machine lacks, and the way out."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.main import app
from harness.cli.options import Json


@app.command()
def doctor(
    network: Annotated[
        bool, typer.Option("--network", help="Also try to reach each provider; sends no key, costs nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """What this machine has and lacks, and the way out of each. Exit status 1 when nothing can run here."""
    from json import dumps

    from rich.text import Text

    from harness.cli.terminal import out, plain, table
    from harness.doctor import as_json, examine, fit

    findings = examine(network=network)
    if json:
        out.print(dumps(as_json(findings)), soft_wrap=True)
        raise typer.Exit(0 if fit(findings) else 1)
    rows: list[list[str | Text]] = []
    for one in findings:
        colour = "green" if one.mark == "ok" else "red" if one.needed else "yellow"
        rows.append([Text(one.mark, style=colour), one.name, one.found, one.purpose])
    out.print(table("", [("", ""), ("", ""), ("found", ""), ("for", "")], rows))
    for one in findings:
        if one.way_out:
            out.print(Text(plain(f"{one.name}: {one.way_out}"), style="yellow"), soft_wrap=True)
    able = "documents can be sent through models here" if fit(findings) else "nothing can run here as it is"
    out.print(Text(able, style="green" if fit(findings) else "red"))
    raise typer.Exit(0 if fit(findings) else 1)

"""The commands and their options; what each does lies in a module of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.main import app
from harness.cli.options import Json, StoreFile
from harness.cli.results import results_app, verify
from harness.cli.store import store_app
from harness.cli.suite import suite_app

domains_app = typer.Typer(help="The document types: list them, look at one, run the battery.", no_args_is_help=True)
models_app = typer.Typer(
    help="The ways to reach a model, what each needs and what is set.", invoke_without_command=True
)
app.add_typer(domains_app, name="domains")
app.add_typer(models_app, name="models")
app.add_typer(suite_app, name="suite")
app.add_typer(results_app, name="results")
app.add_typer(store_app, name="store")
app.command()(verify)


@app.command()
def show(store: StoreFile, json: Json = False) -> None:
    """RS@k per model and domain, compliance, failures and cost."""
    from harness.cli.show import show_study

    show_study(store, json)


@app.command()
def analyse(
    store: StoreFile,
    values: Annotated[
        bool, typer.Option("--values", help="Also which values die first, and which documents lose more; slower.")
    ] = False,
    json: Json = False,
) -> None:
    """Curves, decay, critical errors, losses and readiness, every figure with its 95 % interval."""
    from harness.cli.analyse import analyse_store

    analyse_store(store, values, json)


@app.command()
def report(
    stores: Annotated[list[Path], typer.Argument(help="The SQLite files of studies.", dir_okay=False)],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder of the site: new, empty, or an earlier report.", file_okay=False),
    ],
    published: Annotated[
        bool, typer.Option(help="Published figures beside yours, marked: other documents, another scorer.")
    ] = True,
) -> None:
    """A static site of one study or several, which opens in a browser from the disk, without a network."""
    from harness.cli.report import write_report

    write_report(stores, output, published)


@app.command()
def diff(
    store: StoreFile,
    chain: Annotated[str | None, typer.Option(help="Its number or the beginning of its key.")] = None,
    hop: Annotated[int | None, typer.Option(help="Counts from 1; default the one that lost most.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Without --chain: the worst chain of this model.")
    ] = None,
    limit: Annotated[int, typer.Option(help="Changes shown; 0 for all.")] = 30,
) -> None:
    """What one hop did: every changed value, and the text before and after."""
    from harness.cli.diff import show_diff

    show_diff(store, chain, hop, model, limit)


@app.command()
def rescore(store: StoreFile) -> None:
    """Measure a stored study again, offline, from its replies; needed after an upgrade that changes scores."""
    from harness.cli.show import rescore_study

    rescore_study(store)


@domains_app.command("list")
def domains_list() -> None:
    """Name, title, category and file extensions."""
    from harness.cli.domains import list_domains

    list_domains()


@domains_app.command("show")
def domains_show(name: str) -> None:
    """What counts in a domain, what is equal, its edits, and a sample: the page of docs/domains."""
    from harness.cli.domains import show_domain

    show_domain(name)


@domains_app.command("try")
def domains_try(
    name: str,
    edit: Annotated[str | None, typer.Argument(help="Default: all.")] = None,
    tokens: Annotated[int, typer.Option("--tokens", help="Size of a generated document; 0: a fixture.")] = 0,
    lines: Annotated[int, typer.Option("--lines", help="Lines shown of each file.")] = 12,
) -> None:
    """Do edits without error and undo them: what a model is told, the files wanted, what comes back."""
    from harness.cli.domains import try_edits

    raise typer.Exit(0 if try_edits(name, edit, tokens, lines) else 1)


@domains_app.command("check")
def domains_check(
    names: Annotated[list[str] | None, typer.Argument(help="Default: all.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small documents, one seed.")] = False,
) -> None:
    """Run the battery: self-score, round trips, mutations, equivalences, hostile input, cost."""
    from harness.cli.domains import check_domains

    raise typer.Exit(0 if check_domains(names or [], quick) else 1)


@models_app.callback()
def models(context: typer.Context) -> None:
    """The ways to reach a model, what each needs and what is set."""
    if context.invoked_subcommand is None:
        from harness.cli.models import list_models

        list_models()


@models_app.command("pull")
def models_pull() -> None:
    """Fetch the weights of `local:` (93 MB) into the user cache."""
    from harness.cli.models import pull_weights

    pull_weights()

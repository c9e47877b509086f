"""`palimpsest suite` and `run --suite`, `--dry-run`: suites, deriving one, and what a run would cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.text import Text

suite_app = typer.Typer(
    help="Named sets of environments: list them, look at one, derive a small one.", no_args_is_help=True
)


@suite_app.command("list")
def list_suites() -> None:
    """The packaged suites: what they hold and how long their relays are."""
    from harness import suites
    from harness.cli.terminal import out, table

    rows = []
    for suite in map(suites.load, suites.NAMES):
        documents = "fixtures" if suite.doc_tokens is None else f"{suite.documents} of {suite.doc_tokens:,} tokens"
        rows.append(
            [suite.name, str(suite.version), str(len(suite.domains)), documents, str(suite.round_trips),
             f"{suite.distractors:,}", suite.about]
        )  # fmt: skip
    columns = [("suite", ""), ("version", "right"), ("domains", "right"), ("documents of each", ""),
               ("round trips", "right"), ("distractors", "right"), ("", "")]  # fmt: skip
    out.print(table("", columns, [list(row) for row in rows]))


@suite_app.command("show")
def show_suite(suite: Annotated[str, typer.Argument(help="A packaged suite's name, or a file.")]) -> None:
    """The suite as a file, with the hash that its environments have now; prices: run --suite NAME --dry-run."""
    from dataclasses import replace

    from harness import suites
    from harness.cli.terminal import out, plain, say
    from harness.suites.write import text

    found = suites.load(suite)
    now = found.fingerprint()
    out.print(plain(text(replace(found, hash=now))), end="", soft_wrap=True)
    if found.hash and found.hash != now:
        say(f"the environments have changed since version {found.version}: its hash was {found.hash}", "yellow")


@suite_app.command("derive")
def derive_suite(
    stores: Annotated[
        list[Path], typer.Argument(help="Stores or result files of the same suite on four models or more.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The suite's file, .toml or .json.", dir_okay=False)],
    name: Annotated[str, typer.Option(help="What to call it.")] = "lite",
    hop: Annotated[int | None, typer.Option(help="Where RS is read; default 20, or the last hop there is.")] = None,
    spearman: Annotated[float, typer.Option(help="Least agreement of the ranking, cross-validated.")] = 0.95,
    error: Annotated[float, typer.Option(help="Largest error of any model's RS, cross-validated.")] = 0.02,
    size: Annotated[int | None, typer.Option(help="Take the best set of this many, however well it agrees.")] = None,
) -> None:
    """Find the smallest set of environments that ranks and scores models as all of them do."""
    import pandas as pd

    from harness.cli.terminal import out
    from harness.results import open_steps
    from harness.suites.derive import derive
    from harness.suites.write import as_suite, write

    steps = pd.concat([open_steps(store) for store in stores], ignore_index=True)
    found = derive(steps, hop=hop, spearman=spearman, error=error, size=size)
    write(as_suite(found, steps, name=name), output)
    for part in told(found):
        out.print(part)


def told(found: Any) -> list[Any]:
    """What was derived: the chosen environments, the models, and how sizes compare."""
    from harness.cli.terminal import share, table

    rated: list[list[str | Text]] = [
        [
            f"{r.domain}/{r.document}",
            share(r.difficulty),
            "-" if r.discrimination is None else f"{r.discrimination:.2f}",
        ]
        for r in found.chosen
    ]
    models: list[list[str | Text]] = [[name, share(full), share(small)] for name, (full, small) in found.models.items()]
    count, of = len(found.chosen), len(found.rated)
    held = (
        f"Models left out, read from {count} environments chosen without them: Spearman {found.told.spearman:.3f}, "
        f"largest error {found.told.error:.3f}, mean error {found.told.mean_error:.3f}."
    )
    if count == of:
        held += " No smaller set holds up."
    sizes: list[list[str | Text]] = [
        [str(h.size), f"{h.spearman:.3f}", f"{h.error:.3f}", f"{h.mean_error:.3f}"] for h in found.held
    ]
    return [
        table("", [(name, "right") for name in ("environments", "Spearman", "largest error", "mean error")], sizes),
        table(
            f"\n{count} of {of} environments", [("", ""), ("difficulty", "right"), ("discrimination", "right")], rated
        ),
        table("\n", [("model", ""), (f"RS@{found.hop} of all", "right"), ("of the chosen", "right")], models, held),
    ]


def written(context: typer.Context) -> set[str]:
    """The options of a command that the user wrote, by the names of its parameters."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}


def with_suite(
    name: str | None, domains: list[str], conditions: Mapping[str, Any], given: Collection[str]
) -> tuple[list[str], dict[str, Any]]:
    """What `run` is to do under `--suite`: the domains and conditions, the suite's in place of the options'. `given`
    are the names of options that the user wrote. UsageError when one of them is the suite's to say."""
    if name is None:
        return domains, dict(conditions)
    from harness import suites
    from harness.errors import UsageError

    suite = suites.load(name)
    theirs = sorted(set(suite.shape()) & set(given))
    if theirs:
        raise UsageError(
            f"--{theirs[0].replace('_', '-')} is the suite's to say: leave it out, or copy the suite into a file of "
            f"your own (palimpsest suite show {name})"
        )
    found = {**conditions, **suite.conditions()}
    return list(found.pop("domains")), found


def dry_run(
    models: list[str], domains: list[str], conditions: Mapping[str, Any], store: Path | None, price: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """What the run would take; nothing is asked and nothing stored. `price` as `--price` has it."""
    import json
    from dataclasses import asdict

    from harness.backends.prices import Price
    from harness.cli.terminal import out, table
    from harness.study import make_spec
    from harness.suites.price import MEANING, estimate

    given = None if price is None else Price.read(price)
    found = estimate(make_spec(models, domains, dict(conditions)), store, given)
    if as_json:
        out.print(json.dumps({"models": [asdict(own) for own in found], "meaning": MEANING}), soft_wrap=True)
        return
    rows = []
    for own in found:
        most = f"{own.calls:,}" + (f" to {own.most_calls:,}" if own.most_calls > own.calls else "")
        rows.append(
            [own.model, f"{own.chains:,}", f"{own.done:,}", most, f"{own.input_tokens:,}", f"{own.output_tokens:,}",
             dollars(own.low, own.high)]
        )  # fmt: skip
    columns = [("model", ""), ("chains", "right"), ("hops done", "right"), ("calls", "right"), ("tokens in", "right"),
               ("tokens out", "right"), ("price", "right")]  # fmt: skip
    out.print(table("", columns, [list(row) for row in rows], MEANING))


def dollars(low: float | None, high: float | None) -> str:
    """A range in US dollars, rounded outwards to cents."""
    from math import ceil, floor

    if low is None or high is None:
        return "unknown"
    if high == 0:
        return "nothing"
    return f"${floor(100 * low) / 100:.2f} to ${ceil(100 * high) / 100:.2f}"

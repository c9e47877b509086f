"""`palimpsest domains list | show | try | check`."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

from rich.markdown import Markdown
from rich.text import Text

import domains
from harness.cli.terminal import out, plain, table
from harness.errors import UsageError


def load(name: str) -> domains.Domain:
    """A domain; UsageError when there is none of that name or its extra is missing."""
    try:
        return domains.get(name)
    except (domains.UnknownDomain, ImportError) as error:
        raise UsageError(str(error)) from None


def list_domains() -> None:
    rows: list[list[str]] = []
    for name in domains.names():
        title, category, extensions = domains.title(name)
        rows.append([name, title, category, " ".join(extensions)])
    columns = [("domain", ""), ("documents", ""), ("category", ""), ("extensions", "")]
    out.print(table("", columns, [list(row) for row in rows]))


def show_domain(name: str) -> None:
    """The page of a domain, as text on a terminal and as Markdown in a file."""
    text = domains.page(load(name))
    if out.is_terminal:
        out.print(Markdown(text))
    else:
        out.print(plain(text), soft_wrap=True)


def try_edits(name: str, edit_name: str | None, tokens: int, lines: int) -> bool:
    """Does each edit on a document and undoes it, and prints what a model is told, the files, and what came back; true
    when every edit gave the document back."""
    domain = load(name)
    made = domain.render(domain.generate(random.Random(0), tokens)) if tokens else None
    files = made or domain.fixture(domain.fixtures()[0])
    good = True
    try:
        edits = [domain.edit(edit_name)] if edit_name else domain.edits
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None
    for edit in edits:
        out.print(Text(f"\n{edit.name}", style="bold"))
        try:
            result = edit.apply(files)
        except domains.EditError as error:
            out.print(plain(f"not on this document: {error}"), soft_wrap=True)
            continue
        out.print(plain(edit.instruction("forward", tuple(sorted(result)))), soft_wrap=True)
        for file, text in sorted(result.items()):
            shown = text.rstrip("\n").split("\n")
            more = [f"({len(shown) - lines} lines more)"] if len(shown) > lines else []
            out.print(plain("\n".join([f"\n--- {file}", *shown[:lines], *more])), soft_wrap=True)
        back = domains.score(name, files, edit.invert(result))
        good = good and back.score == 1.0
        out.print(plain("\n".join([f"\nundone, it scores {back.score:.4f}", *map(str, back.changes[:5])])))
    return good


def check_domains(names: list[str], quick: bool) -> bool:
    """Runs the battery and prints a row for each check; true when everything held."""
    good = True
    for name in names or list(domains.names()):
        domain = load(name)
        tried: Counter[str] = Counter()
        failed: defaultdict[str, list[str]] = defaultdict(list)
        detail: dict[str, str] = {}
        options = {"sizes": (300, 2000), "seeds": (1,), "cost": False} if quick else {}
        for check in domains.battery(domain, **options):  # type: ignore[arg-type]  # the options of `battery` by name
            tried[check.check] += 1
            detail[check.check] = check.detail
            if not check.ok:
                failed[check.check].append(f"{check.document}: {check.detail}")
        rows = []
        for what, count in tried.items():
            bad = failed[what]
            rows.append(
                ["ok" if not bad else "FAILED", what, f"{count - len(bad)}/{count}", (bad or [detail[what]])[0]]
            )
        columns = [("", ""), ("check", ""), ("held", "right"), ("last figures, or the first failure", "")]
        out.print(table(f"{name}", columns, [[*row] for row in rows]))
        good = good and not any(failed.values())
    return good

"""`palimpsest domains list | show | check`."""

from __future__ import annotations

from collections import Counter, defaultdict

from rich.markdown import Markdown

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
    out.print(Markdown(text) if out.is_terminal else plain(text))


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

"""`palimpsest compare`: two sides as tables, and the worst regressions with their diffs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from rich.text import Text

from harness.cli.terminal import out, plain, share, table
from harness.cli.ways import paid, ranged
from harness.comparison import Comparison, Regression, compare
from harness.estimate import Estimate

_SHOWN = 8
"""Rows of a table, from either end."""


def show_comparison(first: str, second: str, store: Path | None, hop: int | None, worst: int, as_json: bool) -> None:
    found = compare(first, second, store=store, hop=hop, worst=worst)
    if as_json:
        out.print(json.dumps(found.to_dict()), soft_wrap=True)
    else:
        print_comparison(found)


def print_comparison(found: Comparison) -> None:
    hops = [k for k in found.difference if k % 2 == 0 and k <= found.hop] or [found.hop]
    shown = sorted({*hops[:2], *hops[len(hops) // 2 : len(hops) // 2 + 1], found.hop})
    rows: list[list[str | Text]] = [["RS@" + str(k), *_cells(found.difference[k], good=1)] for k in shown]
    rows += [["done", *_cells(found.compliance, good=1)]]
    rows += [[f"lost: {kind}", *_cells(value, good=-1)] for kind, value in found.losses.items()]
    out.print(
        table(f"A {found.a}\nB {found.b}", [("B - A", ""), *_HEADINGS], rows, "\n".join(_notes(found))),
        soft_wrap=False,
    )
    for title, part in ((f"RS@{found.hop} by domain", found.domains), ("own work of the hops by edit", found.edits)):
        if len(part) > 1:
            out.print(table(f"\n{title}", [("", ""), *_HEADINGS], _rows(part)))
    for number, regression in enumerate(found.regressions, 1):
        print_regression(number, regression, found.hop)


_HEADINGS = [("difference", "right"), ("from", "right"), ("to", "right"), ("environments", "right"), ("", "")]


def _notes(found: Comparison) -> list[str]:
    notes = [
        f"{found.pairs} pairs: {found.better} better, {found.worse} worse, {found.equal} equal at hop {found.hop}; "
        f"RS {share(found.rs_a)} and {share(found.rs_b)}. Intervals of 95 % each, by environments."
    ]
    if found.cost.value or found.calls.value or found.cost.count == 0:
        won = f": {ranged(found.per_dollar)} points of RS won per dollar" if found.per_dollar.value else ""
        notes.append(f"A relay of B takes {ranged(found.calls)} calls and {paid(found.cost)} more{won}.")
    if found.alone_a or found.alone_b:
        notes.append(f"Without a partner, left out: {found.alone_a} chains of A, {found.alone_b} of B.")
    if found.other_plan:
        notes.append(f"Asked for other edits, left out: {found.other_plan} pairs.")
    return notes


def _rows(part: Mapping[str, Estimate]) -> list[list[str | Text]]:
    rows: list[list[str | Text]] = [[name, *_cells(value, good=1)] for name, value in part.items()]
    if len(rows) <= 2 * _SHOWN:
        return rows
    return [*rows[:_SHOWN], [f"… {len(rows) - 2 * _SHOWN} between", "", "", "", "", ""], *rows[-_SHOWN:]]


def _cells(found: Estimate, good: int) -> list[str | Text]:
    word = direction(found, good)
    style = {"better": "green", "worse": "red"}.get(word, "")
    return [signed(found.value), signed(found.low), signed(found.high), str(found.count), Text(word, style=style)]


def direction(found: Estimate, good: int = 1) -> str:
    """better or worse when the interval excludes 0, else nothing."""
    if found.low is not None and found.low > 0:
        return "better" if good > 0 else "worse"
    if found.high is not None and found.high < 0:
        return "worse" if good > 0 else "better"
    return ""


def signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


def print_regression(number: int, found: Regression, hop: int) -> None:
    """Where it fell behind, what it lost there that the other kept, and the text."""
    out.print(Text("\n" + title(number, found, hop), style="bold"))
    for row in lost(found):
        out.print(Text(plain(row), style="yellow"), soft_wrap=True)
    for row in found.text:
        style = {"+": "green", "-": "red", "@": "cyan"}.get(row[:1], "")
        out.print(Text(plain(row), style=style), soft_wrap=True)


def title(number: int, found: Regression, hop: int) -> str:
    """One line that names a regression; nothing in it can act on a terminal."""
    return plain(
        f"{number}. {found.domain}/{found.document}, repeat {found.repeat}: RS@{hop} {found.difference:+.3f}; fell at "
        f"hop {found.hop}, {found.edit} {found.direction} ({found.outcome}): {share(found.rs_a)} against "
        f"{share(found.rs_b)}; chains {found.chain_a} and {found.chain_b}"
    )


def lost(found: Regression) -> list[str]:
    """A line for each change, as the model left it: escape before showing."""
    return [f"  {share(c['share'])}  {c['kind']:<9}{c['told']}".replace("\n", "⏎") for c in found.changes]

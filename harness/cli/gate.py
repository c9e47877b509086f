"""`palimpsest gate`: the verdict on the terminal and as JUnit XML, Markdown and JSON."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from rich.text import Text

from harness.cli.compare import direction, lost, signed, title
from harness.cli.run import progress_bar
from harness.cli.terminal import money, out, plain, say
from harness.errors import UsageError
from harness.gating import Verdict, gate

_STYLES = {"pass": "green", "fail": "red", "inconclusive": "yellow"}
_CHANGES = 5


def run_gate(
    candidate: str,
    baseline: str,
    domains: list[str],
    terms: Mapping[str, Any],
    conditions: Mapping[str, Any],
    store: Path | None,
    files: Mapping[str, Path | None],
    as_json: bool,
) -> int:
    """Decides, tells and writes `files` ("junit", "markdown"); the exit status. `terms` are margin, alpha, power,
    adaptive, max_chains, max_cost and Means's."""
    for wanted in filter(None, files.values()):
        if not wanted.absolute().parent.is_dir():
            raise UsageError(f"cannot write {wanted}: there is no folder {wanted.absolute().parent}")
    with progress_bar() as report:
        verdict = gate(
            candidate, baseline, domains=domains, store=store, report=report, notify=say, **terms, **conditions
        )
    if (path := files.get("junit")) is not None:
        write(path, junit(verdict))
    if (path := files.get("markdown")) is not None:
        write(path, markdown(verdict))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        write(Path(summary), markdown(verdict), append=True)
    if as_json:
        out.print(json.dumps(verdict.to_dict()), soft_wrap=True)
    else:
        first, _, rest = text(verdict).partition("\n")
        out.print(Text(first, style=_STYLES[verdict.outcome]), soft_wrap=True)
        out.print(rest, soft_wrap=True)
    return verdict.exit_code


def write(path: Path, content: str, *, append: bool = False) -> None:
    """UsageError when the file cannot be written."""
    try:
        with path.open("a" if append else "w", encoding="utf-8") as file:
            file.write(content)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def text(verdict: Verdict) -> str:
    """The verdict for a terminal, a log or a test's failure: figures, then the worst regressions."""
    rows = [verdict.headline(), *figures(verdict)]
    if verdict.comparison is not None:
        worse = [
            f"  {name} {signed(found.value)} ({signed(found.low)} to {signed(found.high)})"
            for name, found in verdict.comparison.domains.items()
            if direction(found) == "worse"
        ]
        rows += ["domains shown to be worse:", *worse] if worse else []
        rows += regressions(verdict)
    return plain("\n".join(rows))


def figures(verdict: Verdict) -> list[str]:
    """What was declared and what it took, a line each."""
    design = verdict.design
    rows = [
        f"margin {design.margin:.3f}, error rate {design.alpha:g} for either wrong decision, power {design.power:g}",
        f"{verdict.pairs} pairs, {verdict.calls:,} calls, cost {money(verdict.cost_usd)}, {len(verdict.looks)} looks",
    ]
    return [*rows, verdict.outlook()] if verdict.outlook() else rows


def regressions(verdict: Verdict) -> list[str]:
    found = verdict.comparison.regressions if verdict.comparison is not None else ()
    rows = ["worst regressions (baseline against candidate):"] if found else []
    for number, regression in enumerate(found, 1):
        rows += [title(number, regression, verdict.hop), *lost(regression)[:_CHANGES]]
    return rows


def junit(verdict: Verdict) -> str:
    """One suite: the verdict, and a case for each domain that only tells its figures: no error rate was declared
    for those. A verdict that is not decided is an error, so that no dashboard shows it green."""
    found = verdict.comparison.domains if verdict.comparison is not None else {}
    counts = {"failures": int(verdict.outcome == "fail"), "errors": int(verdict.outcome == "inconclusive")}
    suite = ElementTree.Element("testsuite", name="palimpsest gate", tests=str(1 + len(found)))
    for name, count in counts.items():
        suite.set(name, str(count))
    kind = {"pass": "system-out", "fail": "failure", "inconclusive": "error"}[verdict.outcome]
    said = ElementTree.SubElement(_case(suite, verdict, "verdict"), kind)
    said.text = _xml(text(verdict))
    if verdict.outcome != "pass":
        said.set("type", verdict.outcome)
        said.set("message", _xml(verdict.headline()))
    for name, d in found.items():
        told = f"RS@{verdict.hop} {signed(d.value)} ({signed(d.low)} to {signed(d.high)}, {d.count} environments)"
        ElementTree.SubElement(_case(suite, verdict, name), "system-out").text = _xml(told)
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, verdict: Verdict, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=f"palimpsest.{_xml(verdict.candidate)}", name=_xml(name))


def _xml(told: str) -> str:
    """XML 1.0 has no place for some characters, escaped or not."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", plain(told))


def markdown(verdict: Verdict) -> str:
    """For a step summary: what a model wrote stands in a fence that it cannot close."""
    mark = {"pass": "✅", "fail": "❌", "inconclusive": "❔"}[verdict.outcome]
    parts = [f"## {mark} palimpsest gate: {verdict.outcome}\n", _inline(verdict.headline()) + "\n"]
    parts += [f"- {_inline(row)}" for row in figures(verdict)]
    if verdict.comparison is not None:
        parts += ["\n| domain | difference | from | to | environments |", "|---|---:|---:|---:|---:|"]
        parts += [
            f"| {_inline(name)} | {signed(d.value)} | {signed(d.low)} | {signed(d.high)} | {d.count} |"
            for name, d in verdict.comparison.domains.items()
        ]
        told = plain("\n".join(regressions(verdict)))
        if told:
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", told)), default=0))
            parts += [f"\n{fence}text", told, fence]
    return "\n".join(parts) + "\n"


def _inline(told: str) -> str:
    """Plain text in Markdown: whatever could be markup is escaped."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&@])", r"\\\1", plain(told).replace("\n", " "))

"""`palimpsest diff`: the Changes of one hop and the text before and after, in colour."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from rich.text import Text

import domains
import harness
from harness.cli.terminal import out, plain, share
from harness.errors import UsageError
from harness.store import Step
from harness.store.records import told_call

_STYLES = {"missing": "red", "altered": "yellow", "spurious": "magenta", "moved": "cyan"}


def show_diff(path: Path, chain: str | None, hop: int | None, model: str | None, limit: int) -> None:
    study = harness.load(path)
    chain = chain or worst_chain(study, model)
    hop = hop or worst_hop(study, study.chain(chain).number)
    found = study.hop(chain, hop)
    step = found.step
    out.print(
        Text.assemble(
            (plain(found.chain.model), "bold"), f"  {plain(found.chain.editor)}  {found.chain.domain}/",
            f"{plain(found.chain.document)}  chain {found.chain.number}  hop {hop}: {step.edit} {step.direction}, "
            f"{step.outcome}",
        )
    )  # fmt: skip
    if step.detail:
        out.print(Text(plain(step.detail), style="red"))
    print_work(step)
    print_changes(found, limit)
    print_text(found)


def print_work(step: Step) -> None:
    """What was done with tools, call by call, and by protections, with what the editor alone had given."""
    for call in step.trace:
        out.print(Text(plain(f"  {told_call(call)}"), style="" if call["ok"] else "yellow"))
    if (guards := step.guards) is None:
        return
    alone = share(guards.rs) if guards.rs is not None else guards.outcome
    asked = f", {guards.calls} calls more" if guards.calls != 1 else ", 1 call more"
    out.print(f"protections: {f'without them RS {alone}' if guards.fired else 'none stepped in'}{asked}")
    for fired in guards.fired:
        out.print(Text(plain(f"  {fired['protection']} {fired['did']}")))
        for why in fired["why"]:
            out.print(Text(plain(f"    {why}")))


def worst_chain(study: harness.Study, model: str | None) -> str:
    """The chain whose document fared worst, of one model when it is named."""
    steps = study.steps
    if model is not None:
        steps = steps[steps["model"] == model]
    steps = steps[steps["credit"].notna()]
    if not len(steps):
        raise UsageError(f"{study.path} has no measured hop{f' of {model}' if model else ''}")
    last = steps.sort_values("hop").groupby("chain").tail(1).sort_values("credit", kind="stable")
    return str(last["chain"].tolist()[0])


def worst_hop(study: harness.Study, number: int) -> int:
    """The hop with the greatest loss of its own: the largest fall of RS."""
    steps = study.steps
    own = steps[steps["chain"] == number].sort_values("hop")
    if not len(own):
        raise UsageError(f"chain {number} has no finished hop yet")
    measured = own[own["rs"].notna()]
    if not len(measured):
        return int(own["hop"].tolist()[-1])
    scores = [1.0, *measured["rs"].tolist()]
    falls = [before - after for before, after in pairwise(scores)]
    return int(measured["hop"].tolist()[falls.index(max(falls))])


def print_changes(found: harness.Hop, limit: int) -> None:
    """What the document has lost against the seed after this hop, the largest losses first."""
    measured = found.measurement
    if measured is None or measured.rs is None:
        out.print("not measured")
        return
    rs = measured.rs
    parts = ", ".join(f"{name} {share(getattr(rs, name))}" for name in _STYLES if getattr(rs, name) > 0)
    own = "" if measured.step is None else f"; this hop's own work {share(measured.step)}"
    done = "" if measured.done is None else f"; done {share(measured.done)}"
    out.print(f"RS {share(rs.score)}{f' = 1 - ({parts})' if parts else ''}{own}{done}")
    ordered = sorted(rs.changes, key=lambda c: -c.share)
    for change in ordered[: limit or None]:
        out.print(line(change))
    if limit and len(ordered) > limit:
        rest = sum(c.share for c in ordered[limit:])
        out.print(f"  … and {len(ordered) - limit} more, {share(rest)} together (--limit 0 shows all)")


def line(change: domains.Change) -> Text:
    return Text.assemble(
        f"  {share(change.share)}  ", (f"{change.kind:<9}", _STYLES[change.kind]), plain(str(change).replace("\n", "⏎"))
    )


def print_text(found: harness.Hop) -> None:
    """A unified diff of the text: a backward hop against the seed, a forward one against its edit done right."""
    step = found.step
    reference, name = done_right(found) if step.direction == "forward" else (found.seed, "the seed")
    for file in sorted({*reference, *step.after}):
        old, new = reference.get(file, "").splitlines(), step.after.get(file, "").splitlines()
        for row in difflib.unified_diff(old, new, f"{file} ({name})", f"{file} (what came)", lineterm="", n=1):
            style = {"+": "green", "-": "red", "@": "cyan"}.get(row[:1], "")
            out.print(Text(plain(row), style=style), soft_wrap=True)


def done_right(found: harness.Hop) -> tuple[Mapping[str, str], str]:
    """What a forward hop should have given, and how to call it; its input where that does not admit the edit."""
    edit = domains.get(found.chain.domain).edit(found.step.edit)
    try:
        return edit.apply(found.step.before), "done right"
    except (domains.EditError, domains.ParseError):
        return found.step.before, "before"

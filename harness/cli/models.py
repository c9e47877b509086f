"""`palimpsest models` and `palimpsest models pull`."""

from __future__ import annotations

from harness.backends import schemes
from harness.cli.terminal import out, say, table
from harness.editors import simulated


def list_models() -> None:
    rows = [[s.form, s.needs, s.missing or "ready"] for s in schemes()]
    rows.append(["sim:PROFILE", f"nothing; profiles: {', '.join(n.partition(':')[2] for n in simulated())}", "ready"])
    out.print(table("", [("model", ""), ("needs", ""), ("here", "")], [list(row) for row in rows]))


def pull_weights() -> None:
    from harness.backends.weights import pull

    out.print(str(pull(notify=say)))

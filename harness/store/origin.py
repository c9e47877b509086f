"""Where the results in a store come from, in few words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from harness.store.reader import Reader
from harness.store.records import Run


def origin(path: Path) -> list[str]:
    """A line on the runs, and one for each model that its provider calls otherwise, or that answered under several
    system fingerprints. Names of models are the provider's: not to be shown as they are."""
    with Reader(path) as reader:
        runs, fingerprints, served = reader.runs(), reader.fingerprints(), reader.served()
        names = dict(reader.connection.execute("SELECT id, model FROM chains").fetchall())
    lines = [_told(runs)] if runs else []
    answered: dict[str, set[str]] = {}
    for number, ids in served.items():
        answered.setdefault(names[number], set()).update(ids)
    for model, found in sorted(answered.items()):
        count = fingerprints.get(model, 0)
        if count > 1 or found != {model.partition(":")[2]}:
            several = f", {count} system fingerprints" if count > 1 else ""
            lines.append(f"{model} answered as {', '.join(sorted(found))}{several}")
    return lines


def _told(runs: list[Run]) -> str:
    days = sorted({f"{datetime.fromtimestamp(run.started, UTC):%Y-%m-%d}" for run in runs})
    span = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    codes = sorted({run.about.told for run in runs})
    return f"{len(runs)} run{'s' if len(runs) > 1 else ''}, {span}, by {', '.join(codes)}"

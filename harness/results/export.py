"""A store as a result file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, astuple
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.provenance import collect
from harness.results.check import HOPS, LATER
from harness.results.form import ResultChain, Results, write
from harness.store import Reader, StoredChain

if TYPE_CHECKING:
    import pandas as pd

OWN = "own"
"""The document of a user, which no spec makes again."""


def export(
    store: str | Path, path: str | Path, *, transcripts: bool = True, clock: Callable[[], datetime] | None = None
) -> Results:
    """Writes the relays of a store into a result file and returns what is in it. With `transcripts` the models'
    replies go in, without which nobody can verify the figures of a model that is not simulated; a model's private
    thoughts and the providers' raw answers never do. UsageError when the store holds no finished hop."""
    from harness.table import steps_table

    path = Path(path)
    with Reader(store) as reader:
        stored = [chain for chain in reader.chains() if chain.hops]
        if not stored:
            raise UsageError(f"{store} has no finished hop of a relay yet: there is nothing to export")
        steps = steps_table(reader, stored)
        by_chain = dict(iter(steps.groupby("chain")))
        served, runs = reader.served(), [asdict(run) for run in reader.runs()]
        chains = [
            _chain(reader, chain, by_chain[chain.number], served.get(chain.number, ()), transcripts) for chain in stored
        ]
    domains = sorted(steps["domain"].unique())
    now, here = (clock or _now)(), collect()
    results = Results(
        {"package": here.package, "python": here.python, "date": f"{now:%Y-%m-%dT%H:%M:%SZ}", "git": here.git},
        sorted({str(chain.spec["suite"]) for chain in chains if chain.spec.get("suite")}),
        {name: sorted(steps.loc[steps["domain"] == name, "scorer"].unique()) for name in domains},
        transcripts,
        chains,
        runs,
    )
    write(path, results)
    return results


def _now() -> datetime:
    return datetime.now(UTC)


def _chain(
    reader: Reader, chain: StoredChain, steps: pd.DataFrame, served: Sequence[str], transcripts: bool
) -> ResultChain:
    names = [*HOPS, *(name for name in LATER if steps[name].notna().any())]
    columns = steps[names].astype(object).where(steps[names].notna(), None)
    files = None
    if chain.document == OWN:
        files = reader.clean(chain.number) or reader.documents(chain.number)[0]
    replies: list[list[Any]] = []
    if transcripts:
        for place, reply in reader.replies(chain.number).items():
            if place.hop <= chain.hops:
                use = reply.usage
                replies.append(
                    [place.hop, place.attempt, place.call, place.request, reply.text, reply.finish, use.input,
                     use.output, use.cached, use.reasoning, reply.latency, reply.cost, reply.model, reply.fingerprint,
                     reply.attempts, *([[list(astuple(call)) for call in reply.calls]] if reply.calls else [])]
                )  # fmt: skip
    return ResultChain(
        chain.key, chain.model, chain.editor, chain.domain, chain.document, chain.repeat, chain.reason, chain.spec,
        files, {name: [_plain(cell) for cell in columns[name]] for name in names}, served, replies,
    )  # fmt: skip


def _plain(cell: Any) -> Any:
    """Of numpy's numbers, Python's."""
    return cell.item() if hasattr(cell, "item") else cell

"""A store as a result file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.results.check import HOPS
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
        steps = steps_table(reader, {chain.number for chain in stored})
        by_chain = dict(iter(steps.groupby("chain")))
        chains = [_chain(reader, chain, by_chain[chain.number], transcripts) for chain in stored]
    domains = sorted(steps["domain"].unique())
    now = (clock or _now)()
    results = Results(
        {"package": _package(), "python": sys.version.split()[0], "date": f"{now:%Y-%m-%dT%H:%M:%SZ}", "git": git()},
        sorted({str(chain.spec["suite"]) for chain in chains if chain.spec.get("suite")}),
        {name: sorted(steps.loc[steps["domain"] == name, "scorer"].unique()) for name in domains},
        transcripts,
        chains,
    )
    write(path, results)
    return results


def _now() -> datetime:
    return datetime.now(UTC)


def _chain(reader: Reader, chain: StoredChain, steps: pd.DataFrame, transcripts: bool) -> ResultChain:
    columns = steps[list(HOPS)].astype(object).where(steps[list(HOPS)].notna(), None)
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
                     reply.attempts]
                )  # fmt: skip
    return ResultChain(
        chain.key, chain.model, chain.editor, chain.domain, chain.document, chain.repeat, chain.reason, chain.spec,
        files, {name: [_plain(cell) for cell in columns[name]] for name in HOPS}, replies,
    )  # fmt: skip


def _plain(cell: Any) -> Any:
    """Of numpy's numbers, Python's."""
    return cell.item() if hasattr(cell, "item") else cell


def _package() -> str:
    try:
        return version("palimpsest-bench")
    except PackageNotFoundError:  # a checkout that is not installed
        return "0"


def git() -> dict[str, Any] | None:
    """The commit of the checkout that this code runs from, and whether it is unchanged; None outside of one."""
    root = Path(__file__).parents[2]
    found = shutil.which("git")
    if found is None or not (root / ".git").exists():
        return None
    told = []
    for command in (["rev-parse", "HEAD"], ["status", "--porcelain"]):
        done = subprocess.run([found, "-C", str(root), *command], capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode != 0:  # a checkout that is another user's
            return None
        told.append(done.stdout.strip())
    return {"commit": told[0], "clean": not told[1]}

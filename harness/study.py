"""A study: what one store holds, or one run of it, as a table, as figures and as documents."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import summary
from harness.editors.protections import parted
from harness.errors import UsageError
from harness.rates import share
from harness.store import Reader, Run, Step, StoredChain
from harness.table import COLUMNS, bills, outline, steps_table

if TYPE_CHECKING:
    import pandas as pd

    from domains import Measurement
    from harness.analysis.doses import Arm, Doses
    from harness.analysis.ways import Way
    from harness.calls import Means
    from harness.relay.rescore import Rescored
    from harness.relay.spec import RunSpec

__all__ = ["COLUMNS", "Hop", "Study", "load", "rescore", "run", "run_async"]


@dataclass(frozen=True, slots=True)
class Hop:
    """One hop to look at: its chain, its Step, the seed document, and `measurement` with every Change (None for a
    failure that was none to measure)."""

    chain: StoredChain
    step: Step
    seed: dict[str, str]
    measurement: Measurement | None


class Study:
    """The results in a store. `keys` and `hops` restrict it to some chains and to their first hops.

    Reads when asked and keeps what it read: make another with `load` to see what a run has added since.
    """

    def __init__(self, path: Path, keys: Sequence[str] | None = None, hops: int | None = None) -> None:
        self.path = path
        self.temporary = False
        self._keys = None if keys is None else frozenset(keys)
        self._hops = hops

    def __repr__(self) -> str:
        return f"Study({str(self.path)!r}, {len(self.chains)} chains)"

    @cached_property
    def chains(self) -> tuple[StoredChain, ...]:
        """Its chains, by number."""
        with Reader(self.path) as reader:
            return tuple(chain for chain in reader.chains() if self._keys is None or chain.key in self._keys)

    @cached_property
    def steps(self) -> pd.DataFrame:
        """One row a finished hop; the columns are `harness.COLUMNS`."""
        with Reader(self.path) as reader:
            return steps_table(reader, self.chains, self._hops)

    @cached_property
    def outline(self) -> pd.DataFrame:
        """What `figures` takes of `steps`."""
        if "steps" in self.__dict__:
            return self.steps
        with Reader(self.path) as reader:
            return outline(reader, self.chains, self._hops, summary.named)

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs that wrote its store."""
        with Reader(self.path) as reader:
            return tuple(reader.runs())

    @property
    def unfinished(self) -> dict[int, str]:
        """Why chains stopped short, by number: an outage, a rejected request, a fault of ours. A rerun resumes them."""
        return {chain.number: chain.reason for chain in self.chains if chain.reason}

    def summary(self) -> dict[str, Any]:
        """`{"store", "chains", "models": {NAME: {"rs": {"1": …}, "compliance", "failures", "calls", "tokens",
        "cost_usd"}}, "ways", "planted", "arms"}`, ways as in `harness.analysis.ways`, the last two as in
        `harness.analysis.doses`. Unknown figures are None, never 0; `store` is None for a run that named none."""
        models = self.figures()
        found = {"store": None if self.temporary else str(self.path), "chains": len(self.chains), "models": models}
        return {
            **found,
            "ways": {name: asdict(way) for name, way in self.ways().items()},
            "planted": [asdict(found) for found in self.doses()],
            "arms": [asdict(found) for found in self.arms()],
        }

    def ways(self) -> dict[str, Way]:
        """`harness.analysis.ways.ways` of the steps: what each editor and set of protections keeps, and at what price.
        Empty where every model ran under one editor and without protections."""
        chains = {(chain.model, chain.editor) for chain in self.chains}
        if len(chains) == len({model for model, _ in chains}) and not any(parted(editor)[1] for _, editor in chains):
            return {}
        from harness.analysis.ways import ways

        return ways(self.steps)

    def doses(self) -> list[Doses]:
        """`harness.analysis.doses.doses` of the steps."""
        if all(chain.spec["planted"] is None for chain in self.chains):
            return []  # without importing what computes it, which takes longer than all else
        from harness.analysis.doses import doses

        return doses(self.steps)

    def arms(self) -> list[Arm]:
        """`harness.analysis.doses.arms` of the steps."""
        if len({(chain.spec["memory"], chain.spec["heal"]) for chain in self.chains}) < 2:
            return []
        from harness.analysis.doses import arms

        return arms(self.steps)

    def figures(self) -> dict[str, dict[str, Any]]:
        """The summary's "models"."""
        with Reader(self.path) as reader:
            models = summary.by_model(self.outline, bills(reader, self._hops))
        known = set(self.outline["model"].unique())
        for model in {chain.model: None for chain in self.chains}:
            # A model whose chains all stopped before the first hop is still told of.
            if model not in known:
                models.setdefault(model, summary.nothing())
        return models

    def chain(self, name: int | str) -> StoredChain:
        """A chain by its number or by the beginning of its key. UsageError when there is no such chain, or several."""
        text = str(name)
        found = [chain for chain in self.chains if str(chain.number) == text]
        found = found or [chain for chain in self.chains if len(text) >= 4 and chain.key.startswith(text)]
        if len(found) != 1:
            numbers = [chain.number for chain in self.chains]
            known = f"chains {min(numbers)} to {max(numbers)}" if numbers else "no chains"
            raise UsageError(f"{self.path} has {'several chains' if found else 'no chain'} {name}: it has {known}")
        return found[0]

    def hop(self, chain: int | str, hop: int) -> Hop:
        """A hop with its documents, compared anew to name every Change."""
        from domains import Meter
        from harness.relay.environment import find

        found = self.chain(chain)
        with Reader(self.path) as reader:
            steps = {step.hop: step for step in reader.steps(found.number)}
            seed, _ = reader.documents(found.number)
        if hop not in steps:
            raise UsageError(f"chain {found.number} has no hop {hop}: it has {len(steps)}")
        step = steps[hop]
        domain = find(found.domain)
        measured = None
        if step.score is not None:
            measured = Meter(domain).measure(domain.edit(step.edit), step.direction, seed, step.before, step.after)
        return Hop(found, step, seed, measured)


def load(path: str | Path) -> Study:
    """The study in a store. UsageError when there is none or another version made it."""
    study = Study(Path(path))
    _ = study.chains
    return study


def run(
    models: Sequence[str],
    domains: Sequence[str] | str,
    *,
    store: str | Path | None = None,
    means: Means | None = None,
    **conditions: Any,
) -> Study:
    """Sends documents of `domains` ("all", or names) through relays on `models` and returns the results.

    `conditions` are RunSpec's fields (round_trips, repeats, doc_tokens, documents, distractors, schedule, seed,
    editor, protect, guided, policy, temperature, effort, max_tokens, base_url, api_mode, files …) and Means's
    (concurrency, workers, timeout, report …). With `store`, a file, the run continues what is there and can be
    continued; without, its results go when the study does. Raises UsageError for what the caller can mend and Denied
    when a provider turns us away; chains that an outage stopped are in `Study.unfinished`."""
    from harness.calls import blocking

    return blocking(lambda: run_async(models, domains, store=store, means=means, **conditions), "harness.run_async")


async def run_async(
    models: Sequence[str],
    domains: Sequence[str] | str,
    *,
    store: str | Path | None = None,
    means: Means | None = None,
    **conditions: Any,
) -> Study:
    """`run`, within a running event loop. Raises as it does: UsageError, Denied."""
    from harness.calls import divided
    from harness.relay.run import run_relay

    given, shaping = divided(means, conditions)
    spec = make_spec(models, domains, shaping)
    path = Path(store) if store is not None else Path(tempfile.mkdtemp(prefix="palimpsest-")) / "study.db"
    try:
        outcome = await run_relay(spec, path, given)
    except BaseException:
        if store is None:
            shutil.rmtree(path.parent)
        raise
    study = Study(path, outcome.keys, spec.hops)
    if store is None:
        study.temporary = True
        weakref.finalize(study, shutil.rmtree, path.parent)
    return study


def make_spec(models: Sequence[str], domains: Sequence[str] | str, conditions: dict[str, Any]) -> RunSpec:
    """A RunSpec from what callers write. UsageError names a condition that does not exist."""
    import domains as science
    from harness.relay.spec import RunSpec

    known = {field.name for field in fields(RunSpec)}
    unknown = sorted(set(conditions) - known)
    if unknown:
        raise UsageError(f"unknown condition {unknown[0]!r}: there are {', '.join(sorted(known))}")
    wanted = [domains] if isinstance(domains, str) else list(domains)
    if wanted == ["all"]:
        wanted = list(science.names())
    for name in ("planted", "plant", "editor", "protect", "agent_env", "agent_readable"):
        if name in conditions:
            given = conditions[name]
            conditions = {**conditions, name: (given,) if isinstance(given, str) else tuple(given)}
    if "planted" in conditions:
        conditions = {**conditions, "planted": tuple(share(str(rate)) for rate in conditions["planted"])}
    if isinstance(conditions.get("files"), dict):
        conditions = {**conditions, "files": tuple(sorted(conditions["files"].items()))}
    return RunSpec((models,) if isinstance(models, str) else tuple(models), tuple(wanted), **conditions)


def rescore(path: str | Path, *, workers: int | None = None) -> Rescored:
    """Measures everything in a store again, offline, reading the stored replies anew; see `harness.relay.rescore`.
    UsageError when there is no store, another version made it or another process writes it."""
    from harness.relay.rescore import rescore as again

    return again(Path(path), workers=workers)

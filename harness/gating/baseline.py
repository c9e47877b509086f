"""What a candidate is held against: chains in a file, or a model that is run beside it; and so what is to be run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.relay.scoring import version
from harness.sides import Side, open_side
from harness.store import Reader
from harness.study import make_spec

if TYPE_CHECKING:
    import pandas as pd

    from harness.relay.spec import RunSpec

_OF_MODEL = frozenset({"editor", "protect", "guided", "temperature", "effort", "max_tokens", "base_url", "api_mode"})
"""Conditions of how the candidate is asked: those of the baseline unless others are named."""
_COPIED = ("schedule", "seed", "policy", "memory", "heal", "editor", "protect", "temperature", "effort", "max_tokens")
_GENERATED = re.compile(r"generated-\d+-(\d+)")


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a decision may buy: `models` on `domains` under `conditions`, in steps of documents or, for documents that
    are given, of repeats (`grows`), up to `limit` of them; `baseline` is the side in a file, None when it is a model
    that is run too."""

    models: tuple[str, ...]
    domains: tuple[str, ...]
    conditions: Mapping[str, Any]
    grows: str
    limit: int | None
    baseline: Side | None

    @property
    def name(self) -> str:
        return self.baseline.name if self.baseline else self.models[1]

    def size(self, amount: int) -> dict[str, Any]:
        """The conditions of a run of that many documents, or repeats."""
        return {**self.conditions, self.grows: amount}

    def spec(self, amount: int) -> RunSpec:
        return make_spec(self.models, self.domains, self.size(amount))


def make_plan(candidate: str, baseline: str, domains: tuple[str, ...], conditions: Mapping[str, Any]) -> Plan:
    """UsageError when the baseline is neither a file nor a model, or leaves nothing to decide."""
    if _is_file(baseline):
        file = baseline.partition("#")[0]
        if not Path(file).is_file():
            raise UsageError(f"there is no baseline {file}: name a store, a results file, or a model as in openai:NAME")
        return _from_file(candidate, open_side(baseline), domains, conditions)
    if ":" not in baseline:
        raise UsageError(f"the baseline {baseline!r} is neither a file that exists nor a model such as openai:NAME")
    if baseline == candidate:
        raise UsageError(f"{candidate} cannot be held against itself: name a store of earlier chains as the baseline")
    if not domains:
        raise UsageError("say which domains to decide on: names, or all")
    grows = "repeats" if conditions.get("doc_tokens") is None else "documents"
    return Plan((candidate, baseline), domains, dict(conditions), grows, None, None)


def _is_file(text: str) -> bool:
    file = text.partition("#")[0]
    return Path(file).is_file() or Path(file).suffix in (".db", ".json", ".sqlite") or "/" in file.partition(":")[0]


def _from_file(candidate: str, side: Side, domains: tuple[str, ...], given: Mapping[str, Any]) -> Plan:
    """The environments, plan and seeds are the baseline's, and so is how the model is asked, but for what is named."""
    strange = sorted(set(given) - _OF_MODEL)
    if strange:
        raise UsageError(f"{strange[0].replace('_', ' ')} comes from the baseline {side.name}: leave it out")
    steps = _of(side, domains)
    conditions: dict[str, Any] = {name: _single(steps, name, side) for name in _COPIED if name in steps}
    conditions |= {
        "doc_tokens": _single(steps, "doc_tokens", side), "distractors": _single(steps, "distractors", side),
        "round_trips": max(1, int(steps["hop"].max()) // 2), "repeats": int(steps["repeat"].max()),
    }  # fmt: skip
    conditions["editor"] = _editor(str(conditions["editor"]))
    conditions["protect"] = conditions.get("protect") or "none"
    rate = _single(steps, "planted", side) if "planted" in steps else None
    if rate is not None:
        conditions |= {
            "planted": (Fraction(str(rate)).limit_denominator(10_000),),
            "plant": (str(_single(steps, "plant", side)),),
        }
    conditions |= given
    known = tuple(sorted(steps["domain"].astype(str).unique()))
    kept = Side(side.name, steps, side.study)
    if conditions["doc_tokens"] is None:
        if "own" in set(steps["document"]):
            conditions["files"] = _own(side, steps)
        plan = Plan((candidate,), known, conditions, "repeats", int(steps["repeat"].max()), kept)
    else:
        plan = Plan((candidate,), known, conditions, "documents", _documents(steps), kept)
    return _same_documents(plan, steps)


def _same_documents(plan: Plan, steps: pd.DataFrame) -> Plan:
    """UsageError, before anything is bought, when this version makes other documents than the baseline had."""
    there = set(steps["document_hash"].astype(str))
    places = plan.spec(plan.limit or 1).environments()
    if not any(place.identity in there for place in places):
        raise UsageError(
            f"the documents of {plan.name} are not those this version of palimpsest would send: run the baseline again"
        )
    own = steps[["domain", "scorer"]].drop_duplicates()
    if any(scorer != version(str(domain)) for domain, scorer in own.itertuples(index=False)):
        raise UsageError(
            f"{plan.name} was scored by another version of palimpsest, whose scores do not compare: run `palimpsest "
            "rescore` on its store, or the baseline again"
        )
    return plan


def _of(side: Side, domains: tuple[str, ...]) -> pd.DataFrame:
    steps = side.steps
    if not domains or domains == ("all",):
        return steps
    unknown = sorted(set(domains) - set(steps["domain"]))
    if unknown:
        raise UsageError(
            f"the baseline {side.name} has no {unknown[0]}: it has {', '.join(sorted(set(steps['domain'])))}"
        )
    return steps[steps["domain"].isin(domains)]


def _single(steps: pd.DataFrame, name: str, side: Side) -> Any:
    """The one value of a condition, None where it is missing. UsageError when there are several."""
    import pandas as pd

    values = steps[name].drop_duplicates().tolist()
    if len(values) > 1:
        told = ", ".join(sorted(map(str, values)))
        raise UsageError(
            f"the baseline {side.name} has several values of {name} ({told}): choose with #MODEL?{name}=VALUE"
        )
    value = values[0]
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _editor(name: str) -> str:
    """A simulated model is its own editor: whoever comes after it is asked in the default way."""
    return "rewrite" if name.startswith("sim:") else name


def _documents(steps: pd.DataFrame) -> int:
    """Generated documents that every domain has: more of one would buy chains without a partner."""
    numbers = steps["document"].astype(str).str.extract(_GENERATED, expand=False).dropna().astype(int)
    return int(numbers.groupby(steps.loc[numbers.index, "domain"]).max().min())


def _own(side: Side, steps: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    if side.study is None:
        raise UsageError(
            f"the baseline {side.name} is of your own document, which a results file does not hold: name its store"
        )
    with Reader(side.study.path) as reader:
        files, _ = reader.documents(int(steps["chain"].iloc[0]))
    return tuple(sorted(files.items()))

"""What is compared: the chains of one model under one condition, from a store or a results file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness import results
from harness.errors import UsageError
from harness.mixing import check_scorers, check_served
from harness.study import Study, load
from harness.summary import CONDITIONS
from harness.table import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

    from harness.analysis.paired import Pairs

_FORM = "write STORE, STORE#MODEL or STORE#MODEL?CONDITION=VALUE"


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One side: how it is called, its steps (`COLUMNS`), and the study that holds its documents, None for a results
    file, which has none."""

    name: str
    steps: pd.DataFrame
    study: Study | None


def open_side(text: str, store: str | Path | None = None) -> Side:
    """The side that a text names."""
    file, hash_, rest = text.partition("#")
    if not Path(file).is_file():
        if store is None or hash_:
            raise UsageError(f"there is no file {file}: {_FORM}, or MODEL with --store")
        file, rest = str(store), text
    model, _, wanted = rest.partition("?")
    study = None if results.is_results(file) else load(file)
    steps = results.load(file) if study is None else study.steps
    if not len(steps):
        raise UsageError(f"{file} has no finished hop yet")
    return Side(text, chosen(steps, model, wanted, file), study)


def chosen(steps: pd.DataFrame, model: str, wanted: str, file: str) -> pd.DataFrame:
    """The steps of one model under one condition. UsageError says how to choose."""
    models = sorted(steps["model"].astype(str).unique())
    if model and model not in models:
        raise UsageError(f"{file} has no model {model!r}: it has {', '.join(models)}")
    if not model and len(models) > 1:
        raise UsageError(f"{file} has several models: write {file}#MODEL, one of {', '.join(models)}")
    steps = steps[steps["model"] == (model or models[0])]
    for condition in filter(None, wanted.split("&")):
        name, equals, value = condition.partition("=")
        if name not in COLUMNS or not equals:
            raise UsageError(f"{condition!r} is no condition: write NAME=VALUE, NAME one of {', '.join(CONDITIONS)}")
        told = steps[name].astype(str)
        if not (told == value).any():
            raise UsageError(f"{file} has no {name} {value!r}: it has {', '.join(sorted(told.unique()))}")
        steps = steps[told == value]
    _one_condition(steps, file)
    check_served(steps, file)
    return steps


def _one_condition(steps: pd.DataFrame, file: str) -> None:
    from harness.analysis.paired import CHAIN

    if not steps.duplicated([*CHAIN, "hop"]).any():
        return
    told = steps[[name for name in CONDITIONS if name in steps]].astype(str)
    varying = {str(name): sorted(told[name].unique()) for name in told if told[name].nunique() > 1}
    if not varying:
        raise UsageError(f"{file} holds chains of one model twice, under conditions this version cannot tell apart")
    name, values = next(iter(varying.items()))
    raise UsageError(
        f"{file} holds one model under several conditions ({', '.join(varying)}): choose with "
        f"{file}#{steps['model'].iloc[0]}?{name}={values[0]}, or one of {', '.join(values[1:])}"
    )


def paired(a: Side, b: Side) -> Pairs:
    """The pairs of two sides. UsageError when there are none, saying why, or when they do not compare."""
    from harness.analysis.paired import CHAIN, pair

    check_scorers(a.steps, b.steps, where=f"{a.name} and {b.name}")
    found = pair(a.steps, b.steps)
    if found.chains:
        return found
    if found.other_plan:
        raise UsageError(f"nothing pairs: {a.name} and {b.name} have documents in common but asked for other edits")
    for name in CHAIN:
        mine, theirs = (set(side.steps[name].astype(str)) for side in (a, b))
        if not mine & theirs:
            raise UsageError(
                f"nothing pairs: no {name.replace('_', ' ')} is common to {a.name} ({_some(mine)}) and {b.name} "
                f"({_some(theirs)}); run both on the same domains, documents, seed and schedule"
            )
    raise UsageError(f"nothing pairs: no chain of {a.name} has the document, seed and repeat of one of {b.name}")


def _some(values: set[str]) -> str:
    shown = sorted(values)[:3]
    return ", ".join(shown) + (", …" if len(values) > 3 else "")

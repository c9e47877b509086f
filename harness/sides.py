"""What is compared: the chains of one model under one condition, from a store or a results file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness import results
from harness.errors import UsageError
from harness.mixing import check_scorers, check_served
from harness.study import Study, load
from harness.summary import CONDITIONS, words
from harness.table import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

    from harness.analysis.paired import Pairs

_FORM = "write STORE, STORE#MODEL or 'STORE#MODEL?CONDITION=VALUE&CONDITION=VALUE'"
_BETWEEN = re.compile(r"&(?=[a-z_]+=)")
"""Conditions; an agent's command, which is an editor, may hold an & of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One side: how it is called, its steps (`COLUMNS`), and the study that holds its documents, None for a results
    file, which has none."""

    name: str
    steps: pd.DataFrame
    study: Study | None


def open_side(text: str, store: str | Path | None = None) -> Side:
    """The side that a text names."""
    file, rest = _parted(text, store)
    model, _, wanted = rest.partition("?")
    study = None if results.is_results(file) else load(file)
    steps = results.load(file) if study is None else study.steps
    if not len(steps):
        raise UsageError(f"{file} has no finished hop yet")
    return Side(text, chosen(steps, model, wanted, file), study)


def _parted(text: str, store: str | Path | None) -> tuple[str, str]:
    """The file, and what is chosen of it."""
    file, hash_, rest = text.partition("#")
    if Path(file).is_file():
        return file, rest
    alone, mark, wanted = text.partition("?")
    if mark and not hash_ and Path(alone).is_file():
        return alone, mark + wanted
    if store is None or hash_:
        raise UsageError(f"there is no file {file}: {_FORM}, or MODEL with --store")
    return str(store), text


def chosen(steps: pd.DataFrame, model: str, wanted: str, file: str) -> pd.DataFrame:
    """The steps of one model under one condition. UsageError says how to choose."""
    models = sorted(steps["model"].astype(str).unique())
    if model and model not in models:
        raise UsageError(f"{file} has no model {model!r}: it has {', '.join(models)}")
    if not model and len(models) > 1:
        raise UsageError(f"{file} has several models: write {file}#MODEL, one of {', '.join(models)}")
    steps = steps[steps["model"] == (model or models[0])]
    for condition in filter(None, _BETWEEN.split(wanted)):
        name, equals, value = condition.partition("=")
        if name not in COLUMNS or not equals:
            raise UsageError(f"{condition!r} is no condition: write NAME=VALUE, NAME one of {', '.join(CONDITIONS)}")
        told = written(steps, name)
        value = _as_told(name, value)
        if not (told == value).any():
            raise UsageError(f"{file} has no {name} {value!r}: it has {' or '.join(sorted(told.unique()))}")
        steps = steps[told == value]
    _one_condition(steps, file)
    check_served(steps, file)
    return steps


def written(steps: pd.DataFrame, name: str) -> pd.Series[str]:
    """A condition of each step as it is written behind `?`: `none` where it is missing, protections without blanks."""
    told = words(steps[[name]])[name]
    return told.str.replace(", ", ",", regex=False) if name == "protect" else told


def _as_told(name: str, value: str) -> str:
    """As `written` writes it, however protections are ordered and spaced."""
    if name != "protect":
        return value
    from harness.editors.protections import read

    return ",".join(read(value).names) or "none"


def _one_condition(steps: pd.DataFrame, file: str) -> None:
    from harness.analysis.paired import CHAIN

    if not steps.duplicated([*CHAIN, "hop"]).any():
        return
    told = {name: written(steps, name) for name in CONDITIONS if name in steps}
    varying = {name: sorted(own.unique()) for name, own in told.items() if own.nunique() > 1}
    if not varying:
        raise UsageError(f"{file} holds chains of one model twice, under conditions this version cannot tell apart")
    example = "&".join(f"{name}={told[name].iloc[0]}" for name in varying)
    values = "; ".join(f"{name} is {' or '.join(own)}" for name, own in varying.items())
    raise UsageError(
        f"{file} holds one model under several conditions ({', '.join(varying)}): choose with "
        f"'{file}#{steps['model'].iloc[0]}?{example}'; {values}"
    )


def paired(a: Side, b: Side) -> Pairs:
    """The pairs of two sides. UsageError when there are none, saying why, or when they do not compare."""
    from harness.analysis.paired import CHAIN, pair
    from harness.analysis.ways import asked

    check_scorers(a.steps, b.steps, where=f"{a.name} and {b.name}")
    found = pair(*(side.steps.assign(calls=asked(side.steps)) for side in (a, b)))
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

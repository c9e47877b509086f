"""A derived suite as a file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.suites import Suite
from harness.suites.derive import Derived, conditions

if TYPE_CHECKING:
    import pandas as pd

_NUMBER = re.compile(r"generated-\d+-(\d+)")


def as_suite(found: Derived, steps: pd.DataFrame, *, name: str = "lite", version: int = 1) -> Suite:
    """The suite of the chosen environments, under the conditions of the steps, its hash pinned. UsageError when the
    documents are not ones that this version can make again."""
    shape = conditions(steps)
    only = tuple(sorted((rated.domain, rated.document) for rated in found.chosen))
    numbers = [int(match[1]) for _, document in only if (match := _NUMBER.fullmatch(document))]
    told = found.told
    derived = {
        "models": len(found.models),
        "hop": found.hop,
        "environments": len(found.rated),
        "spearman": round(told.spearman, 4),
        "largest_error": round(told.error, 4),
        "mean_error": round(told.mean_error, 4),
    }
    suite = Suite(
        name, version, tuple(dict.fromkeys(domain for domain, _ in only)), shape.pop("round_trips"),
        about=f"{len(only)} of {len(found.rated)} environments, chosen on {len(found.models)} models",
        documents=max(numbers, default=1), only=only, derived=derived, **shape,
    )  # fmt: skip
    expected = {
        (domain, document): key
        for domain, document, key in zip(steps["domain"], steps["document"], steps["document_hash"], strict=True)
    }
    for place in _places(suite):
        if place.identity != expected[place.domain, place.document]:
            raise UsageError(
                f"this version makes another {place.domain} document {place.document!r} than these studies used: "
                "derive the suite with the version that ran them"
            )
    return replace(suite, hash=suite.fingerprint())


def _places(suite: Suite) -> Any:
    from harness.relay.spec import RunSpec

    return RunSpec(("sim:oracle",), **suite.shape()).environments()


def write(suite: Suite, path: Path) -> None:
    """As TOML or, by its suffix, JSON. UsageError when the file cannot be written."""
    made = json.dumps(_given(suite), indent=1) + "\n" if path.suffix == ".json" else text(suite)
    try:
        path.write_text(made, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def text(suite: Suite) -> str:
    """A suite as the text of its TOML file."""
    return toml(_given(suite))


def _given(suite: Suite) -> dict[str, Any]:
    head = {"name": suite.name, "version": suite.version, "about": suite.about}
    values = {**head, **suite.shape(), "hash": suite.hash, "derived": suite.derived}
    return {name: value for name, value in values.items() if value is not None and value != ()}


def toml(values: Mapping[str, Any]) -> str:
    """TOML of names and values, tables last. Its strings and numbers are written as JSON's are."""
    plain = {name: value for name, value in values.items() if not isinstance(value, Mapping)}
    rows = [f"{name} = {_value(value)}" for name, value in plain.items()]
    for name, table in values.items():
        if isinstance(table, Mapping) and table:
            rows += ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in table.items())]
    return "\n".join(rows) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, tuple | list) and value and isinstance(value[0], tuple | list):
        return "[\n" + "".join(f"  {_value(row)},\n" for row in value) + "]"
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)

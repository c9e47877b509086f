"""Published figures, to stand beside one's own: other documents, another scorer (published/README.md)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files as package_files

NOTE = "published, other documents and scorer"

_TABLES = {
    "rs_at_k": "",
    "long_relays": "relay of 100",
    "ablations": "",
}
"""Table to what tells its rows from those of the same model in another table."""


@dataclass(frozen=True, slots=True)
class Published:
    """A model's published RS@k, by k, in [0, 1]; `condition` is what its run was about, "" for the main one."""

    model: str
    condition: str
    rs: Mapping[int, float]
    note: str = NOTE

    @property
    def name(self) -> str:
        return f"{self.model} ({self.condition})" if self.condition else self.model


def published(table: str = "rs_at_k") -> tuple[Published, ...]:
    """The rows of a table (`rs_at_k`, `long_relays` or `ablations`), the best last k first. KeyError for another."""
    rows = [
        Published(
            row["model"],
            _condition(row, _TABLES[table]),
            {int(k[1:]): round(float(v) / 100, 6) for k, v in _marks(row)},
        )
        for row in _read(f"delegate52_{table}")
    ]
    return tuple(sorted(rows, key=lambda row: -row.rs[max(row.rs)]))


def critical() -> tuple[Mapping[str, str], ...]:
    """The published critical errors, as the table has them, in per cent."""
    return tuple(_read("delegate52_critical_errors"))


def _condition(row: Mapping[str, str], common: str) -> str:
    return common or ": ".join(filter(None, (row.get("experiment"), row.get("condition"))))


def _marks(row: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in row.items() if name[0] == "k" and name[1:].isdigit() and value]


def _read(name: str) -> list[dict[str, str]]:
    text = (package_files("harness.results") / "published" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))

"""Results that must not be put together: scored by different code, or of different models under one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd


def check_scorers(*tables: pd.DataFrame, where: str) -> None:
    """UsageError when steps of one domain were measured by different versions of its code."""
    found: dict[str, set[str]] = {}
    for steps in tables:
        for domain, scorer in steps[["domain", "scorer"]].drop_duplicates().itertuples(index=False):
            if scorer:
                found.setdefault(str(domain), set()).add(str(scorer))
    mixed = sorted(domain for domain, versions in found.items() if len(versions) > 1)
    if mixed:
        raise UsageError(
            f"{where}: {', '.join(mixed)} was scored by different versions of palimpsest, whose scores do not compare; "
            "run `palimpsest rescore` on each store, and export result files again"
        )


def check_served(steps: pd.DataFrame, where: str) -> None:
    """UsageError when a provider answered with several models under one name. `steps` are of one such name."""
    served = sorted(steps["served"].dropna().astype(str).unique())
    if len(served) > 1:
        raise UsageError(
            f"{where} holds answers of several models under the name {steps['model'].iloc[0]}: choose with "
            f"?served={served[0]}, or one of {'; '.join(served[1:])}"
        )

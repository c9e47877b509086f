"""Runs language models on long document workflows and keeps what happened.

    study = harness.run(models=["sim:frontier"], domains=["accounting"], round_trips=10)
    study.summary()
    study.steps      # a pandas DataFrame, its columns in harness.COLUMNS

Importing this does no work: each name loads when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.calls import Means
    from harness.comparison import compare
    from harness.errors import BackendError, PalimpsestError, UsageError
    from harness.gating import gate, gate_async
    from harness.progress import Progress
    from harness.relay.rescore import Rescored
    from harness.relay.spec import RunSpec
    from harness.study import COLUMNS, Hop, Study, load, rescore, run, run_async

_HOME = {
    "BackendError": "errors",
    "COLUMNS": "study",
    "Hop": "study",
    "Means": "calls",
    "PalimpsestError": "errors",
    "Progress": "progress",
    "Rescored": "relay.rescore",
    "RunSpec": "relay.spec",
    "Study": "study",
    "UsageError": "errors",
    "compare": "comparison",
    "gate": "gating",
    "gate_async": "gating",
    "load": "study",
    "rescore": "study",
    "run": "study",
    "run_async": "study",
}


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(f"harness.{_HOME[name]}"), name)
    raise AttributeError(f"module 'harness' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})


__all__ = [
    "COLUMNS",
    "BackendError",
    "Hop",
    "Means",
    "PalimpsestError",
    "Progress",
    "Rescored",
    "RunSpec",
    "Study",
    "UsageError",
    "compare",
    "gate",
    "gate_async",
    "load",
    "rescore",
    "run",
    "run_async",
]

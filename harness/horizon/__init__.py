"""Self-error in context: does a model make more mistakes when its own stand in its context, and what stops that?

    study = harness.horizon.run("sim:conditioner", tasks=["dictsum"], turns=50, rates=[0, 0.25, 1])
    study.summary()
    study.turns      # a pandas DataFrame, its columns in harness.horizon.TURN_COLUMNS
    harness.horizon.length("sim:crammed", rollouts=50).summary()     # the most items in one turn

Importing this does no work: each name loads when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.horizon.longest import Length, Lengths, length, length_async
    from harness.horizon.spec import HorizonSpec
    from harness.horizon.study import TURN_COLUMNS, HorizonStudy, load, run, run_async

_HOME = {
    "HorizonSpec": "spec", "HorizonStudy": "study", "Length": "longest", "Lengths": "longest", "TURN_COLUMNS": "study",
    "length": "longest", "length_async": "longest", "load": "study", "run": "study", "run_async": "study",
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(f"harness.horizon.{_HOME[name]}"), name)
    raise AttributeError(f"module 'harness.horizon' has no attribute {name!r}")


__all__ = [
    "TURN_COLUMNS", "HorizonSpec", "HorizonStudy", "Length", "Lengths", "length", "length_async", "load", "run",
    "run_async",
]  # fmt: skip

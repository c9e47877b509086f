"""The tasks there are; a new one is a small module and a line here."""

from __future__ import annotations

import difflib

from harness.errors import UsageError
from harness.horizon.tasks.base import Magnitude, Rollout, State, Task, states
from harness.horizon.tasks.dictsum import ADD, DICTSUM, PREFIX_SUM, RETRIEVE
from harness.horizon.tasks.editlog import EDITLOG
from harness.horizon.tasks.ledger import LEDGER
from harness.horizon.tasks.matrix import MATRIX
from harness.horizon.tasks.permutation import PERMUTATION

TASKS = {
    task.name: task
    for task in (ADD, DICTSUM, EDITLOG, LEDGER, MATRIX, PERMUTATION, PREFIX_SUM, RETRIEVE)
}  # fmt: skip


def find(name: str) -> Task:
    """The task of that name. UsageError for an unknown one."""
    if name not in TASKS:
        near = difflib.get_close_matches(name, TASKS, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"unknown task {name!r}: there are {', '.join(TASKS)}{hint}")
    return TASKS[name]


__all__ = ["TASKS", "Magnitude", "Rollout", "State", "Task", "find", "states"]

"""What becomes of the files that a reply does not speak of, for the editors whose replies are changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from harness.editors.base import NO_FILES, Edited, Failure, Task

UNCHANGED = "NO CHANGES"
"""The line that says that nothing is to change. Case, and marks around it, do not matter."""


def says_unchanged(text: str) -> bool:
    """Whether a reply has that line."""
    return any(line.strip(" \t`*_.!\"'").upper() == UNCHANGED for line in text.split("\n") if len(line) < 40)


def folded(
    task: Task, given: Mapping[str, str] = NO_FILES, gone: Collection[str] = (), *, failure: Failure | None = None,
    detail: str = "",
) -> Edited:  # fmt: skip
    """The outcome of a reply that gives some files and says of others that they are `gone`. Files asked for that it
    does not speak of stay as they are; others that it does not speak of make way for those asked for. A reply that
    changes no file leaves the whole document as it is."""
    if not given and not gone:
        files = dict(task.files)
    else:
        stay = [name for name in task.files if name in task.expected and name not in gone]
        files = {**{name: task.files[name] for name in stay}, **given}
    return Edited(files, failure, detail, tuple(name for name in files if name not in task.expected))

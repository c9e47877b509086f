"""What a model is shown: the files, the instruction, the form of the answer. The words are in `prompts/`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files as package_files
from string import Template

from domains import Files
from harness.editors.base import Task
from harness.editors.blocks import fence_for, fenced


@cache
def template(name: str) -> str:
    """A prompt template of this package."""
    return (package_files("harness.editors") / "prompts" / f"{name}.txt").read_text(encoding="utf-8")


def filled(name: str, **values: str) -> str:
    """A template without the blank space around it, with its places filled."""
    return Template(template(name).strip()).substitute(values)


def shown(task: Task) -> Files:
    """All files of the prompt, in its order."""
    everything = {**task.distractors, **task.files}
    return {name: everything[name] for name in task.order}


def written(files: Files) -> str:
    """Files as prompts show them."""
    return "\n".join(fenced(name, text) for name, text in files.items())


def listed(names: Iterable[str]) -> str:
    """`a`, `b` and `c`"""
    *others, last = [f"`{name}`" for name in names]
    return f"{', '.join(others)} and {last}" if others else last


def prompt(task: Task, answer: str, again: str | None = "rewrite-again") -> str:
    """What the model is told: the files in the task's order, the instruction, the form of the answer. In a conversation
    the distractors are not shown again, and the document only where it is not as the model left it: else the template
    `again` speaks of it. None: the document is always shown."""
    files, form = shown(task), "rewrite"
    if task.history:
        files = {name: text for name, text in files.items() if name in task.files}
        form = "rewrite-restated" if task.restated or again is None else again
    return Template(template(form)).substitute(files=written(files), instruction=task.instruction, answer=answer)


def whole_files(task: Task, form: str, names: Iterable[str], example: str) -> str:
    """The form of an answer that gives files whole: the template `form` for these names."""
    # As long as the longest fence the files need: who copies the example cannot break a file.
    return filled(form, names=listed(names), fence=fence_for(shown(task).values()), example=example)

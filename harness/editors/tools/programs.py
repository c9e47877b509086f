"""`run_python`: a program that the model wrote, run on a copy of the folder in a sandbox."""

from __future__ import annotations

from functools import cache

from harness.editors.blocks import fenced
from harness.editors.tools.calls import Call, Done, Wrong, text_of
from harness.editors.tools.workspace import SIZE, Workspace
from harness.errors import UsageError
from harness.sandbox import Limits, Ran, available, python

LIMITS = Limits(seconds=30.0, memory_mb=512, processes=32, output_kb=64, file_mb=16, disk_mb=32, files=250)
SHOWN = 8000
"""Characters of what a program printed that the model is shown, of stdout and of stderr each."""


@cache
def _missing() -> str:
    return available()


def ready() -> None:
    """UsageError where programs cannot be run in a sandbox: they are run nowhere else."""
    missing = _missing()
    if missing:
        raise UsageError(f"tools+python runs what a model wrote, and only in a sandbox: {missing}")


async def run_python(call: Call, workspace: Workspace) -> Done:
    """Runs a program and takes what it left in the folder. A program that fails has done what it did."""
    try:
        code = text_of(call, "code")
        if sum(map(len, workspace.files.values())) > SIZE:
            raise Wrong("the files are too large for a program here")
        ran = await python(code, workspace.files, LIMITS)
        return _done(ran, workspace)
    except Wrong as error:
        return Done(f"{error}. The files are as they were.", ok=False)


def _done(ran: Ran, workspace: Workspace) -> Done:
    beside = sorted(name for name, text in workspace.beside.items() if ran.files.get(name) != text)
    refused = {one.name: one.why for one in ran.refused}
    if "" in refused:
        raise Wrong(f"the program left {refused['']}")
    changed, moved = workspace.taken(ran.files, refused)
    parts = [_said("It printed", ran.stdout), _said("On stderr it printed", ran.stderr)]
    if ran.reason:
        parts.append(f"It was ended: it went over its limit of {ran.reason}.")
    elif ran.status:
        parts.append(f"It ended with status {ran.status}.")
    parts += [f"Changed, new or gone: {', '.join(changed)}."] if changed else ["No file was changed."]
    parts += [f"{', '.join(beside)} cannot be changed, and stays as it was."] if beside else []
    parts += [f"{name[:100]!r} was not kept: {why}." for name, why in list(refused.items())[:10]]
    ok = not ran.reason and ran.status == 0
    return Done("\n".join(part for part in parts if part), ok, changed[0] if len(changed) == 1 else "", moved)


def _said(how: str, text: str) -> str:
    if not text.strip():
        return ""
    cut = " (the beginning and the end)" if len(text) > SHOWN else ""
    if cut:
        text = f"{text[: SHOWN // 2]}\n...\n{text[-SHOWN // 2 :]}"
    return f"{how}{cut}:\n{fenced('', text)}".rstrip()

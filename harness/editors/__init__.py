"""How a model is asked to edit. `open_editor` for models, `open_simulated` for the editors that stand in for one.

Nothing is imported to be listed: an editor loads when it is opened.
"""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.editors.base import Editor

__all__ = ["editors", "open_editor", "open_simulated", "simulated"]

_TABLE = {
    "patch": "harness.editors.patch:Patch",
    "rewrite": "harness.editors.rewrite:Rewrite",
    "rewrite+only-changed": "harness.editors.only_changed:OnlyChanged",
    "tools": "harness.editors.tools:Tools",
    "tools+python": "harness.editors.tools:ToolsPython",
}


def editors() -> tuple[str, ...]:
    """Names of the editors that ask a model."""
    return tuple(_TABLE)


def simulated() -> tuple[str, ...]:
    """Names of the simulated models, `sim:` included."""
    from harness.editors.profiles import PROFILES

    return tuple(f"sim:{name}" for name in PROFILES)


def open_editor(
    name: str = "rewrite",
    *,
    guided: bool = False,
    max_tokens: int | None = None,
    temperature: float | None = None,
    effort: str | None = None,
) -> Editor:
    """The editor of that name; `rewrite:guided` is `rewrite` with `guided`. The settings go into every Request as they
    are: `max_tokens` bounds one reply, which is one file when guided. `command:COMMAND` leaves the work to an agent, as
    CommandSettings has it by default. Raises UsageError for an unknown name, and for settings that the editor does not
    have."""
    kind, _, condition = name.partition(":")
    if kind == "command" and condition:
        return _command(condition, guided or (max_tokens, temperature, effort) != (None, None, None))
    if kind not in _TABLE or condition not in ("", "guided"):
        near = difflib.get_close_matches(name, [*_TABLE, "rewrite:guided"], n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(
            f"unknown editor {name!r}: there are {', '.join(_TABLE)}, rewrite:guided and command:'...'{hint}"
        )
    settings: dict[str, Any] = {"max_tokens": max_tokens, "temperature": temperature, "effort": effort}
    if guided or condition:
        if kind != "rewrite":
            raise UsageError(f"guided begins every file of the reply, which {kind} does not give: it goes with rewrite")
        settings["guided"] = True
    module, _, attribute = _TABLE[kind].partition(":")
    made: Editor = getattr(import_module(module), attribute)(**settings)
    return made


def _command(command: str, settings: bool) -> Editor:
    from harness.editors.command import Command, CommandSettings

    if settings:
        raise UsageError("tokens, temperature and effort are the agent's own: give them in its command")
    return Command(CommandSettings(command))


def open_simulated(name: str) -> Editor:
    """The simulated model of a name such as `sim:frontier`. Raises UsageError for an unknown one."""
    from harness.editors.profiles import PROFILES
    from harness.editors.simulation import Simulated

    scheme, _, profile = name.partition(":")
    if scheme != "sim" or profile not in PROFILES:
        near = difflib.get_close_matches(profile, PROFILES, n=1)
        hint = f"; did you mean sim:{near[0]}?" if near else ""
        raise UsageError(f"unknown simulated model {name!r}: there are {', '.join(simulated())}{hint}")
    return Simulated(profile, PROFILES[profile])

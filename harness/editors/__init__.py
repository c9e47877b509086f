"""How a model is asked to edit. `open_editor` for models, `open_simulated` for the editors that stand in for one.

Nothing is imported to be listed: an editor loads when it is opened.
"""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.editors import protections
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
_CONDITIONS = ("rewrite:guided", "tools:text", "tools:turns=N", "tools:tokens=N")


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
    """The editor of that name, which may have protections behind it (`rewrite & guard`); `rewrite:guided` is `rewrite`
    with `guided`. Those with tools take `text`, which has the model write its calls as text, and bounds of a hop:
    `tools:text,turns=10,tokens=50000`. `max_tokens`, `temperature` and `effort` go into every Request as they are:
    `max_tokens` bounds one reply, which is one file when guided. `command:COMMAND` leaves the work to an agent, as
    CommandSettings has it by default. Raises UsageError for an unknown name, and for settings that the editor does not
    have."""
    settings: dict[str, Any] = {"max_tokens": max_tokens, "temperature": temperature, "effort": effort}
    name, wanted = protections.parted(name)
    if wanted:
        return protections.protected(open_editor(name, guided=guided, **settings), protections.read(wanted))
    kind, _, condition = name.partition(":")
    if kind == "command" and condition:
        return _command(condition, guided or (max_tokens, temperature, effort) != (None, None, None))
    if kind not in _TABLE:
        raise _unknown(name)
    if guided or condition == "guided":
        if kind != "rewrite":
            raise UsageError(f"guided begins every file of the reply, which {kind} does not give: it goes with rewrite")
        settings["guided"] = True
    elif condition:
        settings |= _bounds(name, kind, condition)
    module, _, attribute = _TABLE[kind].partition(":")
    made: Editor = getattr(import_module(module), attribute)(**settings)
    return made


def _bounds(name: str, kind: str, condition: str) -> dict[str, Any]:
    """What stands behind the name of an editor with tools."""
    found: dict[str, Any] = {}
    for part in condition.split(","):
        field, equals, number = part.strip().partition("=")
        if (
            not kind.startswith("tools")
            or field not in ("text", "turns", "tokens")
            or (field == "text") == bool(equals)
        ):
            raise _unknown(name)
        if equals and not (number.isascii() and number.isdecimal() and 0 < len(number) < 10):
            raise UsageError(f"{name}: {field} is a number, such as {field}=10")
        found[field] = int(number) if equals else True
    return found


def _unknown(name: str) -> UsageError:
    near = difflib.get_close_matches(name, [*_TABLE, *_CONDITIONS], n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return UsageError(
        f"unknown editor {name!r}: there are {', '.join([*_TABLE, *_CONDITIONS])} and command:'...'{hint}"
    )


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

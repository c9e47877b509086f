"""How a model is asked to edit. `open_editor` for models, `open_simulated` for the editors that stand in for one.

Nothing is imported to be listed: an editor loads when it is opened.
"""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import TYPE_CHECKING

from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.editors.base import Editor

__all__ = ["editors", "open_editor", "open_simulated", "simulated"]

_TABLE = {
    "rewrite": "harness.editors.rewrite:Rewrite",
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
    are: `max_tokens` bounds one reply, which is one file when guided. Raises UsageError for an unknown name."""
    kind, _, condition = name.partition(":")
    if kind not in _TABLE or condition not in ("", "guided"):
        near = difflib.get_close_matches(name, [*_TABLE, "rewrite:guided"], n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"unknown editor {name!r}: there are {', '.join(_TABLE)} and rewrite:guided{hint}")
    module, _, attribute = _TABLE[kind].partition(":")
    made: Editor = getattr(import_module(module), attribute)(
        guided=guided or condition == "guided", max_tokens=max_tokens, temperature=temperature, effort=effort
    )
    return made


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

"""How a model is reached. A model's full name is `scheme:rest`, such as `openai:gpt-5.4` or `local:`.

Nothing is imported to be listed: an SDK loads when the first model of its scheme is opened.
"""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.backends.base import Backend

__all__ = ["ApiMode", "Scheme", "open_backend", "schemes"]

ApiMode = Literal["auto", "chat", "responses"]


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to reach models. `missing` says what stands in the way of using it here, empty when nothing does."""

    name: str
    form: str
    needs: str
    missing: str


@dataclass(frozen=True, slots=True)
class _Entry:
    target: str  # "module:Class"
    form: str
    needs: str
    variable: str = ""
    package: str = ""


_TABLE = {
    "anthropic": _Entry(
        "anthropic:Anthropic", "anthropic:MODEL", "ANTHROPIC_API_KEY, or a base URL", variable="ANTHROPIC_API_KEY"
    ),
    "local": _Entry(
        "local:Local",
        "local: or local:FILE.gguf",
        "pip install 'palimpsest-bench[local]'; fetches 98 MB of weights on first use unless given a file",
        package="xllamacpp",
    ),
    "openai": _Entry("openai:OpenAI", "openai:MODEL", "OPENAI_API_KEY, or a base URL", variable="OPENAI_API_KEY"),
    "replay": _Entry("replay:Replay", "replay:FILE.jsonl", "a recording"),
}


def schemes() -> tuple[Scheme, ...]:
    """Every scheme with what it needs and what of that is missing. No key's value is read out. Raises UsageError when
    the keys file cannot be trusted or read."""
    return tuple(Scheme(name, entry.form, entry.needs, _missing(entry)) for name, entry in _TABLE.items())


def open_backend(
    name: str,
    *,
    base_url: str | None = None,
    api_mode: ApiMode = "auto",
    timeout: float = 600.0,
    context: int = 8192,
    parallel: int = 2,
    verbose: bool = False,
    notify: Callable[[str], None] | None = None,
) -> Backend:
    """The backend of a full model name, ready to be asked. Close it when done; it does not retry (`limits.Retrying`).

    `base_url` and `api_mode` are for `openai:` and `anthropic:`; `timeout` is in seconds for one call. `context` tokens
    for each of `parallel` calls at once, `verbose` server logs and `notify`, which is told before a long download, are
    for `local:`, which blocks until its server is up. Raises UsageError for whatever the user can mend.
    """
    scheme, colon, rest = name.partition(":")
    entry = _TABLE.get(scheme)
    if entry is None or not colon:
        raise UsageError(_unknown(name, scheme))
    if not rest and scheme != "local":
        raise UsageError(f"{name!r} lacks its second half: write {entry.form}")
    if base_url and scheme in ("local", "replay"):
        raise UsageError(f"a base URL means nothing to {scheme}: use openai:MODEL with it")
    options: dict[str, Any] = {}
    if scheme in ("anthropic", "openai"):
        options = {"base_url": base_url, "timeout": timeout}
    if scheme == "openai":
        options["api_mode"] = api_mode
    if scheme == "local":
        options = {
            "timeout": timeout,
            "context": context,
            "parallel": parallel,
            "verbose": verbose,
            "notify": notify,
        }
    module, _, attribute = entry.target.partition(":")
    backend: Backend = getattr(import_module(f"harness.backends.{module}"), attribute)(rest, **options)
    return backend


def _missing(entry: _Entry) -> str:
    if entry.variable and not _has_key(entry.variable):
        return f"{entry.variable} is not set"
    if entry.package and importlib.util.find_spec(entry.package) is None:
        return f"{entry.package} is not installed"
    return ""


def _has_key(variable: str) -> bool:
    from harness.backends.keys import sources

    return variable in sources()


def _unknown(name: str, scheme: str) -> str:
    near = difflib.get_close_matches(scheme, _TABLE, n=1)
    hint = f"; did you mean {near[0]}:?" if near else ""
    return f"unknown model {name!r}: a model is written {', '.join(entry.form for entry in _TABLE.values())}{hint}"

"""The report: a static site made of stores, which opens from the disk without a network.

`build(stores, folder)` is the entrance. `sources` reads the stores, `figures` gathers every number, `drawings` says
what the charts of `plot` show, `pages` renders the templates, `chains` packs the documents of a chain for the page that
looks at its hops, and `packing` does so in processes of its own.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.report.figures import Reference
    from harness.report.site import Built, build

_HOME = {"Built": "site", "Reference": "figures", "build": "site"}
"""Loaded when asked for: a process that packs chains needs no statistics."""


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(f"harness.report.{_HOME[name]}"), name)
    raise AttributeError(f"module 'harness.report' has no attribute {name!r}")


__all__ = ["Built", "Reference", "build"]

"""Editors that work on a folder with tools, turn by turn: `tools` and `tools+python`."""

from __future__ import annotations

from harness.editors.tools.editor import Tools, ToolsPython

__all__ = ["Tools", "ToolsPython"]

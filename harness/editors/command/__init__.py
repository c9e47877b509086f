"""`command:'...'`: any command-line agent that edits files. The agent is the model, so it has a backend of its own, and
what it did is a reply like any other: kept before it is measured, and never paid for twice."""

from __future__ import annotations

from harness.editors.command.backend import Agent
from harness.editors.command.editor import Command
from harness.editors.command.settings import CommandSettings

__all__ = ["Agent", "Command", "CommandSettings"]

"""Commands that nobody vouches for, each in a sandbox of its own: programs a model wrote, agents that edit files."""

from __future__ import annotations

from harness.sandbox.base import GIVEN, WORK, Limits, Ran, Refused
from harness.sandbox.programs import agent, named, python
from harness.sandbox.run import available, run

__all__ = ["GIVEN", "WORK", "Limits", "Ran", "Refused", "agent", "available", "named", "python", "run"]

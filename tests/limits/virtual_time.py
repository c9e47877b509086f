"""An event loop whose clock jumps to the next timer when nothing else is left to do: minutes of waiting take seconds.

Sockets are real. What one side of a loopback connection sends lies ready for the other at once, so when select finds
nothing, nothing is on its way; a real moment is given all the same.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

MOMENT = 0.0005
"""Real seconds that sockets are given before the clock jumps."""


class _Selector(selectors.DefaultSelector):  # type: ignore[misc,valid-type]
    jump: Callable[[float], None]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        found = super().select(0) or super().select(MOMENT)
        if not found:
            self.jump(timeout)
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._now = 0.0
        selector = _Selector()
        selector.jump = self._jump
        super().__init__(selector)

    def time(self) -> float:
        return self._now

    def _jump(self, seconds: float) -> None:
        self._now += seconds


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)

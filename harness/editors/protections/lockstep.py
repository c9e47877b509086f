"""Several edits at once whose calls go out in one order, whatever comes back first: a hop that is resumed finds its
stored replies by the number of the call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from harness.backends.base import Reply, Request
from harness.editors.base import Ask, Edited

Edit = Callable[[Ask], Awaitable[Edited]]


@dataclass(slots=True)
class _Waiting:
    edit: int
    request: Request
    reply: asyncio.Future[Reply]


class _Rounds:
    """Requests wait until every edit that is still at work has one; then all go out, in the order of the edits."""

    def __init__(self, ask: Ask, count: int) -> None:
        self._ask = ask
        self._working = count
        self._waiting: list[_Waiting] = []
        self._calls: set[asyncio.Task[None]] = set()

    async def run(self, number: int, edit: Edit) -> Edited:
        async def ask(request: Request) -> Reply:
            place = _Waiting(number, request, asyncio.get_running_loop().create_future())
            self._waiting.append(place)
            self._perhaps_send()
            return await place.reply

        try:
            return await edit(ask)
        finally:
            self._working -= 1
            self._perhaps_send()

    def _perhaps_send(self) -> None:
        if not self._waiting or len(self._waiting) < self._working:
            return
        going, self._waiting = sorted(self._waiting, key=lambda place: place.edit), []
        for place in going:
            call = asyncio.create_task(self._send(place))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    async def _send(self, place: _Waiting) -> None:
        try:
            reply = await self._ask(place.request)
        except asyncio.CancelledError:
            place.reply.cancel()
            raise
        except Exception as error:  # noqa: BLE001 (raised again where the edit waits for it)
            if not place.reply.done():
                place.reply.set_exception(error)
        else:
            if not place.reply.done():
                place.reply.set_result(reply)

    async def stop(self) -> None:
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)


async def in_step(edits: Sequence[Edit], ask: Ask) -> list[Edited]:
    """What the edits give, in their order. Every call that was made is waited for and so kept; then the error of the
    first edit that raised one is raised."""
    rounds = _Rounds(ask, len(edits))
    try:
        found = await asyncio.gather(
            *(rounds.run(number, edit) for number, edit in enumerate(edits)), return_exceptions=True
        )
    finally:
        await rounds.stop()
    results = []
    for one in found:
        if isinstance(one, BaseException):
            raise one
        results.append(one)
    return results

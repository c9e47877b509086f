"""Limits that a run keeps: US dollars, calls and time. A call is paid for before it is sent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from harness.backends.base import Reply, Request, Usage
from harness.backends.prices import FREE, Price, charge, window
from harness.errors import BudgetSpent, Outage, RateLimited, Rejected, UsageError

MESSAGE, CALL = 32, 512
"""Tokens that a provider may add around a message, a call in one or a tool (roles, separators) and to a request (a
system prompt of its own)."""
TOOLS = 2048
"""Tokens that a provider may add where there are tools: a prompt that says how to call them, and the definition of a
tool of its own in place of ours."""
LONGEST_REPLY = 128_000
"""OpenAI's documented maximum of one reply among its models for chat, whatever their context window."""
UNPAID = (409, 425, 500, 503, 529)
"""Statuses of outages that providers do not bill: they did not begin, or failed and said so. Behind a gateway's 502 or
504 the model may have worked to the end."""
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Account:
    """What the calls of one model cost. `name` is its full name, `price` stands in for the table of prices."""

    name: str
    base_url: str | None = None
    price: Price | None = None

    @property
    def free(self) -> bool:
        return self.name.partition(":")[0] in FREE

    def check(self) -> None:
        """UsageError when the price is not known."""
        if self.cost(Usage(1000, 1000, 0)) is None:
            raise UsageError(
                f"the price of {self.name} is not known, so --max-cost cannot be kept: give --price IN/OUT, in dollars "
                "for a million tokens, or limit --max-calls instead"
            )

    def bound(self, request: Request) -> float:
        """US dollars that the call cannot exceed. UsageError when nothing bounds the reply.

        A token stands for at least one byte in every vocabulary that falls back to bytes, as all current ones do, so
        the prompt's bytes in UTF-8 bound its tokens (three to four times over for prose, hardly for digits), with
        MESSAGE and CALL for what the provider adds. The reply is bounded by `max_tokens`, which covers reasoning too,
        or by what is sent in its place (`_longest`). Neither counts discounts for what is cached."""
        if self.free:
            return 0.0
        given = CALL + sum(len(text.encode("utf-8", "replace")) + MESSAGE for text in request.shown())
        if request.tools:
            given += TOOLS
        written = request.max_tokens if request.max_tokens is not None else self._longest()
        cost = self.cost(Usage(given, written, 0))
        if cost is None:
            self.check()
            raise UsageError(f"a call of {self.name} may be too large to be priced: give --price IN/OUT")
        return cost

    def priced(self, reply: Reply) -> Reply:
        """The reply with its cost at the price that was given, if one was."""
        return reply if self.price is None else replace(reply, cost=self.cost(reply.usage))

    def _longest(self) -> int:
        """Tokens of the longest reply when none are asked for: what the anthropic backend sends then, for OpenAI's own
        models their documented maximum, for other servers the context window of the model."""
        scheme = self.name.partition(":")[0]
        if scheme == "anthropic":
            from harness.backends.anthropic import DEFAULT_MAX_TOKENS

            return DEFAULT_MAX_TOKENS
        known = window(self.name, self.base_url)
        if known is None:
            raise UsageError(f"how long a reply of {self.name} may get is not known: --max-cost needs --max-tokens")
        return min(known, LONGEST_REPLY)

    def cost(self, usage: Usage) -> float | None:
        """US dollars, None when the price or the tokens are not known."""
        return charge(self.name, usage, base_url=self.base_url, price=self.price)


@dataclass(slots=True)
class Reservation:
    """What one call may cost, until it is known. `sent` and `reply` say how far it came."""

    account: Account
    bound: float
    deadline: asyncio.Timeout
    sent: bool = False
    reply: Reply | None = None

    def goes(self) -> None:
        """The call is about to be sent: from now on time no longer ends it."""
        self.deadline.reschedule(None)
        self.sent = True


class Budget:
    """What may be spent: `max_cost` US dollars, `max_calls` calls, `max_time` seconds from now; None: no limit. Made
    within the event loop of the run, since time is the loop's.

    Money and calls count what the same chains took before (`begin`), time does not. No call is sent unless all that it
    may cost fits beside what was spent and what the calls under way may cost; what they do not use comes back. A call
    that broke off after it was sent, so that nobody knows what it cost, stays counted at its bound."""

    def __init__(
        self, *, max_cost: float | None = None, max_calls: int | None = None, max_time: float | None = None,
        notify: Callable[[str], None] | None = None,
    ) -> None:  # fmt: skip
        self.max_cost = max_cost
        self._max_calls = max_calls
        self._max_time = max_time
        self._ends = None if max_time is None else asyncio.get_running_loop().time() + max_time
        self._notify = notify
        self._spent = self._reserved = self._lost = 0.0
        self._calls = self._broken = self._open = 0
        self._seen: set[int] = set()
        self._stop = self._told = ""
        self._queue = asyncio.Lock()
        self._settled = asyncio.Event()

    @property
    def counts(self) -> bool:
        """Whether earlier spending matters."""
        return self.max_cost is not None or self._max_calls is not None

    @property
    def stop(self) -> str:
        """Which limit left no room, and how to go on; "" while none has."""
        return self._stop

    def begin(self, earlier: Mapping[int, tuple[int, float]]) -> None:
        """Counts the calls and US dollars that chains, by number, took in earlier runs. A chain counts once."""
        for chain, (calls, cost) in earlier.items():
            if chain not in self._seen:
                self._seen.add(chain)
                self._calls += calls
                self._spent += cost

    def check_time(self) -> None:
        """BudgetSpent when the time is over."""
        if self._ends is not None and asyncio.get_running_loop().time() >= self._ends:
            raise self._over()

    async def sleep(self, seconds: float) -> None:
        """Waits. BudgetSpent at once when the time would be over by then."""
        if self._ends is not None and asyncio.get_running_loop().time() + seconds >= self._ends:
            raise self._over()
        await asyncio.sleep(seconds)

    @asynccontextmanager
    async def reserved(self, account: Account, request: Request) -> AsyncIterator[Reservation]:
        """What the call may cost is set aside, once it fits; BudgetSpent when it never will."""
        bound = 0.0 if self.max_cost is None else account.bound(request)
        try:
            async with asyncio.timeout_at(self._ends) as deadline:
                held = Reservation(account, bound, deadline)
                await self._reserve(bound)
                try:
                    yield held
                except BaseException as error:
                    self._settle(held, error)
                    raise
                self._settle(held, None)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise self._over() from None

    def tell(self) -> None:
        """Says, once, which limit ended the run and what broken calls may have cost."""
        parts = [self._stop] if self._stop else []
        if self._lost:
            calls = "1 call" if self._broken == 1 else f"{self._broken} calls"
            parts.append(f"{calls} broke off after being sent and may be billed: up to {_dollars(self._lost)}, counted")
        told = "; ".join(parts)
        if told and told != self._told and self._notify is not None:
            self._notify(told)
        self._told = told

    async def _reserve(self, bound: float) -> None:
        async with self._queue:  # in turn, so that a large call is not starved by small ones
            while True:
                self.check_time()
                if self._max_calls is not None and self._calls >= self._max_calls:
                    raise self._no_room(f"--max-calls {self._max_calls}: {self._calls} calls made", "--max-calls")
                if self.max_cost is None or self._spent + self._reserved + bound <= self.max_cost:
                    break
                if not self._open:
                    left = max(0.0, self.max_cost - self._spent)
                    raise self._no_room(
                        f"--max-cost {_dollars(self.max_cost)}: {_dollars(self._spent)} spent, {_dollars(left)} left, "
                        f"the next call may cost {_dollars(bound)}",
                        "--max-cost (or, to set less aside for each call, a lower --max-tokens)",
                    )
                self._settled.clear()
                await self._settled.wait()
            self._reserved += bound
            self._calls += 1
            self._open += 1

    def _settle(self, held: Reservation, error: BaseException | None) -> None:
        self._open -= 1
        self._reserved -= held.bound
        if not held.sent:
            self._calls -= 1
        elif held.reply is not None:
            known = 0.0 if held.account.free else held.reply.cost
            self._spent += held.bound if known is None else known
        elif not _unpaid(error):
            self._spent += held.bound
            self._lost += held.bound
            self._broken += 1
        self._settled.set()

    def _over(self) -> BudgetSpent:
        self._stop = f"--max-time {self._max_time:g} s is over; the same command continues"
        return BudgetSpent(self._stop)

    def _no_room(self, what: str, raised: str) -> BudgetSpent:
        self._stop = f"{what}; the same command with a higher {raised} continues"
        return BudgetSpent(self._stop)


def _unpaid(error: BaseException | None) -> bool:
    """Whether a call that failed surely costs nothing: refused by the provider, or never sent."""
    if isinstance(error, RateLimited | Rejected) or (isinstance(error, Outage) and error.status in UNPAID):
        return True
    import httpx2

    # Our errors are raised in place of the SDK's, which are raised in place of the transport's.
    while error is not None and not isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
        error = error.__cause__ or error.__context__
    return error is not None


def seconds(text: str) -> float:
    """`90s`, `30m`, `2h` or `1h30m` in seconds. UsageError for anything else."""
    pieces = re.findall(r"(\d+(?:\.\d+)?)([smh])", text)
    if not pieces or "".join(number + unit for number, unit in pieces) != text:
        raise UsageError(f"a time is written 90s, 30m or 2h, not {text!r}")
    return sum(float(number) * _UNITS[unit] for number, unit in pieces)


def _dollars(amount: float) -> str:
    return f"${amount:.2f}" if amount >= 1 or not amount else f"${amount:.4f}"

"""`ledger`: balances of accounts under batches of transfers; the document world's running sum."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

from harness.horizon.tasks.base import Magnitude, State, Task, digit_slip, error, whole

ACCOUNTS = ("Cash", "Bank", "Card", "Rent", "Food")
LARGEST = 99

# Nothing is given back (`++`) and no word is begun in its middle: linear in whatever a model writes.
_LINE = re.compile(r"(?<![A-Za-z])([A-Za-z]++)\s*+[:=]?\s*+([-+\N{MINUS SIGN}\N{EN DASH}]?\s*+\d[\d,. ]*)")


def begin(rng: random.Random, width: int) -> tuple[Any, State]:
    """So many accounts."""
    return ACCOUNTS[:width], tuple(rng.randint(0, 10 * LARGEST) for _ in ACCOUNTS[:width])


def inputs(rng: random.Random, accounts: Any, turns: int, size: int) -> tuple[Any, ...]:
    def transfer() -> tuple[str, str, int]:
        giver, taker = rng.sample(accounts, 2)
        return giver, taker, rng.randint(1, LARGEST)

    return tuple(tuple(transfer() for _ in range(size)) for _ in range(turns))


def advance(accounts: Any, seen: Sequence[State], given: Any) -> State:
    balances = dict(zip(accounts, seen[-1], strict=True))  # type: ignore[call-overload]
    for giver, taker, amount in given:
        balances[giver] -= amount
        balances[taker] += amount
    return tuple(balances.values())


def show(state: State) -> str:
    assert isinstance(state, tuple)  # noqa: S101 - what `advance` gives
    return ", ".join(f"{account} {balance}" for account, balance in zip(ACCOUNTS, state, strict=False))


def read(accounts: Any, text: str) -> State | None:
    """Every account once, in any order."""
    found = {name.casefold(): whole(number.strip().rstrip(",. ")) for name, number in _LINE.findall(text)}
    balances = tuple(found.get(account.casefold()) for account in accounts)
    return None if None in balances or len(found) != len(accounts) else balances


def wrong(rng: random.Random, state: State, magnitude: Magnitude) -> State:
    """One balance off."""
    assert isinstance(state, tuple)  # noqa: S101 - what `advance` gives
    place = rng.randrange(len(state))
    return (*state[:place], state[place] + error(rng, magnitude), *state[place + 1 :])


def turn(given: Sequence[tuple[str, str, int]]) -> str:
    return "; ".join(f"{amount} from {giver} to {taker}" for giver, taker, amount in given)


def work(_accounts: Any, _seen: Sequence[State], given: Any, answer: State) -> str:
    return f"after {turn(given)}: {show(answer)}"


def slip(accounts: Any, seen: Sequence[State], given: Any, answer: State) -> str:
    """A transfer left out, done twice, the wrong way or on one side only, or to another account: a wrong look-up."""
    right = advance(accounts, seen, given)
    for n, (giver, taker, amount) in enumerate(given):
        rest = (*given[:n], *given[n + 1 :])
        others = [rest, (*given, given[n]), (*rest, (taker, giver, amount))]
        others += [(*rest, (giver, third, amount)) for third in accounts if third not in (giver, taker)]
        if any(advance(accounts, seen, other) == answer for other in others):
            return "wrong-look-up"
    assert isinstance(answer, tuple)  # noqa: S101 - what `read` gives
    assert isinstance(right, tuple)  # noqa: S101
    off = [(a, b) for a, b in zip(answer, right, strict=True) if a != b]
    return "near-miss" if len(off) == 1 or all(digit_slip(a, b) for a, b in off) else "other"


LEDGER = Task(
    "ledger", len(ACCOUNTS), range(2, len(ACCOUNTS) + 1), begin, inputs,
    lambda accounts, start: f"We keep the balances of {len(accounts)} accounts, which start as {show(start)}. Each "
    "turn I give you transfers; post them and answer with all balances, in this order and form.",
    turn, advance, show, read, wrong, work, slip,
)  # fmt: skip

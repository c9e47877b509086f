"""What a run would take, before it is run: calls, tokens and a range of prices.

The relay is walked as by a model that makes no mistake: the prompts are those that the editor really builds, hop after
hop, and the replies are the right ones. Only the tokens in them are estimates.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from domains import Files
from domains import generate as kit
from harness.backends import prices, schemes
from harness.backends.base import Message, Reply, Request, Usage
from harness.budget import Account
from harness.editors.base import Edited, Editor, Task
from harness.editors.protections import protected
from harness.editors.protections.editor import Protected
from harness.editors.tools import Tools
from harness.editors.tools.calls import Call
from harness.errors import UsageError
from harness.relay.hop import Leg, make_task, oracle
from harness.relay.run import open_editors
from harness.relay.schedule import direction
from harness.relay.spec import AGENT, ChainSpec, Policy, RunSpec, expand
from harness.store import Reader

LOW, HIGH = 0.75, 1.5
"""The range that a price is told as, in shares of the estimated tokens."""
MEANING = (
    f"Tokens are estimated from the prompts and the right replies, in OpenAI's o200k vocabulary; the price is for "
    f"{LOW:g} to {HIGH:g} times as many, since vocabularies differ and a model may write more or less than is right. "
    "What a model thinks before it answers, caching discounts and calls made again after an outage are not in it. With "
    "tools a hop is counted as two turns, one to look and one that does everything: a model that takes more costs more."
)
AROUND = 4
"""Tokens that a server puts around a message."""


@dataclass(frozen=True, slots=True)
class Price:
    """One model's share of a run. `calls` is one for each hop, guided file and turn with tools, `most_calls` if every
    retry that the failure policy allows is needed. `low` and `high` are US dollars, None where the price is not known;
    `done` hops were in the store already and are not counted."""

    model: str
    chains: int
    done: int
    calls: int
    most_calls: int
    input_tokens: int
    output_tokens: int
    low: float | None
    high: float | None


@dataclass(slots=True)
class _Sum:
    chains: int = 0
    done: int = 0
    calls: int = 0
    input: int = 0
    output: int = 0


def estimate(spec: RunSpec, store: Path | None = None, given: prices.Price | None = None) -> list[Price]:
    """The price of each model of a run; with a `store` that exists, of what is left of it. Asks no model. `given`
    stands in for the table of prices. UsageError for a simulated model, an editor or a domain that does not exist."""
    known = [*(scheme.name for scheme in schemes()), "sim", "command"]
    for model in spec.models:
        if model.partition(":")[0] not in known:
            raise UsageError(
                f"unknown model {model!r}: a model's name begins with one of {', '.join(known)} and a colon"
            )
    editors = open_editors(spec)
    finished: Mapping[str, int] = {}
    if store is not None and store.exists():
        with Reader(store) as reader:
            finished = {chain.key: chain.hops for chain in reader.chains()}
    sums = {model: _Sum() for model in spec.models}
    walker = _Walker(spec)
    for chain in expand(spec, editors, spec.environments()):
        own = sums[chain.model]
        own.chains += 1
        start = min(finished.get(chain.key, 0), spec.hops)
        own.done += start
        if not chain.model.startswith("sim:"):
            for calls, shown, written in walker.hops(chain)[start:]:
                own.calls += calls
                own.input += shown
                own.output += written
    retries = Policy.read(spec.policy).retries
    return [_priced(Account(model, spec.base_url, given), found, retries) for model, found in sums.items()]


def _votes(editor: Editor) -> tuple[Editor, int]:
    """The editor without a vote, and how often it does the work for one: votes are cast side by side."""
    if not isinstance(editor, Protected) or not editor.protections.vote:
        return editor, 1
    rest = replace(editor.protections, vote=0)
    return protected(editor.inner, rest), editor.protections.vote


def _priced(account: Account, found: _Sum, retries: int) -> Price:
    most = found.calls * (1 + retries)
    return Price(
        account.name, found.chains, found.done, found.calls, most, found.input, found.output,
        _dollars(account, found, LOW, found.calls), _dollars(account, found, HIGH, most),
    )  # fmt: skip


def _dollars(account: Account, found: _Sum, share: float, calls: int) -> float | None:
    """The price of `calls` calls of average size, since a provider's price may depend on a call's size."""
    if not found.calls:
        return 0.0
    usage = Usage(round(share * found.input / found.calls), round(share * found.output / found.calls), cached=0)
    one = account.cost(usage)
    return None if one is None else one * calls


class _Walker:
    """Walks chains without mistakes; (calls, input, output) of every hop."""

    def __init__(self, spec: RunSpec) -> None:
        self._spec = spec
        self._known: dict[tuple[str, ...], tuple[int, int, int]] = {}

    def hops(self, chain: ChainSpec) -> list[tuple[int, int, int]]:
        edits = chain.edits(self._spec.round_trips)
        history: tuple[Message, ...] = ()
        found = []
        for hop in range(1, self._spec.hops + 1):
            leg = Leg(hop, edits[(hop - 1) // 2], direction(hop))
            place = chain.environment
            # Outside a conversation, the order of the files aside, an edit is asked for in the same words every time.
            same = (chain.editor.fingerprint, place.identity, place.distraction, leg.edit, leg.direction)
            if self._spec.memory == "session" or same not in self._known:
                self._known[same], said = self._hop(chain, leg, history)
                history += said if self._spec.memory == "session" else ()
            found.append(self._known[same])
        return found

    def _hop(
        self, chain: ChainSpec, leg: Leg, history: tuple[Message, ...]
    ) -> tuple[tuple[int, int, int], tuple[Message, ...]]:
        place = chain.environment
        after = oracle(place, leg)
        before = place.files if leg.direction == "forward" else oracle(place, Leg(leg.hop, leg.edit, "forward"))
        expected = place.edits[leg.edit] if leg.direction == "forward" else tuple(sorted(place.files))
        task = make_task(
            place, chain.material, leg, 1, files=before, expected=expected, damage=0.0, history=history,
            restated=not history or self._spec.heal,
        )  # fmt: skip
        if chain.model.startswith(AGENT):
            return (1, 0, 0), ()  # what an agent asks, and of whom, only it knows
        editor, votes = _votes(chain.editor)
        alone, told = _walked(editor.inner if isinstance(editor, Protected) else editor, task, after)
        whole = alone
        if isinstance(editor, Protected):
            whole, told = _walked(editor, task, after, alone[0])
        more = votes - 1
        return (whole[0] + more * alone[0], whole[1] + more * alone[1], whole[2] + more * alone[2]), told


def _walked(
    editor: Editor, task: Task, after: Files, once: int | None = None
) -> tuple[tuple[int, int, int], tuple[Message, ...]]:
    """(calls, input, output) of an edit done right and what it adds to a conversation. After `once` calls there is
    nothing left to change."""
    given, written, calls = 0, 0, 0
    inner = editor.inner if isinstance(editor, Protected) else editor
    tools = inner if isinstance(inner, Tools) else None

    async def ask(request: Request) -> Reply:
        nonlocal given, written, calls
        begun = request.messages[-1].role == "assistant"
        before = task.files if once is None or calls < once else after
        text = after.get(task.expected[calls], "") if begun else editor.answer(after, before)
        if tools is not None and calls == 0:
            text = tools.dialect.written([Call("view", {"path": name}) for name in task.files])
        given += sum(map(_count, request.shown())) + AROUND * len(request.messages)
        written += _count(text)
        calls += 1
        return Reply(text, "stop")

    said = _finished(editor.edit(task, ask)).said
    return (calls, given, written), said


def _finished(work: Coroutine[Any, Any, Edited]) -> Edited:
    """What a coroutine that waits for nothing returns: no event loop is needed, so a notebook can ask for prices."""
    try:
        work.send(None)
    except StopIteration as end:
        edited: Edited = end.value
        return edited
    raise RuntimeError("the editor waits for something else than the model")


@lru_cache(maxsize=4096)
def _count(text: str) -> int:
    return kit.count_tokens(text)

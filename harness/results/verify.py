"""A submitted result recomputed: the relay is run again with the replies in the file in the model's place.

Everything else is made anew by the code that runs here: documents, distractors, plans, prompts, reading of replies,
measures. The prompts' hashes must be those that the replies were given to, or the reply does not count. Simulated
models ask nobody: they are simulated again. What a reply cost and how long it took is as the file tells it.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any

from harness.backends.base import Reply, ToolCall, Usage
from harness.editors.protections import parted
from harness.errors import UsageError
from harness.lines import Line
from harness.relay.engine import Relay
from harness.relay.run import open_editors
from harness.relay.scoring import Scoring, version
from harness.relay.spec import ChainSpec, Policy, RunSpec, expand
from harness.results.check import HOPS, LATER
from harness.results.export import OWN
from harness.results.form import ResultChain, Results
from harness.results.load import open_results
from harness.store import Place, Reader, Store

LOOSE = ("detail", "scorer", "latency")
"""Columns that need not agree: words for people, the scorer's version, which is told apart, and seconds, whose sum is
as told."""
_APART = frozenset(
    ("models", "domains", "round_trips", "repeats", "doc_tokens", "documents", "files", "only", "suite", "distractors",
     "editor", "planted", "plant")
)  # fmt: skip
"""RunSpec's fields that a chain's spec does not hold under their own names."""
SCATTERED = 1000
"""Chains that may be planned for one that is in the file."""
_GENERATED = re.compile(r"generated-\d+-(\d+)")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A step that came out otherwise: `column`, what the file `says` and what was `found`. A step that could not be
    computed at all has the column "" and the reason in `found`."""

    key: str
    model: str
    domain: str
    document: str
    hop: int
    column: str
    says: Any
    found: Any


@dataclass(frozen=True, slots=True)
class Verified:
    """`agree` of `steps` came out exactly as the file says. `wrong` are the others, the first column of each;
    `scorers` are domains whose code here is another version than the file's: measures may then differ without fault.
    `suites` says of each suite and model how many of the suite's chains are there and whole, of how many."""

    steps: int
    agree: int
    wrong: tuple[Disagreement, ...]
    scorers: tuple[str, ...]
    suites: Mapping[tuple[str, str], tuple[int, int]]

    @property
    def ok(self) -> bool:
        return self.agree == self.steps > 0


def verify(path: str | Path, *, workers: int | None = None) -> Verified:
    """Recomputes a result file. UsageError when it is none."""
    return asyncio.run(verify_async(path, workers=workers))


async def verify_async(path: str | Path, *, workers: int | None = None) -> Verified:
    """`verify` within a running event loop."""
    results = open_results(path)
    wrong: list[Disagreement] = []
    with tempfile.TemporaryDirectory(prefix="palimpsest-verify-") as scratch:
        store = Path(scratch) / "again.db"
        planned: dict[str, ChainSpec] = {}
        for group in _groups(results.chains):
            planned |= await _again(group, store, wrong, workers)
        wrong += _compared(results.chains, planned, store) if planned else []
    steps = sum(chain.count for chain in results.chains)
    other = tuple(sorted(name for name, told in results.scorers.items() if set(told) != {_version(name)}))
    return Verified(steps, steps - len(wrong), tuple(wrong), other, _coverage(results))


def _version(domain: str) -> str:
    import domains

    return version(domain) if domain in domains.names() else ""


def _groups(chains: Iterable[ResultChain]) -> list[list[ResultChain]]:
    """Chains that one run can make again: under the same conditions and equally long."""
    found: dict[str, list[ResultChain]] = defaultdict(list)
    for chain in chains:
        own = [sorted(chain.files.items())] if chain.files else []
        found[repr((sorted(_conditions(chain).items()), chain.count, own))].append(chain)
    return list(found.values())


def _conditions(chain: ResultChain) -> dict[str, Any]:
    """RunSpec's fields as the chain's spec tells them."""
    spec = chain.spec
    told = {f.name: spec[f.name] for f in fields(RunSpec) if f.name not in _APART and f.name in spec}
    name, protect = parted(chain.editor)
    editor = "rewrite" if name.startswith("sim:") else name
    if spec["planted"] is not None:
        told |= {"planted": (Fraction(spec["planted"]),), "plant": (spec["plant"] or "digit",)}
    return {
        **told,
        "doc_tokens": spec["asked_tokens"],
        "distractors": spec["asked_distractors"],
        "editor": (editor,),
        "protect": (protect or "none",),
    }


def _spec(group: Sequence[ResultChain]) -> RunSpec:
    first = group[0]
    numbers = [int(match[1]) for chain in group if (match := _GENERATED.fullmatch(chain.document))]
    own = first.document == OWN and first.files is not None
    models = tuple(dict.fromkeys(chain.model for chain in group))
    places = sorted({(chain.domain, chain.document) for chain in group})
    repeats = max(chain.repeat for chain in group)
    if len(models) * len(places) * repeats > SCATTERED * len(group):
        raise UsageError("its chains are too few of too many models, documents and repeats")
    return RunSpec(
        models,
        tuple(dict.fromkeys(domain for domain, _ in places)),
        round_trips=max(1, (first.count + 1) // 2),
        repeats=repeats,
        documents=max(numbers, default=1),
        files=tuple(sorted((first.files or {}).items())) if own else (),
        only=() if own else tuple(places),
        **_conditions(first),
    )


async def _again(
    group: Sequence[ResultChain], path: Path, wrong: list[Disagreement], workers: int | None
) -> dict[str, ChainSpec]:
    """Runs the chains of a group into the store; those that were run, by key."""
    try:
        spec = _spec(group)
        editors = open_editors(spec)
        made = {chain.key: chain for chain in expand(spec, editors, spec.environments())}
    except (UsageError, ValueError, TypeError) as error:
        for chain in group:
            wrong += _all_hops(chain, f"this version cannot make the chain again: {error}")
        return {}
    known = {}
    for chain in group:
        if chain.key in made and _told(chain, made[chain.key]):
            known[chain.key] = made[chain.key]
        else:
            wrong += _all_hops(chain, _otherwise(chain, made.values()))
    scoring = Scoring(workers if workers is not None else max(1, (os.cpu_count() or 2) - 1))
    with Store(path) as store:
        try:
            numbers = store.register(chain.record() for chain in known.values())
            for chain in group:
                if chain.key in known:
                    await _hand_in(store, numbers[chain.key], chain)
            relay = Relay(
                store, scoring, dict.fromkeys(spec.models, Line()),
                round_trips=spec.round_trips, policy=Policy.read(spec.policy), session=spec.memory == "session",
                heal=spec.heal, concurrency=8, clock=lambda: 0.0,
            )  # fmt: skip
            await relay.run(list(known.values()))
        finally:
            await scoring.close()
    return known


async def _hand_in(store: Store, number: int, chain: ResultChain) -> None:
    """The replies of a chain, where the engine looks for those it need not ask for."""
    if chain.model.startswith("sim:"):
        return
    for (
        hop,
        attempt,
        call,
        request,
        text,
        finish,
        given,
        written,
        cached,
        thought,
        latency,
        cost,
        *rest,
    ) in chain.replies:
        usage = Usage(given, written, cached, thought)
        calls = tuple(ToolCall(*one) for one in rest[3])
        reply = Reply(text, finish, usage, latency, cost, rest[0], rest[1], rest[2], calls=calls)
        await store.save_reply(number, Place(hop, attempt, call, request), reply, 0.0)


def _told(chain: ResultChain, made: ChainSpec) -> bool:
    """Whether the file says of the chain what it is: its key alone could be another one's."""
    return all(name in chain.spec and chain.spec[name] == value for name, value in made.identity.items())


def _otherwise(chain: ResultChain, made: Iterable[ChainSpec]) -> str:
    """Why no chain made here has this one's key."""
    for other in made:
        same = (other.model, other.environment.domain, other.environment.document, other.repeat)
        if same == (chain.model, chain.domain, chain.document, chain.repeat):
            names = [name for name, value in other.identity.items() if chain.spec.get(name, "") != value]
            if not names:
                return "its key is not the hash of its spec"
            return f"this version makes it with other {', '.join(names)}"
    return "this version makes no such chain"


def _all_hops(chain: ResultChain, reason: str) -> list[Disagreement]:
    return [
        Disagreement(chain.key, chain.model, chain.domain, chain.document, hop, "", None, reason)
        for hop in chain.hops["hop"]
    ]


def _compared(chains: Sequence[ResultChain], planned: Mapping[str, ChainSpec], path: Path) -> list[Disagreement]:
    from harness.table import steps_table

    with Reader(path) as reader:
        stored = {chain.key: chain for chain in reader.chains()}
        steps = steps_table(reader, stored.values())
    names = [*HOPS, *LATER]
    columns = steps[names].astype(object).where(steps[names].notna(), None)
    rows: dict[tuple[str, int], Mapping[Any, Any]] = {
        (key, row["hop"]): row for key, row in zip(steps["key"], columns.to_dict("records"), strict=True)
    }
    wrong = []
    for chain in chains:
        if chain.key not in planned:
            continue
        for hop in chain.hops["hop"]:
            about = (chain.key, chain.model, chain.domain, chain.document, hop)
            found = rows.get((chain.key, hop))
            if found is None:
                wrong.append(Disagreement(*about, "", None, _reason(chain, stored[chain.key].reason)))
                continue
            differing = [n for n in names if n not in LOOSE and found[n] != chain.hops[n][hop - 1]]
            if differing:
                name = differing[0]
                wrong.append(Disagreement(*about, name, chain.hops[name][hop - 1], found[name]))
    return wrong


def _reason(chain: ResultChain, stopped: str) -> str:
    if not chain.replies:
        return "the file has no transcripts of this model, so nothing can be recomputed"
    return f"the file has no reply to the prompt of this hop ({stopped})"


def _coverage(results: Results) -> dict[tuple[str, str], tuple[int, int]]:
    """How much of each suite the file covers. Of a suite that this version does not have as it was, nothing is told."""
    from harness import suites

    found: dict[tuple[str, str], tuple[int, int]] = {}
    for note in results.suites:
        name, _, rest = note.partition("@")
        if name not in suites.NAMES:
            continue
        suite = suites.load(name)
        if rest != f"{suite.version}#{suite.fingerprint()}":
            continue
        spec = RunSpec(("sim:oracle",), **suite.shape())
        wanted = {
            (place.domain, place.identity, place.distraction, suite.schedule, suite.seed, repeat)
            for place in spec.environments()
            for repeat in range(1, suite.repeats + 1)
        }
        for model in dict.fromkeys(chain.model for chain in results.chains):
            whole = {_place(c) for c in results.chains if c.model == model and c.count >= spec.hops}
            if whole & wanted:
                found[note, model] = len(whole & wanted), len(wanted)
    return found


def _place(chain: ResultChain) -> tuple[Any, ...]:
    spec = chain.spec
    names = ("domain", "document_hash", "distractors", "schedule", "seed", "repeat")
    return tuple(str(spec.get(name)) if name == "distractors" else spec[name] for name in names)

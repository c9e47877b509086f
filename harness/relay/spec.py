"""What is to be run, as a value; it expands into chains whose keys are the hash of all that shapes them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Literal

import domains
from harness.backends import ApiMode
from harness.backends.keys import check_url
from harness.editors import protections
from harness.editors.base import Editor
from harness.errors import UsageError
from harness.relay.environment import Dose, Environment, build, infected
from harness.relay.schedule import ROUND_ROBIN, named, plan
from harness.seeds import digest
from harness.store import Chain

if TYPE_CHECKING:
    from harness.editors.command import CommandSettings

Memory = Literal["stateless", "session"]
MEMORIES: tuple[Memory, ...] = ("stateless", "session")

AGENT = "command:"
"""Begins the names of an agent: that of the model, and that of the editor, which is its command."""

DISTRACTORS = 10_000
"""Tokens, the middle of METHOD's default."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What happens to a hop that failed: carry on with what came, keep the previous document, or ask again `retries`
    times before carrying on."""

    keep: bool = False
    retries: int = 0

    @staticmethod
    def read(text: str) -> Policy:
        """From `accept`, `keep` or `retry:N`. UsageError for anything else."""
        kind, _, number = text.partition(":")
        if kind == "retry" and number.isdecimal() and int(number) > 0:
            return Policy(retries=int(number))
        if text in ("accept", "keep"):
            return Policy(keep=text == "keep")
        raise UsageError(f"unknown failure policy {text!r}: write accept, keep or retry:N")

    def carry(self, before: Mapping[str, str], after: Mapping[str, str], *, failed: bool) -> Mapping[str, str]:
        """The document the next hop gets. Where no file came at all the previous one stays, whatever the policy."""
        return before if not after or (failed and self.keep) else after


@dataclass(frozen=True, slots=True)
class RunSpec:
    """A run. `doc_tokens` None means the fixtures, else `documents` generated ones a domain; `files` is the user's own
    document (one domain then). `distractors` is in tokens, 0 for none. `round_trips` is no part of a chain's key, so a
    longer run continues a shorter one.

    `memory`: each hop is a fresh call (`stateless`), or the conversation so far stays in context (`session`). `heal`:
    before each hop the oracle's document takes the place of the model's, in the conversation too. `planted`: shares of
    the facts of each class in `plant` that are corrupted before the relay starts, each a condition of its own.

    `editor` and `protect` (as `protections.read` has it) may each name several: every pair is a condition of its own; a
    simulated model is its own editor. `agent_…` say what the agent of `command:…` may use and take
    (`CommandSettings`: time in seconds, memory in MB).

    `only`: the (domain, document) pairs to run, all where empty. `suite` says where the environments come from, as
    NAME@VERSION#HASH; it is noted with each chain and no part of its key."""

    models: tuple[str, ...]
    domains: tuple[str, ...]
    round_trips: int = 10
    repeats: int = 1
    doc_tokens: int | None = None
    documents: int = 1
    files: tuple[tuple[str, str], ...] = ()
    only: tuple[tuple[str, str], ...] = ()
    suite: str = ""
    distractors: int = DISTRACTORS
    schedule: str = ROUND_ROBIN
    seed: int = 0
    editor: tuple[str, ...] = ("rewrite",)
    protect: tuple[str, ...] = ("none",)
    agent_network: bool = False
    agent_env: tuple[str, ...] = ()
    agent_readable: tuple[str, ...] = ()
    agent_time: float = 600.0
    agent_memory: int = 2048
    agent_cost: str = ""
    guided: bool = False
    policy: str = "accept"
    memory: Memory = "stateless"
    heal: bool = False
    planted: tuple[Fraction, ...] = ()
    plant: tuple[str, ...] = ("digit",)
    temperature: float | None = None
    effort: str | None = None
    max_tokens: int | None = None
    base_url: str | None = None
    api_mode: ApiMode = "auto"

    def __post_init__(self) -> None:
        check_url(self.base_url)
        Policy.read(self.policy)
        named(self.schedule)
        for text in self.protect:
            protections.read(text)
        for name in self.editor:
            bare, around = protections.parted(name)
            if around:
                raise UsageError(
                    f"{name!r} is an editor and its protections: write --editor {bare} --protect '{around}'"
                )
        if not self.editor or not self.protect:
            raise UsageError("a run needs at least one editor, and none or more protections")
        self._check_agent()
        if not self.models or not self.domains:
            raise UsageError("a run needs at least one model and one domain")
        for name, least in (("round_trips", 1), ("repeats", 1), ("documents", 1), ("distractors", 0)):
            if getattr(self, name) < least:
                raise UsageError(f"{name.replace('_', ' ')} must be at least {least}")
        if self.memory not in MEMORIES:
            raise UsageError(f"unknown memory {self.memory!r}: there are {', '.join(MEMORIES)}")
        for kind in self.plant:
            if kind not in domains.PLANTS:
                raise UsageError(f"unknown class of planted errors {kind!r}: there are {', '.join(domains.PLANTS)}")
        for rate in self.planted:
            if not 0 <= rate <= 1:
                raise UsageError(f"a planted rate is a share from 0 to 1, not {rate}")
        if self.doc_tokens is not None and self.doc_tokens < 50:
            raise UsageError("documents of fewer than 50 tokens hold nothing to edit")
        if self.files and len(self.domains) != 1:
            raise UsageError("a document of your own belongs to one domain: name that one")
        unknown = [name for name in self.domains if name not in domains.names()]
        if unknown:
            raise UsageError(f"unknown domain {unknown[0]!r}: there are {', '.join(domains.names())}")

    def _check_agent(self) -> None:
        """UsageError where the agent or its name is missing, or settings are for an editor that is not there."""
        agents = [name for name in self.editor if name.startswith(AGENT)]
        named = [name for name in self.models if name.startswith(AGENT)]
        if len(agents) > 1 or len(named) > 1:
            raise UsageError("one agent a run: start another run on the same store for the next one")
        if len(agents) != len(named):
            lacking = "--model command:NAME, NAME being what to call it" if agents else "--editor command:'…'"
            raise UsageError(f"an agent needs its command and a name: give {lacking} too")
        others = [name for name in self.models if not name.startswith((AGENT, "sim:"))]
        if others and len(agents) == len(self.editor):
            raise UsageError(f"{others[0]} needs an editor of its own beside the agent's: give --editor rewrite too")
        given = _of_agent(self)
        if given and not agents:
            raise UsageError(f"--{min(given).replace('_', '-')} is for an agent: give --editor command:'…' with it")
        self.agent()

    def agent(self) -> CommandSettings | None:
        """How the agent of this run is run, None without one. UsageError for settings that cannot be."""
        command = next((name for name in self.editor if name.startswith(AGENT)), None)
        if command is None:
            return None
        from harness.editors.command import CommandSettings

        return CommandSettings(
            command.removeprefix(AGENT), self.agent_network, self.agent_env, self.agent_readable, self.agent_time,
            self.agent_memory, cost=self.agent_cost,
        )  # fmt: skip

    @property
    def hops(self) -> int:
        return 2 * self.round_trips

    def environments(self) -> tuple[Environment, ...]:
        """The work environments of this run, the same for every model. UsageError when a named edit is not theirs."""
        found = tuple(
            environment
            for name in dict.fromkeys(self.domains)
            for environment in build(
                name,
                seed=self.seed,
                doc_tokens=self.doc_tokens,
                documents=self.documents,
                distractors=self.distractors,
                own=dict(self.files) or None,
            )
            if not self.only or (environment.domain, environment.document) in self.only
        )
        absent = set(self.only) - {(place.domain, place.document) for place in found}
        if absent:
            raise UsageError(f"there is no document {'/'.join(min(absent))} among those of this run")
        for environment in found:
            for edit in named(self.schedule):
                if edit not in environment.edits:
                    raise UsageError(
                        f"the {environment.domain} document {environment.document!r} does not admit the edit {edit!r}: "
                        f"it admits {', '.join(environment.edits)}"
                    )
        if not self.planted:
            return found
        rates, kinds = dict.fromkeys(self.planted), dict.fromkeys(self.plant)
        doses = [Dose(rate, kind) for kind in kinds for rate in rates if rate]
        doses = [Dose(Fraction(0), None), *doses] if 0 in rates else doses
        return tuple(infected(place, dose, self.seed) for place in found for dose in doses)


@dataclass(frozen=True, slots=True)
class ChainSpec:
    """One chain: a model, an environment and a repeat. `material` seeds its plan and its draws; it does not depend on
    the model or the condition, so that these are compared on the same plan and seeds. `key` is the hash of `identity`;
    `notes` are only noted."""

    key: str
    model: str
    editor: Editor
    environment: Environment
    repeat: int
    material: str
    schedule: str
    identity: Mapping[str, Any]
    notes: Mapping[str, Any]

    def edits(self, round_trips: int) -> list[str]:
        """The edit of each round trip."""
        return list(islice(plan(self.schedule, list(self.environment.edits), self.material), round_trips))

    def record(self) -> Chain:
        """As the store registers it."""
        place = self.environment
        return Chain(
            self.key, self.model, self.editor.name, place.domain, place.document, self.repeat,
            {**self.identity, **self.notes}, place.files, place.distractors, place.clean,
        )  # fmt: skip


def expand(
    spec: RunSpec, editors: Mapping[str, Sequence[Editor]], environments: tuple[Environment, ...]
) -> Iterator[ChainSpec]:
    """One chain for each model, editor, environment and repeat. `editors` holds the editors of each model."""
    shared = {
        name: getattr(spec, name)
        for name in (
            "schedule", "seed", "policy", "memory", "heal", "temperature", "effort", "max_tokens", "base_url",
            "api_mode",
        )
    }  # fmt: skip
    asked: dict[str, Any] = {"asked_tokens": spec.doc_tokens, "asked_distractors": spec.distractors}
    if spec.suite:
        asked["suite"] = spec.suite
    for model in dict.fromkeys(spec.models):
        for editor, repeat, place in product(editors[model], range(1, spec.repeats + 1), environments):
            identity = {
                **shared,
                "model": model,
                "editor": editor.name,
                "editor_fingerprint": editor.fingerprint,
                "guided": spec.guided,
                "domain": place.domain,
                "document": place.document,
                "document_hash": place.identity,
                "document_tokens": place.tokens,
                "origin": place.origin,
                "planted": None if place.dose is None else str(place.dose.rate),
                "plant": None if place.dose is None else place.dose.kind,
                "edits": sorted(place.edits),
                "instructions": place.instructions,
                "distractors": place.distraction,
                "distractor_tokens": place.distractor_tokens,
                "repeat": repeat,
            }
            material = digest("plan", spec.seed, place.domain, place.origin, repeat)
            key = digest("chain", identity)
            notes = {**asked, **(_of_agent(spec) if editor.name.startswith(AGENT) else {})}
            yield ChainSpec(key, model, editor, place, repeat, material, spec.schedule, identity, notes)


def _of_agent(spec: RunSpec) -> dict[str, Any]:
    """What the agent may use and take, where it is not as usual."""
    given = ((field.name, getattr(spec, field.name), field.default) for field in dataclasses.fields(RunSpec))
    return {name: value for name, value, usual in given if name.startswith("agent_") and value != usual}

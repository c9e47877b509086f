"""Work environments (METHOD, "The relay"): a seed document, perhaps with errors planted in it, the edits it admits, and
files that no edit concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import domains
from domains import Domain, EditError, Files, ParseError
from domains import generate as kit
from harness.errors import UsageError
from harness.seeds import digest, rng


@dataclass(frozen=True, slots=True)
class Environment:
    """`edits` are those that the document admits, with the file names each should give on it; tokens are estimates;
    `identity`, `instructions` and `distraction` are hashes of the document, of the domain's tasks as they are worded,
    and of the distractors. `clean` is the document before errors were planted in it, empty where none were to be, and
    `infection` the share of it that they cost; `origin` is the hash of the document that all doses come from."""

    domain: str
    document: str
    files: Files
    edits: Mapping[str, tuple[str, ...]]
    distractors: Files
    tokens: int = 0
    distractor_tokens: int = 0
    identity: str = ""
    instructions: str = ""
    distraction: str = ""
    dose: Dose | None = None
    clean: Files = field(default_factory=dict)
    infection: float = 0.0
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Dose:
    """Errors to be planted: the share of the facts of one class (domains.PLANTS), which is None for rate 0."""

    rate: Fraction
    kind: str | None


def find(name: str) -> Domain:
    """The domain of that name. UsageError when there is none or its extra is not installed."""
    try:
        return domains.get(name)
    except (domains.UnknownDomain, ImportError) as error:
        raise UsageError(str(error)) from None


def build(
    name: str, *, seed: int, doc_tokens: int | None, documents: int, distractors: int, own: Files | None = None
) -> tuple[Environment, ...]:
    """A domain's environments: its fixtures, or `documents` generated ones of `doc_tokens`, or the user's own document.
    Distractors are drawn up to `distractors` tokens."""
    domain = find(name)
    if doc_tokens is not None and own is None:
        numbers = range(1, documents + 1)
        return tuple(_generated(name, seed, doc_tokens, number, distractors) for number in numbers)
    found: dict[str, Files] = {"own": own} if own is not None else {n: domain.fixture(n) for n in domain.fixtures()}
    return tuple(_environment(domain, document, files, seed, distractors) for document, files in found.items())


@lru_cache(maxsize=512)  # a gate that buys more documents makes those it has again, at every look
def _generated(name: str, seed: int, tokens: int, number: int, distractors: int) -> Environment:
    domain = find(name)
    drawn = domain.generate(rng("document", seed, name, number, tokens), tokens)
    return _environment(domain, f"generated-{tokens}-{number}", domain.render(drawn), seed, distractors)


def _environment(domain: Domain, document: str, files: Files, seed: int, distractors: int) -> Environment:
    edits = _feasible(domain, document, files)
    reserved = {*files, *(name for names in edits.values() for name in names)}
    beside = draw(domain.name, distractors, reserved, seed, document)
    texts = [(edit.name, edit.forward, edit.backward) for edit in domain.edits]
    return Environment(
        domain.name, document, dict(files), edits, beside, kit.tokens_of(files), kit.tokens_of(beside),
        digest(sorted(files.items())), digest(texts), digest(sorted(beside.items())),
        origin=digest(sorted(files.items())),
    )  # fmt: skip


def infected(place: Environment, dose: Dose, seed: int) -> Environment:
    """The environment with errors planted in its document, by a seed that the dose does not change. Every dose, 0 too,
    has the document as its domain writes it. UsageError when the document holds no fact of the class."""
    domain = find(place.domain)
    document = domain.parse(place.files)
    edits = [domain.edit(name) for name in place.edits]
    draw = rng("plant", seed, place.domain, place.origin, dose.kind)
    found = domains.Plant(document, 0, 0, 0.0)
    if dose.kind is not None:
        found = domains.plant(domain, document, dose.kind, float(dose.rate), draw, edits)
    if dose.kind is not None and not found.facts:
        raise UsageError(
            f"the {place.domain} document {place.document!r} holds no fact of the class {dose.kind!r} that could be "
            f"planted: name another of {', '.join(domains.PLANTS)}, or leave the domain out"
        )
    files = dict(domain.render(found.document))
    feasible = _feasible(domain, place.document, files)
    return replace(
        place,
        files=files,
        edits={name: feasible[name] for name in place.edits},  # the plan is that of every dose
        tokens=kit.tokens_of(files),
        identity=digest(sorted(files.items())),
        dose=dose,
        clean=dict(domain.render(document)),
        infection=found.loss,
    )


def _feasible(domain: Domain, document: str, files: Files) -> dict[str, tuple[str, ...]]:
    edits = {}
    try:
        empty = not domain.parse(files).children
    except ParseError as error:
        raise UsageError(f"the {domain.name} document {document!r} cannot be read: {error}") from None
    if empty:
        raise UsageError(f"the {domain.name} document {document!r} is empty: there is nothing to edit")
    for edit in domain.edits:
        try:
            edits[edit.name] = tuple(sorted(edit.apply(files)))
        except (EditError, ParseError):
            continue  # a ledger without foreign currency admits no conversion
    if not edits:
        raise UsageError(f"the {domain.name} document {document!r} admits none of the domain's edits")
    return edits


def draw(name: str, tokens: int, reserved: Iterable[str], seed: int, document: str) -> dict[str, str]:
    """Files of other domains' fixtures in a seeded order, as many as fit into `tokens`, under names that are nobody
    else's. Fewer tokens when there are no more files."""
    if tokens <= 0:
        return {}
    pool = [entry for entry in _fixture_files() if entry[0] != name]
    rng("distractors", seed, name, document).shuffle(pool)
    taken = {other.casefold() for other in reserved}
    beside: dict[str, str] = {}
    room = tokens
    for other, path in pool:
        text = path.read_text(encoding="utf-8")
        size = kit.count_tokens(text)
        if size > room:
            continue
        free = _free(path.name, other, taken)
        taken.add(free.casefold())
        beside[free] = text
        room -= size
    return beside


def _free(name: str, domain: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while candidate.casefold() in taken:
        candidate = f"{domain}-{name}" if number == 1 else f"{domain}-{number}-{name}"
        number += 1
    return candidate


def _fixture_files() -> list[tuple[str, Path]]:
    """Every file of every domain's fixtures, in order. Read from the folders: a distractor needs no parser, and its
    domain's extra need not be installed."""
    root = Path(domains.__file__).parent
    return [
        (name, path)
        for name in domains.names()
        for path in sorted((root / name / "fixtures").glob("*/*"))
        if path.is_file()
    ]

"""Work environments (METHOD, "The relay"): a seed document, the edits it admits, and files that no edit concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
    and of the distractors."""

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
    if own is not None:
        found: dict[str, Files] = {"own": own}
    elif doc_tokens is None:
        found = {fixture: domain.fixture(fixture) for fixture in domain.fixtures()}
    else:
        found = {}
        for number in range(1, documents + 1):
            drawn = domain.generate(rng("document", seed, name, number, doc_tokens), doc_tokens)
            found[f"generated-{doc_tokens}-{number}"] = domain.render(drawn)
    return tuple(_environment(domain, document, files, seed, distractors) for document, files in found.items())


def _environment(domain: Domain, document: str, files: Files, seed: int, distractors: int) -> Environment:
    edits = _feasible(domain, document, files)
    reserved = {*files, *(name for names in edits.values() for name in names)}
    beside = draw(domain.name, distractors, reserved, seed, document)
    texts = [(edit.name, edit.forward, edit.backward) for edit in domain.edits]
    return Environment(
        domain.name, document, dict(files), edits, beside, kit.tokens_of(files), kit.tokens_of(beside),
        digest(sorted(files.items())), digest(texts), digest(sorted(beside.items())),
    )  # fmt: skip


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

"""What a domain is, as a page of Markdown: written from its code, so that it says what the score does."""

from __future__ import annotations

import inspect
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from domains.kit.compare import compare
from domains.kit.conformance import feasible
from domains.kit.domain import Domain, Edit
from domains.kit.element import STRAY, Element, Files
from domains.kit.equivalents import surface
from domains.kit.mutate import MUTATIONS, weight_of
from domains.kit.schema import Field, Kind, exact

SAMPLE_TOKENS = 300
SAMPLE_LINES = 60
WIDTH = 110


def page(domain: Domain) -> str:
    """The page of `docs/domains/`: format, what counts with which weight, what is equal, the edits, a sample."""
    return "\n".join(line.rstrip() for part in _parts(domain) for line in part.split("\n")) + "\n"


def _parts(domain: Domain) -> Iterator[str]:
    name = domain.fixtures()[0]
    files = domain.fixture(name)
    document = domain.parse(files)
    yield f"# {domain.title}\n"
    yield "<!-- Written by `make docs` from the code of the domain: change that. -->\n"
    yield _about(domain)
    yield f"- name: `{domain.name}`, {domain.category}; files: {_codes(domain.extensions)}"
    yield f"- specification: {domain.specification}"
    yield f"- documents written by hand: {_codes(domain.fixtures())}\n"
    yield "## What counts\n"
    yield (
        "Each value is a fact of some weight; a kind's place is a fact where order carries meaning. Unequal values are "
        "wrong, except where a likeness is named that keeps a part. The share is what the facts of a row hold of the "
        f"document `{name}`.\n"
    )
    yield from _table(("kind", "fact", "weight", "likeness", "share"), _facts(domain, document))
    yield "\n## How a corruption is reported\n"
    yield f"One of each class, made in `{name}` with a seed:\n"
    yield from _table(("corruption", "finding", "score"), _findings(domain, document))
    yield "\n## What is equal\n"
    yield from _equal(domain, files)
    yield "\n## Edits\n"
    results = {edit.name: result for edit, result in feasible(domain, files)}
    for edit in domain.edits:
        yield from _edit(edit, files, results.get(edit.name))
    yield "## A generated sample\n"
    sample = domain.render(domain.generate(random.Random(0), SAMPLE_TOKENS))
    for file, text in sample.items():
        lines = text.rstrip("\n").split("\n")
        more = [f"(and {len(lines) - SAMPLE_LINES} lines more)"] if len(lines) > SAMPLE_LINES else []
        yield f"`{file}`:\n\n" + _fenced("\n".join(lines[:SAMPLE_LINES] + more)) + "\n"


def _about(domain: Domain) -> str:
    """The text at the head of the domain's package."""
    return (inspect.getdoc(sys.modules[f"domains.{domain.name}"]) or "").replace("<", "&lt;") + "\n"


def _facts(domain: Domain, document: Element) -> Iterator[tuple[str, ...]]:
    mass: defaultdict[tuple[str, str], float] = defaultdict(float)
    for e in document.walk():
        kind = domain.schema.kind(e.kind)
        mass[e.kind, ""] += kind.order + kind.weight if e is not document else 0.0
        for field in e.fields:
            mass[e.kind, field] += weight_of(domain.schema, e, field)
    whole = sum(mass.values())
    for name, kind in domain.schema.kinds.items():
        if name == STRAY:
            continue
        first = f"`{name}`" + _known_by(kind)
        for field, rule in kind.fields.items():
            yield first, f"`{field}`", _weight(rule), _likeness(rule), _share(mass[name, field] / whole)
            first = ""
        if kind.order or kind.weight:
            fact = " and ".join([*(["its place"] if kind.order else []), *(["its presence"] if kind.weight else [])])
            yield first, fact, f"{kind.order + kind.weight:g}", "", _share(mass[name, ""] / whole)
    yield "`stray`", "`text`", "1", "what could not be placed: no text vanishes", ""


def _known_by(kind: Kind) -> str:
    return f", known by {' or '.join('+'.join(group) for group in kind.key)}" if kind.key else ""


def _weight(rule: Field) -> str:
    return f"{rule.weight:g}" if not callable(rule.weight) else "by length"


def _likeness(rule: Field) -> str:
    return "" if rule.how is exact else _sentence(rule.how)


def _sentence(function: Callable[..., object]) -> str:
    """The first sentence of a docstring, "" without one."""
    text = " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())
    return text.split(": ")[0].rstrip(".") if len(text) > 90 else text.rstrip(".")


def _share(share: float) -> str:
    return f"{share:.1%}" if share else ""


def _findings(domain: Domain, document: Element) -> Iterator[tuple[str, ...]]:
    for name, make in MUTATIONS.items():
        mutation = make(random.Random(name), domain.schema, document)
        if mutation is not None:
            result = compare(domain.schema, document, mutation.document)
            finding = min(map(str, result.changes), key=len, default="")
            yield name, _code(finding), f"{result.score:.4f}"


def _equal(domain: Domain, files: Files) -> Iterator[str]:
    texts = [files, domain.render(domain.parse(files)), domain.render(domain.generate(random.Random(1), 4000))]
    everywhere = [name for name in domain.equivalents if name in surface()]
    yield f"Of every file: {', '.join(everywhere)}."
    rows = []
    for name, rewrite in domain.equivalents.items():
        if name not in everywhere:
            rows.append((name, *next(filter(any, (_example(text, rewrite(text)) for text in texts)), ("", ""))))
    if rows:
        yield "\nOf this format:\n"
        yield from _table(("rewrite", "a line before", "after"), rows)


def _example(before: Files, after: Files) -> tuple[str, str]:
    """The first line that a rewrite changes, and what is there instead."""
    for name, text in before.items():
        old, new = text.split("\n"), after.get(name, "").split("\n")
        if len(old) == len(new) and sorted(old) == sorted(new):
            continue
        for line, other in zip(old, new, strict=False):
            if other != line and line.strip() and other.strip():
                return _code(line.strip(" ")), _code(other.strip(" "))
    return "", ""


def _edit(edit: Edit, files: Files, result: Files | None) -> Iterator[str]:
    yield f"### {edit.name}\n"
    yield f"{', '.join(edit.tags).capitalize()}.\n"
    yield _quoted(edit.instruction("forward", tuple(sorted(result)) if result else ("…",))) + "\n"
    yield "and back:\n"
    yield _quoted(edit.instruction("backward", tuple(sorted(files)))) + "\n"


def _quoted(text: str) -> str:
    return "> " + text.replace("\n", "\n> ")


def _code(text: str) -> str:
    """Text as code in a table's cell, cut to its width, whatever stands in it."""
    flat = " ".join(text.replace("\t", " ⇥ ").split())
    cut = flat if len(flat) <= WIDTH else flat[: WIDTH - 1] + "…"
    fence = "``" if "`" in cut else "`"
    pad = " " if fence == "``" else ""
    return f"{fence}{pad}{cut}{pad}{fence}".replace("|", "\\|") if cut else ""


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _fenced(text: str) -> str:
    fence = "````" if "```" in text else "```"
    return f"{fence}\n{text}\n{fence}"


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


__all__ = ["page"]

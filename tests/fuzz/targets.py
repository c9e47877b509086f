"""What is fuzzed, and what must hold for every input whatever it is."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial

import domains
from domains import Comparison, Domain, EditError, Element, Files, Meter, ParseError
from harness.editors.anchors import WORK, Budget
from harness.editors.applying import Applied, apply
from harness.editors.changes import read_hunks
from harness.editors.differences import as_blocks
from harness.editors.names import Names
from harness.editors.reply import parse_reply
from harness.editors.rewrite import Rewrite
from harness.filenames import is_safe
from tests.fuzz.seeds import documents, hops, patches, replies

PART = "\x1e\n"
"""Stands between the parts of an input: names and files."""


class Broken(AssertionError):
    """Something that must hold for every input does not. The first argument says what, the second how."""


@dataclass(frozen=True, slots=True)
class Target:
    """`check` raises for a defect; `seeds` are inputs to begin with."""

    name: str
    check: Callable[[str], None]
    seeds: Callable[[], Iterator[str]]


def text_of(data: bytes) -> str:
    """An input as text: what is no UTF-8 becomes lone surrogates, which a model may well write."""
    return data.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@cache
def all_targets() -> dict[str, Target]:
    from tests.fuzz import tools

    found = [
        Target("reply", check_reply, lambda: map(PART.join, replies())),
        Target("patch", check_patch, lambda: map(PART.join, patches())),
        Target("tools", tools.check, lambda: map(PART.join, tools.seeds())),
        Target("tools-native", tools.check_native, lambda: map(PART.join, tools.native_seeds())),
    ]
    for name in domains.names():
        found.append(Target(name, partial(check_document, name), partial(_documents, name)))
        found.append(Target(f"{name}-hop", partial(check_hop, name), partial(_hops, name)))
    return {target.name: target for target in found}


def _documents(name: str) -> Iterator[str]:
    return (PART.join(files[file] for file in sorted(files)) for files in documents(name))


def _hops(name: str) -> Iterator[str]:
    return map(PART.join, hops(name))


# -- replies ----------------------------------------------------------------------------------------------------------


def check_reply(text: str) -> None:
    """Parts: the names wanted, the names shown, both one a line, then the reply."""
    wanted, shown_names, reply = (*text.split(PART, 2), "", "")[:3]
    expected = list(dict.fromkeys(filter(None, wanted.split("\n")[:6])))
    shown = dict.fromkeys([*filter(None, shown_names.split("\n")[:6])], reply[:200])
    parsed = parse_reply(reply, expected, shown)
    for name, content in parsed.files.items():
        must(name in expected or name in shown or is_safe(name), "an unsafe name is kept", repr(name))
        must(
            content == "" or (content.endswith("\n") and not content.endswith("\n\n")), "line ends", repr(content[-9:])
        )
        must(content.strip("\n") in reply.replace("\r\n", "\n") or _indented(reply), "content is invented", name)
    must(not set(parsed.dropped) & parsed.files.keys(), "dropped and kept", repr(parsed.dropped))
    must(parsed.unclosed is None or parsed.unclosed in parsed.files, "unclosed is no file", repr(parsed.unclosed))
    _travels(reply)


def _indented(reply: str) -> bool:
    return any(line[:1] in " \t" for line in reply.split("\n"))


def _travels(text: str) -> None:
    """A document that holds this text comes back whole from a reply that writes it as asked."""
    files = {"document.txt": _clean(text), "other.csv": _clean(text[len(text) // 2 :])}
    parsed = parse_reply(Rewrite().answer(files), list(files), dict.fromkeys(files, "x\n"))
    must(parsed.files == files, "a document does not come back whole", repr(parsed)[:200])


def _clean(text: str) -> str:
    """A text as files in documents are: line feeds, one at the end."""
    body = "\n".join(line.rstrip("\r") for line in text.split("\n")).rstrip("\n")
    return body + "\n" if body else ""


# -- patches ----------------------------------------------------------------------------------------------------------


def check_patch(text: str) -> None:
    """Parts: a document, then a reply with changes. Only files that a block names change, each block works or is a
    fault, and the difference that was made can be said in blocks and done again."""
    document, _, reply = text.partition(PART)
    files = {"document.txt": _clean(document), "kept.csv": "a,b\n1,2\n"}
    before = dict(files)
    done = _applied(files, reply)
    must(files == before, "the files given are changed", "")
    touched = done.given | done.gone
    for name in {*before, *done.files} - touched:
        must(done.files.get(name) == before.get(name), "a file that no block names is changed", repr(name))
    for name in done.files.keys() - before.keys():
        must(is_safe(name), "an unsafe name is kept", repr(name))
    after = {name: _clean(done.files.get(name, "")) for name in before}
    again = _applied(before, as_blocks(after, before))
    must(not again.faults, "a difference cannot be applied", str(again.faults)[:200])
    must({name: again.files[name] for name in before} == after, "a difference applied gives another document", "")


def _applied(files: Files, reply: str) -> Applied:
    return apply(files, read_hunks(reply, Names(list(files), files), files, list(files)), list(files), Budget(WORK))


# -- documents --------------------------------------------------------------------------------------------------------


@cache
def _reference(name: str) -> Element:
    domain = domains.get(name)
    return domain.parse(next(iter(documents(name))))


@cache
def _meter(name: str) -> Meter:
    return Meter(domains.get(name), memory=16)


def check_document(name: str, text: str) -> None:
    """A text is a document or a ParseError. A document is equal to itself, its loss against another explained, and it
    is rendered as text that can be read: as the same document, where nothing had to be recovered from."""
    domain = domains.get(name)
    files = files_of(name, text)
    try:
        document = domain.format.parse_anew(files)
    except ParseError as error:
        must(bool(str(error)), "an error without words", "")
        return
    must(domain.format.parse_anew(files) == document, "two readings differ", "")
    _perfect(domain, document, document, "a document is not equal to itself")
    rendered = domain.render(document)
    try:
        again = domain.format.parse_anew(rendered)
    except ParseError as error:
        raise Broken("a document as rendered cannot be read", str(error)) from None
    if not document.problems:
        _perfect(domain, document, again, "a document as rendered is another")
    _explained(domains.Comparer(domain.schema).compare(_reference(name), document))


def files_of(name: str, text: str) -> dict[str, str]:
    """The parts of an input under the names of a domain's document."""
    known = sorted(next(iter(documents(name))))
    parts = text.split(PART)[:4]
    return {known[n] if n < len(known) else f"{n}-{known[0]}": part for n, part in enumerate(parts)}


def _perfect(domain: Domain, one: Element, other: Element, what: str) -> None:
    found = domains.Comparer(domain.schema).compare(one, other)
    if found.score != 1.0 or found.changes:
        raise Broken(what, f"{found.score:.4f} {next(map(str, found.changes), '')}"[:300])


def _explained(found: Comparison) -> None:
    losses = (found.missing, found.altered, found.spurious, found.moved)
    must(0.0 <= found.score <= 1.0, "a score out of range", repr(found.score))
    must(all(loss >= 0 for loss in losses), "a loss below zero", repr(losses))
    must(math.isclose(1 - found.score, sum(losses), abs_tol=1e-9), "losses do not add up", repr((found.score, losses)))


def check_hop(name: str, text: str) -> None:
    """Parts: the edit's name and f or b, then the files that came back. Whatever they are, the hop is measured; what
    the inverse reads can be rendered."""
    domain = domains.get(name)
    head, _, rest = text.partition(PART)
    which, _, direction = head.strip().partition(" ")
    seed, results = _material(name)
    edit = domain.edit(which) if which in results else domain.edit(sorted(results)[len(head) % len(results)])
    forward = direction != "b"
    wanted = sorted(results[edit.name]) if forward else sorted(seed)
    parts = rest.split(PART, len(wanted) - 1)
    after = {file: parts[n] if n < len(parts) else "" for n, file in enumerate(wanted)}
    before = seed if forward else results[edit.name]
    found = _meter(name).measure(edit, "forward" if forward else "backward", seed, before, after)
    for share in (found.step, found.done, found.edit_similarity):
        must(share is None or 0.0 <= share <= 1.0, "a share out of range", repr(share))
    if found.rs is not None:
        _explained(found.rs)
    if forward:
        _rendered(domain, edit.name, after)
    else:
        _meter(name).expected(edit, "forward", seed, after)


def _rendered(domain: Domain, edit: str, after: Files) -> None:
    try:
        back = domain.edit(edit).read(after)
    except (ParseError, EditError):
        return
    domain.render(back)


@cache
def _material(name: str) -> tuple[Files, dict[str, Files]]:
    domain = domains.get(name)
    seed = next(iter(documents(name)))
    return seed, {edit.name: result for edit, result in domains.feasible(domain, seed)}


def must(holds: bool, what: str, how: str) -> None:
    if not holds:
        raise Broken(what, how[:300])


def label(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:12]

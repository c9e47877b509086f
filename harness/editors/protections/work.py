"""The work of protections on documents: pure functions of plain messages, so that a bounded worker can do it. What a
model wrote is never parsed on the event loop."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import domains
from domains import Domain, EditError, Element, Files, ParseError
from harness.editors.blocks import fence_for
from harness.editors.channel import Channel
from harness.editors.protections import guard

LINES = 40_000_000
"""Product of the lines of two versions up to which they are compared line by line: rapidfuzz keeps a bit for each."""
LONGEST_DIFF = 20_000
"""Characters of the changes shown."""


def handle(message: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a message `{"protect": WORK, "domain": NAME, ...}`; the functions below say the rest of each."""
    works: dict[str, Callable[[Domain, Mapping[str, Any]], dict[str, Any]]] = {
        "vote": _vote, "guard": _guard, "changes": _changes, "read": _read, "review": _review,
    }  # fmt: skip
    return works[message["protect"]](domains.get(message["domain"]), message)


def _guard(domain: Domain, message: Mapping[str, Any]) -> dict[str, Any]:
    """`instruction`, `before`, `after`, `expected` -> `findings`, the fields of guard.Finding."""
    found = guard.findings(domain, message["instruction"], message["before"], message["after"], message["expected"])
    return {"findings": [asdict(finding) for finding in found]}


def _read(domain: Domain, message: Mapping[str, Any]) -> dict[str, Any]:
    """`after`, `expected` -> `unread`: the expected files that are not there, are empty or can no longer be read."""
    after = message["after"]
    return {"unread": [name for name in message["expected"] if not _readable(domain, name, after.get(name, ""))]}


def _readable(domain: Domain, name: str, text: str) -> bool:
    if not text.strip():
        return False
    if name.casefold().endswith(domain.extensions):
        return guard.parsed(domain, name, text) is not None
    if name.casefold().endswith(".json"):
        try:
            json.loads(text, parse_int=str, parse_float=str)
        except (ValueError, RecursionError):
            return False
    return True


def _vote(domain: Domain, message: Mapping[str, Any]) -> dict[str, Any]:
    """`results`, the files of each, the pivot first; `expected` -> `files`. The domain's own files are settled element
    by element, all others line by line."""
    names: Sequence[str] = message["expected"]
    results: list[Files] = [{name: files[name] for name in names} for files in message["results"]]
    own = [name for name in names if name.casefold().endswith(domain.extensions)]
    files = _settled(domain, [{name: result[name] for name in own} for result in results]) if own else {}
    for name in names:
        if name not in files:
            texts = [result[name] for result in results]
            alone = _settled(domain, [{name: text} for text in texts]) if name in own else {}
            files[name] = alone.get(name) or _lines(texts)
    return {"files": {name: files[name] for name in names}}


def _settled(domain: Domain, results: Sequence[Files]) -> dict[str, str]:
    """The majority of documents, {} where one of them is none. A result that is the majority keeps its own text."""
    documents = [_document(domain, files) for files in results]
    found = [document for document in documents if document is not None]
    if len(found) < len(documents):
        return {}
    chosen = domains.vote(domain, found)
    for document, files in zip(found, results, strict=True):
        if document == chosen:
            return dict(files)
    return dict(domain.render(chosen))


def _document(domain: Domain, files: Files) -> Element | None:
    """The document in these files, if it is the whole of them: written and read again it is the same."""
    try:
        document = domain.parse(files)
        written = domain.render(document)
        return document if written.keys() == files.keys() and domain.parse(written) == document else None
    except ParseError:
        return None


def _lines(texts: Sequence[str]) -> str:
    longest = max(text.count("\n") + 1 for text in texts)
    return domains.vote_lines(texts) if longest * longest <= LINES else texts[0]


def _changes(domain: Domain, message: Mapping[str, Any]) -> dict[str, Any]:
    """`instruction`, `before`, `after`, `expected` -> `changes`, a text that shows them: the lines that differ where a
    file is still there, and what a comparison of values says."""
    before, after = message["before"], message["after"]
    parts = [f"`{name}` is new." for name in after if name not in before]
    parts += [f"`{name}` is gone." for name in before if name not in after]
    lines = [line for name in after if name in before for line in diff(name, before[name], after[name])]
    text = "\n".join(lines)
    if lines and len(text) <= min(LONGEST_DIFF, 2 * sum(map(len, after.values()))):
        fence = fence_for([text])
        parts.append(f"{fence}diff\n{text}\n{fence}")
    found = guard.findings(domain, message["instruction"], before, after, message["expected"])
    return {"changes": "\n".join(parts), "findings": [asdict(finding) for finding in found]}


def diff(name: str, before: str, after: str) -> list[str]:
    """The lines that differ, with the name of the file above them and no lines around them; [] when none do."""
    from rapidfuzz.distance import Indel

    old, new = before.split("\n"), after.split("\n")
    if old == new or len(old) * len(new) > LINES:
        return []
    found = [f"--- {name}", f"+++ {name}"]
    for code in Indel.opcodes(old, new):
        if code.tag != "equal":
            found.append(f"@@ {code.src_start + 1}")
            found += [f"-{line}" for line in old[code.src_start : code.src_end]]
            found += [f"+{line}" for line in new[code.dest_start : code.dest_end]]
    return found


def _review(domain: Domain, message: Mapping[str, Any]) -> dict[str, Any]:
    """What a simulated reviewer makes of a result: `edit`, `direction`, `before`, `after`, `expected`, `damage`, `seed`
    and the rates `seen` and `spoiled` (see editor.Reviewer) -> `files`. A result that cannot be read stays."""
    edit, before, after = domain.edit(message["edit"]), message["before"], dict(message["after"])
    rng = random.Random(message["seed"])
    spoil = Channel(alter=message["spoiled"])
    forward = message["direction"] == "forward"
    try:
        right = domain.parse(before) if forward else edit.read(before)
        done = edit.read(after) if forward else domain.parse(after)
        mended = domains.mend(domain, done, right, lambda: rng.random() < message["seen"])
        mended = spoil.corrupt(rng, mended, 0.0)
        if mended is not done:
            after |= edit.write(mended) if forward else domain.render(mended)
    except (EditError, ParseError):
        return {"files": message["after"]}
    return {"files": {name: after[name] for name in message["expected"] if name in after}}

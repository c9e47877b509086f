"""The hops of a chain and its documents, packed for the page that looks at them.

A packed file is a script that hands base64 of zlib of JSON to the page: a page opened from the disk may load a script
but not fetch a file, base64 cannot end a string or a tag whatever a model wrote, and hops that differ by a few lines
take a few kilobytes each.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import domains
from harness.editors.protections import parted
from harness.store import Reader, StoredChain, blobs
from harness.store.records import told_call

CALLS = 200
"""Calls of tools that a page tells of a hop."""
PART = 1_500_000
"""Characters of documents in one file, about; what goes beyond lies in files of its own, which a page loads for their
hops."""
LEVEL = 1
"""Of zlib. Higher ones take several times as long for files a little smaller."""

_FACTS = (
    "hop", "edit", "direction", "outcome", "detail", "rs", "missing", "altered", "spurious", "moved", "step", "done",
    "valid", "edit_similarity", "attempts", "calls", "input", "output", "cost", "latency", "extra",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SiteChain:
    """A chain under its number on the site, and the store it lies in."""

    number: int
    store: Path
    stored: StoredChain


class _Lines(dict[str, int]):
    """Lines by their number, counted as they come."""

    def __missing__(self, line: str) -> int:
        number = self[line] = len(self)
        return number


@dataclass
class _Part:
    """Texts that lie in one file, as numbers of their lines: from hop to hop most lines are the same."""

    lines: _Lines = field(default_factory=_Lines)
    texts: list[tuple[int, list[int]]] = field(default_factory=list)
    size: int = 0

    def add(self, number: int, text: str) -> None:
        before = len(self.lines)
        numbers = list(map(self.lines.__getitem__, text.split("\n")))
        self.texts.append((number, numbers))
        self.size += 4 * len(numbers) + sum(map(len, islice(self.lines, before, None)))

    def told(self) -> dict[str, Any]:
        return {"lines": list(self.lines), "texts": self.texts}


@dataclass
class _Documents:
    """Documents of a chain, each text kept once. `documents` are lists of (file name, number of the text), `of` says in
    which of the parts a text lies."""

    reader: Reader
    documents: list[list[tuple[str, int]]] = field(default_factory=list)
    parts: list[_Part] = field(default_factory=lambda: [_Part()])
    of: list[int] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)
    _known: dict[str, int] = field(default_factory=dict)

    def add(self, tree: str) -> int:
        """The number of the document under this hash."""
        if tree not in self._known:
            self._known[tree] = len(self.documents)
            files = blobs.get(self.reader.connection, tree)
            self.documents.append([(name, self._text(text)) for name, text in files.items()])
        return self._known[tree]

    def _text(self, text: str) -> int:
        if text not in self._numbers:
            self._numbers[text] = len(self.of)
            if self.parts[-1].size > PART:
                self.parts.append(_Part())
            self.parts[-1].add(len(self.of), text)
            self.of.append(len(self.parts) - 1)
        return self._numbers[text]


def pack(name: str, told: str) -> bytes:
    """A script that hands this JSON to the page as what it asked for under `name`."""
    raw = told.encode("utf-8", "surrogatepass")
    return b'palimpsest.receive("%b","%b");\n' % (name.encode("ascii"), base64.b64encode(zlib.compress(raw, LEVEL)))


class Packer:
    """Packs the chains of one store."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def files(self, chain: SiteChain) -> Iterator[tuple[str, bytes]]:
        """File names and contents of a chain: the first holds its hops, the others documents that are too large for
        it."""
        stored = chain.stored
        documents = _Documents(self._reader)
        seed = self._reader.connection.execute("SELECT seed_files FROM chains WHERE id = ?", (stored.number,))
        documents.add(seed.fetchone()[0])
        hops, changes = self._hops(stored.number, documents)
        name = f"chain-{chain.number}"
        editor, protect = parted(stored.editor)
        whole = {
            "number": chain.number, "model": stored.model, "editor": editor, "protect": protect,
            "domain": stored.domain, "document": stored.document, "repeat": stored.repeat, "key": stored.key,
            "reason": stored.reason,
            "spec": sorted((k, json.dumps(v)) for k, v in stored.spec.items() if not isinstance(v, dict | list)),
            "store": chain.store.name, "local": stored.number, "hops": hops, "asked": _asked(stored.domain, hops),
            "documents": documents.documents, "parts": documents.of,
        }  # fmt: skip
        first, *others = documents.parts
        yield f"{name}.js", pack(name, _json({**whole, **first.told()}, changes))
        for part, own in enumerate(others, 1):
            yield f"{name}-{part}.js", pack(f"{name}-{part}", _json(own.told()))

    def _hops(self, number: int, documents: _Documents) -> tuple[list[dict[str, Any]], list[str]]:
        """What happened at each hop, and its Changes as the JSON that the store keeps, rows of domains.Change's fields:
        there are millions of them in a study, so that nobody here reads them."""
        found, changes, fired = [], [], self._fired(number)
        traces = self._reader.traces(number)
        query = (
            f"SELECT before, after, data, {', '.join(_FACTS)} FROM steps LEFT JOIN changes USING (chain, hop) "  # noqa: S608
            "WHERE chain = ? ORDER BY hop"
        )
        for before, after, lost, *facts in self._reader.connection.execute(query, (number,)):
            hop = dict(zip(_FACTS, facts, strict=True))
            hop["extra"] = json.loads(hop["extra"])
            hop["fired"], hop["bare"] = fired.get(hop["hop"], (None, None))
            hop["tools"] = [told_call(call) for call in traces.get(hop["hop"], ())[:CALLS]]
            found.append({**hop, "before": documents.add(before), "after": documents.add(after)})
            changes.append("null" if lost is None else blobs.unpack(lost))
        return found, changes

    def _fired(self, number: int) -> dict[int, tuple[list[str], float | None]]:
        """By hop, what each protection that stepped in did, and why, and the score of the editor's own result."""
        rows = self._reader.connection.execute("SELECT hop, fired, rs FROM guards WHERE chain = ?", (number,))
        return {hop: ([_did(one) for one in json.loads(fired)], rs) for hop, fired, rs in rows}


def _did(fired: Mapping[str, Any]) -> str:
    why = "; ".join(fired["why"])
    return f"{fired['protection']} {fired['did']}{': ' if why else ''}{why}"


def _json(value: Mapping[str, Any], changes: list[str] | None = None) -> str:
    """An object as JSON; lists of Changes, which are JSON already, are added as `changes`."""
    told = json.dumps(value, separators=(",", ":"))
    return told if changes is None else f'{told[:-1]},"changes":[{",".join(changes)}]}}'


def _asked(domain: str, hops: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """What a model is told for each edit, forward and backward; nothing of an edit that this version has no more."""
    try:
        known = {edit.name: edit for edit in domains.get(domain).edits}
    except (domains.UnknownDomain, ImportError):
        return []
    used = dict.fromkeys(hop["edit"] for hop in hops)
    return [(name, known[name].forward, known[name].backward) for name in used if name in known]


def write(folder: Path, files: Iterable[tuple[str, bytes]]) -> int:
    """Writes files into a folder; how many bytes."""
    written = 0
    for name, content in files:
        (folder / name).write_bytes(content)
        written += len(content)
    return written

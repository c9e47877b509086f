"""What looks wrong in a result, told without an oracle: from the instruction, the files before and after, the names
wanted back and the domain's parser.

An honest hop keeps a class of values (words, numbers, codes) or computes it anew. Damage loses or invents a few. The
constants below were tuned on generated documents of all domains, whose edits done right must raise no finding.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import domains
from domains import Domain, Files, ParseError
from harness.editors.protections.values import (
    KINDS,
    NUMBER,
    Kind,
    Sources,
    constants_of,
    uninflected,
    values_of,
)

VERSION = 1
"""Of these rules: another version is another protection."""

Rule = Literal["failed", "missing", "unchanged", "unread", "records", "lost", "new"]
"""`failed` is what the editor itself saw."""

COMPUTED = 0.08
"""Share of the codes that must be gone, and as much of them new, for them to be what the edit works on."""
UNEXPLAINED = 0.2
"""Share of the new numbers of an edit that computes up to which they look wrong if they do not follow from the
instruction's constants; with more of them the edit does something else."""
CONVERTED = 0.1
"""Share of a class of values that may go, or come, where a document changes its format: the words of the format."""
LARGEST = 400_000
"""Characters of a document up to which its values are compared."""
SHOWN = 8
"""Values named of each finding."""
LONGEST = 60
"""Characters of a value that is named."""
TABLES = (".csv", ".tsv")

_SAID: dict[Rule, str] = {
    "failed": "there was no usable result: {kind}",
    "missing": "{n} of the files wanted are not there: {examples}",
    "unchanged": "the files came back as they were",
    "unread": "{n} of the files can no longer be read: {examples}",
    "records": "{n} fewer records of the kind {kind}",
    "lost": "{n} {kind}s of the files before that are gone or fewer: {examples}",
    "new": "{n} {kind}s that the files before do not have: {examples}",
}  # fmt: skip

_LABEL = re.compile(r"([A-Za-z]+)0*(\d{1,6})")
_SERIES = re.compile(r"\b([A-Za-z]+)…")
_ARITHMETIC = re.compile(
    r"\b(?:add |convert|decimal|divide|multipl|restate|round|subtract|times|triple|units)", re.IGNORECASE
)
"""Words of instructions after which numbers are computed, perhaps in one step with a constant."""
_RECKONING = re.compile(r"\b(?:become one|cartesian|count from|milliseconds|mm:ss|seconds)", re.IGNORECASE)
"""Words after which they are computed from one another, or as times of day are."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that looks wrong. `share` says how much of its class it concerns, in [0, 1], `number` how many;
    `examples` are values as the documents hold them."""

    rule: Rule
    kind: str
    share: float
    number: int = 1
    examples: tuple[str, ...] = field(default=())


def constants() -> dict[str, object]:
    """All that decides, for a fingerprint."""
    return {
        "version": VERSION, "computed": COMPUTED, "unexplained": UNEXPLAINED, "converted": CONVERTED,
        "largest": LARGEST, "words": [_ARITHMETIC.pattern, _RECKONING.pattern],
    }  # fmt: skip


def findings(
    domain: Domain, instruction: str, before: Files, after: Files, expected: Sequence[str]
) -> tuple[Finding, ...]:
    """What looks wrong in `after`, the worst first; () when nothing does."""
    missing = [name for name in expected if name not in after]
    if missing:
        return (Finding("missing", "file", len(missing) / len(expected), len(missing), tuple(missing[:SHOWN])),)
    after = {name: after[name] for name in expected}
    if before.keys() == after.keys() and all(before[name].split() == after[name].split() for name in after):
        return (Finding("unchanged", "file", 1.0, len(after)),)
    unread = [name for name, text in after.items() if _reads(domain, name) and parsed(domain, name, text) is None]
    if unread:
        return (Finding("unread", "file", len(unread) / len(after), len(unread), tuple(unread[:SHOWN])),)
    found = list(_records(domain, before, after))
    if max(sum(map(len, files.values())) for files in (before, after)) <= LARGEST:
        hop = _Hop(domain, instruction, before, after)
        found += [finding for kind in KINDS for finding in hop.judged(kind)]
    return tuple(sorted(found, key=lambda finding: -finding.share))


def severity(found: Iterable[Finding]) -> float:
    """How bad findings are, to choose between two results that have some."""
    return sum(finding.share for finding in found)


def sentences(found: Iterable[Finding]) -> tuple[str, ...]:
    """Findings in words, for a model and for a person."""
    return tuple(_SAID[one.rule].format(n=one.number, kind=one.kind, examples=_quoted(one)) for one in found)


def _quoted(finding: Finding) -> str:
    named = ", ".join(f"`{' '.join(value.split())[:LONGEST]}`" for value in finding.examples)
    return named + (" and others" if finding.number > len(finding.examples) else "")


def parsed(domain: Domain, name: str, text: str) -> domains.Element | None:
    """The document in a file, None when it cannot be read."""
    try:
        return domain.parse({name: text})
    except ParseError:
        return None


def _reads(domain: Domain, name: str) -> bool:
    return name.casefold().endswith(domain.extensions)


def _is_table(name: str) -> bool:
    return name.casefold().endswith(TABLES)


def _records(domain: Domain, before: Files, after: Files) -> Iterable[Finding]:
    """Records that have become fewer, where the document stays in its format and no file is merged away."""
    own = [name for name in after if not _is_table(name) or _reads(domain, name)]
    if not own or len(after) < len(before) or not all(_reads(domain, name) for name in [*own, *before]):
        return
    had, has = (_counted(domain, files) for files in (before, after))
    for kind in domain.records:
        if has[kind] < had[kind]:
            yield Finding("records", kind, 1.0 - has[kind] / had[kind], had[kind] - has[kind])


def _counted(domain: Domain, files: Files) -> Counter[str]:
    roots = [parsed(domain, name, text) for name, text in files.items() if _reads(domain, name)]
    return Counter(e.kind for root in roots if root is not None for e in root.walk())


class _Hop:
    """The values of one hop."""

    def __init__(self, domain: Domain, instruction: str, before: Files, after: Files) -> None:
        self.fewer, self.more = len(after) < len(before), len(after) > len(before)
        self.converts = _formats(before) != _formats(after)
        self.sheet = all(map(_is_table, before))
        self.returns = self.converts and all(_reads(domain, name) for name in after)
        self.reckons = _RECKONING.search(instruction) is not None
        self.computes = self.reckons or _ARITHMETIC.search(instruction) is not None
        layout = re.compile(domain.layout) if domain.layout else None
        # Compared as the domain writes them, and known as they are written too: a result may keep either spelling.
        self.had, self.has = (values_of(_canonical(domain, files), layout) for files in (before, after))
        self.seen, self.shown = (values_of(files.values(), layout) for files in (before, after))
        self.going = values_of(_going(before, after), layout)
        self.tabled = values_of([t for n, t in after.items() if _is_table(n) and n not in before], layout)
        heads = [text.split("\n", 1)[0] for files in (before, after) for n, text in files.items() if _is_table(n)]
        self.told = values_of([instruction, *before, *after, *heads])
        self.lines = max(sum(text.count("\n") + 1 for text in files.values()) for files in (before, after))
        constants = constants_of(values_of([instruction])["number"])
        self.bases = [int(c) for c in constants if c.denominator == 1]
        self.sources = Sources([*self.had["number"], *self.seen["number"]], constants)
        self.labels = {found[1] for code in self.told["code"] if (found := _LABEL.fullmatch(code))}
        self.labels |= set(_SERIES.findall(instruction))

    def judged(self, kind: Kind) -> list[Finding]:
        """What of one class is gone or has come that should not."""
        if kind == "code" and self.converts:  # another format spells them its own way
            return []
        had, has, seen, told = self.had[kind], self.has[kind], self.seen[kind], self.told[kind]
        lost = [v for v in had if v not in told and self._lacks(kind, v) and not self._counts(kind, v)]
        new = [v for v in has if v not in told and v not in had and v not in seen and not self._counts(kind, v)]
        lost, new = self._words(lost, new) if kind == "word" else self._figures(kind, lost, new)
        allowed = CONVERTED if self.converts else 0.0
        found = []
        if len(lost) > allowed * len(had):
            found.append(Finding("lost", kind, len(lost) / len(had), len(lost), tuple(lost[:SHOWN])))
        if len(new) > allowed * len(has) and not self.more:
            found.append(Finding("new", kind, len(new) / len(has), len(new), tuple(new[:SHOWN])))
        return found

    def _words(self, lost: list[str], new: list[str]) -> tuple[list[str], list[str]]:
        if self.fewer or self.converts:  # a word of the format stands there more than once
            lost = [word for word in lost if self.had["word"][word] == 1]
            new = [word for word in new if self.has["word"][word] == 1]
        told = self.told["word"]
        return uninflected(lost, [*new, *told]), uninflected(new, [*lost, *told])

    def _figures(self, kind: Kind, lost: list[str], new: list[str]) -> tuple[list[str], list[str]]:
        lost = [] if self.returns else [v for v in lost if v not in self.going[kind]]
        if kind == "number" and self.computes:
            if self.converts or self.reckons:
                return [], []
            strange = [v for v in new if not self.sources.explain(v)]
            return [], [] if len(strange) > UNEXPLAINED * len(new) else strange
        few = len(lost) < COMPUTED * len(self.had[kind]) or len(new) < COMPUTED * len(self.has[kind])
        return (lost, new) if kind == "number" or few else ([], [])

    def _lacks(self, kind: Kind, value: str) -> bool:
        """Whether a value is gone; where a document keeps its format and its files, and no table explains the value,
        also whether it stands there less often than it did."""
        left = max(self.has[kind][value], self.shown[kind][value])
        often = not (self.fewer or self.converts) and (kind == "number" or (self.more and not self.sheet))
        return left < self.had[kind][value] if often and value not in self.tabled[kind] else not left

    def _counts(self, kind: Kind, value: str) -> bool:
        """Whether a value only counts lines or records: from 1, from a constant of the instruction, or as a label."""
        if kind == "code":
            found = _LABEL.fullmatch(value)
            return found is not None and found[1] in self.labels and int(found[2]) <= self.lines
        if kind == "word" or not NUMBER.fullmatch(value) or "." in value or len(value) > 6:
            return False
        number = int(value)
        return number <= self.lines or any(0 <= number - base <= self.lines for base in self.bases)


def _canonical(domain: Domain, files: Files) -> list[str]:
    """The texts, those of the domain as it writes them."""
    found: list[str] = []
    for name, text in files.items():
        root = parsed(domain, name, text) if _reads(domain, name) else None
        found += [text] if root is None else domain.render(root).values()
    return found


def _going(before: Files, after: Files) -> list[str]:
    """The files whose own codes and numbers may go with them: those that go while others stay, or else the tables
    beside a document."""
    gone = [name for name in before if name not in after]
    if len(after) >= len(before):
        return []
    if len(gone) == len(before):
        tables = [name for name in gone if _is_table(name)]
        gone = tables if len(tables) < len(gone) else []
    return [before[name] for name in gone]


def _formats(files: Files) -> set[str]:
    """The extensions of the files that are more than tables beside a document; all when there is no other."""
    endings = {name.casefold().rpartition(".")[2] for name in files}
    return endings - {"csv", "tsv"} or endings

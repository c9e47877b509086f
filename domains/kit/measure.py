"""What one hop did to a document (METHOD, "Drift measures, every hop"): pure functions of the files before
and after."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

from rapidfuzz.distance import Indel

from domains.kit.compare import Change, Comparer, Comparison
from domains.kit.domain import Direction, Domain, Edit
from domains.kit.element import EditError, Element, Files, ParseError
from domains.kit.schema import Schema

T = TypeVar("T")

INDEXED = 30_000
"""Elements after which a comparer's memory is dropped: some ten documents of 4k tokens, and their kin."""

Outcome = Literal["ok", "unread", "missing_files", "unparseable"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """What came out of a hop. Scores in [0, 1]; None where METHOD leaves them undefined.

    rs      the document against the seed, with its decomposition and Changes (forward outputs through `Edit.read`)
    step    this hop's own work against its own input
    done    forward hops: share of the required change that was made
    valid   the format's own tool accepts the output as it stands
    edit_similarity  normalised Indel similarity of the text: backward to the seed, forward to the task done right
    """

    outcome: Outcome
    rs: Comparison | None = None
    step: float | None = None
    done: float | None = None
    valid: bool | None = None
    edit_similarity: float | None = None
    detail: str = ""


class Meter:
    """Measures hops of one domain. Remembers the documents it read last, since a hop's output is the next one's input;
    `memory` bounds how many. With `changes` a measurement's `rs` lists every Change."""

    def __init__(self, domain: Domain, memory: int = 64, *, changes: bool = True) -> None:
        self.domain = domain
        self._memory = memory
        self._changes = changes
        self._known: OrderedDict[tuple[str, str, tuple[tuple[str, str], ...]], Any] = OrderedDict()
        self._comparers: dict[int, Comparer] = {}

    def expected(self, edit: Edit, direction: Direction, seed: Files, before: Files) -> tuple[str, ...]:
        """The file names a hop should return, sorted. Backward: the seed's. Forward: those of the task done right on
        this very input, or on the seed when the input does not admit the edit."""
        if direction == "backward":
            return tuple(sorted(seed))
        try:
            return tuple(sorted(self._written(edit, before)))
        except (ParseError, EditError):
            return tuple(sorted(self._written(edit, seed)))

    def measure(self, edit: Edit, direction: Direction, seed: Files, before: Files, after: Files) -> Measurement:
        """`after` holds the files that came back, `before` those that went in."""
        wanted = self.expected(edit, direction, seed, before)
        missing = [name for name in wanted if name not in after]
        if missing:
            done = 0.0 if direction == "forward" else None
            return Measurement("missing_files", done=done, detail=f"no {', '.join(missing)}")
        after = {name: after[name] for name in wanted}
        if direction == "forward":
            return self._forward(edit, seed, before, after)
        return self._backward(edit, seed, before, after)

    def _backward(self, edit: Edit, seed: Files, before: Files, after: Files) -> Measurement:
        try:
            document = self._parse(after)
        except ParseError as error:
            return Measurement("unparseable", valid=False, detail=str(error))
        comparer = self._comparer(self.domain.schema)
        rs = comparer.compare(self._parse(seed), document, changes=self._changes)
        step = None
        inverted = self._read(edit, before)
        if inverted is not None:
            step = comparer.compare(inverted, document, changes=False).score
        return Measurement("ok", rs, step, None, rs.valid, text_similarity(seed, after))

    def _forward(self, edit: Edit, seed: Files, before: Files, after: Files) -> Measurement:
        untouched = same_text(before, after)
        comparer = self._comparer(self.domain.schema)
        source, target = self._source(edit, before)
        similarity = text_similarity(target, after) if target is not None else None
        view = self._view(edit, after)
        back = self._read(edit, after)
        if back is None:
            done = 0.0 if untouched else None
            return Measurement("unread", done=done, edit_similarity=similarity, detail=self._why(edit, after))
        rs = comparer.compare(self._parse(seed), back, changes=self._changes)
        step = done = None
        if source is not None and target is not None:
            if edit.view is None:
                own = comparer.compare(source, back)
                step, done = own.score, self.found(source, own)
            elif view is not None:
                views = self._comparer(edit.view_schema or self.domain.schema)
                aim = self._remember("view", edit.name, target, edit.view)
                needed = self._remember("needed", edit.name, before, partial(self._needed, edit, views, aim))
                done = kept_of(needed, losses(views, aim, view))
                # A side file is part of the work, and only the inverse reads it.
                judge, right, came = (comparer, source, back) if edit.side else (views, aim, view)
                step = judge.compare(right, came, changes=False).score
        valid = None if view is None else not view.problems
        return Measurement("ok", rs, step, 0.0 if untouched else done, valid, similarity)

    def _needed(self, edit: Edit, views: Comparer, aim: Element, before: Files) -> list[tuple[Change, float]]:
        assert edit.view is not None  # noqa: S101  asked for only where there is one
        return losses(views, aim, self._remember("view", edit.name, before, edit.view))

    def found(self, source: Element, own: Comparison) -> float:
        """Share of the source's records that a conversion's inverse finds again."""
        records = self.domain.records
        whole = sum(e.kind in records for e in source.walk())
        lost = 0
        for change in own.changes:
            if change.kind == "missing" and change.field is None and change.reference is not None:
                lost += sum(e.kind in records for e in at(source, change.reference).walk())
        return 1.0 - lost / whole if whole else 1.0

    def _comparer(self, schema: Schema) -> Comparer:
        """One comparer a schema, so that a document is taken apart once however often it is compared."""
        found = self._comparers.get(id(schema))
        if found is None or found.size > INDEXED:
            found = self._comparers[id(schema)] = Comparer(schema)
        return found

    def _parse(self, files: Files) -> Element:
        return self._remember("parse", "", files, self.domain.parse)

    def _written(self, edit: Edit, files: Files) -> Files:
        """The edit done right on these files. ParseError or EditError when they do not admit it."""
        return self._remember("write", edit.name, files, lambda files: edit.write(self._parse(files)))

    def _remember(self, role: str, name: str, files: Files, read: Callable[[Files], T]) -> T:
        """What `read` makes of the files, as far as it is remembered; `role` and `name` say which `read` it is."""
        key = (role, name, tuple(files.items()))
        found: T | None = self._known.get(key)
        if found is None:
            found = self._known[key] = read(files)
            if len(self._known) > self._memory:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return found

    def _read(self, edit: Edit, files: Files) -> Element | None:
        return self._perhaps("read", edit.name, files, edit.read)

    def _view(self, edit: Edit, files: Files) -> Element | None:
        return self._perhaps("view", edit.name, files, edit.view) if edit.view is not None else None

    def _perhaps(self, role: str, name: str, files: Files, read: Callable[[Files], Element]) -> Element | None:
        try:
            return self._remember(role, name, files, read)
        except (ParseError, EditError):
            return None

    def _source(self, edit: Edit, before: Files) -> tuple[Element | None, Files | None]:
        """The input's document and what the edit makes of it; None where the input does not admit it."""
        try:
            return self._parse(before), self._written(edit, before)
        except (ParseError, EditError):
            return None, None

    def _why(self, edit: Edit, files: Files) -> str:
        try:
            edit.read(files)
        except (ParseError, EditError) as error:
            return str(error)
        return ""


def share_done(comparer: Comparer, before: Element, aim: Element, after: Element) -> float:
    """Of the mass by which `before` differs from `aim`, the share by which `after` does not. Losses elsewhere are
    collateral damage and do not count. 1.0 when nothing had to change."""
    return kept_of(losses(comparer, aim, before), losses(comparer, aim, after))


def kept_of(needed: list[tuple[Change, float]], lost: list[tuple[Change, float]]) -> float:
    """Of the losses of the input against the aim, the share that is not among the losses of the output against it."""
    places: dict[tuple[tuple[int, ...], str | None], float] = {}
    for change, mass in needed:
        if change.kind in ("altered", "missing") and change.reference is not None:
            places[change.reference, change.field] = places.get((change.reference, change.field), 0.0) + mass
    whole = sum(mass for _, mass in needed)
    if whole <= 0.0:
        return 1.0
    kept = _kept(places, lost)
    for kind in ("spurious", "moved"):
        due = sum(mass for change, mass in needed if change.kind == kind)
        undone = sum(mass for change, mass in lost if change.kind == kind)
        kept += max(0.0, due - undone)
    return 1.0 if kept >= whole * (1 - 1e-9) else kept / whole  # sums of weights are off by a last bit


def _kept(places: dict[tuple[tuple[int, ...], str | None], float], lost: list[tuple[Change, float]]) -> float:
    """Mass of the places that did not get lost, themselves, with what they stand in, or in part."""
    gone: set[tuple[int, ...]] = set()
    exact: dict[tuple[tuple[int, ...], str | None], float] = {}
    below: dict[tuple[int, ...], float] = {}
    for change, mass in lost:
        where = change.reference
        if where is None or change.kind not in ("missing", "altered"):
            continue
        if change.field is None:
            gone.add(where)
        exact[where, change.field] = exact.get((where, change.field), 0.0) + mass
        for depth in range(len(where) + 1):
            below[where[:depth]] = below.get(where[:depth], 0.0) + mass
    kept = 0.0
    for (where, field), mass in places.items():
        if any(where[:depth] in gone for depth in range(len(where) + 1)):
            continue
        undone = exact.get((where, field), 0.0) if field is not None else below.get(where, 0.0)
        kept += max(0.0, mass - undone)
    return kept


def losses(comparer: Comparer, reference: Element, candidate: Element) -> list[tuple[Change, float]]:
    """Every Change between two documents with its mass."""
    comparison = comparer.compare(reference, candidate)
    whole = comparison.reference_mass + comparison.spurious_mass
    return [(change, change.share * whole) for change in comparison.changes]


def at(root: Element, where: tuple[int, ...]) -> Element:
    """The element at a position: child numbers from the root."""
    for number in where:
        root = root.children[number]
    return root


def same_text(a: Files, b: Files) -> bool:
    """The same files, but for white space at line ends and around them."""
    return a.keys() == b.keys() and all(_lines(a[name]) == _lines(b[name]) for name in a)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def text_similarity(a: Files, b: Files) -> float:
    """Normalised Indel similarity of all files' text, in the order of their names."""
    return Indel.normalized_similarity(*("\n".join(f[name] for name in sorted(f)) for f in (a, b)))

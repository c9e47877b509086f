"""Edit builders: say what changes on Elements, get an Edit with `apply` and `invert`.

`transform` keeps the format, `convert` leaves it, `split` deals the records out to files, `rename` replaces names by
others with a map, `sort` reorders with an order file. `proven` declines documents that an edit would not give back.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any

from domains.kit.compare import Comparer
from domains.kit.domain import Edit, Format
from domains.kit.element import EditError, Element, Files, ParseError
from domains.kit.files import file_named, mapping, read_csv, write_csv
from domains.kit.schema import Field, exact

UNMAPPED = "(unmapped) "
"""Put before a name that an inverse should have found in its map and did not: it then counts as altered."""


def transform(
    format: Format, name: str, forward: str, backward: str, tags: tuple[str, ...],
    do: Callable[[Element], Element], undo: Callable[[Element], Element],
) -> Edit:  # fmt: skip
    """An edit whose result is again a document of the domain and holds all that its inverse needs."""
    return Edit(
        name, forward, backward, tags, format,
        write=lambda document: format.render(do(document)),
        read=lambda files: undo(format.parse(files)),
        view=format.parse,
    )  # fmt: skip


def transform_with(
    format: Format, name: str, forward: str, backward: str, tags: tuple[str, ...], side: str,
    do: Callable[[Element], tuple[Element, str]], undo: Callable[[Element, Files], Element],
) -> Edit:  # fmt: skip
    """A transform that keeps in the file `side` what the inverse needs. `do` gives the new document and that file's
    text; `undo` gets the document and all files."""

    def write(document: Element) -> Files:
        changed, table = do(document)
        return {**format.render(changed), side: table}

    def view(files: Files) -> Element:
        return format.parse(without(files, side))

    def read(files: Files) -> Element:
        file_named(files, side)
        return undo(view(files), files)

    return Edit(name, forward, backward, tags, format, write, read, view, side=True)


def convert(
    format: Format, name: str, forward: str, backward: str, tags: tuple[str, ...],
    write: Callable[[Element], Files], read: Callable[[Files], Element],
) -> Edit:  # fmt: skip
    """An edit whose result is another format."""
    return Edit(name, forward, backward, tags, format, write, read)


def without(files: Files, *names: str) -> Files:
    """The files but these, whatever the case of the names."""
    gone = {name.casefold() for name in names}
    return {name: text for name, text in files.items() if name.casefold() not in gone}


def edit_fields(document: Element, kinds: Sequence[str], change: Callable[[Element], Element]) -> Element:
    """The document with `change` applied to every element of these kinds, at any depth, from the leaves up."""
    children = tuple(edit_fields(child, kinds, change) for child in document.children)
    same = len(children) == len(document.children) and all(
        a is b for a, b in zip(children, document.children, strict=True)
    )
    here = document if same else document.with_children(children)
    return change(here) if here.kind in kinds else here


def rename(
    format: Format, name: str, forward: str, backward: str, tags: tuple[str, ...],
    targets: Sequence[tuple[str, str]], names: Callable[[list[str]], dict[str, str]],
    side: str = "map.csv", columns: tuple[str, str] = ("new", "old"),
) -> Edit:  # fmt: skip
    """Replace the values of the (kind, field) `targets` by new ones, with the map in a side file. `names` gets the old
    names, each once in order of first appearance, and gives the new one of each; new names must be distinct."""
    fields: defaultdict[str, list[str]] = defaultdict(list)
    for kind, field in targets:
        fields[kind].append(field)

    def replaced(document: Element, new: Callable[[Hashable], Hashable]) -> Element:
        def change(e: Element) -> Element:
            return e.with_fields(**{f: new(e[f]) for f in fields[e.kind] if f in e.fields})

        return edit_fields(document, list(fields), change)

    def do(document: Element) -> tuple[Element, str]:
        seen = dict.fromkeys(str(e[f]) for e in document.walk() for f in fields.get(e.kind, ()) if f in e.fields)
        table = names(list(seen))
        if len(set(table.values())) < len(table):
            raise EditError(f"{name}: two names would become one")
        rows = ((fresh, old) for old, fresh in table.items())
        return replaced(document, lambda value: table[str(value)]), write_csv(columns, rows)

    def undo(document: Element, files: Files) -> Element:
        new, old = columns
        table = mapping(read_csv(files, side, columns), new, old)
        return replaced(document, lambda value: table.get(str(value), UNMAPPED + str(value)))

    return transform_with(format, name, forward, backward, tags, side, do, undo)


def sort(
    format: Format, name: str, forward: str, backward: str, tags: tuple[str, ...],
    kinds: Sequence[str], key: Callable[[Element], Any], side: str = "order.csv",
) -> Edit:  # fmt: skip
    """Sort the records of these kinds among the places they hold under the root; the side file has one line a record
    of the sorted document, in its order, with the `position` the record had (from 1)."""

    def places(document: Element) -> list[int]:
        return [i for i, e in enumerate(document.children) if e.kind in kinds]

    def do(document: Element) -> tuple[Element, str]:
        slots = places(document)
        ranked = sorted(range(len(slots)), key=lambda n: key(document.children[slots[n]]))
        if len(slots) < 4 or ranked == list(range(len(slots))):
            raise EditError(f"{name}: few records, or in this order already")
        children = list(document.children)
        for slot, n in zip(slots, ranked, strict=True):
            children[slot] = document.children[slots[n]]
        return document.with_children(children), write_csv(("position",), ((n + 1,) for n in ranked))

    def undo(document: Element, files: Files) -> Element:
        slots = places(document)
        ranks = [whole_number(row["position"], side) for row in read_csv(files, side, ("position",))]
        # Records beyond the table, or the other way round, are damage that the score will show: keep them at the end.
        ranks = (ranks + [len(slots) + n for n in range(len(slots))])[: len(slots)]
        children = list(document.children)
        for slot, n in zip(slots, sorted(range(len(slots)), key=lambda n: ranks[n]), strict=True):
            children[slot] = document.children[slots[n]]
        return document.with_children(children)

    return transform_with(format, name, forward, backward, tags, side, do, undo)


def split(
    format: Format, name: str, forward: str, backward: str, tags: tuple[str, ...],
    kinds: Sequence[str], to: Callable[[Element, Element], str], rest: str | None = None,
    side: str | None = "order.csv", shared: Sequence[str] = (),
) -> Edit:  # fmt: skip
    """Deal the root's children of these kinds out to files: `to(record, document)` names each one's file; all else
    under the root goes to `rest`, or to the first file, but for children of the `shared` kinds (a header, time zones),
    which every file repeats. The side file has a `file` column: one line a child of the root that is not shared, in the
    old order; no side file where order means nothing. The format must have one file; the domain's `render` decides how
    each part is written."""

    def places(document: Element) -> list[str | None]:
        """The file of each child; None for what is in all of them."""
        named = [to(e, document) if e.kind in kinds else None for e in document.children]
        first = rest or next((n for n in named if n), "")
        found = [None if e.kind in shared else n or first for n, e in zip(named, document.children, strict=True)]
        if len(set(found) - {None}) < 2:
            raise EditError(f"{name}: everything would go to one file")
        if side and side in found:
            raise EditError(f"{name}: records would go to {side}")
        return found

    def write(document: Element) -> Files:
        dealt = places(document)
        files = {}
        for file in dict.fromkeys(filter(None, dealt)):
            part = [e for e, place in zip(document.children, dealt, strict=True) if place in (None, file)]
            (files[file],) = format.render(document.with_children(part)).values()
        return {**files, side: write_csv(("file",), ((file,) for file in dealt if file))} if side else files

    def view(files: Files) -> Element:
        """Every record with the file it stands in."""
        pile = _Pile(format, files, side, shared)
        tagged = {
            file: [e.with_fields(file=file) if e.kind in kinds else e for e in children]
            for file, children in pile.waiting.items()
        }
        pile.waiting = tagged
        return pile.document()

    def read(files: Files) -> Element:
        pile = _Pile(format, files, side, shared)
        for row in read_csv(files, side, ("file",)) if side else ():
            pile.take(row["file"].casefold())
        return pile.document()

    # Where a record stands is its file; the old order is the side file's business.
    schema = format.schema.with_field(tuple(kinds), "file", Field(exact, 1.0)).unordered()
    return Edit(name, forward, backward, tags, format, write, read, view, schema, side=side is not None)


class _Pile:
    """The files of a split, and one document taken from them record by record; what files share is taken once."""

    def __init__(self, format: Format, files: Files, side: str | None, shared: Sequence[str]) -> None:
        parts = without(files, side) if side else files
        roots = {file.casefold(): format.parse({file: text}) for file, text in parts.items()}
        self.first = next(iter(roots.values()), None) or format.parse({})
        self.problems = tuple(p for root in roots.values() for p in root.problems)
        self.waiting = {file: list(root.children) for file, root in roots.items()}
        self.shared = shared
        self.seen = {file: Counter[Element]() for file in roots}
        self.common: Counter[Element] = Counter()
        self.taken: list[Element] = []

    def take(self, file: str) -> None:
        """The next record of a file, behind what stands before it and no other file has shown yet."""
        queue = self.waiting.get(file, [])
        while queue:
            e = queue.pop(0)
            if e.kind not in self.shared:
                self.taken.append(e)
                return
            self.seen[file][e] += 1
            if self.seen[file][e] > self.common[e]:
                self.common[e] += 1
                self.taken.append(e)

    def document(self) -> Element:
        """What was taken, then all that is left, file after file."""
        for file, queue in self.waiting.items():
            while queue:
                self.take(file)
        return Element(self.first.kind, self.first.fields, tuple(self.taken), self.problems)


def proven(edit: Edit) -> Edit:
    """The edit, declined (EditError) for a document its inverse would not give back: no table has room for every
    oddity."""

    def write(document: Element) -> Files:
        files = edit.write(document)
        try:
            back = edit.read(files)
        except ParseError as error:
            raise EditError(f"{edit.name}: {error}") from None
        if Comparer(edit.format.schema).compare(document, back, changes=False).score < 1.0:
            raise EditError(f"{edit.name}: something in this document would be lost")
        return files

    return replace(edit, write=write)


def whole_number(text: str, file: str) -> int:
    """An integer as people write it. EditError names the file when it is none."""
    try:
        return int(text.strip().rstrip(".").replace(",", ""))
    except ValueError:
        raise EditError(f"{file}: {text!r} is not a whole number") from None


def slug(name: str) -> str:
    """A file name's stem: lower case, letters and digits, hyphens between."""
    kept = "".join(c if c.isalnum() else " " for c in name.lower())
    return "-".join(kept.split()) or "other"

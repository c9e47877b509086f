"""Format, Edit and Domain: values that a domain's folder fills in. Nothing here is inherited from."""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from domains.kit.element import EditError, Element, Files, ParseError
from domains.kit.schema import Schema

Direction = Literal["forward", "backward"]

TAGS = (
    "classification", "constraint satisfaction", "context expansion", "domain knowledge", "format knowledge",
    "numerical reasoning", "referencing", "sorting", "split and merge", "string manipulation", "topic modelling",
)  # fmt: skip
"""The operations an edit may be tagged with."""


REMEMBERED = 16
"""Documents a Format keeps parsed: what an edit's inverse, its view and the next hop read is mostly the same text."""
LARGE = 400_000
"""Characters from which on a document is not kept."""


class Format:
    """How a document is read, written and compared. `parse` is lenient and raises only ParseError; `render` gives
    canonical text with `parse(render(d)) == d`."""

    def __init__(self, schema: Schema, parse: Callable[[Files], Element], render: Callable[[Element], Files]) -> None:
        self.schema = schema
        self.render = render
        self.parse_anew = parse
        self._known: OrderedDict[tuple[tuple[str, str], ...], Element] = OrderedDict()

    def parse(self, files: Files) -> Element:
        """The document in these files. ParseError when meaning is lost. Elements are immutable, so the same text may
        give the same object."""
        key = tuple(files.items())
        found = self._known.get(key)
        if found is None:
            found = self.parse_anew(files)
            if sum(map(len, files.values())) < LARGE:
                self._known[key] = found
                if len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return found


@dataclass(frozen=True, slots=True)
class Edit:
    """One reversible task.

    forward, backward  what a model is told, as a colleague would; `{files}` stands for the file names wanted
    write              the executable solution: document to result files. EditError when the document does not admit it
    read               the executable inverse: result files to document. Reads what a careful human could and is strict
                       about what was left undone. EditError or ParseError when the files cannot be read
    view               the result files as a document, to see how much of the required change was made; None when the
                       result is another format
    view_schema        how views compare; default the format's own
    side               the result has files beside the document (a map, an order) that `view` does not see
    """

    name: str
    forward: str
    backward: str
    tags: tuple[str, ...]
    format: Format
    write: Callable[[Element], Files]
    read: Callable[[Files], Element]
    view: Callable[[Files], Element] | None = None
    view_schema: Schema | None = None
    side: bool = False

    def apply(self, files: Files) -> Files:
        """The forward task done without error."""
        return self.write(self.format.parse(files))

    def invert(self, files: Files) -> Files:
        """The backward task done without error."""
        return self.format.render(self.read(files))

    def instruction(self, direction: Direction, names: tuple[str, ...]) -> str:
        """What a model is told, with the file names wanted filled in."""
        text = self.forward if direction == "forward" else self.backward
        listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1] if names else ""
        return text.replace("{files}", listed)


@dataclass(frozen=True, slots=True)
class Domain:
    """One document type. `equivalents` are rewrites of the text that change nothing (name to function); `records`
    names the kinds a profession would count when asked how long the document is; `layout` is a regular expression for
    text that carries no fact, such as the running numbers of subtitles."""

    name: str
    title: str
    category: str
    extensions: tuple[str, ...]
    specification: str
    format: Format
    generate: Callable[[random.Random, int], Element]
    edits: tuple[Edit, ...]
    equivalents: Mapping[str, Callable[[Files], Files]]
    folder: Path
    records: tuple[str, ...]
    recognise: Callable[[str], bool] = field(default=lambda _text: False)
    layout: str = ""

    @property
    def schema(self) -> Schema:
        return self.format.schema

    def parse(self, files: Files) -> Element:
        """The document in these files. ParseError when meaning is lost."""
        return self.format.parse(files)

    def render(self, document: Element) -> Files:
        """The document as canonical text."""
        return self.format.render(document)

    def edit(self, name: str) -> Edit:
        for edit in self.edits:
            if edit.name == name:
                return edit
        raise KeyError(f"domain {self.name} has no edit {name!r}: it has {', '.join(e.name for e in self.edits)}")

    def fixtures(self) -> tuple[str, ...]:
        """Names of the documents written by hand for this project, sorted."""
        return tuple(sorted(p.name for p in (self.folder / "fixtures").iterdir() if p.is_dir()))

    def fixture(self, name: str) -> dict[str, str]:
        """The files of a fixture. KeyError for an unknown name."""
        folder = self.folder / "fixtures" / name
        if name not in self.fixtures():
            raise KeyError(f"domain {self.name} has no fixture {name!r}: it has {', '.join(self.fixtures())}")
        return {p.name: p.read_text(encoding="utf-8") for p in sorted(folder.iterdir())}


__all__ = ["TAGS", "Direction", "Domain", "Edit", "EditError", "Format", "ParseError"]

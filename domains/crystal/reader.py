"""Reads CIF token by token into elements, mending what people and programs get wrong where its meaning is plain."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Hashable

from domains.crystal.loops import Loop, make_rows
from domains.crystal.names import OPERATIONS, common, loop_keys, sort_of, tag
from domains.crystal.syntax import TOKEN, clean, typed
from domains.kit import Element, stray

_FLUSH = re.compile(r"^\S", re.MULTILINE)
_BOLD = re.compile(r"^([ \t]*)\*\*([ \t]*(?:_|loop_|data_|save_)[^\n]*?)\*\*", re.MULTILINE)
_NEXT = re.compile(r"\s*(?:[_#]|loop_|data_|save_|\Z)", re.IGNORECASE)


class Reader(Loop):
    """Reads token by token. An item, a loop or a frame is written down when the next thing begins."""

    def __init__(self) -> None:
        self.blocks: list[Element] = []
        self.loose: list[Element] = []
        self.problems: list[str] = []
        self.start("")

    def start(self, name: str) -> None:
        self.file = name
        self.source = ""
        self.name: str | None = None
        self.frame: str | None = None
        self.children: list[Element] = []
        self.outer: list[Element] = []
        self.notes: list[Element] = []
        self.strays: list[list[str]] = []
        self.end = 0
        self.clear()

    def clear(self) -> None:
        self.tag = ""
        self.words: list[str] = []
        self.columns: list[str] | None = None
        self.cells: list[str] = []
        self.places: list[int] = []

    def read(self, file: str, source: str) -> None:
        self.start(file)
        self.source = source if _FLUSH.search(source) else textwrap.dedent(source)
        if "**" in source and _BOLD.search(self.source):
            self.problem("there is Markdown in the file", 0)
            self.source = _BOLD.sub(r"\1\2", self.source)
        position = 0
        while position < len(self.source):
            position = self.run(position)
        self.close_block()

    def run(self, position: int) -> int:
        """Read on to the end, or to a text field that has no end: then where to go on."""
        for match in TOKEN.finditer(self.source, position):
            kind = match.lastgroup
            if kind == "plain":
                word = match.group()
                first = word[0]
                if first == "_" and len(word) > 1:
                    self.name_found(word, match.start())
                elif word.startswith("```"):  # what stands after a code fence is no longer the file
                    self.unplaced(word, match.start())
                elif first in "dDlLsSgG" and "_" in word and self.keyword(word, match.start()):
                    continue
                else:
                    self.value(word, match.start(), match.end())
            elif kind == "comment":
                self.comment(match["comment"])
            elif kind == "text":
                body = match["text"]
                stop = self.overrun(body, match.start(), match.end())
                if stop:
                    self.problem("the text field has no end", match.start())
                    self.value(body[: stop - match.start() - 1], match.start(), stop)
                    return stop
                self.value(body, match.start(), match.end())
            else:
                if kind in ("open", "indented"):
                    what = "the quote is not closed" if kind == "open" else "the text field is indented"
                    self.problem(what, match.start())
                found = match["open"][1:] if kind == "open" else match[str(kind)]
                if kind == "list":
                    found = f"{found[0]}{' '.join(found[1:-1].split())}{found[-1]}"
                self.value(found, match.start(), match.end())
        return len(self.source)

    def overrun(self, body: str, start: int, end: int) -> int:
        """Where a text field must have ended that ran into the next item; 0 when it is closed."""
        last = body.rpartition("\n")[2].split()
        closed = self.source[end - 2 : end] == "\n;" and end - start > 2
        awaited = bool(self.tag) and not self.words and _NEXT.match(self.source, end) is not None
        follows = awaited or bool(self.columns)
        if closed and follows and not (len(last) == 1 and last[0].startswith("_") and "\n" in body):
            return 0
        offset = 0
        for line in body.split("\n"):
            if offset and line.startswith(("_", "loop_", "data_", "save_")):
                return start + 1 + offset
            offset += len(line) + 1
        if not closed:
            self.problem("the text field has no end", start)
        return 0

    # -- what a token means

    def name_found(self, word: str, place: int) -> None:
        if self.columns is not None and not self.cells:
            self.columns.append(tag(word))
            return
        self.flush(place)
        self.tag = tag(word)

    def value(self, word: str, place: int, end: int) -> None:
        if self.columns:
            if self.cells and self.cells[-1][-1:] == "," and not OPERATIONS.isdisjoint(self.columns):
                self.problem("the symmetry operation needs quotes", place)
                self.cells[-1] += word
                return
            self.cells.append(word)
            self.places.append(place)
        elif self.tag and (not self.words or self.same_line(place)):
            self.words.append(word)
            self.end = end
        else:
            self.unplaced(word, place)

    def same_line(self, place: int) -> bool:
        return self.source.rfind("\n", self.end, place) < 0

    def unplaced(self, word: str, place: int) -> None:
        """Text that belongs to nothing; words of one line make one stray, at the head of the block."""
        joined = not self.tag and self.columns is None and self.strays and self.same_line(place)
        self.flush(place)
        if joined:
            self.strays[-1].append(clean(word))
        else:
            self.problem(f"{word[:40]!r} belongs to no data name", place)
            self.strays.append([clean(word)])
        self.end = place + len(word)

    def keyword(self, word: str, place: int) -> bool:
        low = word.lower()
        if low == "loop_":
            self.flush(place)
            self.columns = []
        elif low.startswith("data_"):
            self.flush(place)
            self.close_block()
            self.name = word[5:]
            if not self.name:
                self.problem("the data block has no name", place)
        elif low.startswith("save_"):
            self.flush(place)
            self.close_frame()
            if len(word) > 5:
                self.frame, self.outer, self.children = word[5:], self.children, []
        elif low == "stop_":
            self.flush(place)
        else:
            return False
        return True

    def comment(self, body: str) -> None:
        body = body.strip("#-=*+~_ \t")
        if any(c.isalnum() for c in body) and not body.startswith("\\#CIF"):
            self.notes.append(Element("comment", {"text": clean(body)}))

    # -- writing down

    def flush(self, place: int) -> None:
        if self.tag:
            self.item(place)
        elif self.columns is not None:
            self.loop(place)
        if self.notes and (self.name is not None or self.children):
            self.children += self.notes
            self.notes = []
        if self.tag or self.columns is not None:
            self.clear()

    def item(self, place: int) -> None:
        if not self.words:
            self.problem(f"{self.tag} has no value", place)
        elif len(self.words) > 1:
            self.problem(f"the value of {self.tag} needs quotes", place)
        body = " ".join(self.words) if self.words else "?"
        self.children.append(Element("item", {"tag": self.tag, **typed(body, sort_of(self.tag))}))

    def loop(self, place: int) -> None:
        names = self.columns or []
        if not names:
            self.problem("the loop has no data names", place)
            return
        if len(self.cells) == 1 and not names[-1].startswith(common(names[:-1] or names)):
            # A loop that was left without values, and the item after it.
            self.tag, self.words = names[-1], self.cells
            self.columns, self.cells, self.places = names[:-1], [], []
            self.loop(place)
            self.item(place)
            return
        once = list(dict.fromkeys(names))
        if len(once) < len(names):
            self.problem("a data name stands twice in the loop", place)
            names = once if self.lined(len(once)) else names
        category, keys = loop_keys(names)
        fields: dict[str, Hashable] = {"category": category}
        rows = self.rows(len(names))
        if not rows:
            fields["columns"] = tuple(names)
        self.children.append(Element("loop", fields, tuple(make_rows(names, keys, rows))))

    def close_frame(self) -> None:
        if self.frame is not None:
            frame = Element("frame", {"name": self.frame}, tuple(self.children))
            self.children = [*self.outer, frame]
            self.frame = None

    def close_block(self) -> None:
        self.flush(len(self.source))
        self.close_frame()
        strays = [stray(" ".join(words).strip() or "''") for words in self.strays]
        if self.name is None and any(e.kind != "comment" for e in self.children):
            self.problem("the data block has no name", 0)
            self.name = ""
        if self.name is None:
            self.loose += strays
            self.notes = [*self.children, *self.notes]
        else:
            fields = {"name": self.name} if self.name else {}
            self.blocks.append(Element("block", fields, (*strays, *self.children, *self.notes)))
            self.notes = []
        self.children, self.strays = [], []

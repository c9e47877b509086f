"""Reads CIF token by token into elements, mending what people and programs get wrong where its meaning is plain."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from domains.crystal.names import OPERATIONS, loop_keys, sort_of, tag
from domains.crystal.syntax import TOKEN, clean, operation, typed
from domains.kit import Element, stray


class Reader:
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

    def problem(self, what: str, place: int) -> None:
        # Past a hundred the file is not CIF, and line numbers cost a count each.
        if len(self.problems) < 100:
            self.problems.append(f"{self.file}:{self.source.count(chr(10), 0, place) + 1}: {what}")

    def read(self, file: str, source: str) -> None:
        self.start(file)
        self.source = source
        if not source.isascii():
            place = next(n for n, c in enumerate(source) if not c.isascii())
            self.problem("CIF 1.1 is ASCII: other characters have codes", place)
        position = 0
        while position < len(source):
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
                self.value(found, match.start(), match.end())
        return len(self.source)

    def overrun(self, body: str, start: int, end: int) -> int:
        """Where a text field must have ended that ran into the next item; 0 when it is closed."""
        last = body.rpartition("\n")[2].split()
        closed = self.source[end - 2 : end] == "\n;" and end - start > 2
        if closed and not (len(last) == 1 and last[0].startswith("_") and "\n" in body):
            return 0
        offset = 0
        for line in body.split("\n"):
            if offset and line.startswith(("_", "loop_", "data_")):
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
        body = body.strip().strip("#").strip("-=*+~_ \t")
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
        if len(set(names)) < len(names):
            self.problem("a data name stands twice in the loop", place)
        category, keys = loop_keys(names)
        fields: dict[str, Hashable] = {"category": category}
        rows = self.rows(len(names))
        if not rows:
            self.problem("the loop has no values", place)
            fields["columns"] = tuple(names)
        self.children.append(Element("loop", fields, tuple(make_rows(names, keys, rows))))

    def rows(self, width: int) -> list[list[str]]:
        """The cells of a loop in rows. When the count is wrong, or most lines are one row and some are not, the lines
        tell which row is short or long."""
        cells = self.cells
        if len(cells) % width == 0 and (self.fresh(width) or not self.lined(width)):
            return [cells[n : n + width] for n in range(0, len(cells), width)]
        rows: list[list[str]] = []
        held: list[str] = []
        for line, place in self.lines():
            if held and len(line) >= width:
                self.problem(f"the row has {len(held)} values, not {width}", place - 1)
                rows.append(held + ["?"] * (width - len(held)))
                held = []
            held += line
            while len(held) >= width:
                rows.append(held[:width])
                held = held[width:]
            if held and len(line) > width:
                self.problem(f"the row has {len(held)} values too many", place)
                self.strays.append([clean(cell) for cell in held])
                held = []
        if held:
            self.problem(f"the last row has {len(held)} values, not {width}", self.places[-1])
            rows.append(held + ["?"] * (width - len(held)))
        return rows

    def fresh(self, width: int) -> bool:
        """Whether every row begins a line."""
        places, source = self.places, self.source
        return all(source.rfind("\n", places[n - 1], places[n]) >= 0 for n in range(width, len(places), width))

    def lined(self, width: int) -> bool:
        lines = self.lines()
        return 2 * sum(len(line) == width for line, _ in lines) > len(lines)

    def lines(self) -> list[tuple[list[str], int]]:
        """The cells of the loop by the line they begin on, with the place of the first."""
        found: list[tuple[list[str], int]] = []
        last = None
        for cell, place in zip(self.cells, self.places, strict=True):
            if last is None or "\n" in self.source[last:place]:
                found.append(([], place))
            found[-1][0].append(cell)
            last = place
        return found

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


def make_rows(names: Sequence[str], keys: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Element]:
    """Rows of a loop: what identifies a row in its `id`, every other cell a `value`."""
    at = {name: n for n, name in reversed(list(enumerate(names)))}
    places = [(at.get(key), sort_of(key) == "operation") for key in keys]
    used = {n for n, _ in places if n is not None}
    others = [(n, name, sort_of(name)) for n, name in enumerate(names) if n not in used]
    made = []
    for cells in rows:
        fields: dict[str, Hashable] = {}
        if keys:
            fields["id"] = tuple(
                None if n is None else operation(clean(cells[n])) if turned else clean(cells[n]) for n, turned in places
            )
        values = tuple(Element("value", {"tag": name, **typed(cells[n], sort)}) for n, name, sort in others)
        made.append(Element("row", fields, values))
    return made

"""Loops of CIF: cells to rows, and rows to elements."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from domains.crystal.names import sort_of
from domains.crystal.syntax import clean, operation, typed
from domains.kit import Element


class Loop:
    """The cells of the loop that is being read, with the places where they begin."""

    source: str
    file: str
    problems: list[str]
    cells: list[str]
    places: list[int]
    strays: list[list[str]]

    def problem(self, what: str, place: int) -> None:
        # Past a hundred the file is not CIF, and line numbers cost a count each.
        if len(self.problems) < 100:
            self.problems.append(f"{self.file}:{self.source.count(chr(10), 0, place) + 1}: {what}")

    def rows(self, width: int) -> list[list[str]]:
        """The cells of a loop in rows. When the count is wrong, or most lines are one row and some are not, the lines
        tell which row is short or long."""
        self.postscript(width)
        cells = self.cells
        if len(cells) % width == 0 and (self.fresh(width) or not self.lined(width)):
            return [cells[n : n + width] for n in range(0, len(cells), width)]
        rows: list[list[str]] = []
        held: list[str] = []
        for line, place in self.lines():
            if held and len(line) >= width:
                self.problem(f"the row has {len(held)} values, not {width}", place - 1)
                if 3 * len(held) < width:
                    self.strays.append([clean(cell) for cell in held])
                else:
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

    def postscript(self, width: int) -> None:
        """A last line that makes no rows, after an empty line, is a remark of somebody to the file."""
        lines = self.lines()
        if len(lines) < 2 or len(lines[-1][0]) % width == 0:
            return
        last, place = lines[-1]
        before = self.places[-len(last) - 1]
        if "\n\n" in self.source[before:place] and len(self.cells) % width:
            self.problem(f"{' '.join(last)[:40]!r} is not a row", place)
            self.strays.append([clean(cell) for cell in last])
            del self.cells[-len(last) :], self.places[-len(last) :]

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

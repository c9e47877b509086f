"""From text to records of cells: RFC 4180 and what is met beside it."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

MARKS = "\t;|,"
"""Delimiters, the surest first: a comma may stand in numbers and prose."""
_SAMPLE = 60_000
_QUOTED = re.compile(r'(^|[,;|\t\n]) *"[^"]*+(?:""[^"]*+)*+" *(?=[,;|\t\n]|\Z)')
_SEP = re.compile(r'\s*"?sep=([,;|\t])"?[,;|\t ]*(?:\n|\Z)', re.IGNORECASE)
_ESCAPED = re.compile(r'(?<!\\)((?:\\\\)*)\\"')
"""A quote behind a backslash, as MySQL and others write it."""
_DECIMAL = re.compile(r"(?<=\d),(?=\d)")

Record = tuple[int, list[str]]
"""Line on which a record ends, from 1, and its cells, stripped."""


def read_records(text: str, file: str) -> tuple[list[Record], list[str]]:
    """The records that are not blank, and what had to be recovered from. `text` has line feeds only."""
    mark, gone = "", 0
    while match := _SEP.match(text):
        mark = mark or match[1]
        gone += text.count("\n", 0, match.end())
        text = text[match.end() :]
    mark = mark or delimiter(text)
    problems: list[str] = []
    rows = _strictly(text, mark, gone)
    if rows is None:
        doubled = _ESCAPED.sub(r'\1""', text)
        rows = _strictly(doubled, mark, gone) if doubled != text else None
        if rows is None:
            tries = [_leniently(form, mark, file, gone) for form in dict.fromkeys((text, doubled))]
            rows, problems = min(tries, key=lambda found: len(found[1]))
    return [(line, cells) for line, cells in rows if any(cells)], problems


def _strictly(text: str, mark: str, gone: int) -> list[Record] | None:
    """The records of a text that is quoted as it should be, else None."""
    reader = csv.reader(io.StringIO(text), delimiter=mark, skipinitialspace=True, strict=True)
    try:
        return [(reader.line_num + gone, [cell.strip() for cell in row]) for row in reader if row]
    except csv.Error:
        return None


def delimiter(text: str) -> str:
    """The mark that stands, outside quotes, on most lines and most regularly; a comma when none does. Where another
    one stands on most lines, commas between digits do not count."""
    lines = [line for line in _QUOTED.sub(r"\1", text[:_SAMPLE]).split("\n") if line.strip()][:100]
    best = max(MARKS[:-1], key=lambda mark: _regular(lines, mark))
    most = _regular(lines, best)
    if 3 * most > 2 * len(lines):
        lines = [_DECIMAL.sub("", line) for line in lines]
    return "," if _regular(lines, ",") > most or not most else best


def _regular(lines: list[str], mark: str) -> int:
    """How many lines have the mark, and how many of them as often as is usual."""
    counts = [count for line in lines if (count := line.count(mark))]
    return len(counts) + Counter(counts).most_common(1)[0][1] if counts else 0


def _leniently(text: str, mark: str, file: str, gone: int) -> tuple[list[Record], list[str]]:
    """Records of a text with broken quoting. A quote that is not closed as it should be ends with its line, so that it
    costs one record."""
    edge = re.escape(mark)
    quoted = re.compile(rf' *"([^"]*+(?:""[^"]*+)*+)" *(?={edge}|\n|\Z)')
    stops = re.compile(rf"{edge}|\n|\Z")
    closing = re.compile(rf'" *(?={edge}|\n|\Z)')
    rows: list[Record] = []
    problems: list[str] = []
    cells: list[str] = []
    at, line, barren = 0, 1 + gone, -1
    while True:
        match = quoted.match(text, at)
        if match:
            cell, end = match[1].replace('""', '"'), match.end()
            line += cell.count("\n")
        else:
            end = stops.search(text, at).start()  # type: ignore[union-attr]  # the end of the text always matches
            cell = text[at:end].strip()
            if cell.startswith('"'):
                start = text.index('"', at) + 1
                stop = _end_of_line(text, start)
                close = None if start <= barren else closing.search(text, start, stop)
                if close:
                    cell, end = text[start : close.start()].replace('""', '"'), close.end()
                else:
                    barren, cell = stop, cell[1:]
                problems.append(f"{file}:{line}: a quote is not closed or not doubled")
        cells.append(cell.strip())
        if end >= len(text):
            return [*rows, (line, cells)], problems
        if text[end] == "\n":
            rows.append((line, cells))
            cells, line = [], line + 1
        at = end + 1


def _end_of_line(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end

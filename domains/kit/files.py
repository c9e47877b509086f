"""Files as people and models write them: tables, JSON, what stands around a text."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from domains.kit.element import EditError, Files, ParseError

csv.field_size_limit(100_000_000)

_FENCES = ("```", "~~~")
WORDS_BEFORE = 12
"""Lines that may stand before a fence around a document."""
MOST_WORDS = 600
"""Characters that may stand around it."""


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A header line and one line a row, RFC 4180 with line feeds; None is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return out.getvalue()


def read_csv(files: Files, name: str, columns: Sequence[str], optional: Sequence[str] = ()) -> list[dict[str, str]]:
    """The rows of a table, cells stripped, columns in any order and case, any quoting; comma, semicolon or tab; blank
    lines, a BOM and a code fence do not matter. EditError names the file and line when the table cannot be read."""
    text = unfence(file_named(files, name))
    lines = text.splitlines()
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise EditError(f"{name}:1: the table is empty; its columns should be {','.join(columns)}")
    delimiter = max(",;\t", key=lines[first].count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    rows: list[dict[str, str]] = []
    header: list[str] | None = None
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if header is None:
                header = [cell.casefold() for cell in cells]
                lost = [c for c in columns if c.casefold() not in header]
                if lost:
                    raise EditError(f"{name}:{reader.line_num}: no column {', '.join(lost)} in {','.join(cells)}")
                continue
            by_name = dict(zip(header, cells, strict=False))
            rows.append({c: by_name.get(c.casefold(), "") for c in (*columns, *optional)})
    except csv.Error as error:
        raise EditError(f"{name}:{reader.line_num}: {error}") from error
    return rows


def file_named(files: Files, name: str) -> str:
    """The text of a file, whatever the case of its name. EditError when it is not there."""
    if name in files:
        return files[name]
    for other, text in files.items():
        if other.casefold() == name.casefold():
            return text
    raise EditError(f"{name}: the file is missing; there is {', '.join(sorted(files)) or 'none'}")


def read_json(files: Files, name: str, number: Callable[[str], Any] = str) -> Any:
    """A JSON value; numbers become what `number` makes of their text. EditError names the file and line when it is none
    or is nested too deep."""
    try:
        return json.loads(
            unfence(file_named(files, name)), parse_float=number, parse_int=number, parse_constant=str, strict=False
        )
    except json.JSONDecodeError as error:
        raise EditError(f"{name}:{error.lineno}: not JSON: {error.msg}") from None
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise EditError(f"{name}: not JSON: {str(error)[:200]}") from None


def texts(files: Files, main: str) -> Iterator[tuple[str, str]]:
    """The documents of a parser: (name, text without fence) in the order of their names. ParseError when there is none,
    naming `main`."""
    if not files:
        raise ParseError("there is no file", main)
    for name in sorted(files):
        yield name, unfence(files[name])


def unfence(text: str) -> str:
    """Text without a byte order mark and without a code fence around the whole of it, or around all but a few words,
    which stay; line ends as line feeds."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    stripped = text.strip()
    if stripped.startswith(_FENCES):
        lines = stripped.split("\n")
        mark = stripped[:3]
        end = -1 if len(lines) > 1 and lines[-1].strip().startswith(mark) and not lines[-1].strip(mark[0]) else None
        if end or not any(line.startswith(mark) for line in lines[1:]):
            return "\n".join(lines[1:end]).lstrip("\ufeff") + "\n"
    return _unwrapped(text) if "\n```" in text or "\n~~~" in text or text.startswith(_FENCES) else text


def _unwrapped(text: str) -> str:
    """A document out of a fence with a few words before and behind it, as models put them there."""
    lines = text.split("\n")
    start = next((n for n, line in enumerate(lines[:WORDS_BEFORE]) if line.strip().startswith(_FENCES)), None)
    if start is None:
        return text
    mark = lines[start].strip()[:3]
    end = next((n for n in range(len(lines) - 1, start, -1) if lines[n].strip() == mark), start)
    before, inner, after = lines[:start], lines[start + 1 : end], lines[end + 1 :]
    outside = "\n".join([*before, *after])
    if len(outside) > MOST_WORDS or len(outside) > len("\n".join(inner)):
        return text
    if any(map(_marked, [*before, *after])) or any(line.strip().startswith(mark) for line in inner):
        return text
    return "\n".join([*before, "", *inner, "", *after])


def _marked(line: str) -> bool:
    """Whether a line is more than words: then the fence is a part of the document, not around it."""
    return line.lstrip().startswith(("#", "-", "*", "|", "<", ">", *_FENCES))


def mapping(rows: Iterable[Mapping[str, str]], key: str, value: str) -> dict[str, str]:
    """Two columns of a table as a dict; the first row of a key counts."""
    found: dict[str, str] = {}
    for row in rows:
        found.setdefault(row[key], row[value])
    return found

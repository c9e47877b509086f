"""Canonical CIF text of a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from domains.crystal.escapes import encode
from domains.crystal.format import MAIN, SCHEMA, parse
from domains.crystal.names import keys_of
from domains.crystal.syntax import quote, show
from domains.kit import STRAY, Element, Files, Format

_COLUMN = 34
_WIDTH = 110


def render(document: Element) -> Files:
    return {MAIN: render_blocks(document.children)}


def render_blocks(blocks: Sequence[Element]) -> str:
    lines = ["#\\#CIF_1.1"]
    for block in blocks:
        if block.kind == STRAY:
            lines.append(quote(block.text("text")).lstrip("\n"))
            continue
        lines += ["", f"data_{block.text('name')}", "", *body(block.children)]
    return "\n".join(lines).rstrip("\n") + "\n"


def body(children: Sequence[Element]) -> list[str]:
    lines: list[str] = []
    before = ""
    for e in children:
        if before and (e.kind in ("loop", "frame") or before in ("loop", "frame")):
            lines.append("")
        if e.kind == "item":
            name, shown = e.text("tag"), quote(show(e.get("value"), e.get("su")))
            lines.append(f"{name}{shown}" if shown[:1] == "\n" else f"{name:<{_COLUMN}} {shown}")
        elif e.kind == "loop":
            lines += loop_lines(e)
        elif e.kind == "frame":
            lines += [f"save_{e.text('name')}", *body(e.children), "save_"]
        elif e.kind == "comment":
            lines.append(f"# {encode(e.text('text'))}")
        else:
            # Strays are the first children: nothing stands above that could take them for its value.
            lines.append(quote(e.text("text")).lstrip("\n"))
        before = e.kind
    return lines


def columns_of(loop: Element) -> tuple[list[tuple[int, str]], list[str]]:
    """(place in the id, name) of the key columns that occur, and the other columns; a name that a row has twice stands
    twice."""
    most: dict[str, int] = {}
    present: set[int] = set()
    for row in loop.children:
        identity = row.get("id")
        if isinstance(identity, tuple):
            present.update(n for n, part in enumerate(identity) if part is not None)
        for name, count in Counter(value.text("tag") for value in row.children).items():
            most[name] = max(count, most.get(name, 0))
    keys = keys_of(loop.text("category"))
    named = [(n, keys[n] if n < len(keys) else f"{loop.text('category')}_key_{n}") for n in sorted(present)]
    return named, [name for name, count in most.items() for _ in range(count)]


def loop_lines(loop: Element) -> list[str]:
    keys, names = columns_of(loop)
    if not keys and not names:
        columns = loop.get("columns")
        return ["loop_", *(f" {name}" for name in columns)] if isinstance(columns, tuple) else []
    lines = ["loop_", *(f" {name}" for _, name in keys), *(f" {name}" for name in names)]
    for row in loop.children:
        lines += wrapped(cells_of(row, keys, names))
    return lines


def cells_of(row: Element, keys: Sequence[tuple[int, str]], names: Sequence[str]) -> list[str]:
    identity = row.get("id")
    found = identity if isinstance(identity, tuple) else ()
    cells = [quote(str(found[n])) if n < len(found) and found[n] is not None else "?" for n, _ in keys]
    if len(row.children) == len(names) and all(
        v.fields.get("tag") == name for v, name in zip(row.children, names, strict=True)
    ):
        return cells + [quote(show(v.get("value"), v.get("su"))) for v in row.children]
    left: dict[str, list[Element]] = {}
    for v in row.children:
        left.setdefault(v.text("tag"), []).append(v)
    for name in names:
        waiting = left.get(name)
        if waiting:
            first = waiting.pop(0)
            cells.append(quote(show(first.get("value"), first.get("su"))))
        else:
            cells.append("?")
    return cells


def wrapped(cells: Sequence[str]) -> list[str]:
    """A row in as many lines as it needs; a text field stands on lines of its own."""
    lines = [""]
    for cell in cells:
        if cell[:1] == "\n":
            lines += [*cell[1:].split("\n"), ""]
        elif lines[-1] and len(lines[-1]) + len(cell) > _WIDTH:
            lines.append(f"  {cell}")
        else:
            lines[-1] += f" {cell}" if lines[-1] else cell
    return [line for n, line in enumerate(lines) if line or 0 < n < len(lines) - 1]


FORMAT = Format(SCHEMA, parse, render)

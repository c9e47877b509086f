"""A cookbook as canonical Markdown."""

from __future__ import annotations

import json

from domains.kit import Element, Files
from domains.recipe.format import MAIN
from domains.recipe.measures import show_ingredient

_ITEMS = frozenset(("ingredient", "step", "point"))


def render(document: Element) -> Files:
    metas = [e for e in document.children if e.kind == "meta"]
    lines = ["---", *map(meta_line, metas), "---", ""] if metas else []
    titled = any(e.kind == "title" for e in document.children)
    lines += blocks([e for e in document.children if e.kind != "meta"], 2 if titled else 1)
    return {MAIN: "\n".join(lines).rstrip("\n") + "\n"}


def meta_line(meta: Element) -> str:
    key, value = meta.text("key"), meta.text("value")
    if key == "#":
        return f"# {value}"
    if value[:1] in tuple("\"'[{|>#&*!%@") or ": " in value or " #" in value:
        value = json.dumps(value, ensure_ascii=False)
    return f"{key}: {value}".rstrip()


def blocks(children: list[Element] | tuple[Element, ...], depth: int) -> list[str]:
    """Lines of siblings; `depth` is the heading level of a section among them."""
    lines: list[str] = []
    number = 0
    before = ""
    for e in children:
        if before and not (e.kind == before and (before in _ITEMS or before == "fact")):
            lines.append("")
        number = number + 1 if e.kind == "step" and before == "step" else 1
        if e.kind == "section":
            title = e.text("title")
            lines += [f"{'#' * depth} {title}" if depth <= 6 else f"**{title}**", ""]
            lines += blocks(e.children, depth + 1)
            while lines and not lines[-1]:
                lines.pop()
        elif e.kind in _ITEMS:
            lines += item_lines(e, 0, number)
        elif e.kind == "fact":
            if before == "fact":
                lines[-1] += "  "
            lines.append(fact_line(e))
        else:
            lines += block(e)
        before = e.kind
    return lines


def fact_line(fact: Element) -> str:
    return f"**{fact.text('key')}:** {fact.text('value')}"


def item_lines(e: Element, depth: int, number: int = 1) -> list[str]:
    box = "[x] " if "done" in e.fields or "bought" in e.fields else ""
    mark = f"{number}. " if e.kind == "step" else "- "
    text = show_ingredient(e) if e.kind == "ingredient" else e.text("text")
    lines = [f"{'    ' * depth}{mark}{box}{text}"]
    for child in e.children:
        lines += item_lines(child, depth + 1)
    return lines


def block(e: Element) -> list[str]:
    text = e.text("text")
    match e.kind:
        case "title":
            return [f"# {text}"]
        case "quote":
            return [f"> {text}"]
        case "comment":
            return [f"<!-- {text} -->"]
        case "code":
            fence = "~~~" if "```" in text else "```"
            return [fence + e.text("language"), text, fence]
        case "table":
            return table_lines(e)
        case _:
            return [text]


def table_lines(table: Element) -> list[str]:
    head = _cells(table.get("head"))
    rows = [_cells(row["cells"]) for row in table.children]
    width = max(2, len(head), *(len(row) for row in rows)) if rows else max(2, len(head))
    shown = [list(row) + [""] * (width - len(row)) for row in (head, *rows)]
    lines = [f"| {' | '.join(row)} |" for row in shown]
    return [lines[0], "|" + " --- |" * width, *lines[1:]]


def _cells(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()

"""The transcript as JSON, and read back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from domains.earncall.format import FORMAT
from domains.earncall.render import blocks, show
from domains.earncall.schema import BULLET, PARAGRAPH, QUOTE, block, table
from domains.earncall.words import clean, escaped
from domains.kit import EditError, Element, Files, element, read_json
from domains.kit.edits import convert

FILE = "transcript.json"
_HEAD = ("speaker", "role", "time", "side")
_SINGLE = {"title": "text", "section": "title", "comment": "text"}


def to_json(document: Element) -> Files:
    data = {
        "metadata": [{"key": m.text("key"), "value": m.text("value")} for m in document.of("meta")],
        "entries": [entry(e) for e in document.children if e.kind != "meta"],
    }
    return {FILE: json.dumps(data, ensure_ascii=False, indent=1) + "\n"}


def entry(e: Element) -> dict[str, Any]:
    if e.kind in _SINGLE:
        return {e.kind: e.text(_SINGLE[e.kind])}
    if e.kind == "participant":
        return {"participant": e.text("name"), **({"role": e["role"]} if "role" in e.fields else {})}
    said = [spoken(mark, body) for mark, body in blocks(e.children)]
    if e.kind == "note":
        return {"footnote": e.text("label"), "text": said}
    return {**{f: e[f] for f in _HEAD if f in e.fields}, "text": said}


def spoken(mark: str, body: str | Element) -> Any:
    if isinstance(body, Element):
        return {"table": [[show(cell) for cell in row.children] for row in body.children]}
    if mark == PARAGRAPH:
        return body
    kind = {BULLET: "bullet", QUOTE: "quote"}.get(mark)
    return {kind: body} if kind else {"item": mark.rstrip("."), "text": body}


def from_json(files: Files) -> Element:
    data = read_json(files, FILE)
    if not isinstance(data, dict) or not isinstance(data.get("entries"), list):
        raise EditError(f'{FILE}: there is no list "entries"')
    given = data.get("metadata") or []
    pairs = list(given.items()) if isinstance(given, dict) else [
        (m.get("key"), m.get("value")) for m in given if isinstance(m, dict)
    ]  # fmt: skip
    metas = [element("meta", key=plain(k), value=plain(v)) for k, v in pairs if plain(k)]
    entries = [unentry(e) for e in data["entries"] if isinstance(e, dict)]
    return Element("call", {}, (*metas, *(e for e in entries if e)))


def plain(value: Any) -> str:
    return "" if value is None or isinstance(value, list | dict) else clean(escaped(str(value)))


def unentry(data: dict[str, Any]) -> Element | None:
    for kind, field in _SINGLE.items():
        if data.get(kind):
            return element(kind, **{field: plain(data[kind])})
    if data.get("participant"):
        return element("participant", name=plain(data["participant"]), role=plain(data.get("role")))
    said = data.get("text") or []
    parts = unspoken(said if isinstance(said, list) else [said])
    if "footnote" in data:
        return Element("note", {"label": plain(data["footnote"])}, tuple(parts))
    fields = {f: plain(data.get(f)) for f in _HEAD if plain(data.get(f))}
    return Element("turn", fields, tuple(parts)) if fields else Element("passage", {}, tuple(parts)) if parts else None


def unspoken(said: Sequence[Any]) -> list[Element]:
    parts: list[Element] = []
    for body in said:
        mark = PARAGRAPH
        if isinstance(body, dict):
            rows = body.get("table")
            if isinstance(rows, list):
                parts.append(table([[plain(c) for c in row] for row in rows if isinstance(row, list)]))
                continue
            kind = next((k for k in ("bullet", "quote", "item") if k in body), "")
            mark = {"bullet": BULLET, "quote": QUOTE, "item": f"{plain(body.get('item'))}."}.get(kind, mark)
            body = body.get("text") if kind in ("item", "") else body[kind]
        line = plain(body)
        parts += block(line, "" if mark == PARAGRAPH and not parts else mark)
    return parts


TO_JSON = convert(
    FORMAT, "to_json",
    'The search index takes JSON. Write {files}: an object with "metadata", a list of {"key", "value"} objects, '
    'and "entries", a list with one object for everything else in the order of the call: {"title": …} for the '
    'main title, {"section": …} for any other heading, {"participant": name, "role": …} for one in a list of '
    'participants, {"speaker", "role", "time", "side", "text"} for a turn (side is Q or A where the speaker line '
    'says so), {"text"} for paragraphs without a speaker, {"footnote": label, "text"} and {"comment": …}. Keys '
    'that do not apply are left out. "text" is a list with one string for each paragraph, without Markdown and '
    'with figures as written; in the place of a string a list item is {"bullet": …} or, when it is numbered, '
    '{"item": "1", "text": …}, a quotation is {"quote": …} and a table {"table": [[…], …]} with the cells of the '
    "header row first.",
    'Turn the JSON back into a Markdown transcript, {files}: "metadata" as front matter, then the "entries" in '
    "their order: headings, participants as a bulleted list, turns as `**Name (Role):** text` with the time in "
    "square brackets before and `Q - ` or `A - ` before the name where given, paragraphs without a speaker, "
    "footnotes, comments. Paragraphs that follow a turn without belonging to it are set apart by a line `---`.",
    ("format knowledge", "string manipulation"), to_json, from_json,
)  # fmt: skip

"""A transcript as canonical Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence, Set

from domains.earncall.figures import filled
from domains.earncall.heads import ROSTER, head, heading, label
from domains.earncall.reader import is_marked, roster_line
from domains.earncall.schema import PARAGRAPH, QUOTE
from domains.earncall.words import escaped
from domains.kit import Element, Files

MAIN = "transcript.md"
_MARKUP = re.compile(r"#{1,6}\s|[|>]|[-*+•‣◦]\s|\d{1,3}[.)]\s|\[\^|```|~~~|<!--|([-*_=])(?:\s*\1){2,}$|[=-]{2,}$")
_CLOCKED = re.compile(r"[\[(]\d{1,2}:\d\d")


def render(document: Element) -> Files:
    return {MAIN: front_matter(document) + "\n\n".join(text for _, text in entries(document)) + "\n"}


def front_matter(document: Element) -> str:
    metas = [meta_line(e) for e in document.children if e.kind == "meta"]
    return "\n".join(["---", *metas, "---", "", ""]) if metas else ""


def entries(document: Element) -> Iterator[tuple[int, str]]:
    """The text of everything under the root but the metadata, with its position; participants in a row are one text."""
    guard = Guard(document)
    is_open = roster = False
    bullets: list[str] = []
    for place, e in enumerate(document.children):
        if e.kind == "participant":
            role = e.text("role")
            bullets.append(f"- {e.text('name')}{' — ' if role else ''}{role}")
            is_open, roster = False, True
            continue
        if bullets:
            yield place - 1, "\n".join(bullets)
            bullets = []
        match e.kind:
            case "meta":
                continue
            case "section":
                is_open, roster = False, ROSTER.search(e.text("title").rstrip(" :")) is not None
                yield place, f"## {guard.heading(e.text('title'))}"
            case "turn" | "passage":
                apart = e.kind == "passage" and (is_open or (roster and has_items(e)))
                guard.roster = roster = e.kind == "passage" and roster and not apart
                text = "\n\n".join(speech(e, guard))
                guard.roster, is_open = False, True
                yield place, f"---\n\n{text}" if apart else text
            case _:
                yield place, other(e)
    if bullets:
        yield len(document.children) - 1, "\n".join(bullets)


def has_items(e: Element) -> bool:
    return any(part.text("opens") not in ("", PARAGRAPH, QUOTE) for part in e.children)


def other(e: Element) -> str:
    match e.kind:
        case "title":
            return f"# {hash_end(escaped(e.text('text')))}"
        case "note":
            return f"[^{e.text('label')}]: {' '.join(map(show, e.children))}".rstrip()
        case "comment":
            return f"<!-- {e.text('text')} -->"
        case _:
            return e.text("text")


def meta_line(meta: Element) -> str:
    key, value = meta.text("key"), escaped(meta.text("value"))
    if key == "#":
        return f"# {value}"
    if value[:1] in tuple("\"'[{|>&!%@`#-") or ": " in value or " #" in value:
        value = json.dumps(value, ensure_ascii=False)
    return f"{key}: {value}".rstrip()


def hash_end(line: str) -> str:
    return line[:-1] + "\\#" if line.endswith("#") else line


class Guard:
    """Marks text that would be read as something else with a backslash."""

    def __init__(self, document: Element) -> None:
        self.known: Set[str] = {
            e.text(f).casefold() for e in document.children for f in ("name", "speaker") if f in e.fields
        }
        self.roster = False
        self.plain = not any(is_marked(head_line(e)) for e in document.children if e.kind == "turn")

    def heading(self, title: str) -> str:
        line = hash_end(escaped(title))
        return "\\" + line if line[:1] != "\\" and heading(line, self.known) else line

    def text(self, line: str) -> str:
        line = escaped(line)
        if line[:1] == "\\":
            return line
        risky = (
            _MARKUP.match(line)
            or head(line, self.known, self.plain, True)
            or label(line, self.known, True)
            or (self.roster and roster_line(line, self.known, self.plain))
        )
        return "\\" + line if risky else line


def head_line(turn: Element) -> str:
    time, side, role = turn.text("time"), turn.text("side"), turn.text("role")
    return (
        f"{f'[{time}] ' if time else ''}**{f'{side} - ' if side else ''}"
        f"{turn.text('speaker') or 'Unidentified Speaker'}{f' ({role})' if role else ''}:**"
    )


def show(sentence: Element) -> str:
    """A sentence or cell with its figures."""
    return filled(sentence.text("text"), sentence.children)


def blocks(parts: Sequence[Element]) -> Iterator[tuple[str, str | Element]]:
    """(mark, text) of every paragraph, item and quotation, ("", table) of every table."""
    mark = ""
    run: list[str] = []
    for part in parts:
        opens = part.text("opens")
        if run and (opens or part.kind != "sentence"):
            yield mark, " ".join(run)
            run = []
        if part.kind == "sentence":
            mark = mark if run else opens or PARAGRAPH
            run.append(show(part))
        else:
            yield "", part
    if run:
        yield mark, " ".join(run)


def speech(e: Element, guard: Guard) -> list[str]:
    """The paragraphs of a turn, the first behind its head, or of a passage."""
    found: list[str] = []
    before = ""
    for mark, body in blocks(e.children):
        if isinstance(body, Element):
            found.append(table(body))
        elif mark in (PARAGRAPH, QUOTE):
            line = guard.text(body) if mark == PARAGRAPH and (found or e.kind == "passage") else escaped(body)
            found.append(f"> {line}" if mark == QUOTE else line)
            if mark == QUOTE and body[:1] == ">":
                found[-1] = f"> \\{line}"
        elif before and before not in (PARAGRAPH, QUOTE):
            found[-1] += f"\n{mark} {guard.text(body)}"
        else:
            found.append(f"{mark} {guard.text(body)}")
        before = mark
    if e.kind == "passage":
        return found
    first = e.children[0] if e.children else None
    if first is None or first.kind != "sentence" or "opens" in first.fields:
        return [head_line(e), *found]
    clocked = "time" not in e.fields and _CLOCKED.match(found[0])
    return [f"{head_line(e)} {chr(92) if clocked else ''}{found[0]}", *found[1:]]


def table(e: Element) -> str:
    lines = [f"| {' | '.join(map(cell, row.children))} |" for row in e.children]
    width = max((len(row.children) for row in e.children), default=1)
    return "\n".join([*lines[:1], "|" + " --- |" * width, *lines[1:]])


def cell(e: Element) -> str:
    text = escaped(show(e)).replace("|", "\\|")
    return "\\" + text if re.fullmatch(r":?-+:?", text) else text

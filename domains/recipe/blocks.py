"""A Markdown text as a list of blocks, line by line: what a recipe's author typed before anyone says what it means."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from textwrap import dedent

_ITEM = re.compile(r"([-*+•–]|\d{1,3}[.)])(?:\s+|$)")
_BOX = re.compile(r"((?:\[[ xX]\]\s*)*\[([ xX])\])\s+")
_BREAK = re.compile(r"\s*<br ?/?>$")
_REFERENCE = re.compile(r"\[[^\]]+\]:")
_MARKS = ("---", "+++")
_KEY = re.compile(r"([\w][\w .@-]{0,60}?)\s*[:=](?:\s+(.*)|)$")


@dataclass(slots=True)
class Block:
    """heading (level), item (indent, ordered, checked), para, table (rows), quote, code, comment, meta (key)."""

    kind: str
    line: int
    lines: list[str] = field(default_factory=list)
    level: int = 0
    indent: int = 0
    ordered: bool = False
    checked: bool = False
    key: str = ""
    rows: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.lines).split())


class Lexer:
    """Blocks of one text. Linear: a search for an end that fails is not made twice."""

    def __init__(self, text: str) -> None:
        self.lines = (text if re.search(r"(?m)^\S", text) else dedent(text)).split("\n")
        self.blocks: list[Block] = []
        self.open: Block | None = None
        self.loose = False
        self.endless: set[str] = set()
        self.problems: list[tuple[int, str]] = []

    def run(self) -> list[Block]:
        at = self.front()
        while at < len(self.lines):
            line = self.lines[at].expandtabs(4)
            body = line.strip()
            if body.endswith(">"):
                body = _BREAK.sub("", body) or body
            if not body:
                self.loose = True
                at += 1
                continue
            at = self.fenced(body, at) or self.table(body, at) or self.single(line, body, at)
        return self.blocks

    def add(self, block: Block, stays_open: bool = False) -> None:
        self.blocks.append(block)
        self.open = block if stays_open else None
        self.loose = False

    def front(self) -> int:
        """Front matter, YAML or TOML; the line after it. A line that says `Here is the file:` may stand before it, and
        one of its marks may be missing."""
        filled = [n for n, line in enumerate(self.lines[:40]) if line.strip()]
        if not filled:
            return 0
        opening = next((n for n in filled[:2] if self.lines[n].strip() in _MARKS), None)
        if opening is not None and (opening == filled[0] or self.lines[filled[0]].rstrip()[-1] in ":."):
            first, mark = opening + 1, self.lines[opening].strip()
        elif _KEY.match(self.lines[filled[0]].strip()):
            first = opening = filled[0]
            mark = next((line.strip() for line in self.lines[first:40] if line.strip() in ("", *_MARKS)), "")
        else:
            return filled[0]
        end = next((n for n in range(first, len(self.lines)) if self.lines[n].strip() in (mark, "...")), None)
        if mark == "---":
            own = next((n for n in range(first, len(self.lines)) if not is_front(self.lines[n])), len(self.lines))
            end = own if end is None or own < end else end
        if not mark or end is None or not any(_KEY.match(line.strip()) for line in self.lines[first:end]):
            return filled[0]
        for n in range(first, end):
            self.meta(self.lines[n], n + 1, mark == "+++")
        for block in self.blocks:
            block.lines = [scalar(" ".join(block.lines).strip())]
        if opening > filled[0]:
            self.problems.append((1, "there is a line before the front matter"))
            self.add(Block("para", filled[0] + 1, [self.lines[filled[0]].strip()]))
        return end + (end < len(self.lines) and self.lines[end].strip() in (mark, "..."))

    def meta(self, line: str, number: int, toml: bool) -> None:
        body = line.strip()
        found = _KEY.match(body) if line[:1].strip() else None
        if found:
            value = found[2] or ""
            self.blocks.append(Block("meta", number, [] if value in ("|", ">", "|-", ">-") else [value], key=found[1]))
        elif body.startswith("#") or (toml and body.startswith("[") and body.endswith("]") and line[0] == "["):
            self.blocks.append(Block("meta", number, [body.lstrip("# ")], key="#"))
        elif body and self.blocks and self.blocks[-1].key != "#":
            value = self.blocks[-1].lines
            if body.startswith("- ") and len(value) < 2:
                body = scalar(body[2:].strip())
                value[:] = [f"{value[0]}, {body}" if value and value[0] else body]
            else:
                value.append(body)
        elif body:
            self.problems.append((number, f"no key in the front matter: {body[:40]}"))
            self.blocks.append(Block("meta", number, [body], key="#"))

    def fenced(self, body: str, at: int) -> int | None:
        """A code block or a comment; the line after it."""
        mark = next((m for m in ("```", "~~~", "<!--") if body.startswith(m)), None)
        if mark is None:
            return None
        if mark in self.endless:
            return self.unmarked(body, mark, at)
        if mark == "<!--":
            return self.comment(body, at)
        for end in range(at + 1, len(self.lines)):
            last = self.lines[end].strip()
            if last.startswith(mark) and not last.strip(mark[0]):
                self.add(Block("code", at + 1, self.lines[at + 1 : end], key=body.strip(mark[0]).strip()))
                return end + 1
        self.endless.add(mark)
        self.problems.append((at + 1, "the code fence has no end"))
        return self.unmarked(body, mark, at)

    def unmarked(self, body: str, mark: str, at: int) -> int:
        """A line that opens what never ends, without its mark."""
        text = body.removeprefix(mark).lstrip("`~<!-# >|*+•–=").strip()
        if text:
            self.words(text, text, at + 1)
        return at + 1

    def comment(self, body: str, at: int) -> int:
        for end in range(at, len(self.lines)):
            text = body[4:] if end == at else self.lines[end]
            inner, found, rest = text.partition("-->")
            if found:
                between = self.lines[at + 1 : end] if end > at else []
                parts = [body[4:], *between, inner] if end > at else [inner]
                self.add(Block("comment", at + 1, [p.strip() for p in parts if p.strip()]))
                return self.unmarked(rest.strip(), "", end)
        self.endless.add("<!--")
        self.problems.append((at + 1, "the comment has no end"))
        return self.unmarked(body, "<!--", at)

    def table(self, body: str, at: int) -> int | None:
        if "|" not in body or at + 1 >= len(self.lines):
            return None
        rule = self.lines[at + 1].strip()
        if "-" not in rule or "|" not in rule or rule.strip("|:- \t"):
            return None
        block = Block("table", at + 1, rows=[cells_of(body)])
        end = at + 2
        while end < len(self.lines) and "|" in self.lines[end]:
            block.rows.append(cells_of(self.lines[end].strip()))
            end += 1
        self.add(block)
        return end

    def single(self, line: str, body: str, at: int) -> int:
        number = at + 1
        level = len(body) - len(body.lstrip("#"))
        bare = body.replace(" ", "")
        item = _ITEM.match(body)
        if 1 <= level <= 6 and (level > 1 or body[level : level + 1] in ("", " ")):
            title = body[level:].strip()
            closed = title.rstrip("#")
            title = closed.strip() if closed[-1:] in (" ", "") else title
            self.add(Block("heading", number, [title], level=level))
        elif len(bare) >= 2 and bare.strip("=") == "" and self.under_one_line():
            self.retitle(1)
        elif len(bare) >= 3 and bare[0] in "-*_" and not bare.strip(bare[0]):
            if bare[0] == "-" and " " not in body and self.under_one_line():
                self.retitle(2)
            else:
                self.open = None
        elif body[0] == ">":
            self.quote(body, number)
        elif item:
            self.item(line, body[item.end() :].strip(), item[1][0].isdigit(), number)
        else:
            self.words(line, body, number)
        return at + 1

    def under_one_line(self) -> bool:
        return not self.loose and self.open is not None and self.open.kind == "para" and len(self.open.lines) == 1

    def retitle(self, level: int) -> None:
        self.blocks[-1].kind, self.blocks[-1].level, self.open = "heading", level, None

    def quote(self, body: str, number: int) -> None:
        text = body.lstrip("> ")
        if self.open is not None and self.open.kind == "quote" and not self.loose:
            self.open.lines += [text] if text else []
        elif text:
            self.add(Block("quote", number, [text]), stays_open=True)

    def item(self, line: str, text: str, ordered: bool, number: int) -> None:
        box = _BOX.match(text)
        text = text[box.end() :] if box else text
        indent = len(line) - len(line.lstrip())
        block = Block("item", number, [text], indent=indent, ordered=ordered, checked=bool(box and box[2] != " "))
        self.add(block, stays_open=True)

    def words(self, line: str, body: str, number: int) -> None:
        """A line of a paragraph, or one that goes on with the list item above it."""
        above = self.open
        if above is not None and above.kind == "item":
            group = body.startswith(("**", "__")) and body.endswith(("**", "__", ":"))
            if line.startswith("  ") if self.loose else not group:
                above.lines.append(body)
                self.loose = False
                return
        elif above is not None and not self.loose and not (body[0] == "[" and _REFERENCE.match(body)):
            above.lines.append(body.lstrip("> ") if above.kind == "quote" else body)
            return
        self.add(Block("para", number, [body]), stays_open=True)


def is_front(line: str) -> bool:
    """Whether a line can be YAML's: blank, a key, a list's item, a comment, or what is indented."""
    if not line.strip() or _KEY.match(line):
        return True
    return line[0] in " \t-#]}" and not line.startswith(("##", "- ["))


def cells_of(line: str) -> tuple[str, ...]:
    """The cells of a table row, without empty ones at its end."""
    parts = re.split(r"(?<!\\)\|", line.removeprefix("|"))
    found = [" ".join(part.split()) for part in parts]
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def scalar(value: str) -> str:
    """A front matter value without quotes and list brackets."""
    if len(value) > 5 and value[:3] == value[-3:] and value[:3] in ('"""', "'''"):
        return value[3:-3].strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        try:
            return str(json.loads(value)) if value[0] == '"' else value[1:-1].replace("''", "'")
        except ValueError:
            return value[1:-1]
    if value.startswith("[") and value.endswith("]") and "](" not in value:
        return ", ".join(scalar(part.strip()) for part in value[1:-1].split(",") if part.strip())
    return value

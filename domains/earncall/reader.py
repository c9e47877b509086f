"""Reads a transcript line by line."""

from __future__ import annotations

import re
from collections.abc import Set

from domains.earncall.front import front_matter
from domains.earncall.heads import ROSTER, Head, head, heading, is_special, label, listed
from domains.earncall.schema import BULLET, PARAGRAPH, QUOTE, block, table
from domains.earncall.words import clean
from domains.kit import Element, element

MOST_CELLS = 300
_RULE = re.compile(r"([-*_])(?:\s*\1){2,}$")
_UNDERLINE = re.compile(r"(?:=+|-{2,})$")
_HEADING = re.compile(r"(#{1,6})\s+(\S.*)$")
_BULLET = re.compile(r"[-*+•‣◦]\s+(\S.*)$")
_NUMBER = re.compile(r"(\d{1,3})[.)]\s+(\S.*)$")
_NOTE = re.compile(r"\[\^([^\]\s]{1,40})\]:\s*(.*)$")
_DIVIDER = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?$")
_PIPE = re.compile(r"(?<!\\)\|")
_QUOTED = re.compile(r"(?:>\s*)+")
_BOLD_LINE = re.compile(r"(\*\*|__)([^*\n]{1,120})\1\s*:?$")


def unforced(line: str) -> str:
    """A backslash before a word says that the line is text, whatever it looks like."""
    return line[1:] if line[:1] == "\\" and line[1:2].isalnum() else line


def bold_title(line: str) -> str:
    """A line in bold type that is a heading: short, and no sentence."""
    match = _BOLD_LINE.match(line)
    title = clean(match[2]).rstrip(" :") if match else ""
    return title if len(title.split()) <= 10 and title[-1:] not in (".", "?", "!") else ""


def roster_line(line: str, known: Set[str], plain: bool) -> str:
    """What a line in a list of participants is: "participant", the heading of another list ("section"), or neither."""
    speaks = head(line, known, plain, True)
    if speaks and (
        line.endswith((":**", "**:"))
        or speaks.rest
        or is_special(speaks.speaker)
        or (speaks.speaker.casefold() in known and not speaks.role)
    ):
        return ""
    title = clean(line).rstrip(" :")
    if ROSTER.search(title) and len(title.split()) <= 5:
        return "section"
    if not title or len(line) > 160 or line[-1] in ".?!:" or (not speaks and bold_title(line)):
        return ""
    return "participant"


def is_marked(line: str) -> bool:
    """Whether a line is a speaker's by its markup alone."""
    line = line.strip()
    if line[:2] == "##":
        return heading(line.lstrip("# "), frozenset()) is not None
    return line[:2] in ("**", "__") and label(line, frozenset(), False) is None and (
        head(line, frozenset(), False, True) is not None
    )  # fmt: skip


class Reader:
    """Reads a transcript line by line. What is open takes the paragraphs that follow: a turn, a footnote, or else a
    passage. Footnotes and comments met on the way stand behind it. `titled`: entries of another file stand above, so
    that no heading is the title."""

    def __init__(self, source: str, file: str, *, titled: bool = False) -> None:
        self.lines = source.split("\n")
        self.file = file
        self.titled = titled
        self.metas: list[Element] = []
        self.entries: list[Element] = []
        self.problems: list[str] = []
        self.known: set[str] = set()
        # Where names stand in bold type or headings, `North America: sales rose` is no speaker.
        self.plain = not any(is_marked(line) for line in self.lines if line)
        self.open = ""
        self.fields: dict[str, str] = {}
        self.parts: list[Element] = []
        self.held: list[Element] = []
        self.note: str | None = None
        self.buffer: list[str] = []
        self.mark = PARAGRAPH
        self.roster = False
        self.early = True

    def run(self) -> None:
        self.metas, number = front_matter(self.lines)
        while number < len(self.lines):
            number = self.step(number)
        self.close()

    # -- lines --------------------------------------------------------------------------------------------------------

    def step(self, number: int) -> int:
        """Reads a line, or the block that begins with it; gives the number of the next."""
        line = self.lines[number].strip()
        first = line[:1]
        if not first:
            self.flush()
            while number + 1 < len(self.lines) and not self.lines[number + 1]:
                number += 1
        elif "<!--" in line:
            return self.comment(number, line.index("<!--"))
        elif first == "#" and (match := _HEADING.match(line)):
            self.flush()
            self.heading(len(match[1]), match[2])
        elif "|" in line and 0 < line.count("|") <= MOST_CELLS and self.is_table(number, first):
            return self.table(number, first)
        elif first in "-*_=" and self.rule(line):
            return number + 1
        elif first == ">":
            self.quoted(_QUOTED.sub("", line, count=1))
        elif first in "-*+•‣◦" and (match := _BULLET.match(line)):
            self.item(BULLET, match[1])
        elif first.isdigit() and (match := _NUMBER.match(line)) and self.may_count(match[1]):
            self.item(f"{int(match[1])}.", match[2])
        elif first == "[" and (match := _NOTE.match(line)):
            self.flush()
            self.note = match[1]
            self.buffer = [match[2]]
        elif line.startswith(("```", "~~~")):
            self.flush()
            self.buffer = [line.strip("`~ ")]
        else:
            self.text(line.removesuffix("\\"))
        return number + 1

    def may_count(self, number: str) -> bool:
        """A line in the middle of a paragraph may begin with a figure and a full stop."""
        return not self.buffer or self.mark not in (PARAGRAPH, QUOTE) or number == "1"

    def is_table(self, number: int, first: str) -> bool:
        following = self.lines[number + 1].strip() if number + 1 < len(self.lines) else ""
        return first == "|" or ("|" in following and len(following) < 2000 and _DIVIDER.match(following) is not None)

    def table(self, number: int, first: str) -> int:
        self.flush()
        rows: list[list[str]] = []
        while number < len(self.lines):
            line = self.lines[number].strip()
            if not 0 < line.count("|") <= MOST_CELLS or (first == "|") != (line[0] == "|"):
                break
            if len(line) > 2000 or not _DIVIDER.match(line):
                body = line.removeprefix("|")
                body = body[:-1] if body.endswith("|") and not body.endswith("\\|") else body
                rows.append([clean(part) for part in _PIPE.split(body)])
            number += 1
        if rows:
            self.take([table(rows)])
        return number

    def comment(self, number: int, start: int) -> int:
        """A comment, or several, with what stands before and behind them in their lines."""
        self.lines[number] = line = self.lines[number].strip()
        if line.find("-->", start) < 0 and not any("-->" in later for later in self.lines[number + 1 : number + 200]):
            self.problems.append(f"{self.file}:{number + 1}: the comment has no end")
            self.lines[number] = line.replace("<!--", "<! --")
            return number
        last = number
        while self.lines[last].find("-->", start if last == number else 0) < 0:
            last += 1
        whole = "\n".join(self.lines[number : last + 1])
        body, _, rest = whole[start + 4 :].partition("-->")
        if body.split():
            self.hold(element("comment", text=" ".join(body.split())))
        self.lines[last] = f"{line[:start]} {rest}".strip()
        return last if self.lines[last] else last + 1

    def rule(self, line: str) -> bool:
        """A thematic break ends what is open; below a single line it makes that a heading."""
        if _UNDERLINE.match(line) and len(self.buffer) == 1 and self.mark == PARAGRAPH and self.note is None:
            above = self.buffer[0]
            if len(above) <= 120 and above[-1:] not in (".", "?", "!", ":"):
                self.buffer = []
                self.heading(1 if line[0] == "=" else 2, above)
                return True
        if not (_RULE.match(line) or re.match(r"={3,}$", line)):
            return False
        self.close()
        self.roster = False
        return True

    def heading(self, level: int, line: str) -> None:
        bare = line.rstrip("#")
        if bare != line and bare[-1:].isspace():
            line = bare.rstrip()
        forced = line[:1] == "\\"
        found = heading(line, self.known) if level > 1 and not forced else None
        if found:
            self.begin(found)
            return
        title = clean(unforced(line))
        if not title:
            return
        if level == 1 and not (self.titled or self.entries or self.open):
            self.entries.append(Element("title", {"text": title}))
            return
        self.section(title)

    def section(self, title: str) -> None:
        self.close()
        self.early = False
        self.entries.append(Element("section", {"title": title}))
        self.roster = ROSTER.search(title.rstrip(" :")) is not None

    def quoted(self, line: str) -> None:
        if self.mark != QUOTE or not line:
            self.flush()
        if line:
            self.mark = QUOTE
            self.buffer.append(line)

    def item(self, mark: str, line: str) -> None:
        self.flush()
        if self.roster:
            self.participant(line)
        elif (
            mark == BULLET
            and self.open != "turn"
            and line[0] != "\\"
            and (found := label(line, self.known, self.early))
        ):
            self.meta(*found)
        else:
            self.mark = mark
            self.buffer = [unforced(line)]

    def text(self, line: str) -> None:
        if not line:
            return
        begins = not self.buffer
        if line[:1] != "\\":
            if self.roster and begins and self.listed(line):
                return
            if (begins or self.early) and self.open != "turn" and (found := label(line, self.known, False)):
                self.meta(*found)
                return
            speaks = head(line, self.known, self.plain, begins)
            if speaks:
                self.begin(speaks)
                return
            if begins and self.early and not self.open and (found := label(line, self.known, True)):
                self.meta(*found)
                return
            if begins and (title := bold_title(line)):
                found = label(title, self.known, False)
                if found:
                    self.meta(*found)
                else:
                    self.section(title)
                return
        self.buffer.append(unforced(line))

    def listed(self, line: str) -> bool:
        """A line in a list of participants; False when it is none."""
        kind = roster_line(line, self.known, self.plain)
        if kind == "section":
            self.section(clean(line).rstrip(" :"))
        elif kind:
            self.participant(line)
        return bool(kind)

    # -- what is open -------------------------------------------------------------------------------------------------

    def meta(self, key: str, value: str) -> None:
        self.close()
        if key:
            self.metas.append(element("meta", key=key, value=value))

    def participant(self, line: str) -> None:
        self.close()
        name, role = listed(unforced(line))
        if name:
            self.known.add(name.casefold())
            self.entries.append(element("participant", name=name, role=role))

    def begin(self, found: Head) -> None:
        self.close()
        self.roster = self.early = False
        self.known.add(found.speaker.casefold())
        self.open = "turn"
        self.fields = {
            k: v
            for k, v in (("speaker", found.speaker), ("role", found.role), ("time", found.time), ("side", found.side))
            if v
        }
        if found.rest:
            self.buffer = [unforced(found.rest)]

    def flush(self) -> None:
        """The end of a paragraph."""
        line = clean(" ".join(self.buffer))
        self.buffer = []
        mark, self.mark = self.mark, PARAGRAPH
        if self.note is not None:
            note, self.note = self.note, None
            self.hold(Element("note", {"label": note}, tuple(block(line, ""))))
        elif line:
            self.take(block(line, "" if mark == PARAGRAPH and not self.parts else mark))

    def take(self, parts: list[Element]) -> None:
        self.open = self.open or "passage"
        self.parts += parts

    def hold(self, e: Element) -> None:
        (self.held if self.open else self.entries).append(e)

    def close(self) -> None:
        self.flush()
        if self.open:
            self.entries.append(Element(self.open, self.fields, tuple(self.parts)))
        self.entries += self.held
        self.open, self.fields, self.parts, self.held = "", {}, [], []

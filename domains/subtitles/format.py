"""SubRip subtitles: what a subtitler reads in them. There is no standard; the common ground of players and editors is
https://www.matroska.org/technical/subtitles.html#srt-subtitles. Times are exact milliseconds; cue numbers are layout.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence

from domains.kit import (
    EditError,
    Element,
    Field,
    Files,
    Format,
    Kind,
    ParseError,
    Schema,
    stray,
    text,
    texts,
    words,
)
from domains.subtitles.cuetext import BIDI, lines_of, read_text

MAIN = "subtitles.srt"

CUE = "cue"
SCHEMA = Schema(
    {
        "subtitles": Kind(),
        CUE: Kind(
            {
                "id": Field(weight=0.5),
                "start": Field(),
                "end": Field(),
                "coordinates": Field(weight=0.5),
                "position": Field(weight=0.5),
            },
            key=(("start", "end"), ("start",), ("end",)),
            order=0.1,
            label=lambda e: show_time(e.get("start")),
        ),
        "turn": Kind(
            {
                "mark": Field(weight=0.25),
                "speaker": Field(),
                "tag_style": Field(weight=0.25),
                "style": Field(weight=0.5),
                "text": Field(text, words(0.2)),
            },
            order=0.25,
            label=lambda e: e.text("speaker"),
        ),
    }
)

_STAMP = r"(-?)(?:(\d{1,6})[ \t]?:[ \t]?)?(\d{1,6})[ \t]?:[ \t]?(\d{1,6})(?:[ \t]?[,.;:][ \t]?(\d{0,9}))?"
TIMING = re.compile(rf"(?m)^[ \t]*(?:\d{{1,6}}[.)]?[ \t]+)?{_STAMP}[ \t]*[-–—]{{1,3}}>[ \t]*{_STAMP}(?!\d)[ \t]*(.*)$")
_ONE_STAMP = re.compile(_STAMP + r"$")
_NUMBER = re.compile(r"#?\d{1,9}[.):]?$")
SETTINGS = re.compile(r"[A-Za-z]\w*:\S+(?: [A-Za-z]\w*:\S+)*$")
_ODD = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
"""Line ends to Python, as the text is read and written; to players at most blanks."""
_ARROW = re.compile(r"[-–—=]>")


def milliseconds(sign: str, hours: str | None, minutes: str, seconds: str, fraction: str | None) -> int:
    """A time's parts as whole milliseconds; `,5` is half a second."""
    if fraction is None or len(fraction) != 3:
        fraction = ((fraction or "") + "000")[:3]
    time = (int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)) * 1000 + int(fraction)
    return -time if sign else time


def parse_time(text: str) -> int | None:
    """One time as people write it: 00:01:02,500, 0:01:02.5, 1:02."""
    match = _ONE_STAMP.match(text.strip())
    return milliseconds(*match.groups()) if match else None


def show_time(time: Hashable, point: str = ",") -> str:
    """00:01:02,500"""
    if not isinstance(time, int):
        return str(time)
    seconds, thousandths = divmod(abs(time), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'-' if time < 0 else ''}{hours:02}:{minutes:02}:{seconds:02}{point}{thousandths:03}"


def parse(files: Files) -> Element:
    """All files given, one after the other in the order of their names."""
    children: list[Element] = []
    problems: list[str] = []
    for name, content in texts(files, MAIN):
        if any(c in content for c in _ODD):
            content = "\n".join(content.splitlines())
        Reader(name, BIDI.sub("", content), children, problems).read()
    return Element("subtitles", {}, tuple(children), tuple(problems))


def cue(start: int, end: int, rest: str, lines: Sequence[str], ident: str = "") -> Element:
    """A cue from its times, what stands behind them, and its lines (not blank)."""
    fields: dict[str, Hashable] = {"id": ident} if ident else {}
    fields["start"] = start
    fields["end"] = end
    if rest:
        rest = " ".join(rest.replace(": ", ":").split())
        if SETTINGS.match(rest):
            fields["coordinates"] = rest
        else:
            lines = [rest, *lines]
    if not lines:
        return Element(CUE, fields)
    position, turns = read_text(lines)
    if position:
        fields["position"] = position
    return Element(CUE, fields, turns)


class Reader:
    """Cuts a file at its time lines: what stands between two of them is text, then the number of the next."""

    def __init__(self, name: str, text: str, children: list[Element], problems: list[str]) -> None:
        self.name, self.text = name, text
        self.children, self.problems = children, problems

    def read(self) -> None:
        times = list(TIMING.finditer(self.text))
        if not times:
            if self.text.strip():
                raise ParseError("there is no cue: no line like 00:00:01,000 --> 00:00:02,500", self.name, 1)
            self.problems.append(f"{self.name}: the file is empty")
            return
        lines = [line.strip() for line in self.text[: times[0].start()].split("\n")]
        ident = self.number(lines, head=True)
        self.strays(_blocks(lines), 0)
        for n, match in enumerate(times):
            following = times[n + 1].start() if n + 1 < len(times) else len(self.text)
            lines = [line.strip() for line in self.text[match.end() : following].split("\n")]
            del lines[0]
            groups = match.groups()
            start, end = milliseconds(*groups[:5]), milliseconds(*groups[5:10])
            if end < start:
                self.problem(match.start(), "the cue ends before it starts")
            # As nearly every cue is: text, a blank line, a number.
            next_ident = ""
            if n + 1 == len(times):
                pass
            elif len(lines) > 2 and not lines[-1] and lines[-2].isdecimal() and not lines[-3]:
                del lines[-3:]
            else:
                next_ident = self.number(lines)
                if lines and lines[-1]:
                    self.problem(following, "no blank line before the cue")
            while lines and not lines[-1]:
                lines.pop()
            others: list[list[str]] = []
            if "" in lines:
                lines, others = self.text_and_strays(lines, match.end())
            self.children.append(cue(start, end, groups[10].strip(), lines, ident))
            self.strays(others, match.end())
            ident = next_ident

    def number(self, lines: list[str], head: bool = False) -> str:
        """Takes the number of the next cue off the end of the lines before its time. What stands there and is none is
        its identifier."""
        if lines and not lines[-1]:
            lines.pop()  # what stands before the time on its own line
        if not lines:
            return ""
        if lines[-1]:
            if _NUMBER.match(lines[-1]):
                lines.pop()
            elif head if len(lines) == 1 else not lines[-2]:
                return lines.pop()
            return ""
        filled = max((n for n, line in enumerate(lines) if line), default=0)
        if (not lines[filled - 1] if filled else head) and _NUMBER.match(lines[filled]):
            del lines[filled:]
        return ""

    def text_and_strays(self, lines: list[str], where: int) -> tuple[list[str], list[list[str]]]:
        """Text goes on after a blank line, until something that looks like a cue whose times are lost."""
        blocks = _blocks(lines)
        kept: list[str] = []
        for n, block in enumerate(blocks):
            if (n or not lines[0]) and (_NUMBER.match(block[0]) or any(map(_ARROW.search, block[:2]))):
                return kept, blocks[n:]
            kept += block
        if lines[0]:
            self.problem(where, "a blank line inside a cue")
        return kept, []

    def strays(self, blocks: list[list[str]], where: int) -> None:
        for block in blocks:
            self.problem(where, f"not a cue: {block[0][:60]}")
            self.children.append(stray("\n".join(block)))

    def problem(self, where: int, what: str) -> None:
        self.problems.append(f"{self.name}:{self.text.count(chr(10), 0, where) + 1}: {what}")


def _blocks(lines: list[str]) -> list[list[str]]:
    blocks: list[list[str]] = []
    fresh = True
    for line in lines:
        if line and fresh:
            blocks.append([])
        if line:
            blocks[-1].append(line)
        fresh = not line
    return blocks


def body(record: Element) -> list[str]:
    """The lines of a cue's text, with its position in front."""
    lines = lines_of(record)
    if "position" in record.fields:
        first, *others = lines or [""]
        return [f"{{\\{record['position']}}}{first}", *others]
    return lines


def render_cue(record: Element, number: int) -> str:
    fields = record.fields
    timing = f"{show_time(fields.get('start'))} --> {show_time(fields.get('end'))}"
    if "coordinates" in fields:
        timing += f" {fields['coordinates']}"
    return "\n".join([str(fields.get("id", number)), timing, *body(record)])


def render(document: Element) -> Files:
    blocks: list[str] = []
    number = 0
    for record in document.children:
        if record.kind == CUE:
            number += 1
            blocks.append(render_cue(record, number))
        else:
            blocks.append(record.text("text"))
    return {MAIN: "".join(f"{block}\n\n" for block in blocks).removesuffix("\n")}


FORMAT = Format(SCHEMA, parse, render)


def times(record: Element) -> tuple[int, int]:
    start, end = record.get("start"), record.get("end")
    if not isinstance(start, int) or not isinstance(end, int):
        raise EditError(f"{start!r} --> {end!r}: a cue's times are not whole milliseconds")
    return start, end


def with_lines(record: Element, lines: list[str]) -> Element:
    """The cue with other lines; its position stays."""
    return record.with_children(read_text([line for line in lines if line.strip()])[1])


def with_cues(document: Element, cues: Iterable[Element]) -> Element:
    """The document with its cues replaced one by one; what stands between them stays."""
    new = iter(cues)
    return document.with_children([next(new) if e.kind == CUE else e for e in document.children])

"""The subtitles as WebVTT and back (https://www.w3.org/TR/webvtt1/): voices, classes and cue settings."""

from __future__ import annotations

import re

from domains.kit import Element, Files, file_named, stray, unfence
from domains.kit.edits import UNMAPPED, convert
from domains.subtitles.cuetext import BREAK, TAG, font, tag, write_turn
from domains.subtitles.format import CUE, FORMAT, SETTINGS, TIMING, cue, milliseconds, show_time

NAME = "subtitles.vtt"
_COLOUR = re.compile(r'font color="(#?)([\w-]+)"$')
_ALIGN = {"1": " align:start", "2": "", "0": " align:end"}
_VOICE = re.compile(r"<v(?:\.[\w.-]+)?[ \t]+([^<>]+?)[ \t]*>")
_VOICED = re.compile(r"(<v [^<>]+>) ")
_FONT_LEFT = re.compile(r"""<font\s+color\s*=\s*("[^"<>]*"|'[^'<>]*'|[^\s"'<>]+)\s*>""", re.IGNORECASE)
_CLASS = re.compile(r"<c\.([\w-]+)>")
_SPOKEN = "\x01"


def settings(position: str) -> str:
    """`an8` is `line:0`: the row as on a number pad, then left or right."""
    if not re.fullmatch(r"an[1-9]", position):
        return ""
    number = int(position[2])
    return f" line:{(-1, '50%', 0)[(number - 1) // 3]}{_ALIGN[str(number % 3)]}"


def position_of(text: str) -> str | None:
    """The position that cue settings stand for; None when they stand for none."""
    found = dict(part.split(":", 1) for part in text.lower().split() if ":" in part)
    row = {"-1": 0, "50%": 1, "0": 2, "0%": 2}.get(found.pop("line", ""))
    column = {"start": 0, "left": 0, "center": 1, "middle": 1, "end": 2, "right": 2}.get(found.pop("align", "center"))
    return None if row is None or column is None or found else f"an{3 * row + column + 1}"


def escaped(text: str) -> str:
    """Markup stays, colours become classes, all else is literal."""
    out: list[str] = []
    at = 0
    fonts: list[bool] = []
    for match in TAG.finditer(text):
        out.append(literal(text[at : match.start()]))
        at = match.end()
        shown = match[0]
        if match["name"] == "font":
            colour = None if match["close"] else _COLOUR.match(font(match["rest"] or ""))
            classed = fonts.pop() if match["close"] and fonts else colour is not None
            if not match["close"]:
                fonts.append(classed)
            if classed:
                shown = f"<c.{colour[2]}>" if colour else "</c>"
        out.append(shown)
    return "".join([*out, literal(text[at:])])


def literal(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def voice(turn: Element) -> str:
    """`<v ANNA>`; a tag with markup of its own stays text."""
    if "tag_style" in turn.fields:
        return escaped(tag(turn))
    return f"<v {literal(turn.text('speaker'))}> "


def write(document: Element) -> Files:
    blocks = ["WEBVTT"]
    number = 0
    for record in document.children:
        if record.kind != CUE:
            blocks.append(f"NOTE\n{record.text('text')}")
            continue
        number += 1
        position = record.text("position")
        shown = settings(position)
        timing = f"{show_time(record['start'], '.')} --> {show_time(record['end'], '.')}{shown}"
        lines = [line for turn in record.children for line in write_turn(turn, voice, escaped) if line]
        lines = [_VOICED.sub(r"\1", line) for line in lines]
        if position and not shown:
            lines[:1] = [f"{{\\{position}}}{''.join(lines[:1])}"]
        if "coordinates" in record.fields:
            blocks.append(f"NOTE {record['coordinates']}")
        blocks.append("\n".join([record.text("id") or str(number), timing, *lines]))
    return {NAME: "\n\n".join(blocks) + "\n"}


def read(files: Files) -> Element:
    text = unfence(file_named(files, NAME))
    found: list[Element] = []
    note = ""
    for n, block in enumerate(re.split(r"\n[ \t]*\n", text.strip())):
        lines = [line.strip() for line in block.split("\n") if line.strip()]
        if not lines or (n == 0 and lines[0].startswith("WEBVTT")) or lines[0] in ("STYLE", "REGION"):
            continue
        if lines[0].split()[0] == "NOTE":
            held = "\n".join([lines[0][4:].strip(), *lines[1:]]).strip()
            if SETTINGS.match(held):
                note = held
            else:
                found.append(stray(held))
            continue
        at = next((n for n, line in enumerate(lines[:2]) if "-->" in line), -1)
        match = TIMING.match(lines[at]) if at >= 0 else None
        # A comma in a time is SubRip's: that cue has not been converted.
        if match is None or "," in lines[at][: match.start(11)]:
            found.append(stray("\n".join(lines)))
            continue
        ident = "" if not at or lines[0].isdecimal() else lines[0]
        found.append(read_cue(match, note, ident, lines[at + 1 :]))
        note = ""
    return Element("subtitles", {}, tuple(found))


def read_cue(match: re.Match[str], note: str, ident: str, lines: list[str]) -> Element:
    groups = match.groups()
    record = cue(milliseconds(*groups[:5]), milliseconds(*groups[5:10]), note, [subrip(line) for line in lines], ident)
    rest = groups[10].strip()
    position = position_of(rest) if rest else None
    if rest:
        record = record.with_fields(position=position or rest)
    elif re.match(r"an[1-9]$", record.text("position")):
        record = record.with_fields(position=UNMAPPED + record.text("position"))
    return record.with_children([spoken(turn) for turn in record.children])


def subrip(line: str) -> str:
    """A line of WebVTT text as SubRip's; speakers that were voices are marked for `spoken`."""
    line = _VOICE.sub(lambda m: f"{_SPOKEN}{m[1]}: ", line).replace("</v>", "")
    line = _FONT_LEFT.sub(r"<font color=\1 converted=no>", line)
    line = _CLASS.sub(_font, line).replace("</c>", "</font>")
    return line.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\xa0").replace("&amp;", "&")


def _font(match: re.Match[str]) -> str:
    hexadecimal = re.fullmatch(r"[0-9a-fA-F]{6}|[0-9a-fA-F]{3}", match[1])
    return f'<font color="{"#" if hexadecimal else ""}{match[1]}">'


def spoken(turn: Element) -> Element:
    """A speaker tag that was not made a voice counts as altered."""
    fields = dict(turn.fields)
    speaker = turn.text("speaker")
    if speaker.startswith(_SPOKEN):
        fields["speaker"] = speaker[1:].strip()
    elif speaker and "tag_style" not in fields:
        fields["speaker"] = UNMAPPED + speaker
    if _SPOKEN in turn.text("text"):
        fields["text"] = turn.text("text").replace(_SPOKEN, "").removeprefix(f"{BREAK} ")
    return Element(turn.kind, fields, turn.children)


WEBVTT = convert(
    FORMAT, "to_webvtt",
    "The player on the site wants WebVTT. Convert the subtitles to {files}: cues numbered from 1, times as "
    "00:01:02.500, line breaks, dashes, <i>, <b> and <u> as they are. A speaker tag such as `ANNA: ` becomes the "
    "voice tag <v ANNA> in its place (a tag with markup of its own stays text), and <font color=\"#ffff00\">…</font> "
    "becomes <c.ffff00>…</c> (a colour's name likewise, other fonts stay). {\\an1} to {\\an9} turn into cue "
    "settings, numbers as on a number pad: line:0 for the upper row, line:50% for the middle, line:-1 for the lower, "
    "with align:start for the left column and align:end for the right. Screen coordinates (X1:… Y2:…) go into a NOTE "
    "line of their own block before their cue, and & and < that are no markup are written &amp; and &lt;.",
    "Convert the WebVTT file back to SubRip, {files}: numbered cues, times as 00:01:02,500. Voice tags <v ANNA> become "
    "`ANNA: ` in their place, classes <c.ffff00>…</c> become <font color=\"#ffff00\">…</font> (names of colours "
    "without the #). Cue settings turn into {\\an1} to {\\an9} in front of the text, as on a number pad: line:0 is "
    "the upper row, line:50% the middle, line:-1 the lower; align:start the left column, align:end the right. A NOTE "
    "with screen coordinates goes behind the times of the next cue, and &amp; and &lt; become characters again.",
    ("format knowledge", "string manipulation"), write, read,
)  # fmt: skip

"""What people ask to have done to subtitles, and how it is done and undone without error."""

from __future__ import annotations

import re
from collections import defaultdict

from domains.kit import EditError, Element, Files, read_csv, stray, write_csv
from domains.kit.edits import UNMAPPED, convert, proven, split, transform_with, whole_number
from domains.subtitles.cuetext import BREAK, lines_of, opening, plain, wrap
from domains.subtitles.format import CUE, FORMAT, body, cue, times, with_cues, with_lines
from domains.subtitles.timing import CHAPTERS, CONFORM, SPEED
from domains.subtitles.webvtt import WEBVTT

# -- speaker tags -----------------------------------------------------------------------------------------------------

_SPEAKERS = "speakers.csv"


def take_tags(document: Element) -> tuple[Element, str]:
    rows: list[tuple[object, ...]] = []
    cues = []
    for number, record in enumerate(document.of(CUE), 1):
        line = 1
        kept: list[str] = []
        for turn in record.children:
            lines = lines_of(Element(CUE, {}, (turn,)))
            if "speaker" in turn.fields:
                bare = turn.with_fields(speaker=None, tag_style=None)
                own = turn.text("text").startswith(f"{BREAK} ") or not ("text" in turn.fields or "mark" in turn.fields)
                name = wrap(turn.text("tag_style"), turn.text("speaker"))
                rows.append((number, line, name, "yes" if own else ""))
                bare = bare.with_fields(text=turn.text("text").removeprefix(f"{BREAK} ") or None)
                kept += lines_of(Element(CUE, {}, (bare,))) if bare.fields else []
            else:
                kept += lines
            line += len(lines)
        cues.append(with_lines(record, kept))
    if len(rows) < 3:
        raise EditError("speaker_table: hardly anyone is named")
    return with_cues(document, cues), write_csv(("cue", "line", "speaker", "own_line"), rows)


def put_tags(document: Element, files: Files) -> Element:
    table: defaultdict[int, list[tuple[int, str, bool]]] = defaultdict(list)
    for row in read_csv(files, _SPEAKERS, ("cue", "line", "speaker"), ("own_line",)):
        place = whole_number(row["cue"], _SPEAKERS), whole_number(row["line"], _SPEAKERS)
        own = row["own_line"].casefold() not in ("", "no", "false", "0", "-")
        table[place[0]].append((place[1], row["speaker"].rstrip(": "), own))
    cues = []
    for number, record in enumerate(document.of(CUE), 1):
        marked = [t.with_fields(speaker=UNMAPPED + t.text("speaker")) if "speaker" in t.fields else t
                  for t in record.children]  # fmt: skip
        record = record.with_children(marked)
        if number in table:
            lines = lines_of(record)
            for line, speaker, own in sorted(table[number]):
                insert_tag(lines, line - 1, speaker, own)
            record = with_lines(record, lines)
        cues.append(record)
    return with_cues(document, cues)


def insert_tag(lines: list[str], at: int, speaker: str, own: bool) -> None:
    """The tag before a line's speech, behind its dash; or on a line of its own, which takes the dash along."""
    if not 0 <= at < len(lines):
        lines.append(f"{speaker}:")
        return
    mark = opening(lines[at])[0]
    rest = lines[at][len(mark) :].lstrip() if mark else lines[at]
    head = f"{mark} {speaker}:".lstrip()
    lines[at : at + 1] = [head, rest] if own else [f"{head} {rest}"]


SPEAKERS = transform_with(
    FORMAT, "speaker_table",
    "We are publishing a version without speaker tags. Take every speaker tag (a name in capitals and a colon at the "
    "start of a line or after its dialogue dash, as in `ANNA: Where to?` or `- MAN 2: Here.`) out of the text, name, "
    "colon and the blank behind it; dashes stay. Note them in speakers.csv with the columns "
    "cue,line,speaker,own_line: the number of the cue counting from 1, the line of the cue's text the tag stood on "
    "counting from 1, the name without colon but with its own markup if it has any, and `yes` in own_line if the tag "
    "had a line to itself (that line then goes away, and a dash before the tag moves to the next line), otherwise "
    "nothing. Files: {files}.",
    "Put the speaker tags back. speakers.csv gives the number of the cue (from 1), the line of its text on which the "
    "tag stands (from 1) and the name: write it with a colon and a blank at the start of that line, behind its "
    "dialogue dash if it has one; where own_line says yes, the tag gets a line of its own in that place (with the "
    "dash, if there is one). Only {files} remains.",
    ("referencing", "string manipulation", "domain knowledge"), _SPEAKERS, take_tags, put_tags,
)  # fmt: skip

# -- two-column CSV ---------------------------------------------------------------------------------------------------

_CUES = "cues.csv"
_SECONDS = re.compile(r"(\d+(?:[.,]\d+)?)\s*s?\s*[-–—]+\s*(\d+(?:[.,]\d+)?)\s*s?(?:\s+(.*))?$")


def to_csv(document: Element) -> Files:
    rows = []
    for e in document.children:
        if e.kind == CUE:
            start, end = (f"{time // 1000}.{time % 1000:03}" for time in times(e))
            rows.append((f"{start}-{end} {e.text('coordinates')}".strip(), " | ".join(body(e))))
        else:
            rows.append(("", e.text("text").replace("\n", " | ")))
    return {_CUES: write_csv(("time", "text"), rows)}


def from_csv(files: Files) -> Element:
    found = []
    for row in read_csv(files, _CUES, ("time", "text")):
        lines = [line.strip() for line in re.split(r"[|\n]", row["text"]) if line.strip()]
        match = _SECONDS.match(row["time"])
        if match is None:
            # A time that was left as it was is no time of this table.
            found.append(stray("\n".join([row["time"], *lines]).strip()))
            continue
        start, end = (thousandths(match[n]) for n in (1, 2))
        found.append(cue(start, end, match[3] or "", lines))
    return Element("subtitles", {}, tuple(found))


def thousandths(seconds: str) -> int:
    whole, _, fraction = seconds.replace(",", ".").partition(".")
    return int(whole[-9:]) * 1000 + int(f"{fraction}000"[:3])


CSV = convert(
    FORMAT, "two_column_csv",
    "The translators work in a spreadsheet. Write {files} with the two columns time,text and one line a cue, in order, "
    "without cue numbers. The time is start and end in seconds with three decimals and a hyphen between "
    "(`62.500-64.000`); screen coordinates (X1:… Y2:…) follow it after a blank. The text is on one line, with ` | ` "
    "where a line breaks, and keeps its tags, dashes and {\\an8} codes.",
    "Turn the table back into subtitles, {files}: one numbered cue a line, in order, with the seconds as times such as "
    "00:01:02,500 --> 00:01:04,000, screen coordinates (X1:… Y2:…) behind them, and a line break for every ` | ` in "
    "the text.",
    ("format knowledge", "numerical reasoning"), to_csv, from_csv,
)  # fmt: skip

# -- kinds of cue -----------------------------------------------------------------------------------------------------

_SOUND = re.compile(r"[\[(].*[\])]$")


def kind_of(record: Element, _document: Element) -> str:
    """songs.srt with a note, sounds.srt when all of it stands in brackets."""
    text = plain(" ".join(lines_of(record)))
    if "♪" in text or "♫" in text:
        return "songs.srt"
    return "sounds.srt" if _SOUND.match(text) else "dialogue.srt"


KINDS = split(
    FORMAT, "split_by_kind",
    "Separate what is only for the deaf and hard of hearing. Cues with a music note (♪ or ♫) go to songs.srt; of the "
    "others, those whose whole text begins with an opening and ends with a closing bracket, round or square, go to "
    "sounds.srt, and the rest to dialogue.srt, all with the times and in the order they have; number each file from "
    "1. Add order.csv with the single column `file`: one line for each cue of today's subtitles, in today's order, "
    "naming the file it went to. Files: {files}.",
    "Merge the files into {files}: order.csv names, cue by cue, the file the next cue comes from; within a file the "
    "order stays. Number the cues from 1. Only {files} remains.",
    ("classification", "split and merge"), (CUE,), kind_of, rest="dialogue.srt",
)  # fmt: skip

EDITS = tuple(map(proven, (WEBVTT, CONFORM, CHAPTERS, SPEAKERS, CSV, SPEED, KINDS)))

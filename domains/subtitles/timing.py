"""Edits of the times: another frame rate, chapters that begin at zero, cues cut for reading speed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from domains.kit import Edit, EditError, Element, Field, Files, exact, read_csv, write_csv
from domains.kit.edits import UNMAPPED, transform, transform_with, whole_number, without
from domains.subtitles.cuetext import apart, lines_of, plain
from domains.subtitles.format import (
    CUE,
    FORMAT,
    MAIN,
    SCHEMA,
    parse,
    parse_time,
    render,
    show_time,
    times,
    with_cues,
    with_lines,
)

# -- times ------------------------------------------------------------------------------------------------------------

_LEADER = 10_000


def slower(time: int) -> int:
    """25/24, to the nearest millisecond: steps grow, so that no two times meet and the nearest one back is the old."""
    return (50 * time + 24) // 48 + _LEADER


def faster(time: int) -> int:
    return (48 * (time - _LEADER) + 25) // 50


def retimed(document: Element, change: Callable[[int], int]) -> Element:
    return with_cues(
        document, [c.with_fields(start=change(times(c)[0]), end=change(times(c)[1])) for c in document.of(CUE)]
    )


CONFORM = transform(
    FORMAT, "conform_to_24_fps",
    "The subtitles were timed to the 25 fps broadcast master; the cinema copy runs at 24 fps and opens with a leader "
    "of 10 seconds. Multiply every start and end time by 25/24, round to the nearest millisecond, and then add 10 "
    "seconds. Text, positions and order stay as they are. Result: {files}.",
    "These subtitles are timed to the 24 fps cinema copy with its leader of 10 seconds. Bring them back to the 25 fps "
    "broadcast master: subtract 10 seconds from every start and end time, then multiply by 24/25 and round to the "
    "nearest millisecond. Text, positions and order stay as they are. Result: {files}.",
    ("numerical reasoning", "domain knowledge"),
    lambda document: retimed(document, slower), lambda document: retimed(document, faster),
)  # fmt: skip

# -- chapters ---------------------------------------------------------------------------------------------------------

_PAUSE = 5000
_CHAPTERS = "chapters.csv"


def chapters(document: Element) -> list[list[Element]]:
    """A chapter begins with a cue that starts at least five seconds after the one before it ended."""
    parts: list[list[Element]] = [[]]
    before: int | None = None
    for e in document.children:
        if e.kind == CUE:
            start, end = times(e)
            if before is not None and start - before >= _PAUSE:
                parts.append([])
            before = end
        parts[-1].append(e)
    return parts


def shifted(e: Element, by: int) -> Element:
    return e.with_fields(start=times(e)[0] + by, end=times(e)[1] + by) if e.kind == CUE else e


def write_chapters(document: Element) -> Files:
    parts = chapters(document)
    if len(parts) < 2:
        raise EditError("split_chapters: nowhere is there a pause of 5 seconds")
    files: dict[str, str] = {}
    rows = []
    for number, part in enumerate(parts, 1):
        name = f"chapter-{number:02}.srt"
        cues = [e for e in part if e.kind == CUE]
        first = times(cues[0])[0]
        files |= {name: render(document.with_children([shifted(e, -first) for e in part]))[MAIN]}
        rows.append((name, show_time(first), len(cues)))
    return {**files, _CHAPTERS: write_csv(("file", "start", "cues"), rows)}


def read_chapters(files: Files) -> Element:
    parts = {name.casefold(): parse({name: text}) for name, text in without(files, _CHAPTERS).items()}
    problems = tuple(p for part in parts.values() for p in part.problems)
    children: list[Element] = []
    for row in read_csv(files, _CHAPTERS, ("file", "start")):
        start = parse_time(row["start"])
        if start is None:
            raise EditError(f"{_CHAPTERS}: {row['start']!r} is not a time")
        part = parts.pop(row["file"].casefold(), None)
        children += [shifted(e, start) for e in part.children] if part else []
    # Files the table does not name are damage that the score will show.
    children += [e for _, part in sorted(parts.items()) for e in part.children]
    return Element("subtitles", {}, tuple(children), problems)


def view_chapters(files: Files) -> Element:
    """Every cue with the file it stands in."""
    found: list[Element] = []
    for name, text in sorted(without(files, _CHAPTERS).items()):
        found += [e.with_fields(file=name) if e.kind == CUE else e for e in parse({name: text}).children]
    return Element("subtitles", {}, tuple(found))


CHAPTERS = Edit(
    "split_chapters",
    "Cut the subtitles up for the chapter menu. A new chapter begins with every cue that starts five seconds or more "
    "after the end of the cue before it. Chapters go to chapter-01.srt, chapter-02.srt and so on; in each file, times "
    "count from the start of the chapter's first cue, which so starts at 00:00:00,000. Add chapters.csv with the "
    "columns file,start,cues: one line a chapter with the time at which its first cue started until now (as "
    "00:12:03,250) and its number of cues. Files: {files}.",
    "Join the chapters again into {files}: in the order of chapters.csv, with the chapter's `start` added to all "
    "times of its file. Only the one file remains.",
    ("split and merge", "numerical reasoning", "referencing"), FORMAT, write_chapters, read_chapters, view_chapters,
    SCHEMA.with_field((CUE,), "file", Field(exact, 1.0)), side=True,
)  # fmt: skip

# -- reading speed ----------------------------------------------------------------------------------------------------

_SPEED = 17
_FAST = "fast.csv"


def too_fast(record: Element) -> tuple[int, int]:
    """(characters of the first line, of the whole text) of a cue of several lines that is read too fast; else zeros."""
    lines = [plain(line) for line in lines_of(record)]
    start, end = times(record)
    whole = sum(map(len, lines))
    if len(lines) < 2 or end <= start or whole * 1000 <= _SPEED * (end - start):
        return 0, 0
    return len(lines[0]), whole


def cut(document: Element) -> tuple[Element, str]:
    rows: list[tuple[object, ...]] = []
    children: list[Element] = []
    number = 0
    for e in document.children:
        number += e.kind == CUE
        first, whole = too_fast(e) if e.kind == CUE else (0, 0)
        if not whole:
            children.append(e)
            continue
        (start, end), lines = times(e), apart(lines_of(e))
        at = start + (end - start) * first // whole
        children += [
            with_lines(e, lines[:1]).with_fields(end=at),
            with_lines(e, lines[1:]).with_fields(start=at, id=None),
        ]
        rows.append((number, whole, f"{(end - start) // 1000}.{(end - start) % 1000:03}"))
        number += 1
    if len(rows) < 3:
        raise EditError("reading_speed: hardly any cue is too fast")
    return document.with_children(children), write_csv(("cue", "characters", "seconds"), rows)


def join(document: Element, files: Files) -> Element:
    """A cue that should have been cut and was not counts as altered."""
    cues = joined(document, files)
    late = [c for c in cues.of(CUE) if c.get("cut") is None and too_fast(c)[1]]
    marked = {id(c): c.with_fields(id=UNMAPPED + c.text("id")) for c in late}
    return cues.with_children([marked.get(id(e), e).with_fields(cut=None) for e in cues.children])


def view_cut(files: Files) -> Element:
    """The cues as they were, with the time of their cut."""
    document = parse(without(files, _FAST))
    return joined(document, files) if _FAST in files else document


def joined(document: Element, files: Files) -> Element:
    firsts = {whole_number(row["cue"], _FAST) for row in read_csv(files, _FAST, ("cue",))}
    children: list[Element] = []
    number = 0
    open_cue: Element | None = None
    for e in document.children:
        if e.kind != CUE:
            children.append(e)
            continue
        number += 1
        if open_cue is not None:
            whole = open_cue.with_fields(end=e["end"], cut=open_cue["end"])
            children.append(with_lines(whole, [*lines_of(open_cue), *lines_of(e)]))
            open_cue = None
        elif number in firsts:
            open_cue = e
        else:
            children.append(e)
    return document.with_children([*children, *([open_cue] if open_cue else [])])


_SPEED_EDIT = transform_with(
    FORMAT, "reading_speed",
    "Nobody can read more than 17 characters per second. Cut every cue of two or more lines that is faster than that "
    "in two: its first line, and the rest. The cut in time divides the cue's duration as the characters divide "
    "(those of the first line over those of all lines; blanks count, markup and line breaks do not; round down to a "
    "millisecond). Both halves keep position codes and screen coordinates; cues of one line stay. Number all cues "
    "anew from 1 and list the cuts in fast.csv with the columns cue,characters,seconds: the new number of the first "
    "half, and the characters and the duration (as 2.150) of the cue before it was cut. Files: {files}.",
    "Undo the cuts for reading speed: each cue that fast.csv names by its number (counting from 1) and the one after "
    "it become one again, from the start of the first to the end of the second, its lines below each other, with "
    "position codes and coordinates once. Only {files} remains, numbered from 1.",
    ("constraint satisfaction", "numerical reasoning", "split and merge"), _FAST, cut, join,
)  # fmt: skip
# Half of a cue that was cut looks like the whole: what is done is counted in cuts.
SPEED = replace(_SPEED_EDIT, view=view_cut, view_schema=SCHEMA.with_field((CUE,), "cut", Field()))

"""What people ask to have done to a playlist, and how it is done and undone without error."""

from __future__ import annotations

import re

from domains.kit import EditError, Element, Files, read_csv, write_csv
from domains.kit.edits import proven, rename, slug, sort, split, transform_with
from domains.playlist.conversions import JSPF, M3U8, RUNNING_ORDER, length, with_tracks
from domains.playlist.format import FORMAT

# -- order and files --------------------------------------------------------------------------------------------------

SORT = sort(
    FORMAT, "sort_by_creator",
    "Order the tracks by creator and those of one creator by title, both in plain character order (upper case before "
    "lower case, what is missing first), and otherwise in the order they have. A comment in front of a track moves "
    "with it. The rest of the playlist stays as it is. Write order.csv with the single column `position`: for each "
    "track in the new order, the place it had before, counting from 1. Files: {files}.",
    "Restore the old order of the tracks: order.csv gives, for each track in today's order, the place it had, counting "
    "from 1. A comment in front of a track moves with it. Only {files} remains.",
    ("sorting", "referencing"), ("track",), lambda track: (track.text("creator"), track.text("title")),
)  # fmt: skip

_DEAL = (
    "Everything that the playlist says outside its trackList is repeated in each file; comments in front of a track go "
    "with it. Add order.csv with the single column `file`: for each track, in today's order, the file it went to. "
    "Files: {files}."
)
_GATHER = (
    "Put the playlists together again into {files}: order.csv names, track by track, the file the next track comes "
    "from; within a file the order stays. What each of them says outside its trackList is the same and stands once. "
    "Drop order.csv."
)  # fmt: skip

ALBUMS = split(
    FORMAT, "split_by_album",
    "Make one playlist per album, named after the album in lower case with every run of anything but letters and "
    "digits as one hyphen and none at the ends (`Blå Åren, Pt. 2` goes to blå-åren-pt-2.xspf), and no-album.xspf for "
    f"tracks without an album. Keep the order within each. {_DEAL}", _GATHER,
    ("split and merge", "classification", "referencing"), ("track",),
    lambda track, _document: f"{slug(track.text('album')) if 'album' in track.fields else 'no-album'}.xspf",
    shared=("head",),
)  # fmt: skip

SIDE = 30 * 60_000


def side(track: Element, document: Element) -> str:
    number, used = 1, 0
    for other in document.of("track"):
        lasts = length(other) or 0
        if used and used + lasts > SIDE:
            number, used = number + 1, 0
        used += lasts
        if other is track:
            break
    return f"side-{number:02}.xspf"


CASSETTES = split(
    FORMAT, "split_to_cassettes",
    "This goes onto 60-minute cassettes, 30 minutes a side. Take the tracks in their order and fill one side after the "
    "other: when a track's duration (milliseconds; a missing one counts as nothing) no longer fits on a side that has "
    "some music already, it begins the next side. Write a playlist for each side, side-01.xspf, side-02.xspf, … "
    f"{_DEAL}", _GATHER,
    ("split and merge", "numerical reasoning", "constraint satisfaction"), ("track",), side, shared=("head",),
)  # fmt: skip


def filed(uris: list[str]) -> dict[str, str]:
    ends = (re.search(r"\.[A-Za-z0-9]{1,5}$", uri) for uri in uris)
    return {
        uri: f"file:///srv/media/{number:04}{end[0].lower() if end else ''}"
        for number, (uri, end) in enumerate(zip(uris, ends, strict=True), 1)
    }


RELOCATE = rename(
    FORMAT, "relocate_files",
    "The files of this playlist move to a media server. Number all different locations of the tracks 0001, 0002, … in "
    "the order of their first appearance and replace each by file:///srv/media/ with its number and its old "
    "extension in lower case (file:///srv/media/0001.mp3; an extension is a dot and one to five letters or digits at "
    "the very end, and without one there is only the number). The playlist's own location stays. Write moved.csv "
    "with the columns new,old, one line per location. Files: {files}.",
    "We go back to the old places: replace each track's location by the one that moved.csv gives for it. Only {files} "
    "remains.",
    ("referencing", "string manipulation"), [("location", "uri")], filed, side="moved.csv",
)  # fmt: skip

# -- notes ------------------------------------------------------------------------------------------------------------


def notes_out(document: Element) -> tuple[Element, str]:
    rows: list[tuple[str, str, str]] = []

    def change(track: Element) -> Element:
        if "annotation" not in track.fields:
            return track.with_fields(annotation="no note")
        rows.append((f"N{len(rows) + 1}", track.text("title"), track.text("annotation")))
        return track.with_fields(annotation=f"see {rows[-1][0]}")

    changed = with_tracks(document, change)
    if not rows:
        raise EditError("no track has an annotation")
    return changed, write_csv(("note", "title", "text"), rows)


def notes_in(document: Element, files: Files) -> Element:
    known = {row["note"]: row["text"] for row in read_csv(files, "notes.csv", ("note", "text"), ("title",))}

    def change(track: Element) -> Element:
        text = track.text("annotation")
        if text == "no note":
            return track.with_fields(annotation=None)
        return track.with_fields(annotation=known.get(text.removeprefix("see "), f"no such note: {text}"))

    return with_tracks(document, change)


NOTES = transform_with(
    FORMAT, "notes_to_table",
    "Our broadcaster wants the remarks on the tracks in a table. Number the tracks' annotations N1, N2, … in the "
    "order of the playlist, replace each by `see N1` with its number, give every track that has none the annotation "
    "`no note`, and write notes.csv with the columns note,title,text: number, title of the track (empty if it has "
    "none) and the whole annotation. The playlist's own annotation stays. Files: {files}.",
    "Put the remarks back: each track's annotation `see N1` becomes the text that notes.csv has for that number, and "
    "the annotations `no note` go away. Only {files} remains.",
    ("referencing", "context expansion"), "notes.csv", notes_out, notes_in,
)  # fmt: skip

EDITS = tuple(map(proven, (SORT, ALBUMS, CASSETTES, RELOCATE, NOTES, M3U8, RUNNING_ORDER, JSPF)))

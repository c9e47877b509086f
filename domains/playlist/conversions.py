"""Playlists as M3U8, as a studio's running order and as JSPF, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from domains.kit import EditError, Element, Files, element, file_named, read_csv, read_json, unfence, write_csv
from domains.kit.edits import convert
from domains.playlist.format import FORMAT, fragments
from domains.playlist.markup import HEAD, TRACK
from domains.playlist.writer import arranged, fragment, render

REST = "rest.xspf"
_MOVED = ("title", "creator", "album", "duration")


def with_tracks(document: Element, change: Callable[[Element], Element]) -> Element:
    return document.with_children([change(e) if e.kind == "track" else e for e in document.children])


def clock(milliseconds: int) -> str:
    return f"{milliseconds // 60_000:02}:{milliseconds // 1000 % 60:02}.{milliseconds % 1000:03}"


def milliseconds(text: str) -> Hashable:
    """Of mm:ss.mmm or seconds; the text itself where it is neither."""
    match = re.fullmatch(r"(?:(\d{1,6}):)?(\d{1,7}(?:\.\d{1,9})?)", text.strip(), re.ASCII)
    exact = (int(match[1] or 0) * 60 + Decimal(match[2])) * 1000 if match else Decimal("NaN")
    return int(exact) if exact.is_finite() and exact == int(exact) else text


def length(track: Element) -> int | None:
    """EditError for a duration that is no number."""
    found = track.get("duration")
    if found is not None and not isinstance(found, int):
        raise EditError(f"the duration {found!r} is not a number")
    return found


def without_fields(track: Element, names: Iterable[str]) -> Element:
    return track.with_fields(**dict.fromkeys(names))


def restored(files: Files, facts: Sequence[dict[str, Hashable]]) -> Element:
    """The playlist in rest.xspf with these facts put back, track by track; what was not taken out comes out altered."""
    document = FORMAT.parse({REST: file_named(files, REST)})
    others = [e for e in document.children if e.kind != "track"]
    tracks = []
    for track, given in zip_longest(document.of("track"), facts, fillvalue=None):
        found, given = track or element("track"), given or {}
        first = [element("location", uri=uri)] if (uri := given.get("location")) else []
        fields = {name: f"left in {REST}" if name in found.fields else given.get(name) or None for name in _MOVED}
        tracks.append(found.with_fields(**fields).with_children(arranged((*first, *found.children))))
    return document.with_children((*others, *tracks))


_LABELS = {"creator": "#EXTART:", "album": "#EXTALB:"}


def to_m3u8(document: Element) -> Files:
    out = ["#EXTM3U"]

    def change(track: Element) -> Element:
        lasts, locations = length(track), track.of("location")
        seconds = "-1" if lasts is None else f"{lasts // 1000}.{lasts % 1000:03}"
        out.append(f"#EXTINF:{seconds},{track.text('title')}")
        out.extend(f"{label}{track[name]}" for name, label in _LABELS.items() if name in track.fields)
        out.append(locations[0].text("uri") if locations else "#NOFILE")
        left = [e for e in track.children if e not in locations[:1]]
        return without_fields(track, _MOVED).with_children(left)

    rest = with_tracks(document, change)
    return {"playlist.m3u8": "\n".join([*out, ""]), REST: "".join(render(rest).values())}


def from_m3u8(files: Files) -> Element:
    facts: list[dict[str, Hashable]] = []
    fields: dict[str, Hashable] = {}
    for line in unfence(file_named(files, "playlist.m3u8")).split("\n"):
        line = line.strip()
        if line.startswith("#EXTINF:"):
            seconds, _, title = line[8:].partition(",")
            lasts = milliseconds(seconds) if re.fullmatch(r"\d+\.\d+", seconds.strip()) else seconds
            fields |= {"title": title.strip(), "duration": None if seconds.strip() == "-1" else lasts}
            continue
        name = next((name for name, label in _LABELS.items() if line.startswith(label)), None)
        if name:
            fields[name] = line[8:].strip()
        elif line == "#NOFILE" or (line and not line.startswith("#")):
            facts.append({**fields, "location": None if line == "#NOFILE" else line})
            fields = {}
    return restored(files, [*facts, fields] if fields else facts)


M3U8 = convert(
    FORMAT, "to_m3u8",
    "My player only knows extended M3U. Write playlist.m3u8: #EXTM3U, then per track `#EXTINF:seconds,title` (the "
    "duration in seconds with three decimals, 215483 ms as 215.483, or -1 if it has none; nothing behind the comma if "
    "there is no title), `#EXTART:` with the creator and `#EXTALB:` with the album where there are such, and the first "
    "location as it is, or `#NOFILE` for a track without one. What remains goes to rest.xspf: the playlist with all "
    "its tracks in their order, but without their titles, creators, albums, durations and first "
    "locations. Files: {files}.",
    "Make one XSPF playlist, {files}, of playlist.m3u8 and rest.xspf. The tracks of both correspond in order: "
    "#EXTINF has the duration in seconds (to be milliseconds; -1 is none) and the title, #EXTART the creator, "
    "#EXTALB the album, and the line of the file is the track's first location, before those in "
    "rest.xspf (#NOFILE: it has none).",
    ("format knowledge", "numerical reasoning", "string manipulation"), to_m3u8, from_m3u8,
)  # fmt: skip


def to_running_order(document: Element) -> Files:
    rows: list[tuple[str, ...]] = []
    at = 0
    for track in document.of("track"):
        lasts = length(track)
        if lasts == 0:
            raise EditError("a track of no length")
        rows.append((clock(at), *(track.text(name) for name in _MOVED[:3])))
        at += lasts or 0
    rest = with_tracks(document, lambda track: without_fields(track, _MOVED))
    table = write_csv(("start", *_MOVED[:3]), [*rows, (clock(at), "", "", "")])
    return {"running-order.csv": table, REST: "".join(render(rest).values())}


def from_running_order(files: Files) -> Element:
    rows = read_csv(files, "running-order.csv", ("start", "title"), _MOVED[1:3])
    times = [milliseconds(row["start"]) if ":" in row["start"] else row["start"] for row in rows]
    facts: list[dict[str, Hashable]] = []
    for row, start, end in zip(rows, times, times[1:], strict=False):
        lasts = end - start if isinstance(start, int) and isinstance(end, int) else f"{start} to {end}"
        facts.append({**{name: row[name] for name in _MOVED[:3]}, "duration": lasts})
    return restored(files, facts)


RUNNING_ORDER = convert(
    FORMAT, "to_running_order",
    "The studio needs a running order. Write running-order.csv with the columns start,title,creator,album and one line "
    "per track; start is the time from the beginning of the show at which the track begins, as mm:ss.mmm with minutes "
    "counting on beyond 59 (the first is 00:00.000; durations are in milliseconds, and a missing one counts as "
    "nothing). Add a last line with the time at which the show ends and nothing else. Keep the rest in rest.xspf: "
    "the playlist with all its tracks in their order, but without their titles, creators, albums and "
    "durations. Files: {files}.",
    "Make one XSPF playlist, {files}, of running-order.csv and rest.xspf. The tracks of both correspond in order. A "
    "track's duration, in milliseconds, is the time from its start to the start in the next line (mm:ss.mmm; the last "
    "line is the end of the show); where both are the same it has none. Empty cells are elements that the track lacks.",
    ("numerical reasoning", "format knowledge", "domain knowledge"), to_running_order, from_running_order,
)  # fmt: skip

# -- to JSPF ----------------------------------------------------------------------------------------------------------

_PAIRS = {"link": "uri", "meta": "content"}
COMMENTS = "urn:comments"


def json_of(e: Element) -> dict[str, Any]:
    """A head's or track's facts as JSPF; what JSPF has no place for is left out."""
    found: dict[str, Any] = dict(e.fields)
    for child in e.children:
        if child.kind in ("location", "identifier"):
            found.setdefault(child.kind, []).append(child["uri"])
        elif child.kind == "attribution":
            found.setdefault("attribution", []).append(dict(child.fields))
        elif child.kind in _PAIRS:
            found.setdefault(child.kind, []).append({child.text("rel"): child.text(_PAIRS[child.kind])})
        elif child.kind == "extension":
            parts = [fragment(part) for part in child.children]
            found.setdefault("extension", {}).setdefault(child.text("application"), []).extend(parts)
        elif child.kind == "comment":
            found.setdefault("extension", {}).setdefault(COMMENTS, []).append(child["text"])
    return found


def element_of(kind: str, value: dict[str, Any], names: Sequence[str]) -> Element:
    """The inverse."""
    many = ("location", "identifier") if kind == "track" else ()
    fields: dict[str, Hashable] = {}
    children: list[Element] = []
    for name, part in value.items():
        if name in names and name not in many:
            number = name in ("trackNum", "duration") and str(part).isdecimal()
            fields[name] = int(part) if number else str(part)
        elif name in many:
            children += [element(name, uri=str(uri)) for uri in listed(part)]
        elif name in _PAIRS or name == "attribution":
            pairs = [(str(k), str(v)) for entry in listed(part) for k, v in dict(entry).items()]
            if name == "attribution":
                children += [element(name, **{k: v}) for k, v in pairs if k in ("location", "identifier")]
            else:
                children += [element(name, **{"rel": k, _PAIRS[name]: v}) for k, v in pairs]
        elif name == "extension":
            for application, entries in dict(part).items():
                texts = [str(entry) for entry in listed(entries)]
                if application == COMMENTS:
                    children += [element("comment", text=text) for text in texts]
                else:
                    nodes = [node for text in texts for node in fragments(text)]
                    children.append(element("extension", *nodes, application=application))
        elif name != "track":
            children.append(element("node", name=name, text=str(part)))
    return element(kind, *arranged(children), **fields)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def to_jspf(document: Element) -> Files:
    head = next(iter(document.of("head")), element("head"))
    found = {**json_of(head), "track": [json_of(track) for track in document.of("track")]}
    return {"playlist.jspf": json.dumps({"playlist": found}, ensure_ascii=False, indent=1) + "\n"}


def from_jspf(files: Files) -> Element:
    value = read_json(files, "playlist.jspf")
    value = value.get("playlist") if isinstance(value, dict) else {}
    if not isinstance(value, dict):
        raise EditError("playlist.jspf: there is no playlist")
    try:
        head = element_of("head", value, (*HEAD, "version"))
        tracks = [element_of("track", track, TRACK) for track in listed(value.get("track", []))]
    except (AttributeError, TypeError, ValueError) as error:
        raise EditError(f"playlist.jspf: {error}") from None
    return Element("playlist", {}, (head, *tracks))


JSPF = convert(
    FORMAT, "to_jspf",
    "Write the playlist as JSPF, {files}: an object with the single key playlist; in it and in each object of its "
    "array track, a key for every element with its text as a string (trackNum and duration as numbers, the version "
    "of the playlist as `version`), the tracks' locations and identifiers as arrays of strings, link and meta as "
    "arrays of "
    '{"rel": "content"}, attribution as an array of {"location": "…"} or {"identifier": "…"}, all in their '
    'order. '
    "extension maps each application to an array of strings: the XML of each element in it, with the xmlns "
    "declarations it needs. Comments, too, go to the extension of the track they stand in or before (of the playlist "
    "where no track follows or they stand outside the trackList), as an array of their texts for `urn:comments`. "
    "Leave out empty ones.",
    "Write this JSPF as an XSPF playlist, {files}. The strings in an extension are the XML of its elements; those of "
    "the application `urn:comments` are comments of the track or of the playlist.",
    ("format knowledge", "domain knowledge", "string manipulation"), to_jspf, from_jspf,
)  # fmt: skip

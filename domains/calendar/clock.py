"""A calendar on the clock of another zone: the moments stay, their wall times change."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime
from zoneinfo import ZoneInfo

from domains.calendar.format import parse
from domains.calendar.schema import ENTRIES
from domains.calendar.values import moved
from domains.calendar.zones import known, name_of
from domains.kit import EditError, Element, Files, read_csv, write_csv

ZONE = "America/New_York"
SIDE = "zones.csv"
_CLOCK = {"start": "DTSTART", "end": "DTEND", "due": "DUE"}


def on_clock(document: Element, change: Callable[[Element, str, datetime], Hashable]) -> Element:
    """The times with a zone of entries that do not repeat, changed."""

    def each(entry: Element) -> Element:
        if "tz" in entry.fields:
            return entry
        times = {f: v for f in _CLOCK if isinstance(v := entry.get(f), datetime) and v.tzinfo is not None}
        return entry.with_fields(**{f: change(entry, f, v) for f, v in times.items()}) if times else entry

    return document.with_children([each(e) if e.kind in ENTRIES else e for e in document.children])


def to_zone(document: Element) -> tuple[Element, str]:
    rows: list[tuple[object, ...]] = []

    def change(entry: Element, field: str, time: datetime) -> Hashable:
        if name_of(time.tzinfo) == ZONE:
            return time
        rows.append((entry.get("uid"), _CLOCK[field], name_of(time.tzinfo)))
        return moved(time, ZoneInfo(ZONE))

    changed = on_clock(document, change)
    if len(rows) < max(2, len(document.of(*ENTRIES)) // 2):
        raise EditError("to_new_york: there are hardly any times to convert")
    return changed, write_csv(("uid", "property", "timezone"), rows)


def from_zone(document: Element, files: Files) -> Element:
    rows = read_csv(files, SIDE, ("uid", "property", "timezone"))
    zones = {(row["uid"], row["property"].upper()): known(row["timezone"]) for row in rows}

    def change(entry: Element, field: str, time: datetime) -> Hashable:
        if name_of(time.tzinfo) != ZONE:
            return time.replace(tzinfo=None)  # left on its old clock
        old = zones.get((entry.text("uid"), _CLOCK[field]))
        return moved(time, old) if old else time

    return on_clock(document, change)


def view(files: Files) -> Element:
    """The times as they are written: wall time and zone."""

    def each(entry: Element) -> Element:
        times = {f: v for f in _CLOCK if isinstance(v := entry.get(f), datetime) and "tz" not in entry.fields}
        return entry.with_fields(**{f: f"{v:%Y-%m-%d %H:%M:%S} {name_of(v.tzinfo)}" for f, v in times.items()})

    document = parse({name: text for name, text in files.items() if name.casefold() != SIDE})
    return document.with_children([each(e) if e.kind in ENTRIES else e for e in document.children])

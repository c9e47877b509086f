"""What people ask to have done to a calendar, and how it is done and undone without error."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from domains.calendar import agenda, clock, series
from domains.calendar.format import parse
from domains.calendar.jcal import from_jcal, to_jcal
from domains.calendar.render import render
from domains.calendar.schema import ENTRIES, SCHEMA
from domains.calendar.values import read_number
from domains.kit import Edit, EditError, Element, Field, Files, Format, exact, read_csv, write_csv
from domains.kit.edits import UNMAPPED, convert, edit_fields, proven, slug, split, transform_with, whole_number

FORMAT = Format(SCHEMA, parse, render)

CSV = convert(
    FORMAT, "to_csv",
    "The front desk works with spreadsheets: write the calendar as three tables. agenda.csv has one line per "
    "event, to-do and journal entry with the columns " + ",".join(agenda.COLUMNS) +
        ": entry counts them from 1 in the order of the calendar; kind is event, todo or journal; end is DTEND, "
        "for a to-do DUE (a DURATION becomes the end it leads to); dates as 2024-07-05, times as 2024-07-05 10:00 "
        "on the clock of the zone in timezone (that of DTSTART or, without one, of DUE; UTC where times end in Z, "
        "empty where they have no zone; if another time of the entry is in a different zone, convert it); "
        "categories and the excluded dates in except are separated by `; `; repeats holds the RRULE as it is, "
        "instance the RECURRENCE-ID; texts without backslashes; parameters lists other parameters of these "
        "properties, one per line, like SUMMARY;LANGUAGE=de. people.csv has one line per ORGANIZER and ATTENDEE "
        "of an entry with the columns " + ",".join(agenda.PEOPLE_COLUMNS) +
        " (part is organizer or attendee, address without mailto:, status is PARTSTAT, type CUTYPE, other any "
        "further parameters, separated by `; `). Everything else goes to others.csv with the columns entry,text, "
        "as unfolded iCalendar lines: one line per property, one cell with line breaks for a whole component such "
        "as an alarm or a time zone; entry is 0 for what belongs to no entry. Files: {files}.",
    "Make an iCalendar file of the tables again, {files}. agenda.csv has one line per entry: end is DTEND, for a "
    "todo DUE; times are on the clock of the zone in timezone (write TZID; UTC as Z; no zone means a floating "
    "time), plain dates are all-day; except holds EXDATE, repeats the RRULE, instance the RECURRENCE-ID, "
    "parameters further parameters of these properties. people.csv gives each entry's ORGANIZER and ATTENDEE "
    "lines; others.csv holds further lines of the entry with that number as they should stand in the file, those "
    "of entry 0 belong to the calendar itself.",
    ("format knowledge", "referencing", "domain knowledge"), agenda.to_tables, agenda.from_tables,
)  # fmt: skip

JCAL = convert(
    FORMAT, "to_jcal",
    "The web team reads jCal. Write the calendar as jCal (RFC 7265) to {files}: every component as [name, "
    "properties, components] and every property as [name, parameters, type, value…] with names in lower case, "
    "dates and times as 2024-07-05T10:00:00 (UTC with Z), recurrence rules as objects, texts without backslash "
    "escapes, several categories or dates as several values; properties that begin with x- have the type unknown. "
    "Keep the order and leave nothing out.",
    "Turn the jCal (RFC 7265) back into an iCalendar file (RFC 5545), {files}, with every component, property and "
    "parameter.",
    ("format knowledge", "string manipulation"), to_jcal, from_jcal,
)  # fmt: skip

# -- by track ---------------------------------------------------------------------------------------------------------

REST = "general.ics"
_SHARED = ("header", "property", "timezone")


def track(entry: Element) -> str:
    """The file of an entry: its first category in the alphabet."""
    found = entry.get("categories", ())
    names = sorted(map(str, found)) if isinstance(found, tuple) else []
    return f"{slug(names[0])}.ics" if names else REST


TRACKS = split(
    FORMAT, "split_by_track",
    "Give every track its own calendar. An event, to-do or journal entry goes to the file named after its "
    "category in lower case with hyphens for anything but letters and digits (Opening Night goes to "
    "opening-night.ics); with several categories the one that comes first in plain character order decides; "
    "entries without a category and everything else (free/busy, other components) go to general.ics. Each file "
    "must work by itself, so it repeats the calendar's own properties and all its time zones. Files: {files}.",
    "Merge the calendars into one, {files}: their common properties and time zones once, then all entries of all "
    "files, unchanged.",
    ("split and merge", "classification"), ENTRIES, lambda entry, _calendar: track(entry), REST, side=None,
    shared=_SHARED,
)  # fmt: skip

# -- to another zone --------------------------------------------------------------------------------------------------

NEW_YORK = replace(
    transform_with(
        FORMAT, "to_new_york",
        "The New York office takes over. Convert DTSTART, DTEND and DUE of all entries to America/New_York "
        "(TZID=America/New_York with local time), whether they have a TZID now or end in Z; the moments "
        "themselves must not change. Leave alone: series (entries with RRULE or RDATE), all-day dates, times "
        "without a zone, and every other property. A DURATION may stay. No new VTIMEZONE is needed, the old ones "
        "stay. List what you converted in zones.csv with the columns uid,property,timezone (property is DTSTART, "
        "DTEND or DUE; timezone the TZID it had, UTC for times that ended in Z). Files: {files}.",
        "New York hands back. Put each DTSTART, DTEND and DUE that is in America/New_York into the zone that "
        "zones.csv gives for its uid and property (UTC as times that end in Z); the moments themselves must not "
        "change. Only {files} remains.",
        ("numerical reasoning", "domain knowledge", "referencing"), clock.SIDE, clock.to_zone, clock.from_zone,
    ),
    view=clock.view,
)  # fmt: skip

# -- people -----------------------------------------------------------------------------------------------------------

_PEOPLE = ("organizer", "attendee")


def to_directory(document: Element) -> tuple[Element, str]:
    ids: dict[tuple[str, str], str] = {}

    def change(person: Element) -> Element:
        key = person.text("name"), person.text("address")
        number = ids.setdefault(key, f"person:P{len(ids) + 1:03}")
        return person.with_fields(address=number, name=None)

    changed = edit_fields(document, _PEOPLE, change)
    if len(ids) < 2:
        raise EditError("people_directory: fewer than two people take part")
    rows = ((number.removeprefix("person:"), *key) for key, number in ids.items())
    return changed, write_csv(("id", "name", "address"), rows)


def from_directory(document: Element, files: Files) -> Element:
    table = {row["id"].removeprefix("person:"): row for row in read_csv(files, "people.csv", ("id", "name", "address"))}

    def change(person: Element) -> Element:
        address = person.text("address")
        row = table.get(address.removeprefix("person:"))
        if row is None or not address.startswith("person:"):
            return person.with_fields(address=UNMAPPED + address)
        plain = row["address"][7:] if row["address"].casefold().startswith("mailto:") else row["address"]
        return person.with_fields(address=plain, name=row["name"] or person.get("name"))

    return edit_fields(document, _PEOPLE, change)


DIRECTORY = transform_with(
    FORMAT, "people_directory",
    "Names and addresses must leave the calendar. List every distinct pair of name (CN) and address of ORGANIZER "
    "and ATTENDEE lines in people.csv with the columns id,name,address, numbered P001, P002, … in the order of "
    "first appearance, addresses without mailto:. In the calendar drop CN from these lines and put person:P001 "
    "with the right number in place of the address (ATTENDEE;PARTSTAT=ACCEPTED:person:P001); other parameters "
    "stay. Files: {files}.",
    "Put the people back: each person:P001 on an ORGANIZER or ATTENDEE line becomes the mailto: address that "
    "people.csv gives for that id, and its name goes into CN (no CN where the name is empty; an address that is "
    "no mail address is written as it is). Only {files} remains.",
    ("referencing", "string manipulation"), "people.csv", to_directory, from_directory,
)  # fmt: skip

SERIES = Edit(
    "expand_series",
    "The door display cannot repeat events. Write out every event with an RRULE that ends (COUNT or UNTIL) and "
    "gives at most 60 dates; leave out the dates in EXDATE and those with an event of their own (same UID, with "
    "RECURRENCE-ID), which stays as it is. The event itself becomes the first instance: it keeps all but RRULE "
    "and EXDATE. For each further one add an event with UID, DTSTAMP, DTSTART, DTEND, SUMMARY and RELATED-TO "
    "only: UID is the old one with -2, -3, … in order of date, RELATED-TO the UID of the first, the clock times, "
    "zone and summary as there. Endless series and those with RDATE stay. Keep the rules in rules.csv with the "
    "columns uid,rrule,exdate,timezone (rrule and exdate as in the calendar, several dates separated by commas; "
    "timezone the TZID of DTSTART, UTC for times with Z, empty for days). Files: {files}.",
    "Fold the series together again: rules.csv has one line per series. Give the event with that UID its RRULE "
    "and EXDATE back (in the zone of timezone) and remove the further instances that refer to it with RELATED-TO "
    "(UID ending in -2, -3, …). Only {files} remains.",
    ("context expansion", "domain knowledge", "constraint satisfaction"), FORMAT,
    series.expand, series.collapse, view=series.view,
    view_schema=SCHEMA.with_field(("event",), "form", Field(exact, 1.0)), side=True,
)  # fmt: skip

# -- triage -----------------------------------------------------------------------------------------------------------

_LEVELS = {"HIGH": range(1, 5), "MEDIUM": range(5, 6), "LOW": range(6, 10)}


def level(priority: Hashable) -> str:
    """RFC 5545, 3.8.1.9: 1 to 4 is high, 5 medium, 6 to 9 low; 0 is undefined."""
    return next((name for name, numbers in _LEVELS.items() if priority in numbers), "NONE")


def triage(document: Element) -> tuple[Element, str]:
    rows: list[tuple[int, int, str, Hashable, Hashable]] = []
    number = 0

    def change(entry: Element) -> Element:
        nonlocal number
        number += 1
        found = level(entry.get("priority"))
        rows.append(([*_LEVELS, "NONE"].index(found), number, found, entry.get("uid"), entry.get("priority")))
        return entry.with_fields(summary=f"[{found}] {entry.text('summary')}".strip(), priority=None)

    changed = document.with_children([change(e) if e.kind in ENTRIES else e for e in document.children])
    if len({row[0] for row in rows}) < 2:
        raise EditError("triage: all entries have the same priority")
    rows.sort(key=lambda row: row[:2])
    table = ((entry, uid, found, priority) for _, entry, found, uid, priority in rows)
    return changed, write_csv(("entry", "uid", "level", "priority"), table)


def untriage(document: Element, files: Files) -> Element:
    rows = read_csv(files, "triage.csv", ("entry", "priority"), ("uid", "level"))
    table = {whole_number(row["entry"], "triage.csv"): row["priority"] for row in rows}
    number = 0

    def change(entry: Element) -> Element:
        nonlocal number
        number += 1
        priority = read_number(table.get(number, ""))
        wanted, summary = f"[{level(priority)}]", entry.text("summary")
        summary = summary[len(wanted) :].strip() if summary.startswith(wanted) else f"[?] {summary}"
        return entry.with_fields(summary=summary or None, priority=None if priority == "" else priority)

    return document.with_children([change(e) if e.kind in ENTRIES else e for e in document.children])


def triage_view(files: Files) -> Element:
    """The entries with their marks as a field."""

    def change(entry: Element) -> Element:
        summary = entry.text("summary")
        mark = next((name for name in (*_LEVELS, "NONE") if summary.startswith(f"[{name}]")), None)
        rest = summary[len(mark) + 2 :].strip() if mark else summary
        return entry.with_fields(summary=rest or None, level=mark)

    document = parse({name: text for name, text in files.items() if name.casefold() != "triage.csv"})
    return document.with_children([change(e) if e.kind in ENTRIES else e for e in document.children])


TRIAGE = replace(transform_with(
    FORMAT, "triage",
    "Make the priorities readable. Put [HIGH], [MEDIUM], [LOW] or [NONE] and a blank before the SUMMARY of every "
    "event, to-do and journal entry, by the levels RFC 5545 gives for PRIORITY: 1 to 4 high, 5 medium, 6 to 9 "
    "low, 0 or no PRIORITY none; then remove the PRIORITY lines. Keep the numbers in triage.csv with the columns "
    "entry,uid,level,priority, the most urgent level first and within a level in the order of the calendar; entry "
    "counts events, to-dos and journal entries from 1 in the order of the calendar. Files: {files}.",
    "Undo the triage: take the mark in brackets and the blank after it off every SUMMARY and give each entry the "
    "PRIORITY that triage.csv has for it (none where it is empty); entry counts events, to-dos and journal "
    "entries from 1 in the order of the calendar. Only {files} remains.",
    ("classification", "sorting", "domain knowledge"), "triage.csv", triage, untriage,
), view=triage_view, view_schema=SCHEMA.with_field(ENTRIES, "level", Field(exact, 1.0)))  # fmt: skip

EDITS = tuple(map(proven, (CSV, JCAL, TRACKS, NEW_YORK, DIRECTORY, SERIES, TRIAGE)))

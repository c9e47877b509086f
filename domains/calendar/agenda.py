"""The calendar as tables: what is on, who comes, and what else the entries say."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable
from datetime import datetime, tzinfo
from typing import Any

from domains.calendar.format import parse
from domains.calendar.lines import escape, quote
from domains.calendar.render import MAIN, child_lines, field_lines
from domains.calendar.schema import ADDRESS, ENTRIES, PEOPLE, PROPERTIES
from domains.calendar.values import listed, moved, show_rule
from domains.calendar.zones import known, name_of
from domains.kit import EditError, Element, Files, read_csv, write_csv
from domains.kit.edits import whole_number

TIMES = ("start", "end", "instance", "except")
COLUMNS = ("entry", "kind", "uid", *TIMES[:2], "timezone", "summary", "location", "categories", "status",
    "priority", "repeats",
           "except", "instance", "description", "parameters")  # fmt: skip
PEOPLE_COLUMNS = ("entry", "part", "name", "address", "role", "status", "type", "rsvp", "other")
OTHERS = ("entry", "text")
_PROPERTY = {
    "uid": "UID", "start": "DTSTART", "end": "DTEND", "instance": "RECURRENCE-ID", "except": "EXDATE",
    "summary": "SUMMARY",
    "location": "LOCATION", "categories": "CATEGORIES", "status": "STATUS", "priority": "PRIORITY",
    "description": "DESCRIPTION",
}  # fmt: skip
_CELL = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:[ T](\d\d?):(\d\d)(?::(\d\d))?\s*(Z|floating)?)?", re.IGNORECASE)


def properties(kind: str) -> dict[str, str]:
    """Column to property, for entries of a kind."""
    return {**_PROPERTY, "end": "DUE"} if kind == "todo" else _PROPERTY


def to_tables(document: Element) -> Files:
    rows: list[list[object]] = []
    people: list[list[object]] = []
    others: list[tuple[object, ...]] = []
    number = 0
    for child in document.children:
        if child.kind == "header":
            others += [(0, line) for line in child_lines(child)]
            continue
        if child.kind not in ENTRIES:
            others.append((0, "\n".join(child_lines(child))))
            continue
        number += 1
        row, rest = entry_row(child)
        rows.append([number, *row])
        others += [(number, line) for line in rest]
        people += [[number, *person_row(p)] for p in child.of("organizer", "attendee")]
    return {
        "agenda.csv": write_csv(COLUMNS, rows),
        "people.csv": write_csv(PEOPLE_COLUMNS, people),
        "others.csv": write_csv(OTHERS, others),
    }


def entry_row(entry: Element) -> tuple[list[object], list[str]]:
    """The cells of an entry after its number, and the lines that have no cell."""
    table = PROPERTIES["event"]
    names = properties(entry.kind)
    values: dict[str, Hashable] = {column: entry.get(table[name]) for column, name in names.items()}
    listed = [v for column in TIMES for v in as_list(values[column])]
    zone = next((v.tzinfo for v in listed if isinstance(v, datetime) and v.tzinfo), None)
    cells: dict[str, object] = {"kind": entry.kind, "timezone": name_of(zone), **values}
    for column in TIMES:
        cells[column] = "; ".join(show_cell(v, zone) for v in as_list(values[column])) or None
    cells["categories"] = "; ".join(str(c) for c in as_list(values["categories"])) or None
    rules = [rule for rule in entry.of("rule") if "parameters" not in rule.fields]
    cells["repeats"] = show_rule(rules[0]) if rules else None
    aside = entry.of("parameter")
    shown = [p for p in aside if p["of"] in names.values()]
    cells["parameters"] = "\n".join(f"{p['of']};{p['name']}={p.text('value')}" for p in shown) or None
    rest: list[str] = []
    for name, field in table.items():
        if field in entry.fields and name not in names.values():
            given = "".join(f";{p['name']}={p.text('value')}" for p in aside if p["of"] == name)
            rest += field_lines(entry, name, field, given)
    for child in entry.children:
        if child.kind not in ("parameter", "organizer", "attendee") and not (rules and child is rules[0]):
            rest.append("\n".join(child_lines(child)))
    return [cells[column] for column in COLUMNS[1:]], rest


def as_list(value: Hashable) -> tuple[Any, ...]:
    return (value,) if value is not None and not isinstance(value, tuple) else listed(value)


def show_cell(value: Hashable, zone: tzinfo | None) -> str:
    """A date, or a time on the entry's clock; `floating` and Z mark the odd one out."""
    if not isinstance(value, datetime):
        return str(value)
    mark = ""
    if value.tzinfo is None:
        mark = " floating" if zone else ""
    elif zone and name_of(value.tzinfo) != name_of(zone):
        value = moved(value, zone)
        mark = "" if name_of(value.tzinfo) == name_of(zone) else " Z"
    return f"{value:%Y-%m-%d %H:%M:%S}".removesuffix(":00" if not value.second else " ") + mark


def person_row(person: Element) -> list[object]:
    rest = person.get("parameters")
    other = "; ".join(map(str, rest)) if isinstance(rest, tuple) else None
    return [person.kind, *(person.get(f) for f in ("name", "address", "role", "status", "type", "rsvp")), other]


# -- back -------------------------------------------------------------------------------------------------------------


def from_tables(files: Files) -> Element:
    agenda = read_csv(files, "agenda.csv", COLUMNS[:-2], COLUMNS[-2:])
    parts: defaultdict[int, list[str]] = defaultdict(list)
    for row in read_csv(files, "people.csv", PEOPLE_COLUMNS[:4], PEOPLE_COLUMNS[4:]):
        parts[whole_number(row["entry"], "people.csv")].append(person_of(row))
    for row in read_csv(files, "others.csv", OTHERS):
        parts[whole_number(row["entry"], "others.csv")] += row["text"].split("\n")
    lines = ["BEGIN:VCALENDAR", *parts.pop(0, [])]
    for row in agenda:
        kind = row["kind"].casefold().replace("-", "").removeprefix("v")
        name = f"V{kind.upper()}" if kind in ENTRIES else "VEVENT"
        own = parts.pop(whole_number(row["entry"], "agenda.csv"), [])
        lines += [f"BEGIN:{name}", *entry_lines(row, kind), *own, f"END:{name}"]
    for number in parts:
        lines += parts[number]
    return parse({MAIN: "\n".join([*lines, "END:VCALENDAR"])})


def entry_lines(row: dict[str, str], kind: str) -> list[str]:
    given: defaultdict[str, str] = defaultdict(str)
    for line in row["parameters"].replace("\r", "").split("\n"):
        name, _, rest = line.strip().partition(";")
        if rest:
            given[name.upper()] += f";{rest}"
    lines = []
    for column, name in properties(kind).items():
        cell = row[column]
        if not cell:
            continue
        if column in TIMES:
            cells = cell.split(";") if column == "except" else [cell]
            lines += [
                f"{name}{head}{given[name]}:{value}" for head, value in (read_cell(c, row["timezone"]) for c in cells)
            ]
        elif column == "categories":
            lines.append(f"{name}{given[name]}:{','.join(escape(part.strip()) for part in cell.split(';'))}")
        else:
            lines.append(f"{name}{given[name]}:{escape(cell)}")
    if row["repeats"]:
        lines.append(f"RRULE:{row['repeats'].removeprefix('RRULE:')}")
    return lines


def read_cell(cell: str, zone: str) -> tuple[str, str]:
    """(parameters, value) of a time; a cell that is not in the table's own form comes out as no time."""
    match = _CELL.fullmatch(cell.strip())
    if match is None:
        return "", f"unconverted {cell.strip()}"
    year, month, day, hour, minute, second, mark = match.groups()
    shown = f"{year}{month.zfill(2)}{day.zfill(2)}"
    if hour is None:
        return ";VALUE=DATE", shown
    shown += f"T{hour.zfill(2)}{minute}{second or '00'}"
    if mark in ("Z", "z") or (not mark and known(zone) is known("UTC") and zone):
        return "", shown + "Z"
    return (f";TZID={quote(zone)}" if zone and not mark else ""), shown


def person_of(row: dict[str, str]) -> str:
    name = {kind: name for name, kind in PEOPLE.items()}.get(row["part"].casefold())
    if name is None:
        raise EditError(f"people.csv: {row['part']!r} is neither organizer nor attendee")
    shown = "".join(f";{key}={quote(row[field])}" for key, field in ADDRESS.items() if row[field])
    shown += "".join(f";{part.strip()}" for part in in_parts(row["other"]) if part.strip())
    return f"{name}{shown}:{row['address']}"


def in_parts(text: str) -> list[str]:
    """`A=1; B="x;y"` cut at semicolons outside quotes."""
    return re.findall(r'(?:"[^"]*"|[^";])+', text)

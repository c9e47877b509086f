"""iCalendar (RFC 5545, with 7986 and 9074): what a scheduler reads in a calendar.

DTSTART+DURATION and DTEND are one fact, as is an instant in any zone; only a series has a `tz`, since its rule runs on
that zone's clock. Order means nothing. Text in COMMENT, ATTACH, X-… and whatever else is unknown is a `property`.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from datetime import date, datetime, tzinfo

from domains.calendar.lines import Line, plain, split_escaped, unescape
from domains.calendar.schema import ADDRESS, COMPONENTS, LISTS, PEOPLE, PROPERTIES, RULES, TEXTS, TIMES, UPPER, type_of
from domains.calendar.tree import Raw, read_components
from domains.calendar.values import (
    after,
    by_instant,
    is_offset,
    listed,
    offset_of,
    read_duration,
    read_number,
    read_offset,
    read_place,
    read_rule,
    read_time,
    read_times,
    show_rule,
    understood,
    well_formed,
)
from domains.calendar.zones import Onset, Zone, known, name_of, onset
from domains.kit import Element, Files, ParseError, stray, texts

_IN_THE_FILE = {"DATE": date, "DATE-TIME": datetime, "PERIOD": tuple}
_MAILTO = re.compile(r"(?:mailto:\s*)+(?=.*@)", re.IGNORECASE)
_OLD_RULE = re.compile(r"(?:D|W|M[DP]|Y[DM])\d.*")
"""A recurrence rule of vCalendar 1.0, which stays the text it is."""


def parse(files: Files) -> Element:
    """The first calendar with all its entries; further calendars of the files stand inside it."""
    problems: list[str] = []
    calendars: list[Raw] = []
    for name, text in texts(files, "calendar.ics"):
        calendars += read_components(name, text, problems)
    if not calendars:
        raise ParseError("there is no calendar in it: no line BEGIN:VCALENDAR or BEGIN:VEVENT", next(iter(files), ""))
    whole = calendars[0]
    for other in calendars[1:]:
        whole.append(other)
    root = Builder(whole, problems).component(whole)
    return Element(root.kind, root.fields, root.children, tuple(problems))


class Builder:
    """Makes Elements of components, in the zones that their calendar defines."""

    def __init__(self, calendar: Raw, problems: list[str]) -> None:
        self.problems = problems
        self.zones: dict[str, tzinfo | None] = {}
        self.own: dict[str, Raw] = {}
        self._find(calendar)

    def _find(self, raw: Raw) -> None:
        for item in raw.items:
            if isinstance(item, Raw) and item.name == "VTIMEZONE":
                self.own.setdefault(item.value("TZID"), item)
            elif isinstance(item, Raw) and item.name == "VCALENDAR":
                self._find(item)

    def zone(self, name: str) -> tzinfo | None:
        if name not in self.zones:
            own = own_zone(name, self.own[name]) if name in self.own else None
            # Behind a maker's prefix a zone is known only where the calendar says nothing of its zones.
            self.zones[name] = (known(name) if own or not self.own or name[:1] != "/" else None) or own
        return self.zones[name]

    def component(self, raw: Raw) -> Element:
        kind = COMPONENTS.get(raw.name, "component")
        table = PROPERTIES["header" if kind == "calendar" else kind if kind in PROPERTIES else "event"]
        fields: dict[str, Hashable] = {}
        if kind == "component":
            fields["name"] = raw.name
        elif kind == "observance":
            fields["type"] = raw.name
        aside: list[Element] = []
        children: list[Element] = []
        for item, place in zip(raw.items, raw.places, strict=True):
            if isinstance(item, Raw):
                children.append(self.component(item))
            elif isinstance(item, str):
                children.append(stray(item))
            elif item.name in table and item.value and (item.name in LISTS or table[item.name] not in fields):
                left = self.field(item, table[item.name], fields, place)
                aside += [parameter(item.name, *pair) for pair in left]
            elif item.value or item.name not in table:
                children += self.other(item, kind, place)
        for name in LISTS.values():
            if name in fields:
                fields[name] = tuple(sorted(listed(fields[name]), key=by_instant)) or None
        fields = {name: value for name, value in fields.items() if value is not None}
        aside = [e for e in aside if table[e.text("of")] in fields]
        if kind != "alarm":
            settle(fields, kind, children, raw.value("DURATION"))
        aside.sort(key=lambda e: (list(table).index(e.text("of")), e.text("name"), e.text("value")))
        if kind == "calendar":
            return Element(kind, {}, (*([Element("header", fields, tuple(aside))] if fields else []), *children))
        return Element(kind, fields, (*aside, *children))

    def field(self, line: Line, field: str, fields: dict[str, Hashable], place: str) -> list[tuple[str, str]]:
        """Put a line's value into its field; gives the parameters that are not part of it."""
        name, value = line.name, line.value
        left = given(line)
        if name in TIMES:
            values, left = self.times(line, place)
            fields[field] = (*listed(fields.get(field)), *values) if name in LISTS else values[0]
        elif name in LISTS:
            texts = [unescape(text).strip(" \t") for text in split_escaped(value)]
            fields[field] = (*listed(fields.get(field)), *(t for t in texts if t))
        elif name in ("DURATION", "TRIGGER"):
            size = read_duration(value)
            fields[field] = read_time(value) if isinstance(size, str) else size
            fits = {"DURATION"} if not isinstance(size, str) else {"DATE-TIME"}
            left = [(k, v) for k, v in left if not (k == "VALUE" and v.upper() in fits)]
            left = [pair for pair in left if pair != ("RELATED", "START")]  # goes without saying
        elif name in READERS:
            fields[field] = READERS[name](value)
        else:
            fields[field] = value.upper() if name in UPPER else unescape(value) if name in TEXTS else value
        typed = name in READERS or name in TIMES or name in ("DURATION", "TRIGGER")
        if typed and isinstance(fields[field], str) and not is_offset(value) and value[:4] != "0000":
            self.problems.append(f"{place}: {name} has no valid value: {value[:40]}")
        return left

    def times(self, line: Line, place: str) -> tuple[list[Hashable], list[tuple[str, str]]]:
        """Dates or times of a line and the parameters they do not account for."""
        named = [plain(value) for key, value in line.parameters if key == "TZID"]
        tzid = next((name for name in named if self.zone(name)), named[0] if named else None)
        zone = self.zone(tzid) if tzid else None
        texts = [line.value] if line.name not in LISTS else [t.strip() for t in re.split("[,;]", line.value)]
        texts = [text for text in texts if text]
        read = read_times if line.name in LISTS else read_time
        values = [read(text, zone) for text in texts]
        if any(isinstance(v, str) for v in values) or (tzid and not zone):
            zone = None
            values = [read(text) for text in texts]
        kinds = {type(value) for value in values}
        left = []
        for key, value in line.parameters:
            if key == "TZID" and zone and plain(value) == tzid:
                zone = None  # a second one is left over
            elif key != "VALUE" or {_IN_THE_FILE.get(value.upper())} != kinds:
                left.append((key, value))
        if tzid and ("TZID", tzid) in left:
            self.problems.append(f"{place}: the zone {tzid} is not known")
        if not all(map(well_formed, texts)):
            self.problems.append(f"{place}: not written as a date or time: {line.value[:40]}")
        return values, left

    def other(self, line: Line, kind: str, place: str) -> list[Element]:
        """A line that is an element of its own."""
        name = line.name
        if name in PEOPLE and line.value:
            return [person(line)]
        if name in RULES and line.value and not _OLD_RULE.fullmatch(line.value):
            rule = read_rule(line.value, RULES[name])
            if left := given(line):
                rule = rule.with_fields(parameters=tuple(sorted(f"{k}={v}" for k, v in left)))
            if not understood(rule):
                self.problems.append(f"{place}: the rule is not wholly understood: {line.value[:60]}")
            return [rule]
        if name == "FREEBUSY" and kind == "freebusy" and line.value:
            return [period(line, text) for text in line.value.split(",") if text.strip()]
        fields: dict[str, Hashable] = {"name": name}
        if line.value:
            fields["value"] = (
                line.value.upper() if name in UPPER else unescape(line.value) if name in TEXTS else line.value
            )
        if line.parameters and (left := given(line)):
            fields["parameters"] = tuple(sorted(f"{k}={v}" for k, v in left))
        return [Element("property", fields)]


READERS = {
    "SEQUENCE": read_number, "PRIORITY": read_number, "PERCENT-COMPLETE": read_number, "REPEAT": read_number,
    "GEO": read_place, "TZOFFSETFROM": read_offset, "TZOFFSETTO": read_offset,
}  # fmt: skip


def settle(fields: dict[str, Hashable], kind: str, children: list[Element], size: str) -> None:
    """What follows from several lines: the end of a start with a duration, and the zone a series runs in."""
    start, due = fields.get("start"), "due" if kind == "todo" else "end"
    if isinstance(start, date):
        second = any(child.get("name") == "DURATION" for child in children)
        if "duration" in fields and due not in fields and not second:
            stop = after(start, size)
            if stop is not None:
                del fields["duration"]
                fields[due] = stop
        series = "extra" in fields or any(child.kind in ("rule", "exception_rule") for child in children)
        if series and kind != "observance" and isinstance(start, datetime) and start.tzinfo:
            fields["tz"] = name_of(start.tzinfo)


def given(line: Line) -> list[tuple[str, str]]:
    """The parameters of a line, but for a VALUE that says what goes without saying."""
    if not line.parameters:
        return []
    return [(k, v) for k, v in line.parameters if k != "VALUE" or v.upper() != type_of(line.name)]


def parameter(of: str, name: str, value: str) -> Element:
    fields: dict[str, Hashable] = {"of": of, "name": name}
    if value:
        fields["value"] = value
    return Element("parameter", fields)


def person(line: Line) -> Element:
    """ATTENDEE or ORGANIZER. `mailto:` goes without saying for an address with an @."""
    scheme = _MAILTO.match(line.value)
    fields: dict[str, Hashable] = {"address": line.value[scheme.end() :] if scheme else line.value}
    rest = []
    for key, value in line.parameters:
        field = ADDRESS.get(key)
        if field is None or field in fields or not value:
            rest.append(f"{key}={value}")
        else:
            fields[field] = plain(value) if key == "CN" else value.upper()
    if rest:
        fields["parameters"] = tuple(sorted(rest))
    return Element(PEOPLE[line.name], fields)


def period(line: Line, text: str) -> Element:
    """One period of FREEBUSY: start and end, or start and duration."""
    first, slash, second = text.strip().partition("/")
    fields: dict[str, Hashable] = {"start": read_time(first)}
    stop = after(fields["start"], second) if isinstance(fields["start"], datetime) else None
    if slash and second:
        fields["end"] = stop if stop is not None else read_time(second)
    rest = []
    for key, value in line.parameters:
        if key == "FBTYPE" and "type" not in fields and value:
            fields["type"] = value.upper()
        else:
            rest.append(f"{key}={value}")
    if rest:
        fields["parameters"] = tuple(sorted(rest))
    return Element("busy", fields)


def own_zone(name: str, raw: Raw) -> tzinfo | None:
    """The zone that a VTIMEZONE defines; None when it defines none."""
    onsets: list[Onset] = []
    for item in raw.items:
        if isinstance(item, Raw):
            start = read_time(item.value("DTSTART"))
            parts = show_rule(read_rule(item.value("RRULE"), "rule")).split(";")
            rule = dict(part.partition("=")[::2] for part in parts)
            before, new = offset_of(item.value("TZOFFSETFROM")), offset_of(item.value("TZOFFSETTO"))
            if isinstance(start, datetime) and item.value("TZOFFSETTO"):
                start = start.replace(tzinfo=None)
                onsets.append(onset(start, before, new, rule))
                dates = [read_time(text) for text in item.value("RDATE").split(",")[:200]]
                onsets += [Onset(d.replace(tzinfo=None), before, new) for d in dates if isinstance(d, datetime)]
    return Zone(name, onsets) if onsets else None

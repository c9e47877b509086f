"""What a calendar holds: components, the properties that are fields of theirs, and how much each weighs."""

from __future__ import annotations

from datetime import date, datetime

from domains.kit import Element, Field, Kind, Schema, bag, prose, sequence, words

COMPONENTS = {
    "VCALENDAR": "calendar", "VEVENT": "event", "VTODO": "todo", "VJOURNAL": "journal", "VFREEBUSY": "freebusy",
    "VTIMEZONE": "timezone", "STANDARD": "observance", "DAYLIGHT": "observance", "VALARM": "alarm",
}  # fmt: skip
ENTRIES = ("event", "todo", "journal")

_ENTRY = {
    "UID": "uid", "DTSTAMP": "stamp", "RECURRENCE-ID": "occurrence", "DTSTART": "start", "DTEND": "end", "DUE": "due",
    "DURATION": "duration", "RDATE": "extra", "EXDATE": "excluded", "SUMMARY": "summary", "LOCATION": "location",
    "GEO": "geo", "STATUS": "status", "CATEGORIES": "categories", "RESOURCES": "resources", "PRIORITY": "priority",
    "PERCENT-COMPLETE": "percent", "COMPLETED": "completed", "CLASS": "class", "TRANSP": "transparency", "URL": "url",
    "COLOR": "color", "SEQUENCE": "sequence", "CREATED": "created", "LAST-MODIFIED": "modified",
    "DESCRIPTION": "description",
}  # fmt: skip
_ALARM = {
    "ACTION": "action", "TRIGGER": "trigger", "REPEAT": "repeat", "DURATION": "duration", "SUMMARY": "summary",
    "DESCRIPTION": "description",
}  # fmt: skip
_OBSERVANCE = {
    "DTSTART": "start", "TZOFFSETFROM": "offset_from", "TZOFFSETTO": "offset_to", "TZNAME": "abbreviation",
    "RDATE": "extra",
}  # fmt: skip
_HEADER = {
    "PRODID": "product", "VERSION": "version", "CALSCALE": "scale", "METHOD": "method", "X-WR-CALNAME": "name",
    "X-WR-CALDESC": "description", "X-WR-TIMEZONE": "timezone",
}  # fmt: skip
PROPERTIES: dict[str, dict[str, str]] = {
    "header": _HEADER, "event": _ENTRY, "alarm": _ALARM, "observance": _OBSERVANCE, "timezone": {"TZID": "tzid"},
}  # fmt: skip
"""Kind to the properties that are its fields; kinds that are not here have those of an event."""

LISTS = {"RDATE": "extra", "EXDATE": "excluded", "CATEGORIES": "categories", "RESOURCES": "resources"}
TIMES = frozenset(["DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "COMPLETED",
                   "RDATE", "EXDATE"])  # fmt: skip
UPPER = frozenset(["STATUS", "CLASS", "TRANSP", "ACTION", "METHOD", "CALSCALE"])
TEXTS = frozenset(["SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "UID", "TZNAME", "TZID",
    "RELATED-TO", "PRODID",
                   "NAME", "X-WR-CALNAME", "X-WR-CALDESC", "COLOR"])  # fmt: skip
TYPES = {
    **dict.fromkeys(TIMES | {"ACKNOWLEDGED"}, "DATE-TIME"), "DURATION": "DURATION", "TRIGGER": "DURATION",
    "REFRESH-INTERVAL": "DURATION", "RRULE": "RECUR", "EXRULE": "RECUR", "FREEBUSY": "PERIOD", "GEO": "FLOAT",
    **dict.fromkeys(("ATTENDEE", "ORGANIZER", "CALENDAR-ADDRESS"), "CAL-ADDRESS"),
    **dict.fromkeys(("SEQUENCE", "PRIORITY", "PERCENT-COMPLETE", "REPEAT"), "INTEGER"),
    **dict.fromkeys(("TZOFFSETFROM", "TZOFFSETTO"), "UTC-OFFSET"),
    **dict.fromkeys(("URL", "ATTACH", "TZURL", "SOURCE", "CONFERENCE", "IMAGE", "LINK", "CONCEPT"), "URI"),
}  # fmt: skip
"""What type a property's value has when no VALUE says so; the others are text, or unknown when they begin with X-."""


def type_of(name: str) -> str:
    return TYPES.get(name) or ("UNKNOWN" if name.startswith("X-") and name not in TEXTS else "TEXT")


PEOPLE = {"ATTENDEE": "attendee", "ORGANIZER": "organizer"}
ADDRESS = {"CN": "name", "CUTYPE": "type", "ROLE": "role", "PARTSTAT": "status", "RSVP": "rsvp"}
RULES = {"RRULE": "rule", "EXRULE": "exception_rule"}


def heading(entry: Element) -> str:
    """What a person calls an entry: when and what."""
    start = entry.get("start") or entry.get("due")
    when = f"{start:%Y-%m-%d}" if isinstance(start, date | datetime) else ""
    return f"{when} {entry.text('summary')}".strip()[:60]


def each(weight: float) -> Field:
    """A list without order whose every item weighs."""
    return Field(bag, lambda value: weight * max(1, len(value)))


_PERSON = Kind(
    {
        "address": Field(canon=lambda value: str(value).casefold()), "name": prose(0.5), "type": Field(weight=0.25),
        "role": Field(weight=0.5), "status": Field(weight=0.5), "rsvp": Field(weight=0.25), "parameters": each(0.25),
    },
    key=(("address",), ("name",)),
)  # fmt: skip
_RULE = Kind(
    {
        **{name: Field() for name in ("freq", "until", "count")}, "interval": Field(weight=0.5),
        **{f"by{unit}": Field(bag, 0.5) for unit in (
            "month", "weekno", "yearday", "monthday", "day", "hour", "minute", "second", "setpos")},
        **{name: Field(weight=0.5) for name in ("wkst", "rscale", "skip")}, "other": each(0.5),
        "parameters": each(0.25),
    },
    key=(("freq",),), weight=0.0,
)  # fmt: skip
_FACTS = {
    "uid": Field(), "stamp": Field(weight=0.25), "occurrence": Field(), "start": Field(), "end": Field(),
    "due": Field(),
    "duration": Field(), "tz": Field(weight=0.5), "extra": each(0.5), "excluded": each(0.5), "summary": prose(),
    "location": prose(), "geo": Field(sequence, 0.5), "status": Field(weight=0.5), "categories": each(0.5),
    "resources": each(0.5), "priority": Field(weight=0.5), "percent": Field(weight=0.5), "completed": Field(weight=0.5),
    "class": Field(weight=0.25), "transparency": Field(weight=0.25), "url": Field(weight=0.5),
    "color": Field(weight=0.25),
    "sequence": Field(weight=0.25), "created": Field(weight=0.25), "modified": Field(weight=0.25),
    "description": prose(words()),
}  # fmt: skip
_KEYS = (("uid", "occurrence"), ("uid",), ("summary", "start"), ("start",), ("summary",))
_FACT = Kind(_FACTS, key=_KEYS, label=heading, weight=0.125)

SCHEMA = Schema(
    {
        "calendar": Kind(),
        "header": Kind(
            {
                "product": prose(0.5), "version": Field(weight=0.25), "scale": Field(weight=0.25),
                "method": Field(weight=0.5),
                "name": prose(), "description": prose(words()), "timezone": Field(weight=0.5),
            },
            weight=0.125, label=lambda _: "",
        ),
        "event": _FACT,
        "todo": _FACT,
        "journal": _FACT,
        "freebusy": _FACT,
        "component": Kind({"name": Field(weight=0.5), **_FACTS}, key=(("name", "uid"), ("name",))),
        "alarm": Kind(
            {
                "action": Field(weight=0.5), "trigger": Field(), "repeat": Field(weight=0.5),
                "duration": Field(weight=0.5),
                "summary": prose(0.5), "description": prose(0.5),
            },
            key=(("trigger", "action"),), weight=0.125,
        ),
        "timezone": Kind({"tzid": Field()}, key=(("tzid",),), weight=0.125),
        "observance": Kind(
            {
                "type": Field(weight=0.25), "start": Field(weight=0.25), "extra": each(0.25),
                "offset_from": Field(weight=0.25), "offset_to": Field(weight=0.5), "abbreviation": Field(weight=0.25),
            },
            key=(("type", "start"),),
        ),
        "attendee": _PERSON,
        "organizer": _PERSON,
        "rule": _RULE,
        "exception_rule": _RULE,
        "busy": Kind(
            {"start": Field(), "end": Field(), "type": Field(weight=0.5), "parameters": each(0.25)}, key=(("start",),)
        ),
        "parameter": Kind(
            {"of": Field(weight=0.125), "name": Field(weight=0.125), "value": Field(weight=0.25)}, key=(("of", "name"),)
        ),
        "property": Kind(
            {"name": Field(weight=0.5), "value": prose(words(0.1, 0.5)), "parameters": each(0.25)},
            key=(("name", "value"), ("name",)),
        ),
    }
)  # fmt: skip

"""Typed values of RFC 5545, section 3.3: dates and times with their zones, durations, lists, recurrence rules.

A time with a zone is an aware datetime, so that the same instant in another zone is an equal value; a floating time is
a naive datetime; a whole day is a date. What cannot be read stays the text it is.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any

from domains.calendar.zones import name_of, steady
from domains.kit import Element

_TIME = re.compile(
    r"(\d{4})(-?)(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d))?(?:\.0+)?(Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)
_BASIC = re.compile(r"\d{8}(?:T\d{6}Z?)?", re.IGNORECASE)
_ODD_PART = re.compile(r"BYMONTH=[\dL,]+|X-.*", re.IGNORECASE)
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,8})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?", re.IGNORECASE
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)(?::?(\d\d))?")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BYDAY = re.compile(r"([+-]?\d{0,3})(MO|TU|WE|TH|FR|SA|SU)")
BY_NUMBER = ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYHOUR", "BYMINUTE", "BYSECOND", "BYSETPOS")


@lru_cache(maxsize=16384)
def read_time(text: str, zone: tzinfo | None = None) -> Hashable:
    """A date, a floating time or a time in its zone; the text itself when there is no such time."""
    match = _TIME.fullmatch(text)
    if match is None:
        return text
    year, _, month, day, hour, minute, second, end = match.groups()
    try:
        if hour is None:
            return date(int(year), int(month), int(day))
        wall = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
        if end is None:
            return in_zone(wall, zone) if zone else wall
        if end in "Zz":
            return wall.replace(tzinfo=UTC)
        return (wall - offset_of(end)).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return text


def read_times(text: str, zone: tzinfo | None = None) -> Hashable:
    """As `read_time`; also a period, as (start, end)."""
    first, slash, second = text.partition("/")
    if not slash:
        return read_time(text, zone)
    start = read_time(first, zone)
    end = after(start, second) if isinstance(start, datetime) else None
    end = read_time(second, zone) if end is None else end
    return (start, end) if isinstance(start, datetime) and isinstance(end, datetime) else text


def in_zone(wall: datetime, zone: tzinfo) -> datetime:
    """A wall time in a zone."""
    local = wall.replace(tzinfo=zone)
    if local.utcoffset() == local.replace(fold=1).utcoffset():
        return local
    return wall.replace(tzinfo=steady(zone))


def moved(time: datetime, zone: tzinfo) -> datetime:
    """The same instant in another zone; in UTC where the zone's clock cannot say it."""
    local = time.astimezone(zone)
    again = in_zone(local.replace(tzinfo=None, fold=0), zone)
    return again if again == time else time.astimezone(UTC)


def well_formed(text: str) -> bool:
    """Whether a date, time or period is written as RFC 5545 wants it."""
    first, _, second = text.partition("/")
    return _BASIC.fullmatch(first) is not None and (not second or second[0] in "Pp" or well_formed(second))


def show_time(value: Hashable) -> tuple[str, str]:
    """(TZID or "", text) of a date, time or period. UTC has no TZID but a Z."""
    if isinstance(value, tuple):
        if name_of(value[0].tzinfo) != name_of(value[1].tzinfo):
            value = tuple(map(in_utc, value))
        (name, start), (_, end) = map(show_time, value)
        return name, f"{start}/{end}"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return "", f"{value:%Y%m%dT%H%M%S}".zfill(15)
        name = name_of(value.tzinfo)
        if name == "UTC":
            value = value - (value.utcoffset() or timedelta(0))
            return "", f"{value:%Y%m%dT%H%M%S}Z".zfill(16)
        return name, f"{value:%Y%m%dT%H%M%S}".zfill(15)
    return "", f"{value:%Y%m%d}".zfill(8) if isinstance(value, date) else str(value)


def by_instant(value: Hashable) -> tuple[int, str]:
    """Order of times in a list: by kind, then by instant."""
    if isinstance(value, tuple):
        kind, start = by_instant(value[0])
        return kind, f"{start}/{by_instant(value[1])[1]}"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return 1, value.isoformat()
        wall, offset = value.replace(tzinfo=None), value.utcoffset() or timedelta(0)
        try:
            return 2, (wall - offset).isoformat()
        except OverflowError:
            return 2, wall.isoformat()
    return (0, value.isoformat()) if isinstance(value, date) else (3, str(value))


def offset_of(text: str) -> timedelta:
    """+0100 or -05:30 as a timedelta; zero when it is none."""
    match = _OFFSET.fullmatch(text)
    if match is None:
        return timedelta(0)
    sign, hours, minutes, seconds = match.groups()
    size = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0))
    return min(-size if sign == "-" else size, timedelta(hours=23, minutes=59))


def is_offset(text: str) -> bool:
    return _OFFSET.fullmatch(text) is not None


def read_offset(text: str) -> Hashable:
    """UTC-OFFSET without needless seconds."""
    match = _OFFSET.fullmatch(text)
    return f"{match[1]}{match[2]}{match[3]}{(match[4] or '').replace('00', '')}" if match else text


@lru_cache(maxsize=4096)
def read_duration(text: str) -> Hashable:
    """PT15M, -P1DT2H, P2W as a timedelta; the text itself when it is none."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()[1:]):
        return text
    weeks, days, hours, minutes, seconds = (int(g or 0) for g in match.groups()[1:])
    size = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -size if match[1] == "-" else size


def show_duration(value: Hashable) -> str:
    if not isinstance(value, timedelta):
        return str(value)
    sign, size = ("-", -value) if value < timedelta(0) else ("", value)
    if size and not size.seconds and size.days % 7 == 0:
        return f"{sign}P{size.days // 7}W"
    clock = [(size.seconds // 3600, "H"), (size.seconds // 60 % 60, "M"), (size.seconds % 60, "S")]
    time = "".join(f"{n}{unit}" for n, unit in clock if n)
    days = f"{size.days}D" if size.days else ""
    return f"{sign}P{days}{'T' + time if time else '' if days else 'T0S'}"


def after(start: date, text: str) -> Hashable:
    """Start and DURATION as the end: weeks and days by the calendar, hours by the clock. None when there is none."""
    size = read_duration(text.upper())
    if not isinstance(size, timedelta) or not isinstance(start, date):
        return None
    try:
        if not isinstance(start, datetime):
            return None if size.seconds else start + size
        days = timedelta(days=size.days) if "W" in text.upper() or "D" in text.upper() else timedelta(0)
        end = start + days  # wall time, the zone stays
        if end.tzinfo is None or size == days:
            return end + (size - days)
        return moved(end.astimezone(UTC) + (size - days), end.tzinfo)
    except OverflowError:
        return None


def listed(value: Hashable) -> tuple[Any, ...]:
    """A field that holds a list; nothing when it is absent."""
    return value if isinstance(value, tuple) else ()


def read_number(text: str) -> Hashable:
    return int(text) if re.fullmatch(r"[+-]?\d{1,9}", text) else text


def read_place(text: str) -> Hashable:
    """GEO as (latitude, longitude)."""
    parts = re.split(r"\\?[;,]", text)
    if len(parts) == 2 and all(re.fullmatch(r"\s*[+-]?\d{1,12}(?:\.\d{1,30})?\s*", p) for p in parts):
        return tuple(Decimal(p.strip()) for p in parts)
    return text


def show_place(value: Hashable) -> str:
    return (
        ";".join(f"{n:f}" if isinstance(n, Decimal) else str(n) for n in value)
        if isinstance(value, tuple)
        else str(value)
    )


def read_rule(text: str, kind: str, zone: tzinfo | None = None) -> Element:
    """RRULE as an element. INTERVAL=1 and WKST=MO, the defaults, are left out; what is no known part is in `other`."""
    fields: dict[str, Hashable] = {}
    other: list[str] = []
    for part in text.split(";"):
        name, equals, value = part.strip().upper().partition("=")
        field = name.lower()
        typed = _part(name, value.strip(), zone)
        if typed is None or field in fields or not equals:
            other += [part.strip()] if part.strip() else []
        elif typed != _DEFAULTS.get(name):
            fields[field] = typed
    if other:
        fields["other"] = tuple(other)
    return Element(kind, fields)


_DEFAULTS: dict[str, Hashable] = {"INTERVAL": 1, "WKST": "MO"}


def _part(name: str, value: str, zone: tzinfo | None) -> Hashable:
    """The typed value of one part of a rule; None when it cannot be read."""
    if name in ("FREQ", "WKST", "RSCALE", "SKIP"):
        return value or None
    if name in ("INTERVAL", "COUNT"):
        return int(value) if re.fullmatch(r"\d{1,9}", value) else None
    if name == "UNTIL":
        until = read_time(value, zone)
        return None if isinstance(until, str) else until
    items = [item.strip() for item in value.split(",")]
    if name == "BYDAY":
        days = [_BYDAY.fullmatch(item) for item in items]
        if any(day is None for day in days):
            return None
        pairs = sorted((WEEKDAYS.index(d[2]), int(d[1]) if d[1].strip("+-") else 0) for d in days if d)
        return tuple(f"{n or ''}{WEEKDAYS[d]}" for d, n in pairs)
    if name in BY_NUMBER:
        if not all(re.fullmatch(r"[+-]?\d{1,4}", item) for item in items):
            return None
        return tuple(sorted(int(item) for item in items))
    return None


_PARTS = ("FREQ", "UNTIL", "COUNT", "INTERVAL", "BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYHOUR",
          "BYMINUTE", "BYSECOND", "BYSETPOS", "WKST", "RSCALE", "SKIP")  # fmt: skip


def show_rule(rule: Element) -> str:
    parts = []
    for name in _PARTS:
        value = rule.get(name.lower())
        if value is None:
            continue
        if name == "UNTIL":
            shown = show_time(in_utc(value))[1]
        else:
            shown = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        parts.append(f"{name}={shown}")
    other = rule.get("other", ())
    return ";".join([*parts, *(map(str, other) if isinstance(other, Iterable) else ())])


def understood(rule: Element) -> bool:
    """Whether a rule says how often, and nothing else that no standard knows."""
    other = listed(rule.get("other"))
    return "freq" in rule.fields and all(_ODD_PART.fullmatch(part) for part in other)


def in_utc(value: Hashable) -> Hashable:
    """A time with a zone as UTC; anything else as it is."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        try:
            return value.astimezone(UTC)
        except OverflowError:
            return value.replace(tzinfo=UTC)
    return value

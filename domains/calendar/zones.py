"""Time zones: the IANA database through `zoneinfo`, and those a calendar defines itself (VTIMEZONE)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domains.calendar.windows import WINDOWS

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Onset(NamedTuple):
    """When an observance begins, in local time before it, and the offsets before and from then on. `month` and `days`
    (weekday, which of the month or 0, days of the month allowed) when it begins anew every year up to `until`."""

    start: datetime
    before: timedelta
    after: timedelta
    month: int = 0
    weekday: int = 0
    nth: int = 0
    days: tuple[int, ...] = ()
    until: datetime | None = None

    def in_year(self, year: int) -> datetime | None:
        """The local time it begins in a year; None when it does not."""
        if not self.month:
            return self.start if self.start.year == year else None
        begin = day_of(year, self)
        if begin is None:
            return None
        found = datetime.combine(begin, self.start.time())
        return found if self.start <= found and (self.until is None or found <= self.until) else None

    def last(self) -> datetime | None:
        """The last local time it begins; None when it goes on for ever."""
        if not self.month:
            return self.start
        return (self.in_year(self.until.year) or self.in_year(self.until.year - 1)) if self.until else None


def day_of(year: int, onset: Onset) -> date | None:
    """The day a yearly observance begins."""
    first = date(year, onset.month, 1)
    last = (date(year + onset.month // 12, onset.month % 12 + 1, 1) if year < 9999 else date(9999, 12, 31)) - timedelta(
        1
    )
    days = [first + timedelta(n) for n in range(last.day)]
    if onset.days:
        days = [d for d in days if d.day in onset.days or d.day - last.day - 1 in onset.days]
    if onset.nth or not onset.days or onset.weekday >= 0:
        days = [d for d in days if onset.weekday < 0 or d.weekday() == onset.weekday]
    place = onset.nth - 1 if onset.nth > 0 else onset.nth
    return days[place] if -len(days) <= place < len(days) else None


class Zone(tzinfo):
    """A zone under a name of the calendar's own: its VTIMEZONE's observances, or another zone by another name."""

    def __init__(self, name: str, onsets: Sequence[Onset] = (), same_as: tzinfo | None = None) -> None:
        self.name = name
        self.onsets = tuple(sorted(onsets, key=lambda o: o.start))
        self.same_as = same_as
        self._years: dict[int, list[tuple[datetime, timedelta]]] = {}

    def utcoffset(self, when: datetime | None) -> timedelta:
        if when is None:
            return timedelta(0)
        local = when.replace(tzinfo=None, fold=0)
        if self.same_as is not None:
            return self.same_as.utcoffset(local) or timedelta(0)
        for year in (local.year, local.year - 1):
            for start, after in self._begins(year):
                if start <= local:
                    return after
        past = [(last, o.after) for o in self.onsets if (last := o.last()) and last <= local]
        return max(past)[1] if past else self.onsets[0].before

    def _begins(self, year: int) -> list[tuple[datetime, timedelta]]:
        """(local time, offset from then on) of the observances that begin in a year, latest first."""
        found = self._years.get(year)
        if found is None:
            begins = [(o.in_year(year), o.after) for o in self.onsets] if year > 0 else []
            found = sorted(((start, after) for start, after in begins if start), reverse=True)
            self._years[year] = found
        return found

    def dst(self, _when: datetime | None) -> timedelta | None:
        return None

    def tzname(self, _when: datetime | None) -> str:
        return self.name

    def fromutc(self, when: datetime) -> datetime:
        plain = when.replace(tzinfo=None)
        offsets = {o.after for o in self.onsets} | {o.before for o in self.onsets} | {self.utcoffset(plain)}
        fits = [plain + offset for offset in offsets if self.utcoffset(plain + offset) == offset]
        return (min(fits) if fits else plain + self.utcoffset(plain)).replace(tzinfo=self)


@lru_cache(maxsize=512)
def known(name: str) -> tzinfo | None:
    """A zone of the IANA database; also behind a maker's prefix (/example.org/Olson_2011/Europe/Berlin), or by its name
    under Windows."""
    if name.upper() in ("UTC", "Z", "ETC/UTC"):
        return UTC
    if name in WINDOWS:
        return Zone(name, same_as=known(WINDOWS[name]))
    if len(name) < 100 and _KEY.fullmatch(name) and name != "localtime":
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            return None
    parts = name.strip("/").split("/")
    for count in (3, 2):
        if len(parts) > count and "/" in name and (zone := known("/".join(parts[-count:]))):
            return Zone(name, same_as=zone)
    return None


@lru_cache(maxsize=512)
def steady(zone: tzinfo) -> tzinfo:
    """The zone for its doubtful hours: of two instants with one wall time the first, as RFC 5545 wants it. Python calls
    such times unequal to any in another zone; these are equal to the same instant."""
    return Zone(name_of(zone), same_as=zone)


def name_of(zone: tzinfo | None) -> str:
    """What TZID says: the zone's name, UTC for times that end in Z, "" for floating ones."""
    if zone is None:
        return ""
    if isinstance(zone, timezone):
        return "UTC"
    return zone.name if isinstance(zone, Zone) else str(zone)


def onset(start: datetime, before: timedelta, after: timedelta, rule: Mapping[str, str]) -> Onset:
    """An observance from its DTSTART, offsets and RRULE; a rule that is not a day of a month counts once."""
    until = re.match(r"(\d{4})(\d\d)(\d\d)", rule.get("UNTIL", ""))
    month, byday = rule.get("BYMONTH", ""), re.fullmatch(r"([+-]?\d?)([A-Z]{2})", rule.get("BYDAY", ""))
    days = tuple(int(d) for d in re.findall(r"-?\d{1,2}", rule.get("BYMONTHDAY", "")))
    plain = Onset(start, before, after)
    if rule.get("FREQ") != "YEARLY" or not (month.isdigit() and 1 <= int(month) <= 12) or not (byday or days):
        return plain
    if byday and byday[2] not in _WEEKDAYS:
        return plain
    weekday = _WEEKDAYS.index(byday[2]) if byday else -1
    nth = int(byday[1]) if byday and byday[1].strip("+-") else 1
    try:
        end = datetime(int(until[1]), int(until[2]), int(until[3]), 23, 59, 59) if until else None
    except ValueError:
        return plain
    return Onset(start, before, after, int(month), weekday, nth, days, end)

"""The days of a series, for rules that say when they end: never more than asked for, never from an endless rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from domains.calendar.values import WEEKDAYS, in_zone, listed
from domains.kit import Element

PERIODS = 2000
"""So many days, weeks, months or years of a rule are looked at, no more."""
_KNOWN = {
    "DAILY": {"byday", "bymonth", "bymonthday"},
    "WEEKLY": {"byday", "bymonth"},
    "MONTHLY": {"byday", "bymonthday", "bymonth", "bysetpos"},
    "YEARLY": {"byday", "bymonthday", "bymonth", "bysetpos"},
}


def occurrences(start: date, rule: Element, most: int) -> list[date] | None:
    """The starts of a series in order, the first being `start`. None when the rule has no end, has parts that are not
    understood here, does not hold on its own start, or gives more than `most`."""
    freq = rule.text("freq")
    parts = {name for name in rule.fields if name.startswith("by")}
    plain = parts <= _KNOWN.get(freq, set()) and not rule.fields.keys() & {"rscale", "skip", "other", "parameters"}
    if freq not in _KNOWN or not plain or not ("count" in rule.fields or "until" in rule.fields):
        return None
    if freq == "YEARLY" and "byday" in parts and "bymonth" not in parts:
        return None
    count, until = rule.get("count"), rule.get("until")
    found: list[date] = []
    for day in days(start, rule):
        when = at_day(start, day)
        if (
            when is None
            or (until is not None and beyond(when, until))
            or (isinstance(count, int) and len(found) >= count)
        ):
            break
        found.append(when)
        if len(found) > most:
            return None
    return found if found and found[0] == start else None


def at_day(start: date, day: date) -> date | None:
    """The start of a series on another day: same clock time, same zone."""
    if not isinstance(start, datetime):
        return day
    wall = datetime.combine(day, start.time())
    return in_zone(wall, start.tzinfo) if start.tzinfo else wall


def beyond(when: date, until: Any) -> bool:
    if isinstance(when, datetime) and isinstance(until, datetime):
        if (when.tzinfo is None) == (until.tzinfo is None):
            return when > until
        return when.replace(tzinfo=None) > until.replace(tzinfo=None)
    return (when.date() if isinstance(when, datetime) else when) > (
        until.date() if isinstance(until, datetime) else until
    )


def days(start: date, rule: Element) -> Iterator[date]:
    """The days on which a rule holds, from the start on."""
    first = start.date() if isinstance(start, datetime) else start
    step = rule.get("interval", 1)
    if not isinstance(step, int) or not 0 < step < 1000:
        return
    for number in range(PERIODS):
        try:
            inside = period(first, rule, number * step)
        except (ValueError, OverflowError):
            return
        yield from (day for day in inside if day >= first)


def period(first: date, rule: Element, steps: int) -> list[date]:
    """The days of the nth period of a rule, in order."""
    byday, months, monthdays, places = (
        listed(rule.get(f"by{what}")) for what in ("day", "month", "monthday", "setpos")
    )
    match rule["freq"]:
        case "DAILY":
            found = [first + timedelta(days=steps)]
            found = [d for d in found if not byday or WEEKDAYS[d.weekday()] in byday]
            found = [d for d in found if not monthdays or d.day in monthdays or d.day - length(d) - 1 in monthdays]
        case "WEEKLY":
            begins = WEEKDAYS.index(rule.text("wkst")) if rule.get("wkst") in WEEKDAYS else 0
            week = first - timedelta(days=(first.weekday() - begins) % 7) + timedelta(weeks=steps)
            names = byday or (WEEKDAYS[first.weekday()],)
            found = [d for n in range(7) if WEEKDAYS[(d := week + timedelta(days=n)).weekday()] in names]
        case "MONTHLY":
            year, month = divmod(first.year * 12 + first.month - 1 + steps, 12)
            found = in_month(date(year, month + 1, 1), first, byday, monthdays)
        case _:
            year = first.year + steps
            found = [
                d for m in sorted(months or (first.month,)) for d in in_month(date(year, m, 1), first, byday, monthdays)
            ]
    found = [d for d in found if not months or d.month in months]
    if places:
        found = sorted(
            {found[p - 1 if p > 0 else p] for p in places if p and -len(found) <= (p - 1 if p > 0 else p) < len(found)}
        )
    return found


def in_month(month: date, first: date, byday: tuple[str, ...], monthdays: tuple[int, ...]) -> list[date]:
    """The days of a month that a rule names; without names the day of the first one."""
    size = length(month)
    every = [month + timedelta(days=n) for n in range(size)]
    if not byday and not monthdays:
        return [d for d in every if d.day == first.day]
    found = [d for d in every if not monthdays or d.day in monthdays or d.day - size - 1 in monthdays]
    if byday:
        named: set[date] = set()
        for name in byday:
            those = [d for d in every if WEEKDAYS[d.weekday()] == name[-2:]]
            nth = int(name[:-2] or 0)
            named.update(those if not nth else those[nth - 1 : nth] if nth > 0 else those[nth : nth + 1 or None])
        found = [d for d in found if d in named]
    return found


def length(day: date) -> int:
    """Days of the month."""
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (following - timedelta(days=1)).day

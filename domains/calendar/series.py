"""Series written out as single events, with a table of their rules, and put together again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from domains.calendar.format import parse
from domains.calendar.recur import occurrences
from domains.calendar.render import MAIN, render, time_lists
from domains.calendar.schema import SCHEMA
from domains.calendar.values import by_instant, listed, read_rule, show_rule
from domains.calendar.zones import name_of
from domains.kit import Comparer, EditError, Element, Files, read_csv, write_csv

MOST = 60
"""A longer series is not written out."""
LEAST = 6
"""Fewer instances to add are not worth the work."""
SIDE = "rules.csv"
COLUMNS = ("uid", "rrule", "exdate", "timezone")


def dates(event: Element, rule: Element, elsewhere: Sequence[object]) -> list[date] | None:
    """The starts of the instances a series has itself, the first included; None for a series that stays as it is."""
    start, end, excluded = event.get("start"), event.get("end"), listed(event.get("excluded"))
    if not isinstance(start, date) or (end is not None and clock(start) != clock(end)):
        return None
    found = occurrences(start, rule, MOST)
    if found is None or start in excluded or start in elsewhere:
        return None
    return [when for when in found if when not in excluded and when not in elsewhere]


def clock(value: object) -> tuple[type, bool]:
    """What kind of time it is: times of two kinds cannot be reckoned with."""
    return type(value), isinstance(value, datetime) and value.tzinfo is not None


def written_out(document: Element) -> list[tuple[Element, list[Element], Element | None]]:
    """Every child of the root with its other instances and its rule; no rule when it is no series."""
    uids = Counter(e.text("uid") for e in document.of("event") if "occurrence" not in e.fields)
    found: list[tuple[Element, list[Element], Element | None]] = []
    for event in document.children:
        rules = event.of("rule", "exception_rule") if event.kind == "event" else []
        whole = len(rules) == 1 and rules[0].kind == "rule" and not event.fields.keys() & {"occurrence", "extra"}
        whole = whole and uids[event.text("uid")] == 1 and "uid" in event.fields
        whole = whole and not any(p["of"] == "EXDATE" for p in event.of("parameter"))
        starts = dates(event, rules[0], moved_away(document, event)) if whole else None
        found.append((event, instances(event, starts), rules[0]) if starts else (event, [], None))
    return found


def expand(document: Element) -> Files:
    children: list[Element] = []
    rows: list[tuple[object, ...]] = []
    for event, others, rule in written_out(document):
        if rule is None:
            children.append(event)
            continue
        single = event.with_fields(tz=None, excluded=None)
        children += [single.with_children([c for c in event.children if c is not rule]), *others]
        lines = time_lists("", listed(event.get("excluded")), "")
        shown = ",".join(line.rpartition(":")[2] for line in lines)
        rows.append((event["uid"], show_rule(rule), shown, event.get("tz")))
    if len(children) - len(document.children) < LEAST:
        raise EditError("expand_series: there is no series with an end, or too little to write out")
    return {**render(document.with_children(children)), SIDE: write_csv(COLUMNS, rows)}


def moved_away(document: Element, event: Element) -> list[object]:
    """The original starts of the instances that stand in the calendar on their own."""
    return [
        e["occurrence"] for e in document.of("event") if "occurrence" in e.fields and e.get("uid") == event.get("uid")
    ]


def instances(first: Element, starts: Sequence[date]) -> list[Element]:
    """The other instances of a series: bare events that refer to the first."""
    start, end = first["start"], first.get("end")
    found = []
    for number, when in enumerate(starts[1:], 2):
        fields = {"uid": f"{first['uid']}-{number}", "start": when, "end": None, "summary": first.get("summary")}
        fields["stamp"] = first.get("stamp")
        if isinstance(end, date) and isinstance(start, date):
            fields["end"] = ended(start, end, when)
        relation = Element("property", {"name": "RELATED-TO", "value": first.text("uid")})
        found.append(Element("event", {k: v for k, v in fields.items() if v is not None}, (relation,)))
    return found


def ended(start: date, end: date, when: date) -> date:
    """The end of an instance: as long as the first one on the clock."""
    if not (isinstance(start, datetime) and isinstance(end, datetime) and isinstance(when, datetime)):
        return when + (end - start)
    if start.tzinfo is None or end.tzinfo is None or name_of(start.tzinfo) != name_of(end.tzinfo):
        return when + (end - start)
    return when + (end.replace(tzinfo=None) - start.replace(tzinfo=None))


def collapse(files: Files) -> Element:
    document = parse({name: text for name, text in files.items() if name.casefold() != SIDE})
    children = list(document.children)
    same = Comparer(SCHEMA).index
    for row in read_csv(files, SIDE, COLUMNS[:2], COLUMNS[2:]):
        at = next(
            (n for n, e in enumerate(children) if e.get("uid") == row["uid"] and "occurrence" not in e.fields), None
        )
        if at is None:
            continue
        children[at], expected = put_together(children[at], row, moved_away(document, children[at]))
        for instance in expected:
            twin = next(
                (n for n, e in enumerate(children) if e.get("uid") == instance["uid"] and e.kind == "event"), None
            )
            if twin is None:
                # An instance that got lost is a day on which the series no longer takes place.
                left = (*listed(children[at].get("excluded")), instance["start"])
                gone = tuple(sorted(left, key=by_instant))
                children[at] = children[at].with_fields(excluded=gone)
            elif same.identity(children[twin]) == same.identity(instance):
                del children[twin]
                at -= twin < at
    return document.with_children(children)


def put_together(single: Element, row: dict[str, str], elsewhere: Sequence[object]) -> tuple[Element, list[Element]]:
    """The series of a first instance and its row, and the other instances that should be there."""
    zone = f";TZID={row['timezone']}" if row["timezone"] not in ("", "UTC") else ""
    text = f"BEGIN:VEVENT\nDTSTART{zone}:20000101T000000\nEXDATE{zone}:{row['exdate']}\nEND:VEVENT"
    excluded = parse({MAIN: text}).children[0].get("excluded") if row["exdate"] else None
    rule = read_rule(row["rrule"].removeprefix("RRULE:"), "rule")
    if single.of("rule"):  # it was left as it was
        return single.with_fields(summary=f"(not written out) {single.text('summary')}"), []
    series = single.with_fields(excluded=excluded, tz=row["timezone"] or None)
    series = series.with_children((*single.children, rule))
    starts = dates(series, rule, elsewhere)
    return series, instances(single, starts) if starts else []


def view(files: Files) -> Element:
    """The calendar with every instance of a series as an event, and in which form it stands in the file."""
    document = parse({name: text for name, text in files.items() if name.casefold() != SIDE})
    firsts = {p.text("value") for e in document.of("event") for p in e.of("property") if p["name"] == "RELATED-TO"}
    children: list[Element] = []
    for event, others, rule in written_out(document):
        if rule is not None:
            children += [e.with_fields(form="rule") for e in (event.with_fields(excluded=None, tz=None), *others)]
        elif (
            event.kind == "event"
            and "occurrence" not in event.fields
            and (event.get("uid") in firsts or is_instance(event))
        ):
            children.append(event.with_fields(form="single"))
        else:
            children.append(event)
    return document.with_children(children)


def is_instance(event: Element) -> bool:
    related = next((p.text("value") for p in event.of("property") if p["name"] == "RELATED-TO"), "")
    return bool(related) and event.text("uid").startswith(f"{related}-")

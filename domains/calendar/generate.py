"""Calendars of any size: an organisation's months of meetings, sessions, series, to-dos and out-of-office days."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Hashable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from domains.calendar.render import render
from domains.calendar.values import WEEKDAYS, in_zone
from domains.calendar.vocabulary import AGENDA, CLOSING, DAYS, PLACES, PRODUCTS, TODOS, TRACKS, ZONES
from domains.calendar.zones import known, onset
from domains.kit import Element, element
from domains.kit.generate import FAMILY, fill, person, pick_weighted, tokens_of


class Maker:
    """One organisation: its people, its zone, and the day its calendar has come to."""

    def __init__(self, rng: random.Random, tokens: int) -> None:
        self.rng = rng
        self.rich = tokens >= 1200
        self.host = f"{plain(rng.choice(FAMILY))}-{rng.choice(('labs', 'institute', 'partners', 'verein', 'studio'))}"
        self.host += rng.choice((".example", ".example.org", ".example.net"))
        self.people = list(dict.fromkeys(person(rng) for _ in range(max(4, min(60, tokens // 300)))))
        zones = rng.sample(sorted(ZONES), 2)
        self.zones = zones if self.rich else zones[:1]
        self.day = date(rng.randint(2018, 2026), rng.randint(1, 12), rng.randint(1, 28))
        self.stamp = datetime(self.day.year, self.day.month, 1, 8, tzinfo=UTC) - timedelta(days=rng.randint(20, 60))
        self.tracks = rng.sample(sorted(TRACKS), 5)

    def head(self) -> list[Element]:
        rng = self.rng
        product = rng.choice(PRODUCTS)
        head: dict[str, Hashable] = {"version": "2.0", "product": f"-//{self.host}//{product}//EN"}
        if not self.rich:
            return [Element("header", head)]
        head |= {"scale": "GREGORIAN", "timezone": self.zones[0]}
        if rng.random() < 0.5:
            head["method"] = "PUBLISH"
        head["name"] = f"{rng.choice(FAMILY)} {rng.choice(('team', 'programme', 'office', 'group'))}"
        return [Element("header", head), *map(zone_element, self.zones)]

    def entries(self) -> Iterator[Element]:
        """Endless, in order of their days. A series may bring an instance of its own."""
        rng = self.rng
        number = 0
        kinds = (
            (self.meeting, 50), (self.series, 16), (self.todo, 16), (self.whole_day, 12), (self.journal, 3),
            (self.free_busy, 3),
        )  # fmt: skip
        while True:
            number += 1
            self.day += timedelta(days=rng.choice((0, 0, 1, 1, 2, 3)))
            while self.day.weekday() > 4:
                self.day += timedelta(days=1)
            make = pick_weighted(rng, kinds)
            if number < 3 and not self.rich:
                # The smallest calendars too have two tracks and two priorities.
                first = {"categories": (self.tracks[number],), "priority": 8 * number - 7}
                yield from self.meeting(**first) if number == 1 else self.todo(**first)
            else:
                yield from make()

    # -- parts --------------------------------------------------------------------------------------------------------

    def uid(self) -> str:
        rng = self.rng
        if not self.rich or rng.random() < 0.5:
            return f"{rng.getrandbits(48):012x}@{self.host}"
        clock = f"{rng.randrange(24):02}{rng.randrange(60):02}{rng.randrange(60):02}"
        return f"{self.day:%Y%m%d}T{clock}-{rng.randrange(10_000):04}@{self.host}"

    def common(self, track: str, summary: str) -> dict[str, Hashable]:
        rng = self.rng
        stamp = self.stamp + timedelta(minutes=rng.randint(0, 20_000), seconds=rng.randint(0, 59))
        fields: dict[str, Hashable] = {"uid": self.uid(), "stamp": stamp, "summary": summary}
        if rng.random() < 0.85:
            more = {rng.choice(("internal", "external", "recorded"))} if rng.random() < 0.2 else set()
            fields["categories"] = tuple(sorted({track, *more}))
        if rng.random() < 0.35:
            fields["priority"] = rng.choice((1, 1, 2, 3, 5, 5, 7, 9))
        if self.rich and rng.random() < 0.4:
            fields["sequence"] = rng.choice((0, 0, 1, 2, 4))
        if self.rich and rng.random() < 0.25:
            fields |= {"created": stamp - timedelta(days=rng.randint(1, 9)), "modified": stamp}
        return fields

    def times(self) -> tuple[datetime, datetime]:
        """Start and end on the day: mostly in the first zone, now and then in the second or in UTC."""
        rng = self.rng
        wall = datetime(
            self.day.year, self.day.month, self.day.day, rng.randint(8, 17), rng.choice((0, 0, 0, 15, 30, 45))
        )
        zone = known(rng.choice((self.zones[0],) * 7 + (self.zones[-1],) * 2 + ("UTC",)))
        length = timedelta(minutes=rng.choice((15, 25, 30, 30, 45, 50, 60, 60, 60, 90, 120, 180)))
        start = in_zone(wall, zone) if zone else wall
        return start, in_zone(wall + length, zone) if zone else wall + length

    def text(self) -> str:
        rng = self.rng
        who = rng.choice(self.people)
        opening = rng.choice(AGENDA).format(who=who, number=rng.randint(2, 48), other=rng.choice(self.people))
        more = rng.sample(AGENDA, rng.choice((0, 1, 1, 2)))
        body = [opening] + [m.format(who=rng.choice(self.people), number=rng.randint(2, 90), other=who) for m in more]
        return rng.choice((" ", "\n", "\n- ")).join(body) + (f"\n{rng.choice(CLOSING)}" if rng.random() < 0.4 else "")

    def party(self) -> list[Element]:
        """An organiser and those invited."""
        rng = self.rng
        count = rng.choice((1, 2, 2, 3, 3, 5)) if self.rich else rng.choice((0, 0, 0, 0, 0, 2))
        chosen = rng.sample(self.people, min(count, len(self.people)))
        found = []
        for n, name in enumerate(chosen):
            address = f"{plain(name).replace(' ', '.')}@{self.host}"
            if n == 0:
                found.append(element("organizer", name=name, address=address))
                continue
            role = pick_weighted(rng, (("REQ-PARTICIPANT", 7), ("OPT-PARTICIPANT", 2), ("CHAIR", 1)))
            status = pick_weighted(rng, (("ACCEPTED", 6), ("NEEDS-ACTION", 3), ("TENTATIVE", 2), ("DECLINED", 1)))
            rsvp = "TRUE" if status == "NEEDS-ACTION" else None
            found.append(element("attendee", name=name, role=role, status=status, rsvp=rsvp, address=address))
        return found

    def alarm(self) -> list[Element]:
        if not self.rich or self.rng.random() < 0.65:
            return []
        before = timedelta(minutes=-self.rng.choice((5, 10, 15, 15, 30, 60, 1440)))
        return [
            element(
                "alarm",
                action="DISPLAY",
                trigger=before,
                description=self.rng.choice(("Reminder", "Soon", "Leave now")),
            )
        ]

    # -- entries ------------------------------------------------------------------------------------------------------

    def meeting(self, **more: Hashable) -> list[Element]:
        rng = self.rng
        track = rng.choice(self.tracks)
        title = rng.choice(TRACKS[track]).format(who=rng.choice(self.people), number=rng.randint(2, 40))
        start, end = self.times()
        fields = self.common(track, title) | {"start": start, "end": end, **more}
        if rng.random() < 0.7:
            fields["location"] = rng.choice(PLACES).format(number=rng.randint(1, 40))
        if rng.random() < 0.6:
            fields["status"] = pick_weighted(rng, (("CONFIRMED", 7), ("TENTATIVE", 2), ("CANCELLED", 1)))
        if rng.random() < (0.6 if self.rich else 0.1):
            fields["description"] = self.text()
        if self.rich and rng.random() < 0.2:
            fields["transparency"] = rng.choice(("OPAQUE", "TRANSPARENT"))
        if self.rich and rng.random() < 0.12:
            fields["url"] = f"https://{self.host}/meet/{rng.getrandbits(32):08x}"
        if self.rich and rng.random() < 0.06:
            fields["geo"] = tuple(Decimal(rng.randint(-90_000_000, 90_000_000)) / 1_000_000 for _ in range(2))
        extra = []
        if self.rich and rng.random() < 0.1:
            kind = rng.choice((".pdf", ".odt", ".pptx"))
            extra.append(
                element("property", name="ATTACH", value=f"https://{self.host}/files/{rng.randint(100, 9999)}{kind}")
            )
        return [Element("event", fields, (*self.party(), *extra, *self.alarm()))]

    def series(self) -> list[Element]:
        """A weekly or daily series with an end; sometimes with days left out, or one instance moved."""
        rng = self.rng
        (event,) = self.meeting()
        start, end = self.times()
        weekly = rng.random() < 0.75
        count, interval = rng.randint(3, 8), rng.choice((1, 1, 2))
        step = timedelta(days=(7 if weekly else 1) * interval)
        rule: dict[str, Hashable] = {"freq": "WEEKLY" if weekly else "DAILY"}
        if interval > 1:
            rule["interval"] = interval
        if weekly:
            rule["byday"] = (WEEKDAYS[start.weekday()],)
        if rng.random() < 0.6:
            rule["count"] = count
        else:
            rule["until"] = (start + step * (count - 1)).astimezone(UTC)
        fields = {**event.fields, "start": start, "end": end, "tz": "UTC" if start.tzinfo is UTC else str(start.tzinfo)}
        if rng.random() < 0.4:
            fields["excluded"] = (start + step * rng.randint(1, count - 1),)
        whole = [Element("event", fields, (*event.children, Element("rule", rule)))]
        if "excluded" not in fields and self.rich and rng.random() < 0.4:
            when, late = start + step * rng.randint(1, count - 1), timedelta(minutes=rng.choice((30, 60, 90)))
            own = {"uid": fields["uid"], "stamp": fields["stamp"], "summary": fields["summary"], "occurrence": when,
                   "start": when + late, "end": when + late + (end - start), "status": "CONFIRMED"}  # fmt: skip
            whole.append(Element("event", own))
        return whole

    def whole_day(self) -> list[Element]:
        rng = self.rng
        title = rng.choice(DAYS)
        fields = self.common(self.tracks[0], title.format(who=rng.choice(self.people), number=rng.randint(2, 60)))
        fields |= {
            "start": self.day,
            "end": self.day + timedelta(days=rng.choice((1, 1, 1, 2, 5))),
            "transparency": "TRANSPARENT",
        }
        return [Element("event", fields)]

    def todo(self, **more: Hashable) -> list[Element]:
        rng = self.rng
        fields = self.common(
            rng.choice(self.tracks), rng.choice(TODOS).format(who=rng.choice(self.people), number=rng.randint(2, 60))
        )
        due: Hashable = self.day + timedelta(days=rng.randint(1, 20)) if rng.random() < 0.5 else self.times()[1]
        state = rng.choice(("NEEDS-ACTION", "NEEDS-ACTION", "IN-PROCESS", "COMPLETED"))
        fields |= {"due": due, "status": state, **more}
        if state == "IN-PROCESS":
            fields["percent"] = rng.choice((10, 25, 50, 75, 90))
        if state == "COMPLETED":
            done = datetime(self.day.year, self.day.month, self.day.day, 16, rng.randint(0, 59), tzinfo=UTC)
            fields |= {"percent": 100, "completed": done}
        if rng.random() < 0.3:
            fields["description"] = self.text()
        return [Element("todo", fields, tuple(self.alarm()))]

    def journal(self) -> list[Element]:
        fields = self.common(self.tracks[1], f"Minutes {self.day:%d %B}")
        return [Element("journal", fields | {"start": self.day, "description": self.text()})]

    def free_busy(self) -> list[Element]:
        if not self.rich:
            return self.meeting()
        rng = self.rng
        name = rng.choice(self.people)
        begin = datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)
        fields = {"uid": self.uid(), "stamp": self.stamp, "start": begin, "end": begin + timedelta(days=5)}
        busy = []
        for day in range(rng.randint(2, 4)):
            start = begin + timedelta(days=day, minutes=30 * rng.randint(14, 30))
            kind = rng.choice(("BUSY", "BUSY-TENTATIVE"))
            busy.append(element("busy", type=kind, start=start, end=start + timedelta(minutes=30 * rng.randint(1, 5))))
        owner = element("organizer", name=name, address=f"{plain(name).replace(' ', '.')}@{self.host}")
        return [Element("freebusy", fields, (owner, *busy))]


def plain(name: str) -> str:
    """Lower case without accents, for addresses."""
    bare = unicodedata.normalize("NFKD", name.casefold().replace("ł", "l").replace("ø", "o").replace("ı", "i"))
    return "".join(c for c in bare if (c.isascii() and c.isalnum()) or c == " ")


def zone_element(name: str) -> Element:
    """A VTIMEZONE as most programs write it."""
    observances = []
    for kind, abbreviation, before, after, month, day, hour in ZONES[name]:
        start = datetime(1970, month, 1, hour)
        if day:
            turn = onset(start, timedelta(), timedelta(), {"FREQ": "YEARLY", "BYMONTH": str(month), "BYDAY": day})
            start = turn.in_year(1970) or start
        fields = {"type": kind, "start": start, "offset_from": before, "offset_to": after, "abbreviation": abbreviation}
        rule = Element("rule", {"freq": "YEARLY", "bymonth": (month,), "byday": (day,)})
        observances.append(Element("observance", fields, (rule,) if before != after else ()))
    return Element("timezone", {"tzid": name}, tuple(observances))


def generate(rng: random.Random, tokens: int) -> Element:
    """A calendar of about `tokens`. Same `rng` state, same calendar."""
    maker = Maker(rng, tokens)
    head, entries = maker.head(), maker.entries()

    def document(records: Sequence[Element]) -> Element:
        return Element("calendar", {}, (*head, *records))

    def size(records: Sequence[Element]) -> int:
        return tokens_of(render(document(records)))

    records = fill(tokens, lambda _n: next(entries), size)
    if len(records) > 2 and size(records) - tokens > tokens - size(records[:-1]):
        records.pop()
    return document(records)

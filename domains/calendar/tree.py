"""The components of a calendar file as they stand in it, nested, nothing typed yet."""

from __future__ import annotations

from typing import TypeAlias

from domains.calendar.lines import Line, is_indented, logical, read_line
from domains.calendar.schema import PEOPLE, PROPERTIES
from domains.kit import MAX_DEPTH, ParseError

Item: TypeAlias = "Line | Raw | str"
_ALONE = frozenset(["VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE", "VCALENDAR"])
_OBSERVANCES = frozenset(["STANDARD", "DAYLIGHT"])


class Raw:
    """A component as it stands in the file: its lines and components in order, and where each line is."""

    __slots__ = ("items", "name", "places")

    def __init__(self, name: str) -> None:
        self.name = name
        self.items: list[Item] = []
        self.places: list[str] = []

    def add(self, item: Item, place: str) -> None:
        self.items.append(item)
        self.places.append(place)

    def value(self, name: str) -> str:
        return next((i.value for i in self.items if isinstance(i, Line) and i.name == name), "")

    def cut(self, start: int) -> Raw:
        """Its items from there on, taken out of it."""
        rest = Raw(self.name)
        rest.items, rest.places = self.items[start:], self.places[start:]
        del self.items[start:], self.places[start:]
        return rest

    def append(self, other: Raw) -> None:
        """A further calendar: inside of this one, but for what stands inside of that one; if this one has only begun,
        what is in it."""
        if not any(isinstance(item, Raw) for item in self.items):
            self.items += other.items
            self.places += other.places
            return
        inner = [n for n, item in enumerate(other.items) if isinstance(item, Raw) and item.name == "VCALENDAR"]
        further = [(other.items.pop(n), other.places.pop(n)) for n in reversed(inner)]
        self.add(other, "")
        for item, place in reversed(further):
            self.add(item, place)


def read_components(file: str, text: str, problems: list[str]) -> list[Raw]:
    """The calendars of a text. What stands outside of them belongs to the one before, or to the first."""
    done: list[Raw] = []
    loose = Raw("VCALENDAR")
    stack: list[Raw] = []
    problems += [f"{file}: its lines are indented"] if is_indented(text) else []
    for number, line in logical(text):
        if not line:
            continue
        place = f"{file}:{number}"
        top = stack[-1] if stack else done[-1] if done else loose
        found = read_line(line)
        if found is None:
            problems.append(f"{place}: not a content line: {line[:60]}")
            top.add(line, place)
        elif found.name == "BEGIN":
            raw = Raw(found.value.upper())
            while stack and closes(raw.name, stack, done):
                problems.append(f"{place}: {stack.pop().name} has no END")
            if raw.name == "VCALENDAR" and stack and not any(isinstance(item, Raw) for item in stack[0].items):
                problems.append(f"{place}: BEGIN:VCALENDAR stands twice")
                continue
            if raw.name == "VCALENDAR" and not stack:
                raw.items, raw.places = ([], []) if done else (loose.items, loose.places)
                done.append(raw)
            else:
                problems += [] if stack else [f"{place}: {raw.name} outside VCALENDAR"]
                (stack[-1] if stack else done[-1] if done else loose).add(raw, place)
            stack.append(raw)
            if len(stack) > MAX_DEPTH - 2:
                raise ParseError("components are nested too deep", file, number)
        elif found.name == "END":
            end(found.value.upper(), stack, done[-1] if done else loose, place, problems)
        else:
            problems += [f"{place}: a parameter is badly quoted"] if found.loose else []
            problems += [] if stack else [f"{place}: {found.name} outside VCALENDAR"]
            top.add(found, place)
    problems += [f"{file}: {raw.name} has no END" for raw in stack]
    if not done and any(isinstance(item, Raw) for item in loose.items):
        done.append(loose)
    return done


def closes(name: str, stack: list[Raw], done: list[Raw]) -> bool:
    """Whether the innermost component cannot go on where one of that name begins."""
    top = stack[-1].name
    if top == "VCALENDAR":
        return name == top and (len(stack) > 1 or stack[0] not in done[:1])
    return name in _ALONE or name == top or {name, top} <= _OBSERVANCES


def end(name: str, stack: list[Raw], calendar: Raw, place: str, problems: list[str]) -> None:
    """Close the component; an END of something else closes what is open, and is kept to be seen."""
    names = [raw.name for raw in stack]
    if name in names:
        while stack:
            raw = stack.pop()
            if raw.name == name:
                return
            problems.append(f"{place}: {raw.name} has no END")
    calendar = next((raw for raw in reversed(stack) if raw.name == "VCALENDAR"), calendar)
    while stack and name in _ALONE and stack[-1].name not in _ALONE:
        problems.append(f"{place}: {stack.pop().name} has no END")
    if name in _ALONE and name != "VCALENDAR" and (not stack or stack[-1] is calendar):
        start = max((n for n, item in enumerate(calendar.items, 1) if bounds(item)), default=0)
        first = next((n for n, i in enumerate(calendar.items) if n >= start and begins(i)), None)
        if first is not None:
            problems.append(f"{place}: {name} has no BEGIN")
            lost = calendar.cut(first)
            lost.name = name
            calendar.add(lost, place)
            return
    problems.append(f"{place}: END:{name} closes nothing")
    if stack and stack[-1].name != "VCALENDAR":
        stack.pop()
    if name != "VCALENDAR":
        calendar.add(f"END:{name}", place)


def bounds(item: Item) -> bool:
    """Whether an entry whose BEGIN is lost can only stand behind it: another one, or what is left of a BEGIN or END."""
    if isinstance(item, Raw):
        return item.name in _ALONE
    return isinstance(item, str) and ("BEGIN" in item.upper() or item.startswith("END:"))


def begins(item: Item) -> bool:
    """Whether it is a line of an entry."""
    return isinstance(item, Line) and (item.name in PROPERTIES["event"] or item.name in PEOPLE)

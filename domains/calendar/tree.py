"""The components of a calendar file as they stand in it, nested, nothing typed yet."""

from __future__ import annotations

from typing import TypeAlias

from domains.calendar.lines import Line, is_indented, logical, read_line
from domains.kit import MAX_DEPTH, ParseError

Item: TypeAlias = "Line | Raw | str"
_ALONE = frozenset(["VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE", "VCALENDAR"])


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
            while stack and raw.name in _ALONE and stack[-1].name != "VCALENDAR":
                problems.append(f"{place}: {stack.pop().name} has no END")
            if raw.name == "VCALENDAR" and not stack:
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
    if done:
        done[0].items[:0], done[0].places[:0] = loose.items, loose.places
    elif any(isinstance(item, Raw) for item in loose.items):
        done.append(loose)
    return done


def end(name: str, stack: list[Raw], calendar: Raw, place: str, problems: list[str]) -> None:
    """Close the component; an END of something else closes what is open, and is kept to be seen."""
    names = [raw.name for raw in stack]
    if name in names:
        while stack:
            raw = stack.pop()
            if raw.name == name:
                return
            problems.append(f"{place}: {raw.name} has no END")
    problems.append(f"{place}: END:{name} closes nothing")
    if len(stack) > 1 or (stack and stack[0].name != "VCALENDAR"):
        stack.pop()
    if name != "VCALENDAR":
        calendar.add(f"END:{name}", place)

"""A calendar as canonical text: fields in a fixed order, then what else an element holds, lines folded at 75 octets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from domains.calendar.lines import escape, fold, quote
from domains.calendar.schema import ADDRESS, COMPONENTS, LISTS, PEOPLE, PROPERTIES, RULES, TEXTS, TIMES
from domains.calendar.values import in_utc, show_duration, show_place, show_rule, show_time
from domains.kit import Element, Files

MAIN = "calendar.ics"
_NAMES = {kind: name for name, kind in COMPONENTS.items()}
_PEOPLE = {kind: name for name, kind in PEOPLE.items()}
_RULES = {kind: name for name, kind in RULES.items()}


def render(document: Element) -> Files:
    return {MAIN: text_of(document)}


def text_of(document: Element) -> str:
    return "\n".join(map(fold, component_lines(document))) + "\n"


def component_lines(component: Element) -> list[str]:
    """BEGIN to END, unfolded."""
    if component.kind == "calendar":
        return [
            "BEGIN:VCALENDAR",
            *(line for child in component.children for line in child_lines(child)),
            "END:VCALENDAR",
        ]
    name = component.text("name" if component.kind == "component" else "type") or _NAMES.get(component.kind, "")
    return [f"BEGIN:{name}", *body_lines(component), f"END:{name}"]


def body_lines(component: Element) -> list[str]:
    lines: list[str] = []
    aside: defaultdict[str, str] = defaultdict(str)
    for child in component.children:
        if child.kind == "parameter":
            aside[child.text("of")] += f";{child.text('name')}={child.text('value')}"
    for name, field in PROPERTIES.get(component.kind, PROPERTIES["event"]).items():
        if field in component.fields:
            lines += field_lines(component, name, field, aside[name])
    for child in component.children:
        if child.kind != "parameter":
            lines += child_lines(child)
    return lines


def field_lines(component: Element, name: str, field: str, parameters: str) -> list[str]:
    value = component.fields[field]
    if name in LISTS and isinstance(value, tuple):
        return time_lists(name, value, parameters) if name in TIMES else [
            f"{name}{parameters}:{','.join(escape(str(item)) for item in value)}"
        ]  # fmt: skip
    if name in TIMES or (name == "TRIGGER" and isinstance(value, date)):
        tzid, shown = show_time(value)
        given = "VALUE=" in parameters
        value_type = "" if given else ";VALUE=DATE" if type(value) is date else ";VALUE=DATE-TIME" * (name == "TRIGGER")
        return [f"{name}{value_type}{f';TZID={quote(tzid)}' if tzid else ''}{parameters}:{shown}"]
    if name in ("DURATION", "TRIGGER"):
        return [f"{name}{parameters}:{show_duration(value)}"]
    if name == "GEO":
        return [f"{name}{parameters}:{show_place(value)}"]
    return [f"{name}{parameters}:{escape(str(value)) if name in TEXTS else value}"]


def time_lists(name: str, values: tuple[object, ...], parameters: str) -> list[str]:
    """One line for each kind of time and zone; that of what is no time has the other parameters."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for value in values:
        tzid, shown = show_time(value)
        head = ";VALUE=DATE" if type(value) is date else ";VALUE=PERIOD" if isinstance(value, tuple) else ""
        head += f";TZID={quote(tzid)}" if tzid else ""
        groups["" if "VALUE=" in parameters and not tzid else head].append(shown)
    odd = "" if "" in groups else next(reversed(groups), "")
    return [f"{name}{head}{parameters if head == odd else ''}:{','.join(shown)}" for head, shown in groups.items()]


def child_lines(child: Element) -> list[str]:
    match child.kind:
        case "attendee" | "organizer":
            return [person_line(child)]
        case "rule" | "exception_rule":
            return [f"{_RULES[child.kind]}{parameters(child)}:{show_rule(child)}"]
        case "busy":
            head = f";FBTYPE={child['type']}" if "type" in child.fields else ""
            ends = [show_time(in_utc(child[f]))[1] for f in ("start", "end") if f in child.fields]
            return [f"FREEBUSY{head}{parameters(child)}:{'/'.join(ends)}"]
        case "property":
            name, value = child.text("name"), child.text("value")
            return [f"{name}{parameters(child)}:{escape(value) if name in TEXTS else value}"]
        case "header":
            return body_lines(child)
        case "stray":
            return [child.text("text")]
        case _:
            return component_lines(child)


def person_line(person: Element) -> str:
    shown = ""
    for name, field in ADDRESS.items():
        if field in person.fields:
            value = person.text(field)
            shown += f";{name}={quote(value) if name == 'CN' else value}"
    address = person.text("address")
    scheme = "mailto:" if "@" in address and ":" not in address else ""
    return f"{_PEOPLE[person.kind]}{shown}{parameters(person)}:{scheme}{address}"


def parameters(element: Element) -> str:
    """The parameters that are not fields."""
    found = element.get("parameters", ())
    return "".join(f";{pair}" for pair in found) if isinstance(found, Iterable) else ""

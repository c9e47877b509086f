"""The calendar as jCal (RFC 7265) and back."""

from __future__ import annotations

import json
import re
from typing import Any

from domains.calendar.format import parse
from domains.calendar.lines import Line, escape, pieces, plain, quote, split_escaped, unescape
from domains.calendar.render import MAIN, text_of
from domains.calendar.schema import LISTS, TEXTS, TIMES, type_of
from domains.calendar.tree import Raw, read_components
from domains.calendar.values import BY_NUMBER
from domains.kit import MAX_DEPTH, EditError, Element, Files, read_json

NAME = "calendar.json"
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?")
_FLOAT = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,30})?")
_MANY = frozenset(LISTS) | {"FREEBUSY"}


def to_jcal(document: Element) -> Files:
    (raw,) = read_components(MAIN, text_of(document), [])
    return {NAME: laid_out(component(raw)) + "\n"}


def component(raw: Raw) -> list[Any]:
    lines = [item for item in raw.items if isinstance(item, Line)]
    inner = [item for item in raw.items if isinstance(item, Raw)]
    if len(lines) + len(inner) < len(raw.items):
        raise EditError("to_jcal: a line that is no property has no place in jCal")
    return [raw.name.lower(), [property_of(line) for line in lines], [component(child) for child in inner]]


def property_of(line: Line) -> list[Any]:
    kind = line.parameter("VALUE") or type_of(line.name)
    parameters = {
        name.lower(): plain(value) if len(parts := pieces(value)) == 1 else [plain(part) for part in parts]
        for name, value in line.parameters
        if name != "VALUE"
    }
    return [line.name.lower(), parameters, kind.lower(), *values(line.name, kind.upper(), line.value)]


def values(name: str, kind: str, raw: str) -> list[Any]:
    if name in ("GEO", "REQUEST-STATUS"):
        parts = [unescape(part) for part in split_escaped(raw, ";")]
        return [[float(part) if kind == "FLOAT" and _FLOAT.fullmatch(part) else part for part in parts]]
    if kind == "RECUR":
        return [recur(raw)]
    if kind in ("DATE", "DATE-TIME", "PERIOD") and name in _MANY | TIMES | {"TRIGGER", "ACKNOWLEDGED"}:
        texts = raw.split(",") if name in _MANY else [raw]
        return [[spread(t) for t in text.split("/")] if kind == "PERIOD" else spread(text) for text in texts]
    if kind == "TEXT":
        return [unescape(raw)] if name in TEXTS else [unescape(part) for part in split_escaped(raw)]
    if kind == "UTC-OFFSET":
        return [re.sub(r"(?<=\d\d)(\d\d)", r":\1", raw)]
    return [int(raw) if kind == "INTEGER" and re.fullmatch(r"-?\d{1,9}", raw) else raw]


def spread(text: str) -> str:
    """20240601T093000Z as 2024-06-01T09:30:00Z."""
    match = _TIME.fullmatch(text)
    if match is None:
        return text
    year, month, day, hour, minute, second, end = match.groups()
    return f"{year}-{month}-{day}" + (f"T{hour}:{minute}:{second}{end}" if hour else "")


def recur(raw: str) -> dict[str, Any]:
    rule: dict[str, Any] = {}
    for part in raw.split(";"):
        name, _, value = part.partition("=")
        if name == "UNTIL":
            rule["until"] = spread(value)
        elif name in ("COUNT", "INTERVAL") and value.isdigit():
            rule[name.lower()] = int(value)
        elif name in BY_NUMBER or name == "BYDAY":
            items = [int(v) if name != "BYDAY" and re.fullmatch(r"-?\d{1,4}", v) else v for v in value.split(",")]
            rule[name.lower()] = items if len(items) > 1 else items[0]
        else:
            rule[name.lower()] = value
    return rule


def laid_out(tree: list[Any], indent: str = "") -> str:
    """JSON with one property a line."""
    name, lines, inner = tree
    deeper = indent + "  "
    shown = f",\n{deeper} ".join(json.dumps(line, ensure_ascii=False) for line in lines)
    below = f",\n{deeper}".join(laid_out(child, deeper) for child in inner)
    below = f"[\n{deeper}{below}\n{indent} ]" if below else "[]"
    return f'["{name}",\n{indent} [{shown}],\n{indent} {below}]'


# -- back -------------------------------------------------------------------------------------------------------------


def from_jcal(files: Files) -> Element:
    tree = read_json(files, NAME)
    if isinstance(tree, list) and tree and isinstance(tree[0], list):
        tree = tree[0] if len(tree) == 1 else ["vcalendar", [], tree]
    return parse({MAIN: "\n".join(lines_of(tree, 0))})


def lines_of(tree: Any, depth: int) -> list[str]:
    """The content lines of a component; what is no jCal is left as text that counts as a loss."""
    if not (isinstance(tree, list) and len(tree) == 3 and isinstance(tree[0], str) and _NAME.fullmatch(tree[0])):
        raise EditError(f"{NAME}: not a component [name, properties, components]: {str(tree)[:60]}")
    name, properties, inner = tree
    if depth > MAX_DEPTH - 4 or not isinstance(properties, list) or not isinstance(inner, list):
        raise EditError(f"{NAME}: not a component [name, properties, components]: {name[:60]}")
    lines = [f"BEGIN:{name.upper()}", *(line_of(p) for p in properties)]
    for child in inner:
        lines += lines_of(child, depth + 1)
    return [*lines, f"END:{name.upper()}"]


def line_of(prop: Any) -> str:
    match prop:
        case [str(name), dict(parameters), str(kind), *found] if found and _NAME.fullmatch(name):
            shown = ""
            for key, value in parameters.items():
                if _NAME.fullmatch(key) and key.casefold() != "value":
                    several = value if isinstance(value, list) else [value]
                    shown += f";{key.upper()}={','.join(quote(str(v)) for v in several)}"
            name, kind = name.upper(), kind.upper()
            implied = type_of(name) == kind or {type_of(name), kind} == {"TEXT", "UNKNOWN"} or (
                kind == "DATE-TIME" and name in TIMES
            )  # fmt: skip
            given = "" if implied else f";VALUE={quote(kind)}"
            return f"{name}{given}{shown}:{','.join(value_of(kind, v, name) for v in found)}"
        case _:
            return f"unreadable {json.dumps(prop)[:300]}"


def value_of(kind: str, value: Any, name: str) -> str:
    if isinstance(value, dict):
        parts = []
        for key, part in value.items():
            shown = ",".join(map(str, part)) if isinstance(part, list) else str(part)
            parts.append(f"{key.upper()}={gathered(shown) if key.casefold() == 'until' else shown}")
        return ";".join(parts)
    if isinstance(value, list):
        if kind == "PERIOD":
            return "/".join(gathered(str(v)) if "P" not in str(v) else str(v) for v in value)
        return ";".join(str(v) if kind == "FLOAT" else escape(str(v)) for v in value)
    text = str(value)
    if kind in ("DATE", "DATE-TIME"):
        return gathered(text)
    if kind == "RECUR":
        return f"UNCONVERTED={text}"
    if kind == "UTC-OFFSET":
        return text.replace(":", "") if ":" in text else f"unconverted {text}"
    if kind == "TEXT":
        return escape(text)
    return text.replace("\r", " ").replace("\n", "\\n" if name.startswith("X-") else " ")


def gathered(text: str) -> str:
    """2024-06-01T09:30:00Z as 20240601T093000Z; what was left in the old form comes out as no time."""
    if "-" not in text:
        return f"unconverted {text}"
    return text.replace("-", "").replace(":", "").upper()

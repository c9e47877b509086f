"""Calls of tools on the wire: what is read of any server's answer, and what every server takes back. Pure functions."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

from harness.backends import wire
from harness.backends.base import ToolCall

MOST = 1000
"""Calls of a reply that are read."""
LONGEST_NAME = 200
"""Characters of a name that are read."""
DEEPEST = 50
"""Levels of arguments: deeper ones could be read and not be written again."""

_ID = re.compile(r"[\w.:-]{1,128}", re.ASCII)
_NOT_IN_A_NAME = re.compile(r"[^\w-]", re.ASCII)


def read(found: Iterable[tuple[object, object, object]]) -> tuple[ToolCall, ...]:
    """The calls that an answer holds as (id, name, arguments), in their order. One whose name is no text is none;
    arguments that came as an object become its JSON; an id that is missing, odd or there twice is replaced."""
    calls: list[ToolCall] = []
    taken: set[str] = set()
    for own, name, arguments in islice(found, MOST):
        if not isinstance(name, str) or not name.strip():
            continue
        known = own if isinstance(own, str) and _ID.fullmatch(own) else ""
        number = len(calls) + 1
        while not known or known in taken:
            known, number = f"call-{number}", number + 1
        taken.add(known)
        calls.append(ToolCall(known, wire.sound(name.strip()[:LONGEST_NAME]), as_text(arguments)))
    return tuple(calls)


def arguments(text: str) -> dict[str, Any] | None:
    """The object that the arguments of a call are; nothing written is an empty one. None when they are something else,
    or what no JSON may hold, such as NaN."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and _sendable(value) else None


def sent(call: ToolCall) -> tuple[str, str, dict[str, Any]]:
    """Name, arguments as text and as an object, such as servers accept: one that reads what a model wrote amiss would
    refuse the whole conversation for it."""
    name = _NOT_IN_A_NAME.sub("_", call.name)[:64] or "_"
    found = arguments(call.arguments)
    if found is None:
        found = {"arguments": call.arguments}
        return name, json.dumps(found), found
    return name, call.arguments or "{}", found


def as_text(given: object) -> str:
    """Arguments as a text that can be stored and sent on, "" for none and for what no text can be made of."""
    if given is None:
        return ""
    try:
        text = given if isinstance(given, str) else json.dumps(given)
        if "\\ud" in text.lower():  # half of a pair, which no file can hold, may hide in an escape
            whole = json.dumps(json.loads(text), ensure_ascii=False)
            text = text if wire.sound(whole) == whole else wire.sound(whole)
    except (ValueError, RecursionError):
        return wire.sound(given) if isinstance(given, str) else ""
    return wire.sound(text)


def _sendable(value: object) -> bool:
    """Whether a value as Python reads it can be written as JSON again."""
    level = [value]
    for _ in range(DEEPEST):
        if any(isinstance(one, float) and not math.isfinite(one) for one in level):
            return False
        level = [
            inner for one in level if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]  # fmt: skip
    return not level

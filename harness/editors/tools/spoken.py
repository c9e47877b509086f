"""Calls of tools that are left in the text of a reply, as JSON with a name and arguments.

    <tool_call>
    {"name": "view", "arguments": {"path": "a.csv"}}
    </tool_call>

Read are the calls behind such tags, whatever stands around them; or else a reply that is nothing but calls; or else
fenced blocks that are. Without a tag, JSON is a call only if it names a tool and has arguments: it may be a document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from harness.backends import tool_calls
from harness.editors.blocks import blocks
from harness.editors.names import Names
from harness.editors.tools.calls import TOOLS, Call

MOST = 1000
"""Calls of a text that are read."""
OPENS = "<tool_call>\n"
_TAG = re.compile(r"<(?:tool_call|function_call|tools)>\s*(?=[\[{])")
_JSON = json.JSONDecoder(strict=False)
"""Models write line feeds into texts as they are."""
_BROKEN = "a call must be one JSON object with a name and arguments"


def read(text: str) -> list[Call]:
    """The calls in their order. Never raises."""
    return (_tagged(text) or _bare(text) or _fenced(text))[:MOST]


def written(calls: Sequence[Call]) -> str:
    """A text that makes these calls."""
    made = ({"name": call.tool, "arguments": dict(call.arguments)} for call in calls)
    return "\n".join(f"{OPENS}{json.dumps(one, ensure_ascii=False)}\n</tool_call>" for one in made)


def _tagged(text: str) -> list[Call]:
    calls: list[Call] = []
    place = _TAG.search(text)
    while place is not None and len(calls) < MOST:
        value, end = _value(text, place.end())
        found = [_call(one) for one in (value if isinstance(value, list) else [value])]
        calls += [call or Call("tool_call", fault=_BROKEN) for call in found]
        place = _TAG.search(text, end)
    return calls


def _bare(text: str) -> list[Call]:
    """The calls that a text is made of; none where it holds anything else."""
    calls: list[Call] = []
    text = text.strip()
    at = 0
    while at < len(text):
        if text[at] not in "{[":
            return []
        value, end = _value(text, at)
        found = [_call(one, bare=True) for one in (value if isinstance(value, list) else [value])]
        calls += [call for call in found if call is not None and call.tool in TOOLS]
        if not found or calls[-len(found) :] != found:
            return []
        at = end
        while at < len(text) and text[at] in " \t\n;,":
            at += 1
    return calls


def _fenced(text: str) -> list[Call]:
    calls: list[Call] = []
    for one in blocks(text, Names((), ())) if "{" in text else ():
        calls += _bare("\n".join(one.lines))
        if len(calls) >= MOST:
            break
    return calls


def _value(text: str, at: int) -> tuple[object, int]:
    """The JSON value that begins there and where it ends; None for what is no JSON."""
    try:
        value, end = _JSON.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None, at + 1
    return value, end


def _call(value: object, *, bare: bool = False) -> Call | None:
    if isinstance(value, dict) and isinstance(value.get("function"), dict):
        value = value["function"]
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return None
    # Some models call arguments parameters; with a description they are the definition of a tool, repeated.
    key = "parameters" if "arguments" not in value and "description" not in value else "arguments"
    found = tool_calls.arguments(tool_calls.as_text(value.get(key)))
    if found is None or (bare and key not in value):
        return None
    return Call(value["name"].strip()[: tool_calls.LONGEST_NAME], found)

"""What a hop with tools leaves in the record: every call as plain values, and all of them in a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from harness.editors.tools.calls import READING, WRITING, Call, Done

WHY = 200
"""Characters kept of why a call could not be done."""


def entry(turn: int, call: Call, done: Done) -> Mapping[str, object]:
    """A call as plain JSON. `bytes` were taken away and put there."""
    why = {} if done.ok else {"why": done.text.split("\n", 1)[0][:WHY]}
    return {"turn": turn, "tool": call.tool[:WHY], "file": done.file[:WHY], "ok": done.ok, "bytes": done.bytes, **why}


def summary(trace: Sequence[Mapping[str, object]], turns: int, ended: str) -> str:
    """`3 turns, 5 calls, 1 of them in vain: read a.csv; 2 str_replace, 1 create; 345 bytes; finished`"""
    done = [one for one in trace if one["ok"]]
    vain = len(trace) - len(done)
    head = f"{turns} turn{'s' * (turns != 1)}, {len(trace)} call{'s' * (len(trace) != 1)}"
    head += f", {vain} of them in vain" if vain else ""
    read = list(dict.fromkeys(str(one["file"]) for one in done if one["tool"] in READING and one["file"]))
    methods = Counter(str(one["tool"]) for one in done if one["tool"] in WRITING)
    parts = [f"read {', '.join(read[:10])}{' and others' if len(read) > 10 else ''}"] if read else []
    if methods:
        parts.append(", ".join(f"{count} {tool}" for tool, count in methods.items()))
        parts.append(f"{sum(int(str(one['bytes'])) for one in done)} bytes")
    if vain:
        last = next(one for one in reversed(trace) if not one["ok"])
        parts.append(f"last in vain: {last['tool']} ({last['why']})")
    return f"{head}: {'; '.join([*parts, ended])}"

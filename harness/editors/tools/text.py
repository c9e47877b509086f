"""Calls as fenced blocks, for models that do not call tools.

    ```str_replace ledger.csv
    <<<<<<< SEARCH
    old lines
    =======
    new lines
    >>>>>>> REPLACE
    ```

A reply may hold several. What the info string says may also stand in the line before the block or in its first line,
where the info string is a language or nothing; a reply without any block may name commands that need no text on lines
of their own, and `finish` may be the last line of any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from domains import Files
from harness.backends.base import Message, Reply, Tool
from harness.editors.blocks import MAX_LABEL, Block, blocks, fence_for
from harness.editors.changes import read_hunks
from harness.editors.hunks import block, marks
from harness.editors.names import Names
from harness.editors.prompt import filled
from harness.editors.tools.calls import TOOLS, Call, Done
from harness.editors.tools.workspace import Workspace

MOST = 1000
"""Commands of a reply that are read."""
TOLD = 60_000
"""Characters that a turn tells of its commands but the last."""
_BODILESS = ("view", "grep", "delete", "move", "finish")
_LANGUAGE = re.compile(r"[\w+#.-]{0,30}")
_RANGE = re.compile(r"(.*?)[ \t]+\[?(\d{1,9})(?:[ \t]*[-,:][ \t]*|[ \t]+)(-?\d{1,9})\]?")
_NUMBER = re.compile(r"(.*?)[ \t]+(?:(?:after[ \t]+)?line[ \t]+)?(\d{1,9})")
_ARROW = re.compile(r"[ \t]+(?:->|=>|→|to)[ \t]+")
_MARKS = " \t`*_:#>-"


class Text:
    templates = ("tools-text", "tools-text-python", "tools-none")
    shape = ("text", MOST, TOLD)

    def tools(self, *, python: bool) -> tuple[Tool, ...]:  # noqa: ARG002 - the protocol's
        return ()

    def told(self, files: Files, *, python: bool) -> str:
        fence, length = fence_for(files.values()), marks(files.values())
        shown = {"fence": fence, "search": "<" * length + " SEARCH", "divider": "=" * length}
        more = filled("tools-text-python", fence=fence) + "\n\n" if python else ""
        return filled("tools-text", **shown, replace=">" * length + " REPLACE", ticks=str(len(fence)), python=more)

    def look(self, path: str) -> str:
        return self.written([Call("view", {"path": path})]).strip()

    def read(self, reply: Reply, workspace: Workspace) -> list[Call]:
        files = workspace.files
        found = blocks(reply.text, _Commands())
        calls: list[Call] = []
        for one in found:
            calls += _calls(one, files)
            if len(calls) >= MOST:
                return calls[:MOST]
        lines = [line for line in reply.text.split("\n") if line.strip() and len(line) <= MAX_LABEL]
        if not found:
            calls = [call for call in map(_bare, lines[:MOST]) if call is not None and _known(call, workspace)]
        elif calls and lines and found[-1].closed and calls[-1].tool != "finish" and _bare(lines[-1]) == Call("finish"):
            calls.append(Call("finish"))
        return calls

    def said(self, reply: Reply) -> Message:
        return Message("assistant", reply.text)

    def answered(self, results: Sequence[tuple[Call, Done]], left: Sequence[Call]) -> tuple[Message, ...]:
        if not results:
            return (Message("user", filled("tools-none")),)
        *others, last = results
        told, room = 0, TOLD
        while told < len(others) and (room := room - len(others[told][1].text)) > 0:
            told += 1
        parts = [f"{call.tool[:MAX_LABEL]}: {done.text.rstrip()}" for call, done in [*others[:told], last]]
        if told < len(others):
            parts.insert(told, f"What came of {len(others) - told} more commands does not fit here.")
        if left:
            rest = "the command after it was" if len(left) == 1 else f"the {len(left)} commands after it were"
            parts.append(f"Therefore {rest} not carried out.")
        return (Message("user", "\n\n".join(parts)),)

    def replaces(self, path: str, old: str, new: str) -> Call:
        lines = {"old_str": old.removesuffix("\n"), "new_str": new.removesuffix("\n"), "whole_lines": True}
        return Call("str_replace", {"path": path, **lines})

    def written(self, calls: Sequence[Call]) -> str:
        return "\n".join(_written(call) for call in calls)

    def recalled(self, history: Sequence[Message]) -> tuple[Message, ...]:
        return tuple(history)


class _Commands:
    """What `blocks` takes for the names of files: a command opens a block of its own wherever it stands."""

    def known(self, text: str) -> str | None:  # noqa: ARG002 - the protocol's; commands have no wrapper
        return None

    def opens(self, info: str) -> bool:
        return _command(info) is not None


def _command(text: str) -> tuple[str, str] | None:
    """The tool and the rest of a line that is a command."""
    if len(text) > MAX_LABEL:
        return None
    tool, _, rest = text.strip(_MARKS).partition(" ")
    tool, rest = tool.strip(_MARKS), rest.strip()
    if tool not in TOOLS or (tool in ("finish", "run_python")) == bool(rest):
        return None
    return tool, rest.strip("`\"' \t") if tool != "grep" else rest


def _calls(one: Block, files: Mapping[str, str]) -> Iterator[Call]:
    """The calls of a block: several where it holds several replacements."""
    lines = list(one.lines)
    command = _command(one.info)
    if command is None and _LANGUAGE.fullmatch(one.info):
        command = _headed(one)
        if command is None and lines and (command := _first(lines[0])) is not None:
            lines = lines[1:]
    if command is None:
        tool = one.info.split(" ")[0]
        if tool in ("grep", "view") and any(map(str.strip, lines)):
            command = tool, lines[0].strip()
        elif tool in TOOLS:
            yield Call(tool, fault=f"{tool} needs more than this, or less: write it as described")
            return
        else:
            return
    tool, rest = command
    if tool == "str_replace":
        yield from _replacements(rest, lines, files)
    else:
        yield Call(tool, _arguments(tool, rest, "".join(f"{line}\n" for line in lines)))


def _headed(one: Block) -> tuple[str, str] | None:
    """The command in the line before a block, if it is one that needs a text."""
    command = _command(one.heading)
    return command if command is not None and command[0] not in _BODILESS else None


def _first(line: str) -> tuple[str, str] | None:
    return _command(line) if line[:1].isalpha() else None


def _replacements(path: str, lines: Sequence[str], files: Mapping[str, str]) -> Iterator[Call]:
    """A call for each search/replace block in the body of a str_replace."""
    name = path if path in files else Names((), files).known(path) or path
    only = Names((name,), (name,))
    hunks = read_hunks("\n".join([name, *lines]), only, {name: files.get(name, "")}, ())
    hunks = [hunk for hunk in hunks if hunk.kind == "edit" and (hunk.want or hunk.fault)]
    if not hunks:
        yield Call(
            "str_replace", {"path": path}, "str_replace needs the old and the new lines between marks as described"
        )
    for hunk in hunks[:MOST]:
        old, new = "\n".join(hunk.want), "\n".join(hunk.put)
        yield Call("str_replace", {"path": path, "old_str": old, "new_str": new, "whole_lines": True}, hunk.fault)


def _arguments(tool: str, rest: str, body: str) -> dict[str, object]:
    match tool:
        case "view":
            found = _RANGE.fullmatch(rest)
            return {"path": found[1], "view_range": (int(found[2]), int(found[3]))} if found else {"path": rest}
        case "grep":
            return {"pattern": rest}
        case "insert":
            found = _NUMBER.fullmatch(rest)
            return {"path": found[1] if found else rest, "insert_line": found and int(found[2]), "insert_text": body}
        case "create":
            return {"path": rest, "file_text": body}
        case "delete":
            return {"path": rest}
        case "move":
            old, new = (_ARROW.split(rest, maxsplit=1) if _ARROW.search(rest) else [*rest.split(maxsplit=1), ""])[:2]
            return {"path": old.strip("`\"' "), "new_path": new.strip("`\"' ")}
        case "run_python":
            return {"code": body}
        case _:
            return {}


def _bare(line: str) -> Call | None:
    """A command on a line of its own."""
    command = _command(line)
    if command is None or command[0] not in _BODILESS:
        return None
    return Call(command[0], _arguments(*command, ""))


def _known(call: Call, workspace: Workspace) -> bool:
    """Whether a line was meant as a command: it names a file that is there, or is `finish`."""
    if call.tool == "grep":
        return False
    return call.tool == "finish" or workspace.known(str(call.arguments["path"])) is not None


def _written(call: Call) -> str:
    arguments = {name: value for name, value in call.arguments.items() if isinstance(value, str)}
    path, body = arguments.get("path", ""), arguments.get("file_text", arguments.get("code", ""))
    if call.tool == "str_replace":
        old, new = (arguments[name] + "\n" if arguments[name] else "" for name in ("old_str", "new_str"))
        body = block("", old, new, marks((old, new))).removeprefix("\n")
    fence = fence_for((body,))
    return f"{fence}{call.tool}{' ' if path else ''}{path}\n{body}{fence}\n"

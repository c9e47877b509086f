"""Calls as the provider's API carries them, for models that call tools.

Servers differ in what they make of a model's calls, and small models forget the form: where a reply holds no call, its
text is read for some (`spoken`). Such calls are answered as text is.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from importlib.resources import files as package_files

from domains import Files
from harness.backends import tool_calls
from harness.backends.base import Message, Reply, Tool, ToolCall
from harness.editors.prompt import filled
from harness.editors.tools import spoken
from harness.editors.tools.calls import Call, Done
from harness.editors.tools.dialect import OVER
from harness.editors.tools.text import TOLD, Text
from harness.editors.tools.workspace import Workspace

DONE = "Done."
"""What came of a call that was never carried out, in a conversation that is told as it should have gone."""
LEFT = "Not carried out, because of the call before it."
UNTOLD = "What came of this does not fit here."


class Native:
    templates = ("tools-native", "tools-native-none")

    @property
    def shape(self) -> Sequence[object]:
        definitions = [asdict(tool) for tool in _definitions()]
        return ("native", tool_calls.MOST, TOLD, DONE, LEFT, OVER, UNTOLD, definitions)

    def tools(self, *, python: bool) -> tuple[Tool, ...]:
        return tuple(tool for tool in _definitions() if python or tool.name != "run_python")

    def told(self, files: Files, *, python: bool) -> str:  # noqa: ARG002 - the protocol's; the definitions say the rest
        return filled("tools-native")

    def look(self, path: str) -> str:
        return f"`{path}`"

    def read(self, reply: Reply, workspace: Workspace) -> list[Call]:
        return [_call(call) for call in reply.calls] or spoken.read(reply.text) or Text().read(reply, workspace)

    def said(self, reply: Reply) -> Message:
        return Message("assistant", reply.text, reply.calls)

    def answered(self, results: Sequence[tuple[Call, Done]], left: Sequence[Call]) -> tuple[Message, ...]:
        if not results and not left:
            return (Message("user", filled("tools-native-none")),)
        if not any(call.id for call in (*(call for call, _ in results), *left)):
            return Text().answered(results, left)
        answers, room = [], TOLD
        for number, (call, done) in enumerate(results, 1):
            room -= len(done.text)
            told = done.text.rstrip() if room > 0 or number == len(results) else UNTOLD
            answers.append(Message("tool", told, answers=call.id))
        return (*answers, *(Message("tool", LEFT, answers=call.id) for call in left))

    def replaces(self, path: str, old: str, new: str) -> Call:
        return Call("str_replace", {"path": path, "old_str": old, "new_str": new})

    def written(self, calls: Sequence[Call]) -> str:
        return spoken.written(calls)

    def recalled(self, history: Sequence[Message]) -> tuple[Message, ...]:
        """A turn that `written` gave becomes calls with their results: models go on in the form that they see."""
        found: list[Message] = []
        for message in history:
            calls = () if message.calls or message.role != "assistant" else self._written_here(message.text, len(found))
            if not calls:
                found.append(message)
                continue
            found.append(Message("assistant", "", calls))
            found += [Message("tool", DONE, answers=call.id) for call in calls]
        return tuple(found)

    def _written_here(self, text: str, at: int) -> tuple[ToolCall, ...]:
        if not text.startswith(spoken.OPENS):
            return ()
        calls = spoken.read(text)
        if not calls or calls[-1] != Call("finish") or any(call.fault for call in calls) or self.written(calls) != text:
            return ()
        # Nine letters and digits: Mistral's templates take no other id.
        return tuple(
            ToolCall(
                f"h{at % 10_000:04}{number % 10_000:04}", call.tool, json.dumps(call.arguments, ensure_ascii=False)
            )
            for number, call in enumerate(calls)
        )


@cache
def _definitions() -> tuple[Tool, ...]:
    text = (package_files("harness.editors") / "prompts" / "tools-native.json").read_text(encoding="utf-8")
    return tuple(Tool(**tool) for tool in json.loads(text))


def _call(call: ToolCall) -> Call:
    if call.name == "finish":
        return Call("finish", id=call.id)
    found = tool_calls.arguments(call.arguments)
    if found is None:
        return Call(call.name, fault=f"the arguments of {call.name} must be one JSON object", id=call.id)
    if call.name == "insert" and "insert_text" not in found and "new_str" in found:
        found["insert_text"] = found.pop("new_str")  # as an earlier version of Anthropic's tool has it
    return Call(call.name, found, id=call.id)

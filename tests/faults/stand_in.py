"""A model that makes mistakes: does the edit it is asked for with the simulated editor's corruption channel, seeded by
the prompt, so that the same prompt gets the same answer whenever and however often it comes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import domains
from domains import Edit
from harness.editors import open_simulated
from harness.editors.base import Task
from harness.editors.blocks import fenced
from tests.chat_server import Messages, Said

_FILE = re.compile(r"^(`{3,})([^\n`]+)\n(.*?)^\1$", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"`([^`\s]+)`")

ODD = {
    0: Said(None, "filter"),
    1: Said(""),
    2: Said("I can't help with that."),
    3: Said("Here you are: everything as you asked."),
}
"""What a model says instead of an answer, for these of every ODDS prompts."""
ODDS = 80


@dataclass(frozen=True, slots=True)
class StandIn:
    """Answers for these domains with a profile of `harness.editors.profiles`."""

    names: Iterable[str]
    profile: str = "sim:careless"

    def __call__(self, messages: Messages) -> Said:
        prompt = messages[-1]["content"]
        seed = int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:8])
        if seed % ODDS in ODD:
            return ODD[seed % ODDS]
        shown, _, wish = prompt.rpartition("\nWhat I need:\n")
        files = {name: text for _, name, text in _FILE.findall(shown)}
        domain, edit, forward = self._wanted(wish)
        asked = wish.rpartition("Answer with the complete text of ")[2].partition(", and of no other file")[0]
        task = Task(
            domain, edit.name, "forward" if forward else "backward", wish, files, {}, tuple(files),
            tuple(_NAME.findall(asked)), seed,
        )  # fmt: skip
        return said(open_simulated(self.profile).perform(task).files, whole=seed % 97 != 0)

    def _wanted(self, wish: str) -> tuple[str, Edit, bool]:
        for name in self.names:
            for edit in domains.get(name).edits:
                for forward, text in ((True, edit.forward), (False, edit.backward)):
                    if all(part in wish for part in text.split("{files}")):
                        return name, edit, forward
        raise LookupError(f"no edit asks for this: {wish[:200]}")


def said(files: Mapping[str, str], *, whole: bool) -> Said:
    """The files as a reply; else the first half of it, cut at the token limit."""
    text = "\n".join(fenced(name, text) for name, text in files.items())
    return Said(text) if whole else Said(text[: len(text) // 2], "length")

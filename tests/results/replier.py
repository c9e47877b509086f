"""A model over HTTP that gives its document back without one of its lines, and now and then nothing."""

from __future__ import annotations

import hashlib
import json
import re

from tests.chat_server import ChatServer

_FILE = re.compile(r"^(`{3,})([^\n`]+)\n(.*?)^\1$", re.DOTALL | re.MULTILINE)
_MINE = (".ledger", ".srt")


def answer(messages: list[dict[str, str]]) -> str:
    """Decided by the prompt alone."""
    number = int(hashlib.sha256(json.dumps(messages).encode()).hexdigest()[:8], 16)
    if number % 4 == 0:
        return ""
    shown = [found for message in reversed(messages) for found in _FILE.findall(message["content"])]
    fence, name, text = next(found for found in shown if found[1].endswith(_MINE) and found[2].count("\n") > 3)
    lines = text.splitlines()
    del lines[number % len(lines)]
    return "\n".join([f"{fence}{name}", *lines, fence])


def serving() -> ChatServer:
    return ChatServer(answer, 0.0)

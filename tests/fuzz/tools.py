"""Calls of tools, as a model writes them into its text or as they come through an API, carried out on a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator

from harness.backends import tool_calls, wire
from harness.backends.base import Message, Reply
from harness.editors.tools import Tools
from harness.editors.tools.calls import Call, Done
from harness.editors.tools.dialect import Dialect
from harness.editors.tools.native import Native
from harness.editors.tools.text import MOST, TOLD, Text
from harness.editors.tools.workspace import SHOWN, Workspace, tidy
from harness.filenames import is_safe
from tests.fuzz.seeds import documents
from tests.fuzz.targets import PART, must

NAMES = ("a.csv", "b notes.md")
BESIDE = {"notes.md": "rent is due\n"}
_ROOM = 30_000
"""What a result may hold beside what it shows of files."""


def seeds() -> Iterator[tuple[str, ...]]:
    """Parts of inputs: two files and a reply in each of the forms."""
    texts = [text for name in ("accounting", "playlist", "subtitles") for text in documents(name)[0].values()]
    for one, other in zip(texts, texts[1:] + texts[:1], strict=True):
        files, lines = dict(zip(NAMES, (one, other), strict=True)), one.split("\n")
        yield one, other, Tools(text=True).answer({NAMES[0]: other, NAMES[1]: one.replace("0", "1")}, files)
        block = f"<<<<<<< SEARCH\n{lines[1]}\n=======\nnew\n>>>>>>> REPLACE"
        yield (
            one,
            other,
            f"I look.\n```view a.csv 2 3\n```\n```grep {lines[1]}\n```\n```str_replace a.csv\n{block}\n```",
        )
        yield (
            one,
            other,
            f"```\ninsert a.csv 1\n{lines[0]}\n```\n```move a.csv -> c.csv\n```\n**create d.md**\n```\nx\n```",
        )
        yield one, other, "view a.csv\ndelete `b notes.md`\nfinish"
        yield one, other, "```create ../x\ny\n```\n````delete notes.md\n````\n```run_python\n1\n```\n```finish\n```"


def native_seeds() -> Iterator[tuple[str, ...]]:
    """Parts of inputs: two files, then calls through an API, a name and arguments in turn, or a reply with calls in its
    text."""
    texts = [text for name in ("accounting", "playlist", "subtitles") for text in documents(name)[0].values()]
    for one, other in zip(texts, texts[1:] + texts[:1], strict=True):
        files, lines = dict(zip(NAMES, (one, other), strict=True)), one.split("\n")
        after = {NAMES[0]: other, NAMES[1]: one.replace("0", "1")}
        yield one, other, Tools().answer(after, files)
        (turn, *_) = Native().recalled([Message("assistant", Tools().answer(after, files))])
        yield one, other, *(part for call in turn.calls[:8] for part in (call.name, call.arguments))
        replaced = {"path": "a.csv", "old_str": lines[1], "new_str": "new \ud83d\ude00"}
        inserted = {"path": "./A.csv", "insert_line": "1", "insert_text": lines[0]}
        yield one, other, "view", '{"path": "a.csv", "view_range": [2, -1]}', "str_replace", json.dumps(replaced)
        yield one, other, "insert", json.dumps(inserted), "grep", json.dumps({"pattern": lines[1], "path": "a.csv"})
        yield one, other, "move", '{"path": "a.csv", "new_path": "c.csv"}', "delete", '{"path": "b notes.md"}'
        yield one, other, "create", '{"path": "../x", "file_text": "\\ud800"}', "finish", ""
        yield one, other, f"```json\n{json.dumps({'name': 'view', 'arguments': {'path': '.'}})}\n```\n"
        yield one, other, json.dumps([{"name": "str_replace", "parameters": replaced}] * 2)


def check(text: str) -> None:
    """Parts: two files, then the reply."""
    *texts, reply = (*text.split(PART, 2), "", "")[:3]
    files = {name: tidy(one) for name, one in zip(NAMES, texts, strict=True)}
    space = Workspace(files, BESIDE)
    calls = Text().read(Reply(reply, "stop"), space)
    must(len(calls) <= MOST, "too many calls", str(len(calls)))
    results = [(call, _done(space, call)) for call in calls]
    _whole(space)
    told = Text().answered(results, [Call("view")])[0].text
    must(len(told) <= TOLD + SHOWN + _ROOM, "an answer too long", str(len(told)))
    after = {NAMES[0]: tidy(reply), "new.txt": files[NAMES[0]], NAMES[1]: tidy(texts[1] + texts[0])}
    _travels(Text(), files, after)


def check_native(text: str) -> None:
    """Parts: two files, then names and arguments of calls, or the one text of a reply."""
    # What comes through an API has no lone surrogates.
    first, second, *parts = [*map(wire.sound, text.split(PART)), "", ""]
    files = {name: tidy(one) for name, one in zip(NAMES, (first, second), strict=True)}
    pairs = list(zip(parts[::2], parts[1::2], strict=False))[:20]
    calls = tool_calls.read((None, name, arguments) for name, arguments in pairs)
    for call in calls:
        _, written, given = tool_calls.sent(call)
        must(json.loads(written) == given, "sent as something else", written)
        json.dumps(given, ensure_ascii=False, allow_nan=False).encode()
    for reply in (Reply("", "stop", calls=calls), Reply(parts[0], "stop")):
        space = Workspace(files, BESIDE)
        found = Native().read(reply, space)
        must(len(found) <= MOST, "too many calls", str(len(found)))
        results: list[tuple[Call, Done]] = []
        while len(results) < len(found) and (not results or results[-1][1].ok):
            results.append((found[len(results)], _done(space, found[len(results)])))
        _whole(space)
        told = Native().answered(results, found[len(results) :])
        must(sum(len(one.text) for one in told) <= TOLD + 2 * SHOWN + _ROOM, "an answer too long", "")
        if reply.calls:
            answered = [one.answers for one in told]
            must(answered == [call.id for call in calls], "calls are not answered", repr(answered))
    _travels(Native(), files, {NAMES[0]: tidy(parts[0]), "new.txt": files[NAMES[0]], NAMES[1]: tidy(second + first)})


def _done(space: Workspace, call: Call) -> Done:
    before = dict(space.document)
    done = space.do(call)
    must(done.ok or space.document == before, "a call in vain changed something", repr(call)[:200])
    must(done.bytes >= 0 and len(done.text) < SHOWN + _ROOM, "a result out of bounds", repr(done)[:200])
    return done


def _whole(space: Workspace) -> None:
    must(space.beside == BESIDE, "a file beside was changed", "")
    for name, content in space.document.items():
        must(name in NAMES or is_safe(name), "an unsafe name", repr(name))
        must(content == "" or content.endswith("\n"), "no line feed at the end", repr(content[-20:]))


def _travels(dialect: Dialect, before: dict[str, str], after: dict[str, str]) -> None:
    """What `answer` writes makes, carried out, the files it was given."""
    answer = Tools(text=isinstance(dialect, Text)).answer(after, before)
    turn = dialect.recalled([Message("assistant", answer)])[0]
    _makes(dialect, Reply(answer, "stop"), before, after)
    if turn.calls:
        _makes(dialect, Reply("", "stop", calls=turn.calls), before, after)


def _makes(dialect: Dialect, reply: Reply, before: dict[str, str], after: dict[str, str]) -> None:
    space = Workspace(before, BESIDE)
    *calls, last = dialect.read(reply, space)
    must(last.tool == "finish", "does not finish", repr(last)[:200])
    for call in calls:
        done = space.do(call)
        must(done.ok, "a written call cannot be done", done.text)
    must(space.document == after, "files do not come back whole", repr([space.document, after])[:300])

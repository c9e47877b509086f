"""Calls of tools that a model writes as text, carried out on a folder."""

from __future__ import annotations

from collections.abc import Iterator

from harness.backends.base import Reply
from harness.editors.tools import Tools
from harness.editors.tools.calls import Call, Done
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
        yield one, other, Tools().answer({NAMES[0]: other, NAMES[1]: one.replace("0", "1")}, files)
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


def check(text: str) -> None:
    """Parts: two files, then the reply."""
    *texts, reply = (*text.split(PART, 2), "", "")[:3]
    files = {name: tidy(one) for name, one in zip(NAMES, texts, strict=True)}
    space = Workspace(files, BESIDE)
    calls = Text().read(Reply(reply, "stop"), space)
    must(len(calls) <= MOST, "too many calls", str(len(calls)))
    results = [(call, _done(space, call)) for call in calls]
    must(space.beside == BESIDE, "a file beside was changed", "")
    for name, content in space.document.items():
        must(name in NAMES or is_safe(name), "an unsafe name", repr(name))
        must(content == "" or content.endswith("\n"), "no line feed at the end", repr(content[-20:]))
    told = Text().answered(results, 1)[0].text
    must(len(told) <= TOLD + SHOWN + _ROOM, "an answer too long", str(len(told)))
    _travels(files, {NAMES[0]: tidy(reply), "new.txt": files[NAMES[0]], NAMES[1]: tidy(texts[1] + texts[0])})


def _done(space: Workspace, call: Call) -> Done:
    before = dict(space.document)
    done = space.do(call)
    must(done.ok or space.document == before, "a call in vain changed something", repr(call)[:200])
    must(done.bytes >= 0 and len(done.text) < SHOWN + _ROOM, "a result out of bounds", repr(done)[:200])
    return done


def _travels(before: dict[str, str], after: dict[str, str]) -> None:
    """What `answer` writes makes, carried out, the files it was given."""
    space = Workspace(before, BESIDE)
    *calls, last = Text().read(Reply(Tools().answer(after, before), "stop"), space)
    must(last == Call("finish"), "does not finish", repr(last)[:200])
    for call in calls:
        done = space.do(call)
        must(done.ok, "a written call cannot be done", done.text)
    must(space.document == after, "files do not come back whole", repr([space.document, after])[:300])

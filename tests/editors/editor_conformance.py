"""What every editor must hold to. An editor joins with a class of its own:

    class TestPatch(EditorConformance):
        name = "patch"

Its replies are scripted: the exact result as the editor's own `answer` says it, and what a script makes of that. They
come through the real engine, store and scorer.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

import domains
from harness.backends.base import Reply, Request, ToolCall, Usage
from harness.editors import open_editor
from harness.editors.base import NO_FILES, Ask, Edited, Editor, Task
from harness.editors.blocks import blocks
from harness.editors.command.exchange import Outcome, told
from harness.editors.names import Names
from harness.editors.tools import spoken
from harness.errors import Outage
from harness.filenames import is_safe
from harness.relay.rescore import rescore_async
from harness.relay.scoring import Scoring
from harness.relay.spec import RunSpec
from harness.store import Reader, Step
from harness.suites.price import estimate
from tests.chat_server import as_chat, unanswered
from tests.relay.relay_stub import audit, perfect, relay, small

ACCOUNTS = small(schedule="single:eur_to_chf", distractors=3000)
HOSTILE = ("../evil.csv", "/etc/evil.csv", "~/evil.csv", "a/../../evil.csv", "C:\\evil.csv", "evil\x07.csv", "nul.csv")
_SCORING = Scoring(0)
"""One for all editors: their right answers are the same documents."""
_BAD = re.compile(r"(\d)(\.\d\d)")


@dataclass(frozen=True)
class Turn:
    """One call: the hop's task and its number from 1, the right files, the reply that says so, and the file that the
    reply is begun with, if it is."""

    task: Task
    hop: int
    files: dict[str, str]
    right: str
    begun: str
    editor: Editor


Script = Callable[[Turn], Reply | str]
_NOW: ContextVar[Telling] = ContextVar("now")


@dataclass
class Telling:
    """An editor's hop on its way: what the backend must know to answer."""

    editor: Editor
    task: Task
    hop: int


@dataclass
class Watched:
    """The editor under test, which lets the backend know what is asked."""

    inner: Editor
    hops: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def fingerprint(self) -> str:
        return self.inner.fingerprint

    def answer(self, files: domains.Files, before: domains.Files = NO_FILES) -> str:
        return self.inner.answer(files, before)

    async def edit(self, task: Task, ask: Ask) -> Edited:
        hop = self.hops[task.domain, task.edit] = self.hops.get((task.domain, task.edit), 0) + 1
        _NOW.set(Telling(self.inner, task, hop))
        return await self.inner.edit(task, ask)


@dataclass
class Scripted:
    """A Backend that says what a script makes of the right answer; out of order after `stop_at` calls. `calls`: the
    calls that the script writes are made. `agent`: it leaves the files that the script writes in the folder."""

    script: Script = lambda turn: turn.right
    stop_at: int = 0
    calls: bool = False
    agent: bool = False
    requests: list[Request] = field(default_factory=list)
    name: str = "test:scripted"

    async def generate(self, request: Request) -> Reply:
        if self.stop_at and len(self.requests) == self.stop_at:
            raise Outage("gone")
        self.requests.append(request)
        now = _NOW.get()
        files = perfect(now.task)
        begun = ""
        if request.messages[-1].role == "assistant":
            begun = request.messages[-1].text.split("\n")[-2].lstrip("`")
        right = files[begun] if begun else now.editor.answer(files, now.task.files)
        said = self.script(Turn(now.task, now.hop, files, right, begun, now.editor))
        if isinstance(said, Reply):
            return said
        if self.agent:
            said = left_by_agent(said, now.task)
        reply = Reply(said, "stop", Usage(10, 5, 0, 0), 0.5, 0.25, "m")
        written = spoken.read(said) if self.calls else []
        made = tuple(
            ToolCall(f"{len(request.messages)}-{n}", one.tool, json.dumps(one.arguments))
            for n, one in enumerate(written)
        )
        return replace(reply, text="", calls=made) if made else reply

    async def close(self) -> None:
        pass


def left_by_agent(said: str, task: Task) -> str:
    """What a run of an agent gives that wrote the files of a text, and deletes those that are no longer wanted."""
    written = {block.info: "".join(f"{line}\n" for line in block.lines) for block in blocks(said, Names((), ()))}
    kept = {name: text for name, text in written.items() if is_safe(name)}
    refused = dict.fromkeys(written.keys() - kept.keys(), "its name is none")
    gone = tuple(name for name in task.files if name not in task.expected and task.expected[0] in kept)
    return told(Outcome(0, files=kept, gone=gone, refused=refused), said)


def worse(files: dict[str, str]) -> dict[str, str]:
    """One digit of one amount is wrong."""
    name = next(name for name, text in sorted(files.items()) if _BAD.search(text))
    text = _BAD.sub(lambda found: f"{9 - int(found[1])}{found[2]}", files[name], count=1)
    return {**files, name: text}


class EditorConformance:
    name = ""
    whole = True
    """Whether the model writes its reply freely: not where it is begun for it."""
    unchanged: str | None = None
    """What a model says that leaves everything as it is."""
    calls = False
    """Whether the model calls tools, where its reply is scripted as calls left in the text."""
    shows = True
    """Whether the prompt holds the files: not where the model looks at them with tools."""
    agent = False
    """Whether an agent does the work: its words are a transcript, and it has settings of its own."""

    async def run(self, path: Path, script: Script | None = None, spec: RunSpec = ACCOUNTS, **options: Any) -> Scripted:
        """Runs `spec` with the editor; the backend, with what it was asked."""
        backend = options.pop("backend", None) or self.scripted(script or (lambda turn: turn.right))
        editor = Watched(open_editor(self.name, **options.pop("settings", {})))
        session, heal = spec.memory == "session", spec.heal
        reasons = await relay(path, spec, editor, backend, session=session, heal=heal, scoring=_SCORING, **options)
        assert bool(reasons) == bool(backend.stop_at)
        return backend

    def scripted(self, script: Script, stop_at: int = 0) -> Scripted:
        return Scripted(script, stop_at, self.calls, self.agent)

    async def steps(self, path: Path, script: Script | None = None, spec: RunSpec = ACCOUNTS) -> list[Step]:
        await self.run(path, script, spec)
        with Reader(path) as reader:
            return [step for chain in reader.chains() for step in reader.steps(chain.number)]

    async def test_right_replies_lose_nothing(self, tmp_path: Path) -> None:
        rounds = max(len(domains.get(name).edits) for name in domains.names())
        steps = await self.steps(
            tmp_path / "s.db", spec=small(domains=domains.names(), round_trips=rounds, doc_tokens=150, distractors=400)
        )
        assert len(steps) == 2 * rounds * len(domains.names())
        for step in steps:
            told = (step.edit, step.direction, step.detail)
            assert (step.failure, step.score and step.score.rs, step.extra) == (None, 1.0, ()), told
            assert step.done in (None, 1.0), told
            assert step.spent.calls == (1 if self.whole else len(step.after)), told

    async def test_damage_is_recorded(self, tmp_path: Path) -> None:
        def script(turn: Turn) -> str:
            if turn.hop != 2:
                return turn.right
            files = worse(turn.files)
            return turn.editor.answer(files, turn.task.files) if self.whole else files[turn.begun]

        first, second, *_ = await self.steps(tmp_path / "s.db", script)
        assert first.score is not None
        assert first.score.rs == 1.0
        assert second.score is not None
        assert second.score.rs is not None
        assert second.score.rs < 1.0
        assert second.score.altered
        with Reader(tmp_path / "s.db") as reader:
            (change,) = reader.changes(1)[2]
        assert change.kind == "altered"
        assert str(change.after) in "".join(second.after.values())

    async def test_other_files_never_change(self, tmp_path: Path) -> None:
        if not self.whole:
            pytest.skip("the reply is begun for the model: it cannot name another file")

        def beside(turn: Turn) -> str:
            return turn.editor.answer(dict.fromkeys(turn.task.distractors, "spoilt\n"), NO_FILES)

        backend = await self.run(tmp_path / "s.db", lambda turn: f"{turn.right}\n\n{beside(turn)}")
        with Reader(tmp_path / "s.db") as reader:
            steps, (_, distractors) = reader.steps(1), reader.documents(1)
        assert distractors
        assert [(step.failure, step.score and step.score.rs, step.extra) for step in steps] == [(None, 1.0, ())] * 4
        for request in backend.requests if self.shows else ():
            assert all(text.strip() in request.messages[-1].text for text in distractors.values())
        for step in await self.steps(tmp_path / "t.db", beside):
            assert all(text == step.before[name] for name, text in step.after.items())

    @pytest.mark.parametrize("kind", ["truncated", "empty", "refused", "filtered"])
    async def test_a_failed_reply_is_that_failure(self, tmp_path: Path, kind: str) -> None:
        if self.agent:
            pytest.skip("how an agent ends is its own: the folder is measured")

        def script(turn: Turn) -> Reply | str:
            half = turn.right[: len(turn.right) // 2]
            return {
                "truncated": Reply(half, "length"), "empty": "", "filtered": Reply("", "filter"),
                "refused": "I'm sorry, but I can't help with that." if self.whole else Reply("", "filter"),
            }[kind]  # fmt: skip

        steps = await self.steps(tmp_path / "s.db", script)
        assert {step.failure for step in steps} == {"refused" if kind == "filtered" else kind}
        assert all(step.credit == 0.0 and step.spent.calls == 1 for step in steps)

    async def test_prose_is_no_document(self, tmp_path: Path) -> None:
        if not self.whole or self.agent:
            pytest.skip("what follows the opening fence is the file; what is in an agent's folder is the document")
        steps = await self.steps(tmp_path / "s.db", lambda _: "I have converted everything as you asked.")
        assert {step.failure for step in steps} == {"missing_files"}
        assert all(not step.after for step in steps)
        assert [step.done for step in steps] == [0.0, None, 0.0, None]

    async def test_a_reply_may_say_that_nothing_changes(self, tmp_path: Path) -> None:
        if self.unchanged is None:
            pytest.skip("every file is asked for, changed or not")
        steps = await self.steps(tmp_path / "s.db", lambda _: self.unchanged or "")
        assert all(step.after == step.before for step in steps)
        assert [(step.failure, step.done) for step in steps] == [(None, 0.0), (None, None)] * 2

    async def test_hostile_names_come_to_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        if not self.whole:
            pytest.skip("the names are ours")
        (tmp_path / "here").mkdir()
        monkeypatch.chdir(tmp_path / "here")

        def script(turn: Turn) -> str:
            return "\n\n".join(turn.editor.answer({name: "spoilt\n"}) for name in HOSTILE) + f"\n\n{turn.right}"

        for step in await self.steps(tmp_path / "s.db", script):
            assert all(is_safe(name) for name in [*step.after, *step.extra])
            assert not any("spoilt" in text for name, text in step.after.items() if name not in step.extra)
            assert step.detail
        assert [found for found in os.walk(tmp_path) if "evil" in str(found)] == []

    @pytest.mark.parametrize("heal", [False, True])
    @pytest.mark.parametrize("stop", [1, 3])
    async def test_a_stopped_conversation_goes_on_where_it_was(self, tmp_path: Path, stop: int, heal: bool) -> None:
        def script(turn: Turn) -> str:
            bad = sum(message.role == "user" for message in turn.task.history) < 2 and self.whole
            return turn.editor.answer(worse(turn.files), turn.task.files) if bad else turn.right

        spec = small(memory="session", heal=heal, distractors=3000)
        whole, first, second = self.scripted(script), self.scripted(script, stop), self.scripted(script)
        await self.run(tmp_path / "whole.db", spec=spec, backend=whole)
        await self.run(tmp_path / "s.db", spec=spec, backend=first)
        await self.run(tmp_path / "s.db", spec=spec, backend=second)
        assert [*first.requests, *second.requests] == whole.requests
        assert audit(tmp_path / "s.db") == audit(tmp_path / "whole.db")
        for request in whole.requests:
            roles = [message.role for message in request.messages if message.role not in ("system", "tool")]
            assert not unanswered(as_chat(request.messages))
            assert self.agent or roles == (["user", "assistant"] * len(roles))[: len(roles)]
        with Reader(tmp_path / "s.db") as reader:
            failed = [step.failure for step in reader.steps(1)]
        assert failed == [None] * 4

    async def test_the_same_spec_asks_the_same_and_every_request_keeps_to_the_settings(self, tmp_path: Path) -> None:
        if self.agent:
            pytest.skip("an agent has settings of its own")
        settings = {"max_tokens": 700, "temperature": 0.5, "effort": "low"}
        one, two = [await self.run(tmp_path / f"{n}.db", settings=settings) for n in (1, 2)]
        assert one.requests == two.requests
        assert {(r.max_tokens, r.temperature, r.effort) for r in one.requests} == {(700, 0.5, "low")}
        assert open_editor(self.name, **settings).fingerprint != open_editor(self.name).fingerprint
        assert open_editor(self.name).name == self.name

    async def test_what_is_stored_is_read_again_as_it_was(self, tmp_path: Path) -> None:
        def script(turn: Turn) -> str:
            return (
                turn.editor.answer(worse(turn.files), turn.task.files) if turn.hop == 1 and self.whole else turn.right
            )

        await self.run(tmp_path / "s.db", script)
        again = await rescore_async(tmp_path / "s.db", workers=0)
        assert (again.steps, again.changed, again.reread) == (4, 0, 0)

    def test_its_price_is_that_of_right_replies(self) -> None:
        if self.agent:
            pytest.skip("what an agent asks, and of whom, only it knows")
        spec = small(models=("openai:gpt-5.4",), editor=(self.name,))
        (price,) = estimate(spec)
        calls = {len(names) for names in spec.environments()[0].edits.values()} if not self.whole else {2 - self.shows}
        assert spec.hops * min(calls) <= price.calls <= spec.hops * max(calls)
        assert price.output_tokens > 0

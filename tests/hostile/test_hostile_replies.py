"""Whatever a model writes: the run goes on, the reply is stored whole, nothing is written elsewhere, nothing acts."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pytest

import harness
from harness.backends.base import Message, Reply, Request, Usage
from harness.editors import bounded, editors, open_editor
from harness.editors.base import Task
from harness.filenames import is_safe
from harness.horizon.tasks import ledger
from harness.store import FAILURES, Reader
from tests.chat_server import Asked, ChatServer, Connection, Fault, http
from tests.hostile.hostile_replies import ACTS, INJECTIONS, NAMES, REPLIES, asked

KINDS = list(REPLIES)
SHOWN = ["what acts on terminals", "half a surrogate pair", "unsafe names alone", "formulas and markup"]
COMMAND = [sys.executable, "-c", "from harness.cli import main\nif __name__ == '__main__': main()"]


def _evil(request: Asked) -> Fault:
    """The reply that the model's name stands for."""
    kind = KINDS[int(request.body["model"].removeprefix("m"))]
    text = REPLIES[kind](*asked(request.messages[-1]["content"]))

    async def play(connection: Connection, _: bytes) -> bool:
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        usage = {"prompt_tokens": 1, "completion_tokens": 1}
        body = {"id": "x", "object": "chat.completion", "model": "stub", "choices": [choice], "usage": usage}
        await connection.send(http(200, body))
        return True

    return Fault(play, delivers=True)


def _run(folder: Path, numbers: Iterable[int]) -> harness.Study:
    """One round trip of each of these kinds of reply, a model for each, in a folder of its own."""
    with (
        ChatServer(lambda _: "", 0.0, _evil) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("OPENAI_API_KEY", "test")
        patch.chdir(folder)
        return harness.run(
            [f"openai:m{n}" for n in numbers], ["accounting"], store=folder / "s.db", base_url=server.url,
            api_mode="chat", doc_tokens=250, documents=1, round_trips=1, distractors=200, workers=1,
        )  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> harness.Study:
    return _run(tmp_path_factory.mktemp("hostile"), range(len(KINDS)))


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> harness.Study:
    """What a person would be shown."""
    return _run(tmp_path_factory.mktemp("few"), map(KINDS.index, SHOWN))


def test_every_hop_is_measured_or_a_failure(study: harness.Study) -> None:
    steps = study.steps
    assert len(steps) == 2 * len(KINDS)
    assert set(steps.outcome) <= {"ok", "unread", *FAILURES}
    assert {chain.reason for chain in study.chains} <= {None, ""}


def test_what_is_too_long_is_a_failure_and_stored_whole(study: harness.Study) -> None:
    model = f"openai:m{KINDS.index('3 MB')}"
    rows = study.steps[study.steps.model == model]
    assert set(rows.outcome) == {"unparseable"}
    assert rows.detail.str.contains("no more than 2,000,000 are read").all()
    with Reader(study.path) as reader:
        chain = next(chain for chain in reader.chains() if chain.model == model)
        assert {len(reply.text) for reply in reader.replies(chain.number).values()} == {3_000_000}


def test_replies_are_stored_as_they_came(study: harness.Study) -> None:
    with Reader(study.path) as reader:
        for chain in reader.chains():
            kind = KINDS[int(chain.model.removeprefix("openai:m"))]
            if kind in ("what acts on terminals", "controls as the whole", "10 000 files"):
                text = "".join(reply.text for reply in reader.replies(chain.number).values())
                assert ACTS in text or "more9999.csv" in text


def test_no_file_has_an_unsafe_name(study: harness.Study) -> None:
    with Reader(study.path) as reader:
        for chain in reader.chains():
            for step in reader.steps(chain.number):
                assert all(map(is_safe, step.after)), chain.model
                assert not set(step.after) & set(NAMES)


def test_nothing_is_written_elsewhere(study: harness.Study) -> None:
    found = {path.name for path in study.path.parent.rglob("*")}
    assert found <= {"s.db", "s.db-wal", "s.db-shm"}
    assert not Path("/tmp/escaped.csv").exists()  # noqa: S108 - one of the names tried


def _acting(text: str) -> set[str]:
    return {c for c in text if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")}


def _told(*args: object) -> str:
    done = subprocess.run([*COMMAND, *map(str, args)], capture_output=True, timeout=120, check=False)
    assert done.returncode in (0, 1), done.stderr.decode()
    return (done.stdout + done.stderr).decode("utf-8", "strict")


@pytest.mark.parametrize("kind", SHOWN[:3])
def test_diff_shows_nothing_that_acts(few: harness.Study, kind: str) -> None:
    told = _told("diff", few.path, "--model", f"openai:m{KINDS.index(kind)}", "--hop", 2, "--limit", 0)
    assert told
    assert not _acting(told)


@pytest.mark.parametrize("command", [["show"], ["analyse"]])
def test_tables_show_nothing_that_acts(few: harness.Study, command: list[str]) -> None:
    assert not _acting(_told(command[0], few.path, *command[1:]))


def test_a_report_holds_nothing_that_acts(few: harness.Study, tmp_path: Path) -> None:
    _told("report", few.path, "--output", tmp_path / "site", "--no-published")
    pages = list((tmp_path / "site").rglob("*.html"))
    assert pages
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "<script>alert(1)" not in text
        assert not _acting(text) & set("\x00\x1b\x07\x9b\u202e\u2066\x08\x7f"), page.name


# -- what a document says travels as data -----------------------------------------------------------------------------


def _task(before: dict[str, str], expected: tuple[str, ...]) -> Task:
    return Task("accounting", "to_csv", "forward", "Do it.", before, {}, tuple(before), expected, 1)


@pytest.mark.parametrize("name", editors())
@pytest.mark.parametrize("line", INJECTIONS, ids=json.dumps)
async def test_what_a_document_says_is_data(name: str, line: str) -> None:
    before = {"journal.ledger": f"first\n{line}\nmiddle\n    {line}\nlast\n"}
    after = {"journal.ledger": f"{line}\nfirst changed\n{line}\nlast {line}\n", "other.csv": f"a,b\n{line}\n"}
    editor = open_editor(name)
    asked_for: list[Request] = []

    async def ask(request: Request) -> Reply:
        asked_for.append(request)
        return Reply(editor.answer(after, before), "stop", Usage(1, 1, 0, 0), latency=0.0, cost=None, model="m")

    edited = await bounded.edit(editor, _task(before, tuple(after)), ask)
    assert edited.failure is None
    assert edited.files == after
    prompt: Message = asked_for[0].messages[-1]
    shown = "journal.ledger" if name.startswith("tools") else before["journal.ledger"]
    assert shown in prompt.text


# -- answers of horizon studies are read on the event loop ------------------------------------------------------------


@pytest.mark.parametrize("text", ["a" * 100_000, "a" + " " * 100_000, "a: " + "-" * 100_000, "a " * 50_000])
def test_a_ledgers_answer_is_read_in_linear_time(text: str) -> None:
    assert ledger.read(("Cash", "Rent"), text) is None  # took minutes when it was quadratic

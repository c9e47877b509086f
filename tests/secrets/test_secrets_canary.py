"""No key shows in anything a run leaves behind, or starts, whatever a server writes into its answers."""

from __future__ import annotations

import base64
import json
import logging
import lzma
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from canary_server import Canary

import harness
from harness.backends import open_backend
from harness.backends.base import Message, Request
from harness.backends.replay import Recorder
from harness.backends.requests_log import Logged, RequestLog
from harness.errors import BackendError, Outage, Rejected, UsageError
from harness.report import build
from harness.results import export

KEYS = {"OPENAI_API_KEY": "sk-canary-0123456789abcdef", "ANTHROPIC_API_KEY": "sk-ant-canary-fedcba9876543210"}
CANARY = b"canary-"
ASK = Request((Message("user", "```a.txt\none\n```\n"),))
LOUD = "import logging; logging.basicConfig(level=logging.DEBUG); from harness.cli import main; main()"
SMALL = ["--domains", "accounting", "--doc-tokens", "250", "--documents", "2", "--distractors", "0"]


class Watch:
    """What can be seen from outside while a run is under way: its children, and its store before it is closed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.children: dict[int, bytes] = {}
        self.own = b""
        self.process: subprocess.Popen[bytes] | None = None

    def __call__(self) -> None:
        if self.process is None:
            return
        self.own = Path(f"/proc/{self.process.pid}/cmdline").read_bytes()
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                if parent == self.process.pid:
                    seen = [(stat.parent / name).read_bytes() for name in ("environ", "cmdline")]
                    self.children[int(stat.parent.name)] = b"\0".join(seen)
            except (ProcessLookupError, FileNotFoundError):
                continue  # it has ended meanwhile
        for file in self.folder.glob("study.db*"):
            shutil.copyfile(file, self.folder / f"during-{file.name}")


def run(*args: object, watch: Watch | None = None, **env: str) -> tuple[int, bytes]:
    """Exit status, and all that was printed."""
    process = subprocess.Popen(
        [sys.executable, "-c", LOUD, *map(str, args)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, **KEYS, "OPENAI_LOG": "debug", "ANTHROPIC_LOG": "debug", "MY_TOKEN": CANARY.decode(), **env},
    )  # fmt: skip
    if watch is not None:
        watch.process = process
    printed, _ = process.communicate(timeout=120)
    return process.returncode, printed


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below `folder` as it lies there and as what it packs."""
    # All bytes first: to open a copied store folds its log away.
    for path, data in [(path, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()]:
        yield str(path), data
        if data[:2] == b"\xfd7":
            yield f"{path} unpacked", lzma.decompress(data)
        for packed in re.findall(rb'^palimpsest.receive\("[^"]*","([^"]*)"', data, re.MULTILINE):
            yield f"{path} unpacked", zlib.decompress(base64.b64decode(packed))
        if data.startswith(b"SQLite format 3"):
            yield from cells(path)


def cells(path: Path) -> Iterator[tuple[str, bytes]]:
    with sqlite3.connect(path) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in database.execute(f"SELECT * FROM {table}"):  # noqa: S608 (its own tables)
                for cell in row:
                    data = cell if isinstance(cell, bytes) else str(cell).encode()
                    yield f"{path} {table}", zlib.decompress(data) if data[:1] == b"\x78" else data
    database.close()


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Watch]:
    """All that a run on both SDKs leaves, and what is made of it: a report, result files, a gate's verdict."""
    folder = tmp_path_factory.mktemp("left")
    store = folder / "study.db"
    watch = Watch(folder)
    models = ["--model", "openai:m", "--model", "anthropic:m"]
    with Canary({1: 500, 4: 400}, watch) as server:
        code, printed = run(
            "run", *models, *SMALL, "--round-trips", 1, "--store", store, "--base-url", server.url, "--concurrency", 2,
            "--log", folder / "run.jsonl", watch=watch,
        )  # fmt: skip
        assert code == 1, printed[-2000:].decode()  # a chain of each model met a 400
        assert server.keys == set(KEYS.values())
        server.faults, server.seen = {}, lambda: None
        code, gated = run(
            "gate", "--baseline", "openai:m", "--candidate", "anthropic:m", *SMALL, "--round-trips", 1,
            "--store", folder / "gate.db", "--base-url", server.url, "--margin", "0.5",
            "--junit", folder / "junit.xml", "--markdown", folder / "summary.md", "--log", folder / "gate.jsonl",
        )  # fmt: skip
        assert code in (0, 1, 3), gated[-2000:].decode()
    (folder / "run.txt").write_bytes(printed)
    (folder / "gate.txt").write_bytes(gated)
    build([store], folder / "site")
    export(store, folder / "study.json.xz")
    harness.load(store).steps.to_csv(folder / "steps.csv")
    return folder, watch


@pytest.mark.slow
def test_no_artefact_of_a_run_holds_a_key(left: tuple[Path, Watch]) -> None:
    folder, _ = left
    looked = list(contents(folder))
    found = [name for name, data in looked if CANARY in data]
    assert found == []
    struck = [name for name, data in looked if b"[key]" in data]  # they would have held one
    for name in ("run.txt", "study.db replies", "study.db blobs", "study.db chains", "study.json.xz unpacked", "site/"):
        assert any(name in one for one in struck), name
    assert {"study.db-wal", "junit.xml", "summary.md"} <= {
        Path(name).name.removeprefix("during-") for name, _ in looked
    }
    assert b"DEBUG" in (folder / "run.txt").read_bytes()
    for name in ("run.jsonl", "gate.jsonl"):
        assert (folder / name).read_text().count('"request_id":"req-[key]"') > 3


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked at in /proc")
def test_no_child_of_a_run_is_given_a_key(left: tuple[Path, Watch]) -> None:
    _, watch = left
    assert CANARY not in watch.own
    assert watch.children
    for seen in watch.children.values():
        assert b"PATH=" in seen
        assert CANARY not in seen


@pytest.fixture
def keyed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)


@pytest.mark.usefixtures("keyed")
@pytest.mark.parametrize("model", ["openai:m", "anthropic:m"])
async def test_recordings_and_the_request_log_hold_no_key(
    model: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Canary({1: 500, 3: 429}) as server, RequestLog(tmp_path / "log" / "requests.jsonl") as log:
        backend = Logged(Recorder(open_backend(model, base_url=server.url), tmp_path / "replies.jsonl"), log)
        outcomes: list[object] = []
        for _ in range(3):
            try:
                outcomes.append(await backend.generate(ASK))
            except BackendError as error:
                outcomes.append(error)
        await backend.close()
        host = server.url.removeprefix("http://")
    assert KEYS[f"{model.partition(':')[0].upper()}_API_KEY"] in server.keys
    lines = [json.loads(line) for line in (tmp_path / "log/requests.jsonl").read_text().splitlines()]
    assert [line["status"] for line in lines] == [500, 200, 429]
    assert [line["error"] for line in lines] == ["Outage", "", "RateLimited"]
    for line in lines:
        assert line["host"] == host
        assert line["method"] == "POST"
        assert line["model"] == model
        assert line["sent"] > 10
        assert line["received"] > 100
        assert 0 < line["seconds"] < 60
        assert line["request_id"] == "req-[key]"
        assert set(line["limits"]) == {
            "x-ratelimit-remaining-requests", "anthropic-ratelimit-tokens-limit", "retry-after-ms",
        }  # fmt: skip
    assert (tmp_path / "log/requests.jsonl").stat().st_mode & 0o077 == 0
    assert "[key]" in (tmp_path / "replies.jsonl").read_text()
    for _, data in contents(tmp_path):
        assert CANARY not in data
    assert "x-echo" in caplog.text
    assert CANARY.decode() not in caplog.text
    assert CANARY.decode() not in repr(outcomes)


def test_a_log_that_cannot_be_written_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write the request log"):
        harness.run(
            ["openai:m"], ["subtitles"], doc_tokens=200, distractors=0, round_trips=1, workers=0,
            base_url="http://127.0.0.1:1", log=str(tmp_path),
        )  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_a_full_disk_costs_lines_of_the_log_and_no_reply(caplog: pytest.LogCaptureFixture) -> None:
    with RequestLog("/dev/full") as log:
        log.write({"status": 200})
        log.write({"status": 200})
    assert caplog.text.count("misses lines: No space left on device") == 1


@pytest.mark.usefixtures("keyed")
async def test_an_attempt_that_no_server_answers_is_logged(tmp_path: Path) -> None:
    with RequestLog(tmp_path / "log.jsonl") as log:
        backend = Logged(open_backend("openai:m", base_url="http://127.0.0.1:1/v1"), log)
        with pytest.raises(Outage):
            await backend.generate(ASK)
        await backend.close()
    (line,) = (json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines())
    assert (line["path"], line["error"], line["received"]) == ("/v1/chat/completions", "Outage", 0)
    assert "status" not in line


@pytest.mark.usefixtures("keyed")
@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("model", ["openai:m", "anthropic:m"])
async def test_a_redirect_takes_neither_key_nor_document_along(model: str, status: int) -> None:
    with Canary() as other, Canary({1: status}) as server:
        server.elsewhere = other.url.replace("127.0.0.1", "localhost")
        backend = open_backend(model, base_url=server.url)
        with pytest.raises(Outage if status == 302 else Rejected) as caught:
            await backend.generate(ASK)
        await backend.close()
        assert not other.calls
    assert CANARY.decode() not in str(caught.value)
    if status != 302:
        assert "name http://localhost as the base URL" in str(caught.value)


@pytest.mark.usefixtures("keyed")
async def test_short_words_that_are_keys_of_local_servers_stay_in_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with Canary() as server:
        backend = open_backend("openai:m", base_url=server.url)
        assert "Your key is none." in (await backend.generate(ASK)).text
        await backend.close()

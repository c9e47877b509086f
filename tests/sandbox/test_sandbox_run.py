"""A run from start to end: what goes in, what comes out, and that nothing is left of it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.sandbox import Limits, available, python, run
from harness.sandbox.programs import interpreter
from tests.sandbox.inside import SMALL, needs_sandbox, running, shell

ROOT = Path(__file__).resolve().parents[2]


@needs_sandbox
async def test_files_go_in_and_come_back() -> None:
    ran = await run(
        ["sh", "-c", "cat a.txt; tr a-z A-Z < a.txt > b.txt; rm gone.txt; cat; echo no >&2; exit 7"],
        {"a.txt": "één\r\n", "gone.txt": "x", "with space.csv": ""},
        stdin="and this\n",
    )
    assert (ran.status, ran.stdout, ran.stderr) == (7, "één\r\nand this\n", "no\n")
    assert ran.files == {"a.txt": "één\r\n", "b.txt": "ééN\r\n", "with space.csv": ""}
    assert (ran.reason, ran.timed_out, ran.cut, ran.refused) == ("", False, False, ())


@needs_sandbox
async def test_the_environment_is_what_was_named() -> None:
    ran = await shell("env; id -u; pwd; hostname; ls -A / /given", environment={"FRUIT": "apple pie"}, given={"n": "x"})
    told = ran.stdout.split("\n")
    assert {line.partition("=")[0] for line in told if "=" in line} == {"FRUIT", "HOME", "LANG", "PATH", "PWD", "USER"}
    assert "FRUIT=apple pie" in told
    assert {"1000", "/work", "sandbox", "n"} <= set(told)
    assert not {"home", "root", "sys", "var", "mnt", "boot", "run"} & set(told)


@needs_sandbox
async def test_only_what_is_named_is_readable(tmp_path: Path) -> None:
    (tmp_path / "shown").mkdir()
    (tmp_path / "shown" / "note.txt").write_text("seen")
    (tmp_path / "hidden.txt").write_text("unseen")
    (tmp_path / "link").symlink_to("shown/note.txt")
    readable = [tmp_path / "shown", tmp_path / "link"]
    script = f"cd {tmp_path}; cat shown/note.txt link; ls; cat hidden.txt; echo x > shown/note.txt; rm shown/note.txt"
    ran = await shell(script, readable=readable)
    assert ran.stdout == "seenseenlink\nshown\n"
    assert (tmp_path / "shown" / "note.txt").read_text() == "seen"


@needs_sandbox
async def test_nothing_outlives_a_run() -> None:
    script = (
        "trap '' TERM HUP; sleep 4241.1 & setsid sh -c 'sleep 4241.1 & sleep 4241.1' & nohup sleep 4241.1 & echo hi"
    )
    ran = await shell(script)
    assert (ran.status, ran.stdout, ran.reason) == (0, "hi\n", "")
    assert ran.seconds < SMALL.seconds
    assert not running("sleep 4241.1")


@needs_sandbox
async def test_a_cancelled_run_is_dead_when_it_returns() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        task = asyncio.create_task(shell(_connected(server, "4241.2"), network=True))
        connection, _ = await asyncio.wait_for(asyncio.get_running_loop().sock_accept(server), 20)
    with connection:
        assert running("sleep 4241.2")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not running("sleep 4241.2")


@needs_sandbox
async def test_sandboxes_run_beside_each_other() -> None:
    every = await asyncio.gather(*(run(["sh", "-c", f"echo {n} > n; sleep 0.1"], {}, SMALL) for n in range(6)))
    assert [ran.files for ran in every] == [{"n": f"{n}\n"} for n in range(6)]


@needs_sandbox
def test_a_killed_harness_takes_its_sandboxes_along() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        code = f"""
import asyncio
from harness.sandbox import run
asyncio.run(run(["sh", "-c", {_connected(server, "4241.3")!r}], network=True))
"""
        with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as process:
            try:
                connection, _ = server.accept()
            finally:
                process.send_signal(signal.SIGKILL)
    with connection:
        connection.settimeout(20)
        assert connection.recv(1) == b""  # closed by the death of all who held it


def _connected(server: socket.socket, seconds: str) -> str:
    """A command that connects to the test, so that it knows when it has begun and when it is dead, and goes on."""
    return f"trap '' TERM; bash -c 'exec 3<>/dev/tcp/127.0.0.1/{server.getsockname()[1]}; sleep {seconds}; true'"


@needs_sandbox
async def test_the_harness_is_as_it_was() -> None:
    def state() -> tuple[object, ...]:
        mask = os.umask(0o022)
        os.umask(mask)
        descriptors = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208
        return Path.cwd(), dict(os.environ), mask, descriptors, os.getsid(0)

    await shell("true")  # the event loop opens what it needs for child processes
    before = state()
    await shell("cd /tmp; umask 0; touch x; export A=1; kill -9 -1")
    await shell("sleep 60", Limits(seconds=0.1))
    with pytest.raises(UsageError):
        await shell("true", readable=[Path("/no/such/path")])
    assert state() == before


@needs_sandbox
async def test_a_command_that_is_not_there() -> None:
    ran = await run(["no-such-agent", "x"], {"a": "kept"})
    assert ran.status != 0
    assert "no-such-agent" in ran.stderr
    assert ran.files == {"a": "kept"}


async def test_without_bubblewrap_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "apt-get install bubblewrap" in available()
    with pytest.raises(UsageError, match="bubblewrap is not installed"):
        await python("print(1)", {})


@needs_sandbox
async def test_where_no_namespace_can_be_made_it_refuses() -> None:
    """A sandbox is such a place: a second one cannot be made in it."""
    code = f"""
import sys
sys.path[:0] = {[str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))]!r}
from harness.sandbox import available
print(available())
"""
    roots = [ROOT / "harness", ROOT / "domains", *map(Path, sys.path[1:])]
    readable = [path for path in roots if path.is_dir() and not path.is_relative_to(sys.base_prefix)]
    executable, base = interpreter()
    ran = await run([executable, "-I", "-B", "-c", code], readable=[*readable, *base])
    assert "bubblewrap cannot make a sandbox here" in ran.stdout, ran.stderr


@pytest.mark.parametrize(
    ("command", "options", "said"),
    [
        ([], {}, "command is empty"),
        (["true", "a\0b"], {}, "NUL"),
        (["true"], {"files": {"../a": ""}}, "plain, without a path"),
        (["true"], {"files": {"..": ""}}, "plain, without a path"),
        (["true"], {"given": {"/etc/passwd": ""}}, "plain, without a path"),
        (["true"], {"files": {"a": "x" * (17 << 20)}}, "file_mb"),
        (["true"], {"files": {"a": "x" * (3 << 19), "b": "x" * (3 << 19)}, "limits": Limits(disk_mb=2)}, "disk_mb"),
        (["true"], {"files": {f"{n}": "" for n in range(500)}}, "500 files"),
        (["true"], {"environment": {"A=B": "c"}}, "with = in it"),
        (["true"], {"readable": [Path("/")]}, "cannot be made readable"),
        (["true"], {"readable": [Path("/proc")]}, "cannot be made readable"),
        (["true"], {"readable": [Path("/no/such")]}, "No such file"),
    ],
)
@needs_sandbox
async def test_what_cannot_be_run_is_refused(command: list[str], options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        await run(command, **options)  # type: ignore[arg-type]


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="memory_mb"):
        Limits(memory_mb=0)

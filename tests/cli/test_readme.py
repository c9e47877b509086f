"""Every command of the README is run as it stands, but for the hosted model, whose server stands in the tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.echo import Echo

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(sh|python)\n(.*?)```", README, re.DOTALL)


def shell_commands() -> list[str]:
    return [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like the checkout, with this interpreter's commands as its `.venv`."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "domains").symlink_to(ROOT / "domains")
    (folder / "harness").symlink_to(ROOT / "harness")
    (folder / ".venv").symlink_to(Path(sys.executable).parents[1])
    return folder


def test_the_readme_has_the_two_commands_that_do_all_set_up() -> None:
    assert [c.split("#")[0].strip() for c in shell_commands()[:2]] == ["make demo", "make test"]


@pytest.mark.slow
def test_every_shell_command_works(place: Path) -> None:
    with Echo() as server:
        env = {**os.environ, "OPENAI_BASE_URL": server.url, "COLUMNS": "160"}
        for command in shell_commands()[2:]:
            if command.startswith("export "):
                name, _, value = command.removeprefix("export ").partition("=")
                env[name] = value.encode("ascii", "replace").decode()
                continue
            done = subprocess.run(
                ["bash", "-c", command], cwd=place, env=env, capture_output=True, text=True, timeout=170
            )
            assert done.returncode == 0, f"{command}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
            _, _, written = command.partition(" > ")
            assert (place / written).read_text() if written else done.stdout, command


def test_every_python_block_works(place: Path) -> None:
    for kind, text in BLOCKS:
        if kind == "python":
            done = subprocess.run([sys.executable, "-c", text], cwd=place, capture_output=True, text=True, timeout=170)
            assert done.returncode == 0, done.stderr
            assert done.stdout


def test_make_demo_and_make_test_say_what_the_readme_says() -> None:
    plan = subprocess.run(
        ["make", "-n", "-B", "demo", "test"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for model in ("local:", "sim:oracle", "sim:frontier", "sim:noop"):
        assert f"--model {model}" in plan
    assert "palimpsest show" in plan
    assert "palimpsest diff" in plan
    assert "pytest" in plan


@pytest.mark.local
@pytest.mark.slow
def test_make_demo_shows_what_it_promises(tmp_path: Path) -> None:
    command = ["make", "demo", f"DEMO={tmp_path}", f"BIN={Path(sys.executable).parent}", "STAMP=", "ROLLOUTS=3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    rows = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line.startswith(("sim:", "local:"))}
    assert {"sim:oracle", "sim:noop", "sim:frontier", "local:"} <= set(rows)
    assert re.search(r"(altered|missing|spurious) +\S", done.stdout)
    assert "self-conditioning, said" in done.stdout
    assert (tmp_path / "report" / "index.html").is_file()

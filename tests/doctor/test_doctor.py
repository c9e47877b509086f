"""`palimpsest doctor` finds what is missing, says the way out, and shows no secret."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness import doctor
from harness.cli import commands as _others  # noqa: F401 - one command alone has no name
from harness.cli import doctor as _command  # noqa: F401 - registers itself
from harness.cli.main import app
from harness.doctor import Finding, examine, fit


def found(**options: bool) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(**options)}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own, no key, no proxy, no weights."""
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_BASE_URL")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    keys = tmp_path / "keys.toml"
    keys.touch(mode=0o600)
    monkeypatch.setenv("PALIMPSEST_KEYS", str(keys))
    monkeypatch.setenv("PALIMPSEST_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_lacks_has_a_way_out_and_nothing_is_left_behind(machine: Path) -> None:
    findings = found()
    for finding in findings.values():
        assert bool(finding.way_out) == (finding.mark != "ok"), finding
        assert finding.found
        assert finding.purpose
    assert fit(list(findings.values()))
    assert findings["local weights"].way_out.startswith("palimpsest models pull")
    assert findings["OPENAI_API_KEY"].mark == findings["ANTHROPIC_API_KEY"].mark == "missing"
    assert findings["SQLite"].found == sqlite3.sqlite_version
    assert [path.name for path in machine.iterdir()] == ["keys.toml"]


def test_keys_are_named_and_never_shown(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-4711")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:canary-4711@proxy.example:3128")
    (machine / "keys.toml").write_text('["https://openrouter.ai/api/v1"]\nkey = "sk-or-canary-4711"\n')
    findings = found()
    assert findings["OPENAI_API_KEY"].found == "environment"
    assert findings["https://openrouter.ai/api/v1"].found == "keys file"
    assert findings["HTTPS_PROXY"].found == "proxy.example:3128"
    assert "4711" not in repr(findings)
    (machine / "keys.toml").chmod(0o644)
    assert "chmod 600" in found()["keys file"].found


def test_what_is_needed_and_missing_means_status_1(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_unwritable", lambda folder: f"{folder}: Read-only file system")
    findings = found()
    assert findings["this folder"].mark == "missing"
    assert findings["cache"].mark == "warning"
    assert not fit(list(findings.values()))
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert "nothing can run here" in done.output
    assert "this folder: go to a folder of your own" in done.output


def test_as_json_and_as_a_table(machine: Path) -> None:
    told = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).output)
    assert told["fit"] is True
    assert {"name", "mark", "found", "purpose", "way_out", "needed"} == set(told["findings"][0])
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 0
    assert "OPENAI_API_KEY: export OPENAI_API_KEY=…" in done.output


def test_missing_packages_and_extras_are_named(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs = [("numpy", ""), ("no-such-package", ""), ("no-such-extra", "local"), ("numpy", "fine")]
    monkeypatch.setattr(doctor, "_requirements", lambda: needs)
    findings = found()
    assert findings["palimpsest-bench"].mark == "missing"
    assert findings["palimpsest-bench"].way_out == "pip install no-such-package"
    assert findings["extra local"].way_out == "pip install 'palimpsest-bench[local]'"
    assert findings["extra fine"].mark == "ok"


def test_the_network_is_asked_only_when_wanted(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        monkeypatch.setattr(doctor.keys, "HOMES", {"OPENAI_API_KEY": dead})
        monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
        monkeypatch.setattr(doctor, "PATIENCE", 0.2)
        listening.settimeout(0.01)
        assert not [name for name in found() if name.startswith("network")]
        with pytest.raises(TimeoutError):
            listening.accept()  # nobody has called
        findings = found(network=True)
    assert findings[f"network {dead[7:]}"].mark == "missing"
    assert "ConnectError" in findings[f"network {dead[7:]}"].found
    assert "Timeout" in findings[f"network {address[7:]}"].found

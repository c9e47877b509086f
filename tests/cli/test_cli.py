"""The command line as a user meets it: its output, its errors, its exit statuses."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

import domains

COMMAND = [sys.executable, "-c", "from harness.cli import main\nif __name__ == '__main__': main()"]
LEDGER = Path(domains.__file__).parent / "accounting/fixtures/studio/journal.ledger"
SMALL = ["--domains", "accounting", "--doc-tokens", "300", "--distractors", "0", "--round-trips", "2"]


def palimpsest(*args: object, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")}
    return subprocess.run(
        [*COMMAND, *map(str, args)], capture_output=True, text=True, env={**clean, **env}, timeout=120
    )  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "study.db"
    done = palimpsest(
        "run", "--model", "sim:alterer", "--model", "sim:oracle", "--model", "sim:noop", *SMALL, "--store", path
    )
    assert done.returncode == 0, done.stderr
    return path


def test_help_is_quick() -> None:
    took = []
    for _ in range(3):
        start = time.perf_counter()
        assert "relay" in palimpsest("--help").stdout
        took.append(time.perf_counter() - start)
    modules = subprocess.run(
        [sys.executable, "-X", "importtime", *COMMAND[1:], "--help"], capture_output=True, text=True, timeout=60
    ).stderr
    assert not re.search(r"\| +(pandas|numpy|openai|anthropic|rapidfuzz|rich)$", modules, re.MULTILINE)
    print(f"--help: {min(took):.2f} s")


def test_run_json_is_one_object(tmp_path: Path) -> None:
    done = palimpsest("run", "--model", "sim:oracle", *SMALL, "--json", "--store", tmp_path / "s.db")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert set(result) == {"store", "chains", "models", "ways", "planted", "arms"}
    assert result["ways"] == {}
    assert result["planted"] == result["arms"] == []
    figures = result["models"]["sim:oracle"]
    assert set(figures) == {"rs", "compliance", "failures", "calls", "tokens", "cost_usd"}
    assert figures["rs"] == {"1": 1.0, "2": 1.0, "3": 1.0, "4": 1.0}
    assert figures["compliance"] == 1.0


def test_the_loophole_of_round_trips_is_visible(store: Path) -> None:
    figures = json.loads(palimpsest("show", store, "--json").stdout)["models"]
    assert figures["sim:noop"]["rs"]["2"] == figures["sim:noop"]["rs"]["4"] == 1.0
    assert figures["sim:noop"]["compliance"] < 0.05
    assert figures["sim:oracle"]["compliance"] == 1.0
    assert figures["sim:alterer"]["rs"]["4"] < 1.0


def test_analyse_tells_figures_with_their_intervals(store: Path) -> None:
    shown = palimpsest("analyse", store, "--values")
    assert shown.returncode == 0, shown.stderr
    for told in (
        "area under the curve",
        "too few hops for a decay",
        "critical errors",
        "P(RS >= 0.98)",
        "values still there, by rarity",
    ):
        assert told in " ".join(shown.stdout.split())
    found = json.loads(palimpsest("analyse", store, "--values", "--json").stdout)["models"]
    assert set(found) == {"sim:oracle", "sim:noop", "sim:alterer"}
    assert found["sim:oracle"]["rs"]["4"]["value"] == 1.0
    assert found["sim:alterer"]["rs"]["4"]["value"] < 1.0
    assert {"type", "rarity", "place", "traits"} <= set(found["sim:alterer"])


def test_planted_errors_are_told_of(tmp_path: Path) -> None:
    done = palimpsest(
        "run", "--model", "sim:alterer", *SMALL, "--planted", "0,25%", "--plant", "digit", "--memory", "session",
        "--store", tmp_path / "p.db",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "sim:alterer, session: planted errors of the class digit" in " ".join(done.stdout.split())
    assert "Own damage grows by" in done.stdout
    wrong = palimpsest("run", "--model", "sim:alterer", *SMALL, "--planted", "many")
    assert (wrong.returncode, "write 0.01 or 1%" in wrong.stderr) == (2, True)


def test_show_ranks_who_does_not_do_the_work_last(store: Path) -> None:
    out = palimpsest("show", store).stdout
    rows = [line.split()[0] for line in out.splitlines() if line.startswith("sim:")]
    assert rows == ["sim:oracle", "sim:alterer", "sim:noop"]


def test_diff_names_the_changed_values(store: Path) -> None:
    out = palimpsest("diff", store, "--model", "sim:alterer").stdout
    assert "sim:alterer" in out
    assert re.search(r"altered +transaction\[.*\]\S* .+ -> .+", out)
    assert re.search(r"^\+(?!\+)", out, re.MULTILINE)


def test_the_same_command_again_does_nothing_twice(store: Path) -> None:
    def steps() -> list[tuple[object, ...]]:
        with sqlite3.connect(store) as database:
            return database.execute("SELECT chain, hop, rs, outcome FROM steps ORDER BY chain, hop").fetchall()

    before = steps()
    args = ["run", "--model", "sim:alterer", "--model", "sim:oracle", "--model", "sim:noop", *SMALL, "--store", store]
    assert palimpsest(*args).returncode == 0
    assert steps() == before


def test_check_runs_on_a_document_of_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "books 2024.journal"
    own.write_text(LEDGER.read_text())
    done = palimpsest("check", own, "--model", "sim:alterer", "--round-trips", 1)
    assert done.returncode == 0, done.stderr
    assert "edits that apply" in done.stderr
    assert "after 2 hops" in done.stdout


def test_domains_commands() -> None:
    listed = palimpsest("domains", "list").stdout
    assert all(name in listed for name in domains.names())
    shown = palimpsest("domains", "show", "accounting").stdout
    assert "posting" in shown
    assert "Move to numbered accounts" in shown
    tried = palimpsest("domains", "try", "subtitles", "conform_to_24_fps", "--lines", "3").stdout
    assert "--- subtitles.srt" in tried
    assert "undone, it scores 1.0000" in tried


def test_models_tells_what_is_missing_and_no_key() -> None:
    out = palimpsest("models").stdout
    assert "OPENAI_API_KEY is not set" in out
    out = palimpsest("models", OPENAI_API_KEY="sk-secret-4711").stdout
    assert "4711" not in out
    assert "OPENAI_API_KEY is not set" not in out


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["run", "--model", "sim:nope"], "sim:oracle"),
        (["run", "--model", "openia:gpt"], "openai:MODEL"),
        (["run", "--model", "openai:gpt-5.4"], "OPENAI_API_KEY"),
        (["run", "--model", "anthropic:claude"], "ANTHROPIC_API_KEY"),
        (["run", "--model", "sim:oracle", "--domains", "acounting"], "accounting"),
        (["run", "--model", "sim:oracle", "--doc-tokens", "many"], "fixtures"),
        (["run", "--model", "sim:oracle", "--schedule", "single:nope", "--domains", "accounting"], "account_codes"),
        (["run", "--model", "sim:oracle", "--policy", "pray"], "retry:N"),
        (["show", "/nowhere/x.db"], "/nowhere/x.db"),
        (["diff", "/nowhere/x.db"], "/nowhere/x.db"),
        (["check", "/nowhere/x.ledger", "--model", "sim:oracle"], "/nowhere/x.ledger"),
        (["domains", "show", "acounting"], "did you mean 'accounting'"),
        (["domains", "check", "nope"], "Known:"),
        (["domains", "try", "accounting", "nope"], "account_codes"),
    ],
)
def test_what_the_user_can_mend_is_one_line_and_status_2(args: list[str], told: str) -> None:
    done = palimpsest(*args)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("palimpsest: ")
    assert told in line


def test_a_file_that_is_no_store_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database\n")
    for command in (["show", path], ["run", "--model", "sim:oracle", *SMALL, "--store", path], ["rescore", path]):
        done = palimpsest(*command)
        assert done.returncode == 2
        assert str(path) in done.stderr
        assert path.read_text() == "not a database\n"


def test_a_store_of_another_version_is_refused_and_kept(store: Path, tmp_path: Path) -> None:
    other = tmp_path / "old.db"
    other.write_bytes(store.read_bytes())
    with sqlite3.connect(other) as database:
        database.execute("PRAGMA user_version = 9999")
    database.close()
    done = palimpsest("show", other)
    assert done.returncode == 2
    assert "version" in done.stderr


def test_unreadable_documents(tmp_path: Path) -> None:
    binary = tmp_path / "x.ledger"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in palimpsest("check", binary, "--model", "sim:oracle").stderr
    unknown = tmp_path / "x.zzz"
    unknown.write_text("hello\n")
    done = palimpsest("check", unknown, "--model", "sim:oracle")
    assert done.returncode == 2
    assert "--domain" in done.stderr


def test_nothing_a_model_wrote_can_act_on_the_terminal() -> None:
    from harness.cli.terminal import plain

    hostile = "a\x1b[2J\x07b\u202ec\u2066d\r\ue000\x9b"
    shown = plain(hostile)
    assert shown == "a\\x1b[2J\\x07b\\u202ec\\u2066d\\x0d\\ue000\\x9b"
    assert plain("Zoë, 12 €\n") == "Zoë, 12 €\n"

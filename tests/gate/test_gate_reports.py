"""The commands, and the files that continuous integration reads."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

import harness
import harness.cli.decide  # its commands
from harness.cli import main
from harness.cli.gate import junit, markdown, text
from harness.gating import Verdict, gate

SMALL = ["--domains", "subtitles", "--doc-tokens", "100", "--round-trips", "3", "--distractors", "0"]
EVIL = "\x1b[31m\u202e</failure><script>alert(1)</script> ``` ]]> \x00 |"


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Palimpsest = Callable[..., Done]


@pytest.fixture
def palimpsest(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Palimpsest:
    """The command in this process: its entry point, arguments and exit status."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)

    def call(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["palimpsest", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return Done(int(ended.value.code or 0), told.out, told.err)

    return call


def read(xml: str) -> ElementTree.Element:
    return ElementTree.fromstring(xml)  # noqa: S314 (our own)


@pytest.fixture(scope="module")
def failed() -> Verdict:
    return gate(
        "sim:frontier", "sim:oracle", domains=["subtitles", "recipe"], margin=0.02, adaptive=True, doc_tokens=100,
        round_trips=3, distractors=0, workers=0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def hostile(failed: Verdict) -> Verdict:
    """The same, with a model's words where its words can come to stand."""
    assert failed.comparison is not None
    worst = failed.comparison.regressions[0]
    change = {"kind": "altered", "path": EVIL, "before": EVIL, "after": EVIL, "share": 0.1, "told": EVIL}
    bad = replace(worst, document=EVIL, changes=(change,))
    return replace(failed, candidate=f"openai:{EVIL}", comparison=replace(failed.comparison, regressions=(bad,)))


def test_exit_statuses_and_files(palimpsest: Palimpsest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    report, summary = tmp_path / "junit.xml", tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    done = palimpsest(
        "gate", "--candidate", "sim:frontier", "--baseline", "sim:oracle", "--margin", "0.02", "--adaptive", *SMALL,
        "--junit", report,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("fail: sim:frontier is worse than sim:oracle by more than 0.020: RS@6 differs by -")
    assert "worst regressions" in done.stdout
    suite = read(report.read_text(encoding="utf-8"))
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    assert summary.read_text(encoding="utf-8").startswith("before\n## ❌ palimpsest gate: fail")


def test_pass_and_inconclusive(palimpsest: Palimpsest, tmp_path: Path) -> None:
    done = palimpsest(
        "gate", "--candidate", "sim:oracle", "--baseline", "sim:frontier", "--margin", "0.2", "--adaptive", *SMALL,
        "--json", "--store", tmp_path / "g.db", "--markdown", tmp_path / "g.md",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["outcome"], told["exit_code"], told["design"]["margin"]) == ("pass", 0, 0.2)
    assert told["difference"]["low"] > -0.2
    assert told["looks"][-1]["pairs"] == told["pairs"] == told["comparison"]["pairs"]
    assert "pass" in (tmp_path / "g.md").read_text(encoding="utf-8")
    done = palimpsest(
        "gate", "--candidate", "sim:oracle", "--baseline", f"{tmp_path / 'g.db'}#sim:frontier", "--margin", "0.001"
    )
    assert done.returncode == 3, done.stderr
    assert "further pairs of chains would decide" in done.stdout


def test_what_is_wrong_is_one_line(palimpsest: Palimpsest, tmp_path: Path) -> None:
    for arguments in (
        ("gate", "--candidate", "sim:oracle", "--baseline", "sim:noop", *SMALL, "--junit", tmp_path / "no" / "j.xml"),
        ("gate", "--candidate", "sim:oracle", "--baseline", tmp_path / "gone.db"),
        ("compare", tmp_path / "gone.db", "sim:oracle"),
    ):
        done = palimpsest(*arguments)
        assert done.returncode == 2
        assert done.stderr.startswith("palimpsest: ")
        assert done.stderr.count("\n") == 1


def test_compare_command(palimpsest: Palimpsest, tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    harness.run(["sim:oracle", "sim:deleter"], ["subtitles", "recipe"], store=store, documents=5, doc_tokens=100,
                round_trips=2, distractors=0, workers=0)  # fmt: skip
    done = palimpsest("compare", "sim:oracle", "sim:deleter", "--store", store)
    assert done.returncode == 0, done.stderr
    for wanted in ("RS@4", "by domain", "lost: missing", "10 pairs: 0 better", "1. ", "missing"):
        assert wanted in done.stdout
    told = json.loads(palimpsest("compare", f"{store}#sim:oracle", f"{store}#sim:deleter", "--json").stdout)
    assert told["pairs"] == 10
    assert told["difference"]["4"]["value"] < 0
    assert told["regressions"][0]["text"]


def test_junit_is_well_formed_whatever_a_model_wrote(hostile: Verdict) -> None:
    suite = read(junit(hostile))
    case = suite.find("testcase")
    assert case is not None
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("type") == "fail"
    assert not list(failure)
    assert "<script>" in (failure.text or "")
    assert "\x1b" not in (failure.text or "")


def test_junit_is_red_when_nothing_is_decided(failed: Verdict) -> None:
    suite = read(junit(replace(failed, outcome="inconclusive", further=7)))
    assert (suite.get("failures"), suite.get("errors")) == ("0", "1")
    suite = read(junit(replace(failed, outcome="pass")))
    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")


def test_markdown_keeps_a_models_words_in_their_fence(hostile: Verdict) -> None:
    told = markdown(hostile)
    assert "\x1b" not in told
    assert "\u202e" not in told
    lines = told.splitlines()
    fences = [n for n, line in enumerate(lines) if line.startswith("````")]
    assert len(fences) == 2
    outside = "\n".join(lines[: fences[0]] + lines[fences[1] + 1 :])
    assert "<script>" not in outside


def test_the_message_is_plain(hostile: Verdict) -> None:
    told = text(hostile)
    assert "\x1b" not in told
    assert "\\x1b" in told

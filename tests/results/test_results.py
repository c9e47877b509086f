"""Result files say what the store says, and prove it: every measure is recomputed from the replies in the file."""

from __future__ import annotations

import gzip
import json
import lzma
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

import harness
from harness import suites
from harness.cli.results import results_app, verify
from harness.errors import UsageError
from harness.results import Verified, export, is_results, load, open_steps, published
from harness.results import verify as recompute
from harness.results.form import REPLY
from harness.results.reference import critical
from tests.results.replier import serving

SMALL: dict[str, Any] = {"doc_tokens": 150, "round_trips": 2, "distractors": 0, "workers": 0}
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

app = typer.Typer()
app.add_typer(results_app, name="results")
app.command()(verify)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two simulated models, one of them with errors planted too."""
    store = tmp_path_factory.mktemp("results") / "sim.db"
    harness.run(["sim:careless", "sim:deleter"], ["accounting", "recipe"], store=store, documents=2, **SMALL)
    harness.run(["sim:careless"], ["accounting"], store=store, planted=["0", "25%"], **SMALL)
    return store


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model asked over HTTP, whose replies lose a line now and then; its failed hops are asked for again."""
    store = tmp_path_factory.mktemp("results") / "asked.db"
    with serving() as server:
        for domain, edit in (("accounting", "eur_to_chf"), ("subtitles", "conform_to_24_fps")):
            harness.run(
                ["openai:copyist"], [domain], store=store, base_url=server.url, policy="retry:1",
                schedule=f"single:{edit}", **{**SMALL, "distractors": 800},
            )  # fmt: skip
    return store


def exported(store: Path, folder: Path, suffix: str = ".json", **options: Any) -> Path:
    path = folder / f"results{suffix}"
    export(store, path, clock=lambda: WHEN, **options)
    return path


def changed(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    value = json.loads(path.read_text())
    change(value)
    other = path.with_name("changed.json")
    other.write_text(json.dumps(value))
    return other


@pytest.mark.parametrize("suffix", [".json", ".json.gz", ".json.xz"])
@pytest.mark.parametrize("which", ["simulated", "asked"])
def test_a_file_has_the_steps_of_its_store(
    which: str, suffix: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    store = request.getfixturevalue(which)
    path = exported(store, tmp_path, suffix)
    pd.testing.assert_frame_equal(load(path), harness.load(store).steps)
    pd.testing.assert_frame_equal(open_steps(path), open_steps(store))
    assert is_results(path)
    assert not is_results(store)
    first = path.read_bytes()
    assert exported(store, tmp_path, suffix).read_bytes() == first


def test_simulated_models_are_simulated_again(simulated: Path, tmp_path: Path) -> None:
    found = recompute(exported(simulated, tmp_path, transcripts=False), workers=0)
    assert (found.ok, found.steps, found.agree, found.scorers) == (True, 40, 40, ())


def test_a_models_measures_are_recomputed_from_its_replies(asked: Path, tmp_path: Path) -> None:
    steps = harness.load(asked).steps
    assert 0 < steps["rs"].min() < 1
    assert steps["attempts"].max() == 2
    assert recompute(exported(asked, tmp_path), workers=0).ok
    bare = recompute(exported(asked, tmp_path, transcripts=False), workers=0)
    assert (bare.ok, bare.agree, bare.steps) == (False, 0, 8)
    assert "no transcripts" in str(bare.wrong[0].found)


@pytest.mark.parametrize(
    "terms", [{"memory": "session"}, {"memory": "session", "heal": True}, {"planted": ["25%"], "policy": "keep"}]
)
def test_every_condition_is_recomputed(terms: dict[str, Any], tmp_path: Path) -> None:
    with serving() as server:
        harness.run(
            ["openai:copyist"], ["accounting"], store=tmp_path / "s.db", base_url=server.url,
            schedule="single:eur_to_chf", **{**SMALL, "repeats": 2, **terms},
        )  # fmt: skip
    found = recompute(exported(tmp_path / "s.db", tmp_path), workers=0)
    assert (found.ok, found.steps) == (True, 8)


def wrong(found: Verified) -> list[tuple[int, str]]:
    return [(one.hop, one.column) for one in found.wrong]


def test_a_better_figure_than_the_replies_is_found(asked: Path, tmp_path: Path) -> None:
    path = exported(asked, tmp_path)

    def better(value: dict[str, Any]) -> None:
        value["chains"][0]["hops"]["rs"][1] = 0.999
        value["chains"][1]["hops"]["output_tokens"][3] += 1

    found = recompute(changed(path, better), workers=0)
    assert not found.ok
    assert wrong(found) == [(2, "rs"), (4, "output_tokens")]
    assert found.wrong[0].says == 0.999
    assert found.wrong[0].found == harness.load(asked).steps["rs"].iloc[1]


def test_a_better_reply_changes_every_prompt_after_it(asked: Path, tmp_path: Path) -> None:
    path = exported(asked, tmp_path)

    def other_reply(value: dict[str, Any]) -> None:
        row = value["chains"][0]["replies"][0]
        at = REPLY.index("text")
        lines = row[at].splitlines()
        row[at] = "\n".join([*lines[:3], *lines[4:]])

    found = recompute(changed(path, other_reply), workers=0)
    first = [one for one in found.wrong if one.key == found.wrong[0].key]
    assert [one.hop for one in first] == [1, 2, 3, 4]
    assert "no reply to the prompt" in str(first[-1].found)


def test_a_chain_of_other_terms_than_it_says_is_found(asked: Path, simulated: Path, tmp_path: Path) -> None:
    path = exported(asked, tmp_path)

    def without_distractors(value: dict[str, Any]) -> None:
        value["chains"][0]["spec"]["asked_distractors"] = 0

    found = recompute(changed(path, without_distractors), workers=0)
    assert wrong(found)[:4] == [(1, ""), (2, ""), (3, ""), (4, "")]
    assert "other distractor" in str(found.wrong[0].found)

    def other_key(value: dict[str, Any]) -> None:
        value["chains"][0]["key"] = "0" * 64

    found = recompute(changed(path, other_key), workers=0)
    assert "not the hash of its spec" in str(found.wrong[0].found)

    def other_model(value: dict[str, Any]) -> None:
        chain = value["chains"][0]
        chain["model"] = chain["spec"]["model"] = "sim:oracle"

    found = recompute(changed(exported(simulated, tmp_path), other_model), workers=0)
    assert {(one.model, one.hop) for one in found.wrong} == {("sim:oracle", hop) for hop in (1, 2, 3, 4)}


def test_a_document_of_ones_own_goes_with_the_file(tmp_path: Path) -> None:
    text = "2026-01-02 Baker\n    Expenses:Food    3.20 EUR\n    Assets:Cash\n\n"
    text += "2026-01-03 Grocer\n    Expenses:Food    13.40 EUR\n    Assets:Cash\n"
    conditions = {**SMALL, "doc_tokens": None, "files": {"own.ledger": text}}
    harness.run(["sim:alterer"], ["accounting"], store=tmp_path / "own.db", **conditions)
    path = exported(tmp_path / "own.db", tmp_path)
    assert recompute(path, workers=0).ok

    def other_text(value: dict[str, Any]) -> None:
        value["chains"][0]["files"]["own.ledger"] = text.replace("3.20", "3.30")

    found = recompute(changed(path, other_text), workers=0)
    assert "other document_hash" in str(found.wrong[0].found)


def test_a_suite_that_is_not_whole_is_told(tmp_path: Path) -> None:
    conditions = suites.load("quick").conditions()
    some = {**conditions, "domains": ["chess"], "round_trips": 5}
    harness.run(["sim:oracle"], **some, store=tmp_path / "s.db", workers=0)
    found = recompute(exported(tmp_path / "s.db", tmp_path), workers=0)
    assert found.suites == {(conditions["suite"], "sim:oracle"): (1, 11)}


def test_the_file_says_where_it_comes_from(simulated: Path, tmp_path: Path) -> None:
    value = json.loads(exported(simulated, tmp_path).read_text())
    assert value["made"]["date"] == "2026-01-02T03:04:05Z"
    assert set(value["scorers"]) == {"accounting", "recipe"}
    assert value["made"]["git"] is None or len(value["made"]["git"]["commit"]) == 40


def test_the_commands(asked: Path, tmp_path: Path) -> None:
    run, path = CliRunner(), tmp_path / "mine.json.xz"
    assert run.invoke(app, ["results", "export", str(asked), "-o", str(path)]).exit_code == 0
    shown = run.invoke(app, ["results", "show", str(path)])
    assert "openai:copyist" in shown.output
    done = run.invoke(app, ["verify", str(path)])
    assert (done.exit_code, "8 of 8 steps" in done.output) == (0, True)

    def hostile(value: dict[str, Any]) -> None:
        for chain in value["chains"]:
            chain["hops"]["rs"][0] = 0.123
            chain["hops"]["detail"][0] = "\x1b[2J"
            chain["spec"]["more"] = "\x1b]0;mine\x07"

    export(asked, tmp_path / "plain.json")
    done = run.invoke(app, ["verify", str(changed(tmp_path / "plain.json", hostile))])
    assert done.exit_code == 1
    assert "6 of 8 steps" in done.output
    assert "rs 0.123 in the file" in done.output
    assert "\x1b" not in done.output


def first_chain(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda file: file["chains"][0].__setitem__(name, value)


def of_spec(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda file: file["chains"][0]["spec"].__setitem__(name, value)


def of_hop(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda file: file["chains"][0]["hops"][name].__setitem__(0, value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda file: file.update(version=4), "its version is 4"),
        (lambda file: file.update(format="other"), "does not say"),
        (lambda file: file.update(chains={}), "chains is no list"),
        (lambda file: file["chains"].append(file["chains"][0]), "has a chain twice"),
        (first_chain("key", "../../etc"), "key cannot be"),
        (first_chain("spec", []), "spec cannot be"),
        (first_chain("repeat", 10**9), "repeat cannot be"),
        (first_chain("hops", {}), "not columns of one length"),
        (first_chain("files", {"own.ledger": "x" * 3_000_000}), "files cannot be"),
        (first_chain("replies", [[1, 2]]), "does not have 16 values"),
        (
            first_chain(
                "replies", [[1, 1, 1, "0" * 64, "", "stop", 1, 1, 0, 0, 0.5, None, "m", None, 1, [["id", "view", {}]]]]
            ),
            "calls cannot be",
        ),
        (of_spec("planted", "1e999999999"), "planted cannot be"),
        (of_spec("asked_tokens", 10**12), "asked_tokens cannot be"),
        (of_spec("asked_tokens", 160), "hop"),
        (of_spec("document", "generated-150-99999999"), "its document is not that of its spec"),
        (of_spec("model", "sim:oracle"), "its model is not that of its spec"),
        (of_hop("rs", 1.5), "rs cannot be 1.5"),
        (of_hop("rs", "1"), "rs cannot be '1'"),
        (of_hop("hop", 2), "do not count"),
        (of_hop("outcome", "perfect"), "outcome cannot be 'perfect'"),
        (of_hop("direction", ["forward"]), "direction cannot be"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_refused(
    change: Callable[[dict[str, Any]], None], says: str, simulated: Path, tmp_path: Path
) -> None:
    path = changed(exported(simulated, tmp_path), change)
    if says == "hop":  # nothing wrong with its form: it is another document
        assert not recompute(path, workers=0).ok
        return
    for read in (load, recompute):
        with pytest.raises(UsageError, match=says):
            read(path)


def test_bytes_that_are_no_result_file_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    cases = {
        "not.json": b"PK\x03\x04", "deep.json": b"[" * 200_000, "nan.json": b'{"format": NaN}',
        "cut.json.xz": lzma.compress(b"{}")[:-9], "number.json": b"7", "empty.json": b"",
        "bad.json.gz": b"\x1f\x8b\x00",
    }  # fmt: skip
    for name, data in cases.items():
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(UsageError, match="no result file"):
            load(path)
    monkeypatch.setattr("harness.results.form.PLAIN", 10_000_000)
    (tmp_path / "bomb.json.gz").write_bytes(bomb)
    with pytest.raises(UsageError, match="holds more than"):
        load(tmp_path / "bomb.json.gz")
    with pytest.raises(UsageError, match="cannot read"):
        load(tmp_path / "none.json")
    with pytest.raises(UsageError, match="neither a store nor"):
        open_steps(tmp_path / "not.json")


def test_what_cannot_be_exported_says_why(simulated: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ends in \.json\.xz"):
        export(simulated, tmp_path / "results.csv")
    with pytest.raises(UsageError, match="cannot write"):
        export(simulated, tmp_path / "no folder" / "results.json")
    with pytest.raises(UsageError, match="there is no store"):
        export(tmp_path / "none.db", tmp_path / "results.json")


def test_published_figures_are_marked_as_such() -> None:
    rows = published()
    best = rows[0]
    assert (len(rows), best.model, best.rs[2], best.rs[20]) == (19, "Gemini 3.1 Pro", 0.968, 0.809)
    assert {row.note for row in rows} == {"published, other documents and scorer"}
    assert [row.rs[20] for row in rows] == sorted((row.rs[20] for row in rows), reverse=True)
    long = {row.name: row.rs for row in published("long_relays")}
    assert long["GPT 4.1 (relay of 100)"][100] == 0.333
    assert any(row.name == "GPT 5.4 (tools: no tools)" for row in published("ablations"))
    assert critical()[0]["deletion_share"] == "35"

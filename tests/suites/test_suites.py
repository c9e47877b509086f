"""Suites: the packaged ones are what they were published as; a file of one's own is read, or refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import domains
import harness
from harness import suites
from harness.cli.suite import suite_app, with_suite, written
from harness.errors import UsageError

PINNED = {
    "core": ("1", "bf0b209fb303"),
    "full": ("1", "7cd1d4776f5d"),
    "long": ("1", "af739c459528"),
    "quick": ("1", "a3ae72d007c3"),
}
"""When a hash changes, results of the suite are of something else: raise its version, set its hash, and pin both here
(`palimpsest suite show NAME` prints the hash of now)."""

OWN = """
name = "two"
version = 3
domains = ["accounting", "subtitles"]
doc_tokens = 200
documents = 2
round_trips = 1
distractors = 0
only = [["accounting", "generated-200-2"], ["subtitles", "generated-200-1"]]
"""


def test_the_table_is_sorted_and_equals_the_files() -> None:
    folder = Path(suites.__file__).parent
    assert list(suites.NAMES) == sorted(path.stem for path in folder.glob("*.toml"))


@pytest.mark.slow
@pytest.mark.parametrize("name", suites.NAMES)
def test_a_packaged_suite_is_the_one_that_was_published(name: str) -> None:
    suite = suites.load(name)
    assert suite.name == name
    assert (str(suite.version), suite.fingerprint()) == PINNED[name]
    assert suite.hash == PINNED[name][1]


def test_packaged_suites_have_every_domain() -> None:
    assert {suites.load(name).domains for name in suites.NAMES} == {domains.names()}
    assert suites.load("long").round_trips == 50


def test_a_file_of_ones_own_runs_and_is_noted_but_is_no_part_of_a_chain(tmp_path: Path) -> None:
    path = tmp_path / "two.toml"
    path.write_text(OWN)
    suite = suites.load(str(path))
    conditions = suite.conditions()
    assert conditions["suite"] == f"two@3#{suite.fingerprint()}"
    study = harness.run(["sim:oracle"], **conditions, workers=0)
    places = {(chain.domain, chain.document) for chain in study.chains}
    assert places == {("accounting", "generated-200-2"), ("subtitles", "generated-200-1")}
    assert {chain.spec["suite"] for chain in study.chains} == {conditions["suite"]}
    plain = harness.run(["sim:oracle"], **{**suite.shape(), "only": ()}, workers=0)
    assert {chain.key for chain in study.chains} < {chain.key for chain in plain.chains}
    assert not any("suite" in chain.spec for chain in plain.chains)


def test_another_document_is_another_hash(tmp_path: Path) -> None:
    path = tmp_path / "two.json"
    given = {"name": "two", "version": 1, "domains": ["accounting"], "doc_tokens": 200, "round_trips": 1}
    hashes = set()
    for change in ({}, {"seed": 1}, {"doc_tokens": 201}, {"round_trips": 2}, {"distractors": 500}):
        path.write_text(json.dumps({**given, **change}))
        hashes.add(suites.load(str(path)).fingerprint())
    assert len(hashes) == 5


def test_a_suite_whose_environments_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "two.toml"
    path.write_text(OWN + 'hash = "0123456789ab"\n')
    with pytest.raises(UsageError, match="raise the suite's version"):
        suites.load(str(path)).conditions()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = ", "cannot be read"),
        (OWN + "hats = 3\n", "'hats', which no suite has"),
        (OWN.replace("version = 3", ""), "lacks 'version'"),
        (OWN.replace("round_trips = 1", 'round_trips = "1"'), "round_trips cannot be '1'"),
        (OWN.replace("version = 3", "version = true"), "version cannot be True"),
        (OWN.replace('"two"', '"a@b"'), "one word without @"),
        (OWN.replace('"subtitles"]\n', '"subtitels"]\n', 1), "unknown domain 'subtitels'"),
        (OWN.replace('"generated-200-2"', "7"), "only is a list of names"),
        (OWN.replace(', "generated-200-2"', ""), "pairs"),
    ],
)
def test_a_file_that_is_no_suite_says_why(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=says):
        suites.load(str(path))


def test_an_unknown_name_and_an_unknown_document_say_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean quick"):
        suites.load("quik")
    path = tmp_path / "two.toml"
    path.write_text(OWN.replace("generated-200-2", "generated-200-9"))
    with pytest.raises(UsageError, match="no document accounting/generated-200-9"):
        suites.load(str(path)).conditions()


def test_what_the_suite_says_cannot_be_said_otherwise() -> None:
    given = {"round_trips": 10, "seed": 0, "temperature": 0.5}
    names, conditions = with_suite("quick", ["all"], given, {"temperature"})
    assert names == list(domains.names())
    assert (conditions["round_trips"], conditions["temperature"]) == (5, 0.5)
    with pytest.raises(UsageError, match="--round-trips is the suite's to say"):
        with_suite("quick", ["all"], given, {"round_trips"})
    assert with_suite(None, ["chess"], given, {"seed"}) == (["chess"], given)


def test_the_commands_list_suites_and_show_one_that_can_be_read_again(tmp_path: Path) -> None:
    run = CliRunner()
    listed = run.invoke(suite_app, ["list"])
    assert listed.exit_code == 0
    assert all(name in listed.output for name in suites.NAMES)
    path = tmp_path / "shown.toml"
    path.write_text(run.invoke(suite_app, ["show", "quick"]).output)
    assert suites.load(str(path)) == suites.load("quick")


def test_only_what_the_user_wrote_counts_as_written() -> None:
    app = typer.Typer()
    found: list[set[str]] = []

    @app.command()
    def run(context: typer.Context, seed: int = 0, round_trips: int = 10) -> None:
        found.append(written(context))

    runner = CliRunner()
    assert runner.invoke(app, ["--round-trips", "10"]).exit_code == 0
    assert runner.invoke(app, []).exit_code == 0
    assert found == [{"round_trips"}, set()]

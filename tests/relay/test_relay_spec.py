from __future__ import annotations

from pathlib import Path

import pytest
from relay_stub import Scripted, chains_of, small

import domains
from harness.editors import open_simulated
from harness.errors import UsageError
from harness.relay import environment
from harness.relay.run import plan_chains
from harness.relay.spec import Policy, RunSpec


def test_same_spec_same_keys_and_plans() -> None:
    first, second = chains_of(small(repeats=3), Scripted()), chains_of(small(repeats=3), Scripted())
    assert [chain.key for chain in first] == [chain.key for chain in second]
    assert len({chain.key for chain in first}) == 3
    assert first[0].edits(9) == second[0].edits(9)
    assert first[0].edits(9) != first[1].edits(9)


def test_round_trips_are_no_part_of_the_key() -> None:
    assert chains_of(small(round_trips=2), Scripted())[0].key == chains_of(small(round_trips=9), Scripted())[0].key


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"policy": "keep"},
        {"temperature": 0.5},
        {"effort": "low"},
        {"max_tokens": 9},
        {"schedule": "single:to_csv"},
        {"doc_tokens": 400},
        {"models": ("test:two",)},
        {"base_url": "http://h/v1"},
        {"guided": True},
        {"doc_tokens": None},
    ],
)
def test_what_shapes_a_chain_shapes_its_key(change: dict[str, object]) -> None:
    assert chains_of(small(**change), Scripted())[0].key != chains_of(small(), Scripted())[0].key


def test_editor_shapes_the_key() -> None:
    assert chains_of(small(), Scripted(fingerprint="2"))[0].key != chains_of(small(), Scripted())[0].key


def test_models_share_plan_and_seeds() -> None:
    one, two = chains_of(small(models=("test:one", "test:two")), Scripted())
    assert (one.material, one.edits(7)) == (two.material, two.edits(7))


def test_simulated_models_have_the_editor_of_their_profile() -> None:
    spec = RunSpec(("sim:oracle", "openai:x"), ("accounting",), doc_tokens=300, distractors=0)
    assert [c.identity["editor"] for c in plan_chains(spec)] == [open_simulated("sim:oracle").name, "rewrite"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"models": ()}, "at least one model"),
        ({"domains": ("nope",)}, "unknown domain 'nope'"),
        ({"round_trips": 0}, "round trips must be"),
        ({"repeats": 0}, "repeats must"),
        ({"distractors": -1}, "distractors must"),
        ({"policy": "retry"}, "accept, keep or retry:N"),
        ({"schedule": "x"}, "round-robin"),
        ({"doc_tokens": 3}, "50 tokens"),
        ({"files": (("a", "b"),), "domains": ("accounting", "accounting")}, "name that one"),
    ],
)
def test_bad_input_is_told_in_one_line(change: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        small(**change)
    assert "\n" not in str(caught.value)


def test_schedule_with_an_edit_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="does not admit the edit 'nope'"):
        small(schedule="single:nope").environments()


def test_own_document() -> None:
    text = domains.load_fixture("accounting", "studio")["journal.ledger"]
    (place,) = small(files=(("mine.ledger", text),)).environments()
    assert (place.document, dict(place.files)) == ("own", {"mine.ledger": text})
    with pytest.raises(UsageError, match="is empty"):
        small(files=(("mine.ledger", ""),)).environments()


def test_policies() -> None:
    assert Policy.read("retry:2") == Policy(retries=2)
    before, after = {"a": "1"}, {"a": "2"}
    assert Policy.read("accept").carry(before, after, failed=True) is after
    assert Policy.read("keep").carry(before, after, failed=True) is before
    assert Policy.read("keep").carry(before, after, failed=False) is after
    assert Policy.read("accept").carry(before, {}, failed=True) is before


def test_distractors_come_from_other_domains_and_never_collide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = []
    for domain, name in (
        ("accounting", "own.ledger"),
        ("recipe", "order.csv"),
        ("chess", "ORDER.csv"),
        ("chess", "big.pgn"),
    ):
        path = tmp_path / domain / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{name} " * (9000 if name == "big.pgn" else 20))
        pool.append((domain, path))
    monkeypatch.setattr(environment, "_fixture_files", lambda: pool)
    drawn = environment.draw("accounting", 2000, {"order.csv"}, 0, "d")
    assert len(drawn) == 2  # neither the domain's own nor what does not fit
    assert not {name.casefold() for name in drawn} & {"order.csv", "own.ledger"}
    assert drawn == environment.draw("accounting", 2000, {"order.csv"}, 0, "d")
    assert environment.draw("accounting", 0, (), 0, "d") == {}

"""The guard's rules: silent on work done right, awake to damage, bounded on anything a model may write."""

from __future__ import annotations

import asyncio
import time

import pytest

import domains
from domains import Files, Meter
from harness.editors.channel import Channel
from harness.editors.protections import guard, protected, read
from harness.editors.protections.values import Sources, constants_of, uninflected, values_of
from harness.editors.simulation import Simulated
from tests.bench.protections import hops, loss, nobody

LEDGER = (
    "2024-01-02 Rent\n    Expenses:Rent  512.25 EUR\n    Assets:Bank\n"
    "\n2024-01-09 Stationery\n    Expenses:Office  31.80 EUR\n    Assets:Bank\n"
)


def rules(before: Files, after: Files, instruction: str = "Sort the entries.") -> list[tuple[str, str]]:
    found = guard.findings(domains.get("accounting"), instruction, before, after, tuple(after))
    return [(finding.rule, finding.kind) for finding in found]


def test_each_rule() -> None:
    before = {"journal.ledger": LEDGER}
    first, second = LEDGER.strip().split("\n\n")
    assert rules(before, {"journal.ledger": f"{second}\n\n{first}\n"}) == []
    assert rules(before, before) == [("unchanged", "file")]
    assert ("records", "transaction") in rules(before, {"journal.ledger": first})
    assert ("lost", "word") in rules(before, {"journal.ledger": first})
    altered = LEDGER.replace("512.25", "512.75")
    assert set(rules(before, {"journal.ledger": altered})) == {("lost", "number"), ("new", "number")}
    assert rules(before, {"journal.ledger": "2024-13-45 (\n  x  y  z"}) != []
    domain = domains.get("accounting")
    (missing,) = guard.findings(domain, "Split.", before, {"a.ledger": LEDGER}, ("a.ledger", "b.ledger"))
    assert (missing.rule, missing.share, missing.examples) == ("missing", 0.5, ("b.ledger",))


def test_numbers_that_follow_from_the_instruction_are_no_damage_and_others_are() -> None:
    more = LEDGER + "".join(
        f"\n2024-02-{n:02} Fee\n    Expenses:Fee  {n}.4 EUR\n    Assets:Bank\n" for n in range(1, 9)
    )
    domain = domains.get("accounting")
    edit = domain.edit("eur_to_chf")
    before = {"journal.ledger": more}
    right = dict(edit.apply(before))
    told = edit.instruction("forward", ("journal.ledger",))
    assert rules(before, right, told) == []
    wrong = {"journal.ledger": right["journal.ledger"].replace("640.3125", "640.8125")}
    assert rules(before, wrong, told) == [("new", "number")]


@pytest.mark.parametrize("tokens", [None, 300], ids=["fixtures", "generated"])
def test_fewer_than_two_in_a_hundred_right_results_are_refused(tokens: int | None) -> None:
    refused = number = 0
    for name in domains.names():
        domain = domains.get(name)
        for _, task in hops(domain, tokens, 1):
            edit = domain.edit(task.edit)
            after = edit.apply(task.files) if task.direction == "forward" else edit.invert(task.files)
            number += 1
            refused += bool(guard.findings(domain, task.instruction, task.files, after, task.expected))
    assert number > 130
    assert refused < 0.02 * number


def test_most_of_the_damage_of_critical_errors_is_prevented() -> None:
    editor = protected(Simulated("test", Channel(critical=0.3, deletion=0.5)), read("guard"))
    before = after = 0.0
    for name in ("accounting", "recipe", "subtitles"):
        meter = Meter(domains.get(name), changes=False)
        for seed, task in hops(meter.domain, 500, 1):
            edited = asyncio.run(editor.edit(task, nobody))
            after += loss(meter, seed, task, edited)
            assert edited.guarded is not None
            before += loss(meter, seed, task, edited.guarded.alone)
    assert before > 0
    assert after < 0.6 * before


def test_findings_are_said_without_what_could_break_a_prompt() -> None:
    found = guard.Finding("new", "word", 0.1, 20, ("a\nb`", "x" * 500))
    (said,) = guard.sentences([found])
    assert "\n" not in said
    assert len(said) < 250
    assert said.endswith("and others")
    assert all(guard.sentences([guard.Finding(rule, "word", 1.0)]) for rule in guard._SAID)


def test_hostile_text_takes_time_in_proportion() -> None:
    domain = domains.get("accounting")
    for text in (
        "9" * 200_000,
        "9.9." * 60_000,
        "&" * 200_000,
        "a " * 150_000,
        "\n ".join("word" * 20 for _ in range(4000)),
    ):
        began = time.process_time()
        guard.findings(domain, "Multiply by 1.25 and 3.", {"a.txt": LEDGER}, {"a.txt": text}, ("a.txt",))
        assert time.process_time() - began < 10


def test_values_have_one_spelling() -> None:
    values = values_of(["Zoë paid 007.50 on 2024-01-02, &amp; 20240102; see P001\\nagain: ok"])
    assert values["number"] == {"7.5": 1, "2024-01-02": 2}
    assert values["code"] == {"P001": 1}
    assert values["word"] == {"zoë": 1, "paid": 1, "see": 1, "again": 1}


def test_one_step_with_the_constants_explains_a_number() -> None:
    sources = Sources(["10", "17", "100", "3"], constants_of(["1.25", "0.035", "1.8", "32"]))
    for number in ("12.5", "59.5", "212", "8"):
        assert sources.explain(number), number
    for number in ("12.7", "59.4", "9" * 40, "x"):
        assert not sources.explain(number), number
    assert uninflected(["jars", "clove", "tea"], ["jar", "cloves", "team"]) == []
    assert uninflected(["rent", "house"], ["renting", "mouse"]) == ["rent", "house"]

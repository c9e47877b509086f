"""Simulated models: exact where they should be, wrong at the rates they state, the same for the same seed."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from relays import EDITS, feasible, fixture, relay, task_for

import domains
from domains import Domain, Edit, Element
from harness.backends.base import Reply, Request
from harness.editors import open_simulated, simulated
from harness.editors.channel import Channel
from harness.editors.profiles import PROFILES
from harness.editors.simulation import Simulated
from harness.errors import UsageError


async def nobody(request: Request) -> Reply:
    raise AssertionError(f"a simulated model asked {request}")


@pytest.mark.parametrize(("domain", "edit"), EDITS, ids=lambda value: value.name)
def test_the_oracle_is_exact_at_every_hop(domain: Domain, edit: Edit) -> None:
    for seed in (fixture(domain), dict(domain.render(domain.generate(random.Random(3), 500)))):
        if edit not in feasible(domain, seed):
            continue
        there = relay(domain, seed, PROFILES["oracle"], 0, edits=(edit,), rounds=2)
        assert [hop.score for hop in there] == [1.0] * 4
        assert [hop.done for hop in there if hop.direction == "forward"] == [1.0] * 2
        assert not any(hop.failure for hop in there)


@pytest.mark.parametrize(("domain", "edit"), EDITS, ids=lambda value: value.name)
def test_noop_returns_its_input(domain: Domain, edit: Edit) -> None:
    seed = fixture(domain)
    for direction in ("forward", "backward"):
        task = task_for(domain, edit, direction, seed, ("some.csv",), 1)
        edited = asyncio.run(open_simulated("sim:noop").edit(task, nobody))
        assert (edited.files, edited.failure, edited.extra) == (seed, None, tuple(seed))


@given(st.integers(0, 2**63), st.sampled_from(["careless", "deleter", "frontier"]))
def test_a_hop_is_a_function_of_its_seed(seed: int, profile: str) -> None:
    domain = domains.get("accounting")
    model = Simulated(profile, replace(PROFILES[profile], critical=0.5))
    task = task_for(domain, domain.edit("eur_to_chf"), "forward", fixture(domain), ("journal.ledger",), seed)
    assert model.perform(task) == model.perform(task)


def test_an_edit_that_the_input_does_not_admit_is_infeasible() -> None:
    domain = domains.get("accounting")
    task = task_for(domain, domain.edit("to_csv"), "backward", {"postings.csv": "1\n"}, ("journal.ledger",), 1)
    edited = open_simulated("sim:oracle").perform(task)  # type: ignore[attr-defined]
    assert (edited.files, edited.failure) == (task.files, "infeasible")
    assert edited.detail


def test_truncation_loses_the_end_and_says_so() -> None:
    domain = domains.get("accounting")
    edit = domain.edit("to_csv")
    names = ("others.csv", "postings.csv")
    exact = edit.apply(fixture(domain))
    for seed in range(20):
        task = task_for(domain, edit, "forward", fixture(domain), names, seed)
        edited = Simulated("cut", Channel(truncate=1.0)).perform(task)
        assert edited.failure == "truncated"
        whole = "".join(exact.values())
        kept = "".join(edited.files.values())
        assert whole.startswith(kept)
        assert len(kept) < len(whole)


# -- rates ------------------------------------------------------------------------------------------------------------


def flat(number: int) -> Element:
    return Element("root", {}, tuple(Element("row", {"n": n, "name": f"row {n}"}) for n in range(number)))


def difference(channel: Channel, damage: float = 0.0, number: int = 20_000) -> tuple[float, float, float, float]:
    """Shares of a flat document's rows: gone, with another value, made up, out of order."""
    before = flat(number)
    after = channel.corrupt(random.Random(11), before, damage)
    rows = [row["name"] for row in before.children]
    names = [row["name"] for row in after.children]
    same = {id(row) for row in before.children}
    new = sum(id(row) not in same for row in after.children)
    gone = number - sum(id(row) in same for row in after.children)
    known = [rows.index(name) for name in names] if number <= 2000 else []
    swapped = sum(a > b for a, b in pairwise(known))
    return gone / number, new / number, (len(names) - len(rows)) / number, swapped / number


def test_drops_come_at_their_rate() -> None:
    gone, new, _, _ = difference(Channel(drop=0.05))
    assert gone == pytest.approx(0.05, rel=0.1)
    assert new == 0.0


def test_alterations_come_at_their_rate() -> None:
    gone, new, longer, _ = difference(Channel(alter=0.05))
    assert gone == new == pytest.approx(0.05, rel=0.1)
    assert longer == 0.0


def test_inventions_come_at_their_rate() -> None:
    gone, new, longer, _ = difference(Channel(invent=0.05))
    assert gone == 0.0
    assert new == longer == pytest.approx(0.05, rel=0.1)


def test_records_change_places_at_their_rate() -> None:
    gone, new, longer, swapped = difference(Channel(reorder=0.1), number=2000)
    assert gone == new == longer == 0.0
    assert swapped == pytest.approx(0.1, rel=0.2)


def test_rates_grow_with_the_damage_there_is() -> None:
    gone, *_ = difference(Channel(drop=0.02, growth=4.0), damage=0.5)
    assert gone == pytest.approx(0.06, rel=0.1)


@pytest.mark.parametrize(("damage", "risk"), [(0.0, 0.3), (0.05, 0.3 * (0.2 + 0.8 * 0.36788)), (1.0, 0.06)])
def test_critical_errors_come_at_their_rate(damage: float, risk: float) -> None:
    channel = Channel(critical=0.3, worn=0.2, wear=0.05, deletion=1.0)
    document = flat(10)
    struck = sum(channel.corrupt(random.Random(n), document, damage) is not document for n in range(4000))
    assert struck / 4000 == pytest.approx(risk, rel=0.12)


def test_critical_deletions_take_a_run_of_the_size_drawn() -> None:
    channel = Channel(critical=1.0, size=(200.0, 200.0), deletion=1.0)
    names = [row["n"] for row in channel.corrupt(random.Random(5), flat(1000), 0.0).children]
    assert len(names) == pytest.approx(500, abs=100)
    breaks = [b - a for a, b in pairwise(names) if b - a > 1]  # type: ignore[operator]
    assert len(breaks) <= 1


def test_a_run_within_a_record_takes_only_what_it_covers() -> None:
    document = Element("root", {}, tuple(Element("r", {"n": n}, tuple(flat(5).children)) for n in range(4)))
    left = {
        sum(1 for _ in Channel(critical=1.0, size=(50, 50), deletion=1.0).corrupt(random.Random(n), document, 0).walk())
        for n in range(50)
    }
    assert max(left) - min(left) <= 6  # 24 elements, about half of them covered


@pytest.mark.parametrize("name", PROFILES)
def test_documents_without_records_pass(name: str) -> None:
    for document in (Element("root"), Element("root", {}, (Element("row"),))):
        for n in range(20):
            replace(PROFILES[name], critical=1.0, drop=0.3, alter=0.3, invent=0.3).corrupt(
                random.Random(n), document, 0.5
            )


# -- names and identity -----------------------------------------------------------------------------------------------


def test_profiles_are_listed_sorted() -> None:
    assert list(PROFILES) == sorted(PROFILES)
    assert simulated()[0] == "sim:alterer"


@pytest.mark.parametrize("name", ["sim:frontiers", "sim:", "frontier", "sim"])
def test_an_unknown_profile_is_named_with_those_there_are(name: str) -> None:
    with pytest.raises(UsageError, match="sim:oracle"):
        open_simulated(name)


def test_another_rate_is_another_identity() -> None:
    made = [open_simulated(name).fingerprint for name in simulated()]
    assert len(set(made)) == len(made)
    first, again, other = (Simulated("x", Channel(drop=rate)).fingerprint for rate in (0.1, 0.1, 0.2))
    assert first == again != other

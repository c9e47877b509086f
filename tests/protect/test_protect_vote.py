"""The vote: exact where it can be, near its formula where it is a matter of chance, at home in every domain."""

from __future__ import annotations

import random
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import domains
from domains import Comparer, Domain, Element, mend, vote, vote_lines
from domains.kit.domain import Format
from domains.kit.schema import Field, Kind, Schema
from harness.editors.channel import Channel
from harness.editors.protections.work import handle

SCHEMA = Schema({"root": Kind(), "row": Kind({"n": Field(), "flag": Field(), "name": Field()}, order=1.0)})


def flat_domain() -> Domain:
    base = domains.get("playlist")
    form = Format(SCHEMA, lambda _: Element("root"), lambda _: {})
    return Domain("flat", "", "", (), "", form, base.generate, (), {}, base.folder, ("row",))


FLAT = flat_domain()


def rows(number: int) -> list[Element]:
    return [Element("row", {"n": n, "flag": False, "name": f"row {n}"}) for n in range(number)]


def root(children: list[Element]) -> Element:
    return Element("root", {}, tuple(children))


def names(document: Element) -> list[object]:
    return [row["n"] for row in document.children]


@pytest.mark.parametrize("rate", [0.02, 0.1])
@pytest.mark.parametrize("damage", ["drop", "flip"])
def test_three_leave_three_p_squared_less_two_p_cubed(damage: str, rate: float) -> None:
    rng, number = random.Random(5), 4000
    right = rows(number)

    def version() -> Element:
        if damage == "drop":
            return root([row for row in right if rng.random() >= rate])
        return root([row.with_fields(flag=True) if rng.random() < rate else row for row in right])

    settled = vote(FLAT, [version() for _ in range(3)])
    if damage == "drop":
        left = number - len(settled.children)
    else:
        assert names(settled) == list(range(number))
        left = sum(row["flag"] is True for row in settled.children)
    share = 3 * rate**2 - 2 * rate**3
    assert left / number == pytest.approx(share, abs=4 * sqrt(share * (1 - share) / number))


def test_what_one_version_invents_goes_and_what_it_moved_returns() -> None:
    right = rows(30)
    strange = Element("row", {"n": 99, "flag": True, "name": "nobody"})
    other = Element("row", {"n": 98, "flag": True, "name": "somebody"})
    moved = [*right[:5], right[6], right[5], *right[7:]]
    assert vote(
        FLAT, [root([*right[:9], strange, *right[9:]]), root([*right[:9], other, *right[9:]]), root(right)]
    ) == (root(right))
    for versions in ([moved, right, right], [right, moved, right], [right, right, moved]):
        assert vote(FLAT, [root(version) for version in versions]) == root(right)


@pytest.mark.parametrize("seen", [0.0, 0.6, 1.0])
def test_mending_mends_each_difference_with_its_probability(seen: float) -> None:
    rng, right = random.Random(4), rows(3000)
    wrong = [row.with_fields(flag=True, name=None) if row["n"] % 3 == 0 else row for row in right if row["n"] % 5]  # type: ignore[operator]
    settled = mend(FLAT, root(wrong), root(right), lambda: rng.random() < seen)
    back = len(settled.children) - len(wrong)
    still = sum(row["flag"] is True for row in settled.children)
    for mended, of in ((back, 600), (800 - still, 800)):
        assert mended / of == pytest.approx(seen, abs=4 * sqrt(seen * (1 - seen) / of))


def test_ties_are_the_pivots() -> None:
    a, b, c = (root([Element("row", {"n": 1, "flag": flag, "name": "x y"})]) for flag in (1, 2, 3))
    assert [vote(FLAT, versions) for versions in ([a, b, c], [b, a, c], [c, b])] == [a, b, c]
    empty, full = root([]), root(rows(1))
    assert vote(FLAT, [empty, full]) == empty
    assert vote(FLAT, [full, empty]) == full


def test_only_versions_of_one_document_can_vote() -> None:
    for versions in ([], [root([]), Element("row")]):
        with pytest.raises(ValueError, match="one kind"):
            vote(FLAT, versions)


@pytest.mark.parametrize("name", domains.names())
def test_every_domain_gets_back_what_only_one_version_lost(name: str) -> None:
    domain = domains.get(name)
    right = domain.parse(domain.render(domain.generate(random.Random(8), 500)))
    comparer = Comparer(domain.schema)
    channel = Channel(drop=0.01, alter=0.01, invent=0.005, reorder=0.005)
    for place in range(3):
        versions = [right] * 3
        versions[place] = channel.corrupt(random.Random(place), right, 0.0)
        settled = vote(domain, versions)
        assert comparer.compare(right, settled, changes=False).score == 1.0
        assert domain.parse(domain.render(settled)) is not None


@given(st.lists(st.text("ab\n", max_size=12), min_size=1, max_size=5))
@settings(max_examples=60)
def test_lines_are_voted_on_whatever_they_are(texts: list[str]) -> None:
    settled = vote_lines(texts)
    assert set(settled.split("\n")) <= {line for text in texts for line in text.split("\n")} | {""}
    assert vote_lines(texts) == settled
    assert vote_lines([texts[0]] * 3) == texts[0]


def test_files_of_another_format_are_settled_line_by_line() -> None:
    right = "\n".join(f"{n},x{n}" for n in range(40))
    texts = [right.replace("7,x7\n", ""), right.replace("9,x9", "9,y"), right + "\n40,more"]
    results = [{"table.csv": text} for text in texts]
    sent = {"protect": "vote", "domain": "accounting", "results": results, "expected": ["table.csv"]}
    assert handle(sent) == {"files": {"table.csv": right}}


def test_a_result_that_is_the_majority_keeps_its_own_text() -> None:
    domain = domains.get("accounting")
    text = "; kept as it is\n2024-01-02   Rent\n  Expenses:Rent    5.00 EUR\n  Assets:Cash\n"
    assert dict(domain.render(domain.parse({"journal.ledger": text})))["journal.ledger"] != text
    results = [{"journal.ledger": t} for t in (text.replace("5.00", "6.00"), text, text)]
    sent = {"protect": "vote", "domain": "accounting", "results": results, "expected": ["journal.ledger"]}
    assert handle(sent)["files"] == {"journal.ledger": text}

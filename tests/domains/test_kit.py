"""The score's promises, on random documents: exact decomposition, no free invention, nothing close about a number."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domains.kit import (
    Comparer,
    Element,
    Field,
    Kind,
    Schema,
    SchemaError,
    bag,
    compare,
    element,
    prose,
    sequence,
    text,
)
from domains.kit.align import best_assignment, in_order
from domains.kit.index import Index

SCHEMA = Schema(
    {
        "doc": Kind(),
        "group": Kind({"name": Field()}, key=(("name",),), order=0.5),
        "item": Kind(
            {"id": Field(), "n": Field(), "note": prose(), "tags": Field(bag)}, key=(("id",),), order=0.25, weight=0.1
        ),
        "loose": Kind({"v": Field()}),
    }
)

items = st.builds(
    lambda i, n, note, tags: element("item", id=i, n=n, note=note, tags=tags or None),
    st.sampled_from("abcdefgh"),
    st.integers(-3, 3).map(Decimal),
    st.lists(st.sampled_from(("red", "green", "blue", "grey")), max_size=4).map(" ".join),
    st.lists(st.sampled_from("xyz"), max_size=3).map(tuple),
)
leaves = st.one_of(items, st.builds(lambda v: element("loose", v=v), st.integers(-2, 2)))
groups = st.builds(
    lambda name, children: Element("group", {"name": name}, tuple(children)),
    st.sampled_from("PQR"),
    st.lists(leaves, max_size=6),
)
documents = st.lists(st.one_of(groups, leaves), max_size=8).map(lambda c: Element("doc", {}, tuple(c)))


@settings(max_examples=300, deadline=None)
@given(documents, documents)
def test_the_loss_is_explained_exactly(a: Element, b: Element) -> None:
    result = compare(SCHEMA, a, b)
    loss = result.missing + result.altered + result.spurious + result.moved
    assert result.score == pytest.approx(1 - loss, abs=1e-9)
    assert 0 <= result.score <= 1
    for kind in ("missing", "altered", "spurious", "moved"):
        assert sum(c.share for c in result.changes if c.kind == kind) == pytest.approx(getattr(result, kind), abs=1e-9)
    for change in result.changes:
        assert change.path
        assert (change.before is None) == (change.kind == "spurious")
        assert (change.after is None) == (change.kind == "missing")


@settings(max_examples=100, deadline=None)
@given(documents)
def test_a_document_scores_one_against_itself(a: Element) -> None:
    again = compare(SCHEMA, a, Element(a.kind, dict(a.fields), a.children))
    assert again.score == 1.0
    assert not again.changes


@settings(max_examples=200, deadline=None)
@given(documents, documents)
def test_one_means_equal(a: Element, b: Element) -> None:
    index = Index(SCHEMA)
    same = index.identity(a) == index.identity(b)
    assert same == (not compare(SCHEMA, a, b).changes)


def listed(count: int) -> Element:
    return Element("doc", {}, tuple(element("item", id=f"i{n}", n=Decimal(n)) for n in range(count)))


@pytest.mark.parametrize("gone", [1, 4, 10, 19])
def test_removing_k_of_n_equal_elements_leaves_one_minus_k_over_n(gone: int) -> None:
    whole = listed(20)
    kept = random.Random(gone).sample(whole.children, 20 - gone)
    kept.sort(key=whole.children.index)
    result = compare(SCHEMA, whole, whole.with_children(kept))
    assert result.score == pytest.approx(1 - gone / 20)
    assert result.missing == pytest.approx(gone / 20)


def test_a_duplicate_and_an_invention_cost() -> None:
    whole = listed(10)
    twice = whole.with_children((*whole.children, whole.children[3]))
    assert compare(SCHEMA, whole, twice).score == pytest.approx(10 / 11)
    invented = whole.with_children((*whole.children, element("item", id="zz", n=Decimal(77))))
    result = compare(SCHEMA, whole, invented)
    assert result.score < 1
    assert [c.kind for c in result.changes] == ["spurious"]


def test_a_changed_number_is_wrong_not_close() -> None:
    a, b = (Element("doc", {}, (element("item", id="a", n=Decimal(n)),)) for n in ("6.55", "6.56"))
    result = compare(SCHEMA, a, b)
    assert [(c.path, c.before, c.after) for c in result.changes] == [("item[a].n", "6.55", "6.56")]
    assert result.altered == pytest.approx(1 / (0.1 + 0.25 + 2))


def test_minus_one_is_not_minus_two() -> None:
    """Python hashes them alike."""
    a, b = (Element("doc", {}, (element("loose", v=v),)) for v in (-1, -2))
    assert compare(SCHEMA, a, b).score < 1


def test_out_of_place_costs_the_order_share_only() -> None:
    whole = listed(6)
    a, b, *rest = whole.children
    result = compare(SCHEMA, whole, whole.with_children((b, a, *rest)))
    assert result.missing == result.altered == result.spurious == 0
    assert result.moved == pytest.approx(0.25 / (6 * 2.35))
    (change,) = result.changes
    assert change.kind == "moved"


def test_order_means_nothing_where_the_schema_says_so() -> None:
    loose = [element("loose", v=v) for v in range(5)]
    result = compare(SCHEMA, Element("doc", {}, tuple(loose)), Element("doc", {}, tuple(reversed(loose))))
    assert result.score == 1.0


def test_an_unknown_fact_is_refused() -> None:
    document = Element("doc", {}, (element("item", id="a", colour="red"),))
    with pytest.raises(SchemaError, match="item: no weight for colour"):
        compare(SCHEMA, document, document)
    with pytest.raises(SchemaError, match="kind 'ghost'"):
        compare(SCHEMA, Element("doc", {}, (element("ghost"),)), document)


def test_fields_in_another_order_are_the_same_element() -> None:
    a = Element("doc", {}, (Element("item", {"id": "a", "n": Decimal(1)}),))
    b = Element("doc", {}, (Element("item", {"n": Decimal(1), "id": "a"}),))
    assert compare(SCHEMA, a, b).score == 1.0


@pytest.mark.parametrize(
    ("a", "b", "share"),
    [
        ("one two three four", "one two three", 0.75),
        ("one two", "one two three four", 0.5),
        ("a b c d", "a x c d", 0.75),
    ],
)
def test_text_keeps_its_words_share(a: str, b: str, share: float) -> None:
    assert text(a, b) == pytest.approx(share)


def test_bag_and_sequence() -> None:
    assert bag(("a", "b", "c"), ("c", "a")) == pytest.approx(2 / 3)
    assert sequence(("a", "b", "c"), ("c", "a")) == pytest.approx(1 / 3)


@settings(max_examples=200, deadline=None)
@given(st.permutations(range(9)))
def test_in_order_is_a_longest_increasing_run(order: list[int]) -> None:
    kept = sorted(in_order(order))
    values = [order[p] for p in kept]
    assert values == sorted(values)
    best = [1] * len(order)
    for i in range(len(order)):
        best[i] = 1 + max((best[j] for j in range(i) if order[j] < order[i]), default=0)
    assert len(kept) == max(best)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 4)), st.floats(0.1, 9), max_size=14))
def test_the_assignment_is_optimal(gain: dict[tuple[int, int], float]) -> None:
    def brute(rows: list[int], used: frozenset[int]) -> float:
        if not rows:
            return 0.0
        here = [brute(rows[1:], used)]
        here += [g + brute(rows[1:], used | {j}) for (i, j), g in gain.items() if i == rows[0] and j not in used]
        return max(here)

    found = best_assignment(dict(gain))
    assert len({i for i, _ in found}) == len(found) == len({j for _, j in found})
    assert sum(gain[pair] for pair in found) == pytest.approx(brute(sorted({i for i, _ in gain}), frozenset()))


def test_a_deletion_among_equals_does_not_move_the_others() -> None:
    moves = [element("item", id="x", n=Decimal(n % 3)) for n in range(30)]
    whole = Element("doc", {}, tuple(moves))
    result = compare(SCHEMA, whole, whole.with_children(moves[:7] + moves[8:]))
    assert result.moved == 0
    assert len(result.changes) == 1


def test_the_comparer_shares_work_between_comparisons() -> None:
    comparer = Comparer(SCHEMA)
    a, b = listed(5), listed(6)
    assert comparer.compare(a, b).score == compare(SCHEMA, a, b).score
    assert comparer.compare(b, a).score == compare(SCHEMA, b, a).score


def test_elements_are_immutable() -> None:
    e = element("item", id="a")
    with pytest.raises(AttributeError, match="immutable"):
        e.kind = "other"
    assert e == element("item", id="a")
    assert hash(e) == hash(element("item", id="a"))
    assert e.with_fields(id=None).fields == {}

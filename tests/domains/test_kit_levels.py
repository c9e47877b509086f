"""What stands below a container that one document lacks is lifted out of it."""

from __future__ import annotations

from domains.kit import Element, Field, Kind, Schema, compare, element

SCHEMA = Schema(
    {
        "doc": Kind(),
        "part": Kind({"title": Field()}, key=(("title",),), order=0.5),
        "line": Kind({"v": Field()}, order=0.1),
    }
)


def lines(*values: int) -> tuple[Element, ...]:
    return tuple(element("line", v=v) for v in values)


def doc(*children: Element) -> Element:
    return Element("doc", {}, children)


def part(title: str, *children: Element) -> Element:
    return Element("part", {"title": title}, children)


def test_a_lost_heading_costs_the_heading() -> None:
    whole = doc(part("all", part("a", *lines(1, 2, 3)), part("b", *lines(4, 5, 6))))
    result = compare(SCHEMA, whole, doc(part("a", *lines(1, 2, 3)), part("b", *lines(4, 5, 6))))
    (change,) = result.changes
    assert (change.kind, change.path, change.field, change.reference) == ("missing", "part[all]", "", (0,))
    assert abs(result.score - (1 - 1.5 / (3 * 1.5 + 6 * 1.1))) < 1e-9


def test_a_heading_put_above_everything_costs_the_heading() -> None:
    whole = doc(*lines(1, 2, 3, 4))
    result = compare(SCHEMA, whole, doc(part("new", *lines(1, 2, 3, 4))))
    (change,) = result.changes
    assert (change.kind, change.path, change.candidate) == ("spurious", "part[new]", (0,))


def test_what_changed_below_a_lost_heading_is_named_by_its_old_place() -> None:
    whole = doc(part("all", *lines(1, 2, 3, 4, 5)), *lines(9))
    result = compare(SCHEMA, whole, doc(*lines(1, 2, 7, 4, 5, 9)))
    assert sorted(str(c) for c in result.changes) == ["part[all] missing: all", "part[all].line[3].v 3 -> 7"]
    assert {c.reference for c in result.changes} == {(0,), (0, 2)}
    loss = result.missing + result.altered + result.spurious + result.moved
    assert abs(loss + result.score - 1) < 1e-9
    assert abs(sum(c.share for c in result.changes) - loss) < 1e-9


def test_a_container_that_is_still_there_is_not_opened() -> None:
    """Its children copied above it are an invention, not a change of level."""
    whole = doc(part("a", *lines(1, 2, 3)))
    result = compare(SCHEMA, whole, doc(*lines(1, 2, 3), part("a", *lines(1, 2, 3))))
    assert {c.kind for c in result.changes} == {"spurious"}
    assert len(result.changes) == 3

"""Finding the lines of blocks and applying them: what counts as found, and that nothing else changes, for any input."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.editors.anchors import MARGIN, NEAR, Anchors, Budget, Found, Lost
from harness.editors.applying import apply
from harness.editors.changes import read_hunks
from harness.editors.differences import as_blocks
from harness.editors.hunks import Hunk, block, marks
from harness.editors.names import Names

RECIPE = (
    "## Stew\n\n- 200 g flour\n- 30 ml oil\n\n## Bread\n\n- 500 g flour\n- 10 g salt\n\n    indented\n      deeper\n"
)


def found(text: str, *want: str, line: int | None = None) -> Found | Lost:
    return Anchors(text.removesuffix("\n").split("\n"), Budget()).find(want, line)


def place(text: str, *want: str, line: int | None = None) -> tuple[int, int, str]:
    place = found(text, *want, line=line)
    assert isinstance(place, Found), place
    return place.start, place.stop, place.way


def result(text: str, *hunks: Hunk) -> str:
    done = apply({"a.md": text}, hunks, (), Budget())
    assert done.faults == []
    return done.files["a.md"]


def test_exact_before_white_space_before_near() -> None:
    assert place(RECIPE, "- 200 g flour", "- 30 ml oil") == (2, 4, "exact")
    assert place(RECIPE, "-  200 g flour ", "", "- 30 ml oil") == (2, 4, "white space")
    assert place(RECIPE, "## Stew", "- 200 g flour") == (0, 3, "white space")  # the blank line was left out
    assert place(RECIPE, "indented", "  deeper") == (10, 12, "white space")
    assert (
        place("one long line of text, 12.50\nanother line of other words\n", "one long line of text; 12.50")[2]
        == "near"
    )


def test_two_places_are_none() -> None:
    twice = "x\n- a line\ny\n- a line\n"
    for want in ("- a line", "-   a line"):
        lost = found(twice, want)
        assert isinstance(lost, Lost)
        assert "more than once, in lines 2, 4" in lost.why
    assert place(twice, "- a line", line=4) == (3, 4, "exact")  # a diff says which
    assert isinstance(found(twice, "- a line", line=3), Lost)
    many = found("z\n" * 50, "z")
    assert isinstance(many, Lost)
    assert many.why.endswith("lines 1, 2, 3, 4, 5 and more")


def test_near_needs_to_be_near_and_alone() -> None:
    lines = ["the price of the white bread is 2.50 EUR", "something of another kind stands here"]
    text = "\n".join(lines) + "\n"
    assert place(text, lines[0].replace("2.50", "2.60"))[2] == "near"
    far = found(text, "the price of brown eggs was 3 USD")
    assert isinstance(far, Lost)
    assert far.near == (0, 1)
    rival = found(text + lines[0].replace("2.50", "2.70") + "\n", lines[0].replace("2.50", "2.60"))
    assert isinstance(rival, Lost)
    assert "more than one place is nearly so" in rival.why
    # One line of ten may not be made up, however alike the others are.
    block = [f"{n}. a line with the number {n * 7919} in it" for n in range(20)]
    made_up = [*block[:10], "zzz yyy", *block[11:]]
    assert isinstance(found("\n".join(block) + "\n", *made_up), Lost)
    assert 0 < MARGIN < 1 - NEAR


def test_the_budget_ends_the_search_for_near_places() -> None:
    text, want = "one long line of text, 12.50\nanother line\n", ["one long line of text; 12.50"]
    anchors = Anchors(text.split("\n"), Budget(3000.0))
    assert isinstance(anchors.find(want), Found)
    assert isinstance(anchors.find(want), Lost)


def test_lines_taken_over_stay_as_the_file_has_them() -> None:
    text = "if x:\n\tone()  \n\ttwo()\nend\n"
    assert result(text, Hunk("a.md", ("one()", "two()"), ("one()", "1.5()", "two()"))) == (
        "if x:\n\tone()  \n\t1.5()\n\ttwo()\nend\n"
    )
    assert result("a\nb\n", Hunk("a.md", ("    a", "    b"), ("    a", "      new", "    b"))) == "a\n  new\nb\n"
    # Blank lines around the SEARCH part are not part of the change.
    assert result("a\n\nb c\n\nd\n", Hunk("a.md", ("", "b  c", ""), ("", "B", ""))) == "a\n\nB\n\nd\n"


def test_insertions_by_line_number_and_into_an_empty_file() -> None:
    assert result("a\nb\n", Hunk("a.md", (), ("x",), line=1)) == "a\nx\nb\n"
    assert result("a\nb\n", Hunk("a.md", (), ("x",), line=2)) == "a\nb\nx\n"
    assert result("", Hunk("a.md", (), ("x",))) == "x\n"
    assert apply({"a.md": "a\n"}, [Hunk("a.md", (), ("x",), line=9)], (), Budget()).faults
    hunks = [Hunk("a.md", ("n",), ("1", "2"), line=1), Hunk("a.md", ("z",), ("y",), line=4)]
    assert result("k\nn\nz\nm\nz\n", *hunks) == "k\n1\n2\nz\nm\ny\n"  # off by one throughout: the second z is meant


def test_overlapping_blocks_are_refused_whichever_comes_first() -> None:
    for order in ((0, 1), (1, 0)):
        pair = [Hunk("a.md", ("a", "b"), ("x",)), Hunk("a.md", ("b", "c"), ("y",))]
        done = apply({"a.md": "a\nb\nc\n"}, [pair[n] for n in order], (), Budget())
        assert [fault.number for fault in done.faults] == [2]
        assert done.files["a.md"] in ("x\nc\n", "a\ny\n")


LINE = st.sampled_from(
    ["a", "b", "  a", "", "=======", "<<<<<<< SEARCH", ">>>>>>> REPLACE", "--- x", "+++ y", "@@", "```"]
)
TEXT = st.lists(LINE, max_size=12).map(lambda lines: "".join(f"{line}\n" for line in lines))


@given(st.dictionaries(st.sampled_from(["a.md", "b.md", "c.md"]), TEXT, min_size=1), st.data())
def test_blocks_between_two_states_lead_from_one_to_the_other(before: dict[str, str], data: st.DataObject) -> None:
    after = data.draw(st.dictionaries(st.sampled_from(["a.md", "b.md", "c.md", "d.md"]), TEXT, min_size=1))
    said = as_blocks(after, before)
    hunks = read_hunks(said, Names(list(after), before), before, list(after))
    done = apply(before, hunks, list(after), Budget())
    assert done.faults == []
    assert {name: done.files[name] for name in after} == after
    assert all(before[name] == text for name, text in done.files.items() if name not in done.given)


@given(st.text(st.sampled_from("ab <>=-+@*\n`"), max_size=300), TEXT)
def test_no_reply_breaks_the_reader_or_spoils_what_it_does_not_name(reply: str, text: str) -> None:
    files = {"a.md": text, "b.md": "keep\n"}
    hunks = read_hunks(f"a.md\n{reply}", Names(list(files), files), files, list(files))
    done = apply(files, hunks, list(files), Budget())
    assert all(done.files.get(name) == old for name, old in files.items() if name not in {h.name for h in hunks})
    if len(done.faults) == len(hunks):
        assert done.files == files


def test_marks_are_longer_than_any_line_like_them() -> None:
    assert marks(["a\nb\n"]) == 7
    assert marks(["Title\n=====\n"]) == 10
    assert marks(["x\n" + "=" * 30 + "\n"]) == 31
    assert len(block("a.md", "", "x\n", 12).split("\n")[1]) == 12 + len(" SEARCH")


@pytest.mark.parametrize(
    "kind", ["unknown", "ambiguous", "loose", "long line", "half a document", "openings", "headers"]
)
def test_hostile_replies_are_read_and_refused_in_bounded_work(kind: str) -> None:
    """What is measured is work, by the budget, and that an answer comes: one that grows with the square of the reply
    would take hours."""
    rng = random.Random(kind)
    lines = [f"2024-01-{n % 28 + 1:02d} payee {rng.randrange(10**6)} {rng.randrange(10**4)} EUR" for n in range(4000)]
    text = "".join(f"{line}\n" for line in lines)
    reply = {
        "unknown": "".join(block("a.md", f"unknown line {n} 33\n", "z\n") for n in range(1000)),
        "ambiguous": block("a.md", "a\n" * 20_000, "z\n"),
        "loose": "".join(block("a.md", f" {line} \n", "z\n") for line in lines[:1000]),
        "long line": block("a.md", "x" * 10**6 + "\n", "z\n"),
        "half a document": block("a.md", text[: len(text) // 2].replace("EUR", "EUX"), "z\n"),
        "openings": "<<<<<<< SEARCH\n" * 10_000,
        "headers": "--- a.md\n+++ a.md\n@@ @@\n" * 5_000,
    }[kind]
    files = {"a.md": "a\n" * 100_000 if kind == "ambiguous" else text}
    hunks = read_hunks(reply, Names(["a.md"], files), files, ["a.md"])
    done = apply(files, hunks[:1000], ["a.md"], Budget(1e8))
    assert bool(done.faults) == (kind not in ("loose", "headers"))
    assert done.files == files or kind == "loose"

"""Editors and protections in the report: columns of their own, what they are worth, and each hop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import harness
from harness.amounts import amount, dollars
from harness.estimate import NOTHING, Estimate
from harness.report import build, pages
from harness.report.figures import Figures, gather
from harness.report.sources import read
from harness.store import Reader
from tests.report import chromium
from tests.report.test_report_site import Tags, unpacked

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("guarded") / "g.db"
    harness.run(["sim:frontier", "sim:noop"], ["recipe"], doc_tokens=120, documents=3, round_trips=2, distractors=0,
                workers=0, store=path, protect=("none", "guard,verify", "vote:3"))  # fmt: skip
    return path


@pytest.fixture(scope="module")
def figures(guarded: Path) -> Figures:
    return gather(read([guarded]))


@pytest.fixture(scope="module")
def built(guarded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "out"
    build([guarded], folder)
    return folder


@pytest.fixture(scope="module")
def page(built: Path) -> Iterator[Page]:
    if chromium.missing():
        pytest.skip(chromium.missing())
    with chromium.browser() as browser:
        opened = browser.new_page(viewport={"width": 420, "height": 800})
        opened.goto((built / "index.html").as_uri())
        yield opened


def test_protections_stand_beside_the_model(figures: Figures, built: Path) -> None:
    assert figures.beside == ["protections"]  # a simulated model is its own editor
    assert {m.title for m in figures.models} == {"sim:frontier", "sim:noop"}
    assert {m.conditions["protections"] for m in figures.models} == {"none", "guard, verify", "vote:3"}
    index = (built / "index.html").read_text()
    board = index[index.index('id="board"') :].split("</table>")[0]
    head, *rows = re.findall(r"<tr.*?</tr>", board, re.DOTALL)
    columns = head.count("<th ")
    assert '<button type="button">protections</button>' in head
    for row in rows:
        if "divider" in row:
            assert f'colspan="{columns}"' in row
        else:
            assert len(re.findall(r"<t[hd][ >]", row)) == columns
    charts = index[index.index("Chains that have had") :]
    assert '<th scope="col">model</th><th scope="col">protections</th>' in charts


def test_one_way_of_editing_is_no_column(simulated: Path, site: Path) -> None:
    assert gather(read([simulated])).beside == []
    index = (site / "index.html").read_text()
    assert 'id="editors"' not in index
    assert "protections" not in index


def test_what_protections_are_worth_is_that_of_the_analysis(figures: Figures, built: Path) -> None:
    worth = [m.way.protection.per_call.value for m in figures.guarded if m.way and m.way.protection]
    assert worth == sorted(worth, key=lambda value: -(value or 0.0))
    assert len(worth) == 4
    index = (built / "index.html").read_text()
    hops = index[index.index('id="hops"') :].split("</table>")[0]
    sorted_by = re.search(r'aria-sort="descending"><button[^>]*>([^<]*)<', hops)
    assert sorted_by is not None
    assert sorted_by[1] == "points per call"  # nothing was paid
    values = [re.findall(r'data-value="([^"]*)"', row)[:2] for row in hops.split("<tbody>")[1].split("<tr>")[1:]]
    assert values == [["", str(value)] for value in worth]
    relays = index[index.index('id="relays"') :].split("</table>")[0]
    assert relays.count("unprotected") == 4


def test_a_hop_tells_what_protections_did(guarded: Path, built: Path) -> None:
    with Reader(guarded) as reader:
        for chain in reader.chains():
            packed = unpacked((built / "data" / f"chain-{chain.number}.js").read_bytes())
            for step, hop in zip(reader.steps(chain.number), packed["hops"], strict=True):
                assert (hop["fired"] is None, hop["tools"]) == (step.guards is None, [])
                if step.guards is not None:
                    assert hop["bare"] == step.guards.rs
                    assert [told.split()[0] for told in hop["fired"]] == [f["protection"] for f in step.guards.fired]


def test_every_table_fits_or_scrolls_on_a_telephone(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") == 420


def test_the_leaderboard_is_filtered_in_all_its_parts(page: Page) -> None:
    count = "[...document.querySelectorAll('#board tbody tr:not(.divider)')].filter(row => !row.hidden).length"
    assert page.evaluate(count) == 6
    page.fill("input[data-filters=board]", "vote")
    assert page.evaluate(count) == 2
    page.fill("input[data-filters=board]", "noop")
    assert page.evaluate(count) == 3
    page.fill("input[data-filters=board]", "")
    button = page.locator("#hops thead th").nth(1).locator("button")
    button.click()
    assert page.locator("#hops tbody tr").nth(0).locator("td").nth(0).inner_text() == "guard, verify"


def test_a_chain_says_which_protection_stepped_in(page: Page, guarded: Path, built: Path) -> None:
    with Reader(guarded) as reader:
        number, hop = next(
            (chain.number, step.hop)
            for chain in reader.chains()
            for step in reader.steps(chain.number)
            if step.guards is not None and step.guards.fired
        )
    page.goto((built / "chain.html").as_uri() + f"#{number}/{hop}")
    page.wait_for_selector("#text .file")
    told = page.locator("#facts").inner_text()
    assert re.search(r"protections\s+(guard|verify|vote) ", told)
    assert "RS of the editor alone" in told


def test_tags_are_closed(built: Path) -> None:
    text = (built / "index.html").read_text()
    opened = [tag for tag, _ in Tags(text).found]
    for tag in ("table", "div", "section", "tbody"):
        assert opened.count(tag) == text.count(f"</{tag}>")


@pytest.mark.parametrize(
    ("value", "plainly", "money"),
    [(0.0, "0", "0"), (0.0000123, "0.0000123", "$0.0000123"), (1.5, "1.5", "$1.50"), (-0.25, "-0.25", "-$0.250"),
     (12345.6, "12,346", "$12,345.60"), (100.0, "100", "$100.00"), (2.0, "2", "$2.00")],
)  # fmt: skip
def test_amounts_are_told_to_three_figures(value: float, plainly: str, money: str) -> None:
    assert (amount(value), dollars(value)) == (plainly, money)


def test_unknown_is_a_question_mark_and_nothing_to_divide_by_a_dash() -> None:
    assert (pages.ranged(NOTHING), pages.paid(NOTHING)) == (("?", ""), ("?", ""))
    assert pages.ranged(Estimate(None, None, None, 4)) == ("–", "")
    assert pages.paid(Estimate(0.5, 0.25, 1.0, 4)) == ("$0.500", "[$0.250, $1.00]")
    assert pages.ranged(Estimate(2.0, 2.0, 2.0, 4)) == ("2", "")

"""The site in Chromium, opened from the disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.store import Reader
from tests.report.conftest import ATTACK

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@dataclass
class Opened:
    """A page, and what it said and asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def go(self, path: Path, fragment: str = "") -> None:
        self.page.goto("about:blank")  # a fragment alone would not load anything
        self.page.goto(path.as_uri() + fragment, wait_until="load")

    def asked_data(self) -> list[str]:
        return [url.rpartition("/")[2] for url in self.asked if "/data/" in url]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    page = browser.new_page()
    found = Opened(page)
    page.on("console", lambda message: found.said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: found.said.append(f"error: {error}"))
    page.on("request", lambda request: found.asked.append(request.url))
    yield found
    page.close()


def column(page: Page, table: str, number: int) -> list[str]:
    found: list[str] = page.eval_on_selector_all(
        f"{table} tbody tr:not(.divider)",
        f"rows => rows.map(r => r.cells[{number}]).map(c => c.dataset.value ?? c.textContent.trim())",
    )
    return found


def shown(opened: Opened, hop: int) -> None:
    opened.page.wait_for_selector(f"#text[data-hop='{hop}'] .file")


def worst(simulated: Path) -> tuple[int, int]:
    """A chain and a backward hop of it with Changes."""
    with Reader(simulated) as reader:
        for chain in reader.chains():
            for hop, changes in reader.changes(chain.number).items():
                if hop % 2 == 0 and hop < chain.hops and any(c.kind == "altered" and c.before for c in changes):
                    return chain.number, hop
    raise AssertionError("no chain has lost anything")


def test_all_pages_are_silent_and_ask_for_nothing_else(opened: Opened, site: Path) -> None:
    for page in sorted(site.glob("*.html")):
        opened.go(page, "#1/2" if page.name == "chain.html" else "")
        opened.page.wait_for_timeout(100)
    assert opened.said == []
    assert all(url.startswith((site.as_uri() + "/", "data:,", "about:")) for url in opened.asked)


def test_charts_are_drawn_with_their_intervals(opened: Opened, site: Path) -> None:
    opened.go(site / "index.html")
    drawn = opened.page.evaluate(
        "palimpsest.charts.map(c => { const d = Chart.getChart(`chart-${c.slug}`); return [c.series.length, "
        "d.data.datasets.filter(s => !s.band).length, d.data.datasets.filter(s => s.band).length]; })"
    )
    assert drawn
    assert all(lines == series and bands == 2 * series for series, lines, bands in drawn)
    painted = opened.page.evaluate(
        "(() => { const c = document.getElementById('chart-drift'); const d = c.getContext('2d').getImageData(0, 0, "
        "c.width, c.height).data; const seen = new Set(); for (let i = 0; i < d.length; i += 4) if (d[i + 3] === 255) "
        "seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return seen.size; })()"
    )
    assert painted > 4  # the lines of four models, and the axes


def test_the_legend_switches_lines(opened: Opened, site: Path) -> None:
    opened.go(site / "index.html")
    button = opened.page.locator("#drift .legend button").nth(1)
    button.focus()
    opened.page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "false"
    visible = "Chart.getChart('chart-drift').data.datasets.filter(s => s.label && !s.hidden).map(s => s.label)"
    names = [chart["name"] for chart in opened.page.evaluate("palimpsest.charts[0].series")]
    assert opened.page.evaluate(visible) == [name for n, name in enumerate(names) if n != 1]
    opened.page.keyboard.press("Enter")
    assert opened.page.evaluate(visible) == names


def test_the_leaderboard_sorts_by_keyboard(opened: Opened, site: Path) -> None:
    opened.go(site / "index.html")
    page = opened.page
    heads = [text.strip() for text in page.locator("#board thead th").all_inner_texts()]
    number = heads.index("RS@2")
    head = page.locator("#board thead th").nth(number)
    assert page.locator("#board thead th[aria-sort]").inner_text().startswith("RS@8")
    for order in ("descending", "ascending"):
        head.locator("button").focus()
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == order
        rows = [float(value) for value in column(page, "#board", number)][:3]
        assert rows == sorted(rows, reverse=order == "descending")
        # the one below the line stays there
    assert page.locator("#board thead th[aria-sort]").count() == 1
    assert "sorted by RS@2, ascending" in page.locator("#said").inner_text()
    assert "sim:noop" in page.locator("#board tbody").nth(1).inner_text()
    assert "A <b>published</b> model" in page.locator("#board tbody.published").inner_text()


def test_what_is_missing_is_sorted_last(opened: Opened, site: Path) -> None:
    opened.go(site / "index.html")
    head = opened.page.locator("#critical table.sortable").nth(0).locator("thead th").nth(2)
    for _ in range(2):
        head.locator("button").click()
        values = column(opened.page, "#critical .pair > .scroll:nth-child(1) > table", 2)
        assert "" in values
        assert values == sorted(values, key=lambda v: v == "")


def test_chains_are_filtered(opened: Opened, site: Path) -> None:
    opened.go(site / "model-2.html")
    rows = opened.page.locator("#chains tbody tr")
    assert rows.count() == 8
    opened.page.fill("input[type=search]", "RECIPE")
    assert [row.is_visible() for row in rows.all()].count(True) == 4


def test_documents_are_loaded_when_they_are_looked_at(opened: Opened, site: Path) -> None:
    opened.go(site / "index.html")
    opened.go(site / "model-1.html")
    assert opened.asked_data() == []
    opened.page.locator("#chains tbody a").first.click()
    opened.page.wait_for_selector("#text .file")
    number = opened.page.url.rpartition("#")[2].partition("/")[0]
    assert sorted(opened.asked_data()) == [f"chain-{number}.js", "chains.js"]
    if opened.page.locator("#next").is_visible():
        opened.page.locator("#next").click()
        opened.page.wait_for_function(f"!location.hash.startsWith('#{number}/')")
        opened.page.wait_for_selector("#text .file")
        assert len(opened.asked_data()) == 3
    assert opened.said == []


def test_parts_of_a_large_chain_are_loaded_for_their_hops(
    opened: Opened, simulated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.report import build, chains

    monkeypatch.setattr(chains, "PART", 1000)
    build([simulated], tmp_path / "out", workers=0)
    opened.go(tmp_path / "out" / "chain.html", "#9/1")
    shown(opened, 1)
    early = set(opened.asked_data())
    with Reader(simulated) as reader:
        last = reader.steps(9)[-1]
    opened.page.locator("#slider").press("End")
    shown(opened, last.hop)
    assert early < set(opened.asked_data())
    opened.page.evaluate("for (const b of document.querySelectorAll('.fold button')) b.click()")
    side = opened.page.eval_on_selector_all(".diff tbody tr", "rows => rows.map(r => r.cells[3].textContent)")
    assert "".join(side) == "".join(last.after[name].replace("\n", "") for name in last.after)


def test_the_slider_moves_along_the_hops(opened: Opened, site: Path, simulated: Path) -> None:
    chain, hop = worst(simulated)
    opened.go(site / "chain.html", f"#{chain}/{hop}")
    shown(opened, hop)
    page = opened.page
    slider = page.locator("#slider")
    assert slider.input_value() == str(hop)
    slider.press("ArrowRight")
    shown(opened, hop + 1)
    assert page.url.endswith(f"#{chain}/{hop + 1}")
    assert f"hop {hop + 1} of 8" in page.locator("#hop").inner_text()
    assert "forward" in str(slider.get_attribute("aria-valuetext"))
    page.locator("#back").click()
    shown(opened, hop)
    slider.press("Home")
    shown(opened, 1)
    assert page.locator("#back").is_disabled()
    slider.press("End")
    shown(opened, 8)
    assert page.locator("#on").is_disabled()
    page.locator("summary", has_text="Every hop").click()
    page.locator("#hops tbody button").nth(2).click()
    shown(opened, 3)
    assert opened.said == []


def test_changes_are_listed_and_marked(opened: Opened, site: Path, simulated: Path) -> None:
    chain, hop = worst(simulated)
    with Reader(simulated) as reader:
        changes = sorted(reader.changes(chain)[hop], key=lambda c: -c.share)
        seed, _ = reader.documents(chain)
        step = reader.steps(chain)[hop - 1]
    opened.go(site / "chain.html", f"#{chain}/{hop}")
    shown(opened, hop)
    rows = opened.page.eval_on_selector_all(
        "#changes tbody tr", "rows => rows.map(r => [...r.cells].map(c => c.textContent))"
    )
    wanted = [[c.kind, c.path or "(document)", c.before or "", c.after or ""] for c in changes]
    assert [row[1:] for row in rows] == wanted[: len(rows)]
    assert len(rows) == min(100, len(changes))
    marks = opened.page.eval_on_selector_all(
        "mark", "marks => marks.map(m => [Number(m.dataset.change), m.textContent])"
    )
    assert marks
    assert all(text in (changes[n].before, changes[n].after) for n, text in marks)
    told = "found => found.map(e => e.textContent)"
    left, right = (opened.page.eval_on_selector_all(f".diff {tag}", told) for tag in ("del", "ins"))
    assert left or right
    assert all(any(part in text for text in seed.values()) for part in left)
    assert all(any(part in text for text in step.after.values()) for part in right)
    opened.page.locator("#changes button.path").nth(marks[0][0]).click()
    assert opened.page.locator("mark.found").count() == 1


def test_documents_stand_side_by_side_whole(opened: Opened, site: Path, simulated: Path) -> None:
    chain, hop = worst(simulated)
    with Reader(simulated) as reader:
        seed, _ = reader.documents(chain)
        steps = reader.steps(chain)
    step = steps[hop - 1]
    opened.go(site / "chain.html", f"#{chain}/{hop}")
    for choice, left in (("auto", seed), ("seed", seed), ("input", step.before), ("trip", steps[hop - 2].before)):
        opened.page.check(f"input[value={choice}]")
        opened.page.wait_for_timeout(100)
        shown(opened, hop)
        opened.page.evaluate("for (const b of document.querySelectorAll('.fold button')) b.click()")
        for cell, files in ((1, left), (3, step.after)):
            lines = opened.page.eval_on_selector_all(
                ".diff tbody tr",
                f"rows => rows.map(r => r.cells[{cell}]).filter(c => !c.matches('.none')).map(c => c.textContent)",
            )
            assert sorted(lines) == sorted(line for text in files.values() for line in text.split("\n"))


@pytest.mark.parametrize("name", ["index.html", "model-1.html", "chain.html#1/1", "chain.html#1/2", "chain.html#1/3"])
def test_nothing_that_a_model_wrote_runs(opened: Opened, hostile: Path, name: str) -> None:
    page, _, fragment = name.partition("#")
    opened.go(hostile / page, f"#{fragment}" if fragment else "")
    if fragment:
        shown(opened, int(fragment[-1]))
        for choice in ("seed", "input", "trip"):
            opened.page.check(f"input[value={choice}]")
            opened.page.wait_for_timeout(50)
    opened.page.wait_for_timeout(150)
    assert opened.page.evaluate("window.ran") is None
    assert opened.said == []  # nothing was even tried: the policy had nothing to refuse
    assert opened.page.locator("img").count() == 0
    inline = opened.page.eval_on_selector_all("script:not([src])", "found => found.map(s => s.type)")
    assert set(inline) <= {"application/json"}
    assert ATTACK[:30] in opened.page.locator("body").inner_text()


def test_what_acts_unseen_is_shown(opened: Opened, hostile: Path) -> None:
    opened.go(hostile / "chain.html", "#1/2")
    shown(opened, 2)
    text = opened.page.locator("#text").inner_text()
    assert "\\u202e" in text
    assert "\\u2028" in text
    assert "\\ud800" in text
    assert not set("\u202e\u2028") & set(opened.page.locator("#body").inner_text())


def test_the_policy_holds(opened: Opened, site: Path) -> None:
    """Were a template to let markup through, it would still not run."""
    opened.go(site / "index.html")
    for attempt in (
        "document.body.innerHTML = '<img src=x onerror=window.ran=1>'",
        "const s = document.createElement('script'); s.text = 'window.ran=1'; document.body.append(s)",
        "document.createElement('script').src = 'data:text/javascript,window.ran=1'",
        "(0, eval)('window.ran=1')",
        "palimpsest.load('../../evil')",
    ):
        # in a task of the page's own: what a debugger evaluates may do what the page may not
        tried = f"new Promise(r => setTimeout(() => {{ try {{ {attempt}; r('done') }} catch (e) {{ r(e.name) }} }}))"
        result = opened.page.evaluate(tried)
        assert result in ("TypeError", "EvalError") or "load" in attempt, (attempt, result)
    assert opened.page.evaluate("fetch('index.html').then(() => 'read', () => 'refused')") == "refused"
    assert opened.page.evaluate("window.ran") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: Browser, site: Path, scheme: Any) -> None:
    """Contrast of at least 4.5 : 1 for ink, soft text and links (WCAG 2.2, 1.4.3), in either scheme and changed."""
    page = browser.new_page(color_scheme=scheme)
    page.goto((site / "index.html").as_uri())
    assert page.locator("#theme").inner_text() == ("Light" if scheme == "dark" else "Dark")
    for _ in range(2):
        colours = page.evaluate(
            "['ink', 'soft', 'rubric', 'paper'].map(n => { const e = document.createElement('p'); "
            "document.body.append(e); e.style.color = `var(--${n})`; "
            "const c = getComputedStyle(e).color.match(/[0-9.]+/g).map(Number); e.remove(); return c })"
        )
        ground = luminance(colours.pop())
        for colour in colours:
            light, dark = sorted((luminance(colour), ground), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5
        page.locator("#theme").click()
    page.close()


def luminance(colour: list[float]) -> float:
    parts = [v / 255 for v in colour[:3]]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


READER = """(() => {
  const named = (e) => (e.getAttribute('aria-label') || e.textContent).trim() || e.title || e.labels?.length;
  const all = (selector) => [...document.querySelectorAll(selector)];
  return {
    nameless: all('button, a, input, canvas, summary, select').filter((e) => !named(e)).map((e) => e.outerHTML),
    tables: all('table').filter((t) => !t.caption).length,
    heads: all('th:not([scope])').length,
    levels: all('h1, h2, h3').map((h) => Number(h.tagName[1])),
    language: document.documentElement.lang,
  };
})()"""


def test_a_screen_reader_finds_its_way(opened: Opened, site: Path) -> None:
    for name in ("index.html", "model-1.html", "chain.html"):
        opened.go(site / name, "#1/2" if name == "chain.html" else "")
        if name == "chain.html":
            shown(opened, 2)
        found = opened.page.evaluate(READER)
        assert found["nameless"] == []
        assert (found["tables"], found["heads"], found["language"]) == (0, 0, "en")
        assert found["levels"].count(1) == 1
        assert all(below <= above + 1 for above, below in pairwise(found["levels"])), found["levels"]


def test_a_printed_chart_is_within_its_page(browser: Browser, site: Path) -> None:
    page = browser.new_page(viewport={"width": 1600, "height": 900})
    page.goto((site / "index.html").as_uri())
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 1000})
    sizes = page.eval_on_selector_all(
        "canvas", "found => found.map(c => [c.getBoundingClientRect().right, innerWidth])"
    )
    assert all(right <= width for right, width in sizes)
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()


def test_a_chain_that_is_not_there_is_told(opened: Opened, site: Path) -> None:
    for fragment, told in (("", "names no chain"), ("#999", "data/chain-999.js is not there")):
        opened.go(site / "chain.html", fragment)
        opened.page.wait_for_function(f"document.getElementById('hop').textContent.includes({json.dumps(told)})")

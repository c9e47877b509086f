"""What is built, without a browser."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.analysis import curves
from harness.errors import UsageError
from harness.report import Reference, build, chains, pages
from harness.report.figures import gather
from harness.report.packing import Packing
from harness.report.plot import Chart, Point, Series
from harness.report.sources import read
from harness.store import Chain, Reader, Score, Step, Store
from harness.store.origin import origin
from tests.report.conftest import ATTACK


def unpacked(script: bytes) -> dict[str, Any]:
    """The value that a packed file hands to its page."""
    found = re.fullmatch(rb'palimpsest\.receive\("([a-z0-9-]+)","([A-Za-z0-9+/=]*)"\);\n', script)
    assert found
    value: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(found[2])).decode("utf-8", "surrogatepass"))
    return value


def document(chain: dict[str, Any], number: int) -> dict[str, str]:
    texts = {n: "\n".join(chain["lines"][at] for at in numbers) for n, numbers in chain["texts"]}
    return {name: texts[n] for name, n in chain["documents"][number]}


class Tags(HTMLParser):
    """The elements of a page and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_chains_hold_their_documents_and_changes(simulated: Path, site: Path) -> None:
    with Reader(simulated) as reader:
        for chain in reader.chains():
            packed = unpacked((site / "data" / f"chain-{chain.number}.js").read_bytes())
            seed, _ = reader.documents(chain.number)
            assert document(packed, 0) == seed
            changes = reader.changes(chain.number)
            for n, (step, hop) in enumerate(zip(reader.steps(chain.number), packed["hops"], strict=True)):
                assert document(packed, hop["before"]) == step.before
                assert document(packed, hop["after"]) == step.after
                assert (hop["hop"], hop["edit"], hop["outcome"]) == (step.hop, step.edit, step.outcome)
                assert hop["rs"] == (step.score.rs if step.score else None)
                wanted = [[c.kind, c.path, c.before, c.after, c.share] for c in changes.get(step.hop, [])]
                assert [row[:5] for row in packed["changes"][n] or []] == wanted
            assert [name for name, _, _ in packed["asked"]]


def test_neighbours_are_a_line_with_two_ends(simulated: Path, site: Path) -> None:
    """From the worst chain of a model, `next` leads to every other one, and back again."""
    around = unpacked((site / "data" / "chains.js").read_bytes())
    for model in gather(read([simulated])).models:
        numbers = {str(n) for n in model.steps["chain"]}
        (here,) = [n for n in numbers if around[n][1] is None]
        seen = [here]
        while (after := around[here][2]) is not None:
            assert str(around[str(after)][1]) == here
            here = str(after)
            seen.append(here)
        assert sorted(seen) == sorted(numbers)
        assert {around[n][0] for n in numbers} == {f"model-{model.number}.html"}
        assert {int(n): around[n][3] for n in numbers if around[n][3]} == {f.chain: f.hop for f in model.falls}


def test_processes_pack_the_same(site: Path, simulated: Path, horizon: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    build([simulated, horizon], tmp_path / "out", workers=2, progress=lambda done, whole: told.append((done, whole)))
    assert sorted(told) == [(16, 32), (32, 32)]
    for path in (site / "data").iterdir():
        assert path.read_bytes() == (tmp_path / "out" / "data" / path.name).read_bytes()


def test_a_process_that_cannot_write_says_so(simulated: Path, tmp_path: Path) -> None:
    wanted = list(read([simulated]).chains.values())
    for workers in (0, 1):
        with Packing(tmp_path / "nowhere", wanted, workers) as packing, pytest.raises(UsageError, match="cannot write"):
            packing.finish()


def test_large_documents_are_split_and_come_back(
    tmp_path: Path, simulated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chains, "PART", 1000)
    with Reader(simulated) as reader:
        packer = chains.Packer(reader)
        stored = read([simulated]).chains[9]
        files = {name: unpacked(content) for name, content in packer.files(stored)}
        first = files["chain-9.js"]
        assert set(files) == {"chain-9.js", *(f"chain-9-{n}.js" for n in range(1, len(files)))}
        assert len(files) > 2
        assert all(len(json.dumps(part["texts"]) + json.dumps(part["lines"])) < 12_000 for part in files.values())
        texts = {
            number: (part, "\n".join(own["lines"][at] for at in numbers))
            for part, own in enumerate(files.values())
            for number, numbers in own["texts"]
        }
        for step, hop in zip(reader.steps(stored.stored.number), first["hops"], strict=True):
            named = first["documents"][hop["after"]]
            assert {name: texts[n][1] for name, n in named} == step.after
            assert all(first["parts"][n] == texts[n][0] for _, n in named)


def test_figures_are_those_of_the_analysis(simulated: Path) -> None:
    figures = gather(read([simulated]))
    study = harness.load(simulated)
    told = study.summary()["models"]
    assert figures.models[0].name == "sim:oracle"
    assert [m.name for m in figures.models if m.below] == ["sim:noop"]
    assert figures.models[-1].name == "sim:noop"
    assert (figures.marks, figures.environments, figures.domains) == ((2, 8), 8, ["accounting", "recipe"])
    for model in figures.models:
        own = study.steps[study.steps["model"] == model.name]
        assert {str(k): e.value for k, e in model.curve.items()} == pytest.approx(told[model.name]["rs"])
        assert model.curve == curves.curve(own)
        assert sum(model.parts.values()) == pytest.approx(1.0 - (model.final.value or 0.0))
        assert model.ready == sum((r.rs.value or 0.0) >= curves.READY for r in curves.readiness(own).values())
    careless = next(m for m in figures.models if m.name == "sim:careless")
    worst = careless.falls[0]
    assert worst.drop == max(fall.drop for fall in careless.falls) > 0
    rs = study.steps.set_index(["chain", "hop"])["credit"]
    before = 1.0 if worst.hop == 2 else rs[worst.chain, worst.hop - 2]
    assert worst.drop == pytest.approx(before - rs[worst.chain, worst.hop])


def test_a_chain_of_two_stores_counts_once_and_as_far_as_it_came(tmp_path: Path) -> None:
    small: dict[str, Any] = {"doc_tokens": 250, "distractors": 0, "workers": 0}
    for name, trips in (("short.db", 1), ("long.db", 2)):
        harness.run("sim:careless", "accounting", round_trips=trips, store=tmp_path / name, **small)
    harness.run("sim:oracle", "accounting", round_trips=1, store=tmp_path / "short.db", **small)
    found = read([tmp_path / "short.db", tmp_path / "long.db"])
    assert {(c.stored.model, c.store.name) for c in found.chains.values()} == {
        ("sim:careless", "long.db"), ("sim:oracle", "short.db"),
    }  # fmt: skip
    assert sorted(found.steps.groupby("chain").size()) == [2, 4]
    assert set(found.paid) == set(found.chains) == set(found.steps["chain"])
    for number, chain in found.chains.items():
        assert set(found.steps.loc[found.steps["chain"] == number, "model"]) == {chain.stored.model}


def test_every_chart_has_its_values_in_a_table(site: Path) -> None:
    text = (site / "index.html").read_text()
    tags = Tags(text).found
    canvases = [a["id"] for tag, a in tags if tag == "canvas"]
    assert {str(name).rstrip("0123456789") for name in canvases} == {
        "chart-drift", "chart-critical", "chart-doses-", "chart-turns-", "chart-tasks-",
    }  # fmt: skip
    drawn = json.loads(re.findall(r'id="charts">(.*?)</script>', text)[0])
    tables = re.findall(r'<table class="values">(.*?)</table>', text, re.S)
    assert len(drawn) == len(tables) == len(canvases)
    for chart, table in zip(drawn, tables, strict=True):
        cells = re.findall(r'<td class="figure">([0-9.]+)', table)
        assert sorted(cells) == sorted(pages.share(p[1]) for s in chart["series"] for p in s["points"])
    labels = [a.get("aria-label") for tag, a in tags if tag == "canvas"]
    assert all(labels)


def test_no_style_script_or_handler_is_inline(site: Path, hostile: Path) -> None:
    for page in [*site.glob("*.html"), *hostile.glob("*.html")]:
        tags = Tags(page.read_text()).found
        policy = [a["content"] for tag, a in tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"]
        assert policy == [pages.POLICY]
        for tag, attributes in tags:
            assert TAGS.fullmatch(tag), tag
            assert not [name for name in attributes if name == "style" or name.startswith("on")]
            if tag == "script":
                assert attributes.get("type") == "application/json" or str(attributes["src"]).startswith("static/")
            for name in ("src", "href"):
                value = attributes.get(name)
                assert value is None or re.match(r"(static/|[a-z]+(-\d+)?\.html|#|data:,$)", value), value


TAGS = re.compile(
    "html|head|meta|title|link|script|body|a|header|nav|button|main|section|h1|h2|h3|p|span|div|table|caption|thead|"
    "tbody|tr|th|td|dl|dt|dd|figure|figcaption|canvas|details|summary|footer|code|label|input|output|fieldset|legend|"
    "noscript"
)


def test_hostile_strings_are_text(hostile: Path) -> None:
    for page in hostile.glob("*.html"):
        text = page.read_text()
        assert "<img" not in text
        assert "onerror=window.ran=1>" not in text
        assert "49" not in re.sub(r"<[^>]*>", "", text).split()  # {{7*7}}
    packed = unpacked((hostile / "data" / "chain-1.js").read_bytes())
    assert packed["model"] == packed["hops"][0]["edit"] == ATTACK
    assert dict(document(packed, packed["hops"][0]["after"]))["__proto__"] == ATTACK


def test_every_page_says_what_made_the_results(simulated: Path, site: Path) -> None:
    told = origin(simulated)[0]
    assert told.startswith("1 run, ")
    for page in site.glob("*.html"):
        assert f"<p>{simulated.name}: {told}</p>" in page.read_text()


def test_what_cannot_be_reported_is_told(tmp_path: Path, simulated: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no store .*none\.db"):
        build([tmp_path / "none.db"], tmp_path / "out")
    with Store(tmp_path / "empty.db"):
        pass
    with pytest.raises(UsageError, match="nothing to report"):
        build([tmp_path / "empty.db"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.html").write_text("mine")
    with pytest.raises(UsageError, match="holds something that is not a report"):
        build([simulated], tmp_path / "mine")
    with pytest.raises(UsageError, match="is a file"):
        build([simulated], tmp_path / "mine" / "thesis.html")
    assert (tmp_path / "mine" / "thesis.html").read_text() == "mine"


def test_a_report_replaces_an_earlier_one(tmp_path: Path, simulated: Path) -> None:
    small: dict[str, Any] = {"doc_tokens": 250, "distractors": 0, "workers": 0}
    harness.run("sim:oracle", "accounting", round_trips=1, store=tmp_path / "one.db", **small)
    told: list[tuple[int, int]] = []
    assert build([simulated], tmp_path / "out", progress=lambda done, whole: told.append((done, whole))).models == 4
    assert told[-1] == (32, 32)
    built = build([tmp_path / "one.db"], tmp_path / "out")
    assert (built.models, built.chains, built.steps) == (1, 1, 2)
    assert sorted(path.name for path in (tmp_path / "out").rglob("*-*.html")) == ["model-1.html"]
    assert sorted(path.name for path in (tmp_path / "out" / "data").iterdir()) == ["chain-1.js", "chains.js"]


def test_one_hop_and_one_failure_make_a_site(tmp_path: Path, simulated: Path) -> None:
    """The least there can be: a chain that stopped after a forward hop, one that failed, one that never began."""
    with Reader(simulated) as reader:
        spec = reader.chains()[0].spec
    known = [
        Chain(str(n) * 64, f"openai:{n}", "rewrite", "accounting", "d", 1, spec, {"a": "x"}, {}) for n in (1, 2, 3)
    ]
    with Store(tmp_path / "s.db") as store:
        numbers = store.register(known)
        right = Step(1, "gone_edit", "forward", {"a": "x"}, {"b": "y"}, Score("ok", 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0))
        failed = Step(1, "gone_edit", "forward", {"a": "x"}, {}, failure="refused")
        store.save_steps([(numbers["1" * 64], right), (numbers["2" * 64], failed)])
        store.save_reason(numbers["3" * 64], "no key")
    built = build([tmp_path / "s.db"], tmp_path / "out")
    assert (built.models, built.chains, built.steps) == (2, 3, 2)
    assert "refused 1" in (tmp_path / "out" / "index.html").read_text()
    assert unpacked((tmp_path / "out" / "data" / "chain-3.js").read_bytes())["reason"] == "no key"


def test_the_same_stores_make_the_same_site(tmp_path: Path, simulated: Path, site: Path, horizon: Path) -> None:
    build(
        [simulated, horizon], tmp_path / "again", references=[Reference("A <b>published</b> model", {2: 0.94, 8: 0.71})]
    )
    for path in site.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "again" / path.relative_to(site)).read_bytes(), path


def test_a_chart_tells_its_values() -> None:
    chart = Chart(
        "c", "lines", "t", "x", "y", (Series("a", (Point(2, 0.5), Point(1, 0.25, 0.1, 0.4))), Series("b", ()))
    )
    assert chart.columns == [1, 2]
    named = [(series.name, points) for series, points in chart.rows()]
    assert named == [("a", [Point(1, 0.25, 0.1, 0.4), Point(2, 0.5)]), ("b", [None, None])]
    assert chart.data()["series"][0]["points"] == [[2, 0.5, None, None], [1, 0.25, 0.1, 0.4]]


@pytest.mark.parametrize(
    ("value", "told"), [(None, "–"), (1.0, "1.000"), (0.99996, "0.999"), (0.5, "0.500"), (float("nan"), "–")]
)
def test_shares_are_never_rounded_up_to_one(value: float | None, told: str) -> None:
    assert pages.share(value) == told


@pytest.mark.parametrize(
    ("value", "shade", "hundredths"),
    [(None, "none", "–"), (1.0, "ready", "100"), (0.98, "ready", "98"), (0.9999, "ready", "99"),
     (0.979, "lost-1", "98"), (0.5, "lost-5", "50"), (0.0, "lost-9", "0")],
)  # fmt: skip
def test_cells_of_the_heat_map(value: float | None, shade: str, hundredths: str) -> None:
    assert (pages.shade(value), pages.hundredths(value)) == (shade, hundredths)


def test_unknown_money_is_not_nothing() -> None:
    assert [pages.money(v) for v in (None, 0.0, 0.00012, 1234.5)] == ["?", "0", "$0.0001", "$1,234.50"]


def test_vendored_libraries_carry_their_licences(site: Path) -> None:
    vendored = {path.name for path in (site / "static" / "vendor").iterdir()}
    assert vendored == {"chart-4.6.1.min.js", "chart-LICENSE.txt", "diff-9.0.0.min.js", "diff-LICENSE.txt"}
    assert b"Chart.js v4.6.1" in (site / "static" / "vendor" / "chart-4.6.1.min.js").read_bytes()
    for name, told in (("chart", "MIT"), ("diff", "BSD")):
        assert told in (site / "static" / "vendor" / f"{name}-LICENSE.txt").read_text()


def test_command(tmp_path: Path, simulated: Path) -> None:
    run = [sys.executable, "-c", "from harness.cli import main; main()", "report", str(simulated), "-o"]
    run.append(str(tmp_path / "out"))
    done = subprocess.run(run, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout == f"{tmp_path / 'out' / 'index.html'}\n"
    assert "4 models, 32 chains, 256 hops" in done.stderr

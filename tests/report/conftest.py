from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import harness
from harness.report import Reference, build
from harness.store import Chain, Guards, Score, Spent, Step, Store
from tests.report import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ATTACK = "<script>window.ran=1</script><img src=x onerror=window.ran=1>\"'</textarea></script>{{7*7}}\u2028\u202e"
BROKEN = f"{ATTACK}\ud800"
HOSTILE_NAME = "__proto__/<img src=x onerror=window.ran=1>.ledger"


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of simulated relays."""
    path = tmp_path_factory.mktemp("report") / "sim.db"
    models = ["sim:oracle", "sim:careless", "sim:deleter", "sim:noop"]
    harness.run(models, ["accounting", "recipe"], doc_tokens=250, documents=4, round_trips=4, distractors=0, workers=0,
                store=path)  # fmt: skip
    return path


@pytest.fixture(scope="session")
def horizon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of horizon studies, one of each design."""
    from harness.horizon import study

    path = tmp_path_factory.mktemp("report") / "horizon.db"
    study.run(["sim:conditioner", "sim:recomputer"], store=path, turns=12, rollouts=8, rates=["25%", "100%"])
    study.run(
        "sim:slips", store=path, design="curve", tasks="matrix", turns=12, rollouts=8, mitigations=["none", "heal"]
    )
    return path


@pytest.fixture(scope="session")
def site(simulated: Path, horizon: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a site of both."""
    folder = tmp_path_factory.mktemp("site") / "out"
    build([simulated, horizon], folder, references=[Reference("A <b>published</b> model", {2: 0.94, 8: 0.71})])
    return folder


@pytest.fixture(scope="session")
def hostile(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a site of which every string that can come from outside is an attack."""
    store = tmp_path_factory.mktemp("hostile") / "<b>.db"
    with harness.store.Reader(simulated) as reader:
        known = reader.chains()[0].spec
    spec = {**known, "base_url": ATTACK, "effort": ATTACK}
    chain = Chain("k" * 64, ATTACK, f"{ATTACK} & guard", ATTACK, ATTACK, 1, spec, {HOSTILE_NAME: BROKEN}, {})
    fired = {"protection": ATTACK, "did": ATTACK, "changed": True, "why": [BROKEN]}
    guards = Guards((fired,), {HOSTILE_NAME: ATTACK}, "ok", ATTACK, 0.4, 0.5, 1, 0.1)
    call = {"turn": 1, "tool": ATTACK, "file": HOSTILE_NAME, "ok": False, "bytes": 3, "why": BROKEN}
    changes = [["altered", ATTACK, BROKEN, ATTACK, 0.5, "x", [0], [0]]]
    steps = [
        Step(
            hop, ATTACK, "forward" if hop % 2 else "backward", {HOSTILE_NAME: ATTACK},
            {HOSTILE_NAME: f"{BROKEN} {hop}\n{ATTACK}", "__proto__": ATTACK, "constructor": ATTACK},
            Score("ok", 0.5, 0.1, 0.2, 0.1, 0.1, 0.5, 0.5, True, 0.5, changes=changes), detail=ATTACK, extra=(ATTACK,),
            spent=Spent(1, 1, 1, 0, 0, 0.1, 0.1), scorer="x", guards=guards, trace=(call,),
        )
        for hop in (1, 2)
    ]  # fmt: skip
    failed = Step(3, ATTACK, "forward", {HOSTILE_NAME: ATTACK}, {ATTACK: ATTACK}, failure="unparseable", detail=ATTACK)
    with Store(store) as opened:
        number = opened.register([chain])[chain.key]
        opened.save_steps([(number, step) for step in (*steps, failed)])
        opened.save_reason(number, ATTACK)
    folder = tmp_path_factory.mktemp("site") / "hostile"
    build([store], folder, references=[Reference(ATTACK, {2: 0.5}, ATTACK)])
    return folder


@pytest.fixture(scope="module")
def browser(site: Path, hostile: Path) -> Iterator[Browser]:
    """Made after the sites and gone with the module: as long as it is there, so is an event loop."""
    if chromium.missing():
        pytest.skip(chromium.missing())
    with chromium.browser() as opened:
        yield opened

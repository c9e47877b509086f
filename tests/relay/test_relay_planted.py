"""Errors planted before the relay starts: what is put in, and what is said to have become of it."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import pytest
from relay_stub import Answering, Scripted, chains_of, relay, small

import domains
import harness
from harness.analysis.doses import arms, doses
from harness.editors import profiles
from harness.editors.base import Edited, Task
from harness.editors.channel import Channel
from harness.errors import UsageError
from harness.relay.environment import Dose, build, infected

HALF = (Fraction(0), Fraction(1, 2))


def planted(kind: str, **changes: object) -> harness.RunSpec:
    return small(doc_tokens=None, planted=HALF, plant=(kind,), round_trips=1, **changes)


@pytest.mark.parametrize("kind", domains.PLANTS)
@pytest.mark.parametrize("name", domains.names())
def test_every_domain_holds_every_class(name: str, kind: str) -> None:
    domain = domains.get(name)
    document = domain.generate(random.Random(name), 500)
    edits = [edit for edit, _ in domains.feasible(domain, domain.render(document))]
    found = [domains.plant(domain, document, kind, share, random.Random(7), edits) for share in (0.0, 0.3)]
    if found[1].facts < 4:
        pytest.skip(f"a small {name} holds too few")
    none, some = found
    assert (none.planted, none.loss, none.document) == (0, 0.0, document)
    assert 0 < some.planted <= 0.3 * some.facts + 1
    assert some.loss > 0.0
    assert domain.parse(domain.render(some.document)) == some.document
    again = domains.plant(domain, document, kind, 0.3, random.Random(7), edits)
    assert again == some


def test_small_shares_are_chances() -> None:
    domain = domains.get("subtitles")
    document = domain.generate(random.Random(1), 300)
    counts = [domains.plant(domain, document, "digit", 0.001, random.Random(n)).planted for n in range(60)]
    facts = domains.plant(domain, document, "digit", 0.001, random.Random(0)).facts
    assert set(counts) <= {0, 1}
    assert 0 < sum(counts) <= 60 * 0.001 * facts * 3


def test_doses_share_plan_and_seeds() -> None:
    chains = chains_of(planted("digit"), Scripted())
    assert len({chain.key for chain in chains}) == len(chains) == 2 * len(domains.get("accounting").fixtures())
    assert len({chain.material for chain in chains}) == len(chains) / 2
    assert len({tuple(chain.edits(20)) for chain in chains}) <= len(chains) / 2


def test_a_class_that_a_document_does_not_hold() -> None:
    place = build("crystal", seed=0, doc_tokens=80, documents=1, distractors=0)[0]
    with pytest.raises(UsageError, match="no fact of the class 'instruction'"):
        infected(place, Dose(Fraction(1, 2), "instruction"), 0)


class Knowing:
    """Writes what `which` document gives: the planted one, or the clean one from which every error is gone."""

    def __init__(self, spec: harness.RunSpec, clean: bool) -> None:
        self.clean = {tuple(sorted(p.files.items())): p.clean for p in spec.environments()} if clean else {}

    def __call__(self, task: Task, _nth: int, files: dict[str, str]) -> Edited:
        edit = domains.get(task.domain).edit(task.edit)
        if task.direction == "forward":
            return Edited(edit.apply(self.clean.get(tuple(sorted(task.files.items())), task.files)))
        return Edited(files)


@pytest.mark.parametrize("kind", domains.PLANTS)
async def test_kept_or_repaired(tmp_path: Path, kind: str) -> None:
    spec = planted(kind)
    for clean in (False, True):
        path = tmp_path / f"{clean}.db"
        assert await relay(path, spec, Scripted(Knowing(spec, clean)), Answering()) == {}
        steps = harness.load(path).steps
        rows = steps[(steps["planted"] > 0)]
        assert len(rows) == 2 * len(domains.get("accounting").fixtures())
        # Of names that changed places, the comparison may see the cheaper of two accounts.
        assert rows["repaired" if clean else "kept"].min() >= (0.95 if clean and kind == "entity" else 1.0)
        assert rows["own"].max() < (0.02 if clean and kind == "entity" else 1e-9)
        assert (rows["rs"] < 1.0).all() == clean
        none = steps[steps["planted"] == 0.0]
        assert none["kept"].isna().all()
        assert none["own"].max() == 0.0


async def test_worse_and_own(tmp_path: Path) -> None:
    """All that is planted is written anew, and with it something else."""

    def bend(task: Task, _nth: int, files: dict[str, str]) -> Edited:
        return Edited({name: text.replace("2024", "1987").replace("2025", "1987") for name, text in files.items()})

    await relay(tmp_path / "s.db", planted("digit"), Scripted(bend), Answering())
    steps = harness.load(tmp_path / "s.db").steps
    rows = steps[(steps["planted"] > 0) & steps["kept"].notna()]
    assert (rows["worse"] > 0).any()
    assert (rows["own"] > 0.01).all()
    assert ((rows["kept"] + rows["repaired"] + rows["worse"]).sub(1.0).abs() < 1e-9).all()


def test_the_dose_response_tells_known_models_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """One whose errors grow tenfold with all that is wrong in the document, one that does not mind."""
    monkeypatch.setitem(profiles.PROFILES, "infectious", Channel(alter=0.02, growth=30.0))
    monkeypatch.setitem(profiles.PROFILES, "immune", Channel(alter=0.02))
    study = harness.run(
        ["sim:infectious", "sim:immune"], ["subtitles"], doc_tokens=400, documents=16, round_trips=1, distractors=0,
        workers=0, planted=(Fraction(0), Fraction(1, 20), Fraction(1, 4)), plant=("digit",),
    )  # fmt: skip
    found = {d.condition["model"]: d for d in doses(study.steps)}
    bad, good = found["sim:infectious"], found["sim:immune"]
    assert bad.smallest is not None
    assert bad.smallest <= 0.25
    assert bad.slope.low is not None
    assert bad.slope.low > 0.0
    assert good.smallest is None
    assert 0.0 in good.slope
    assert [dose.rate for dose in bad.doses] == [0.0, 0.05, 0.25]
    assert study.summary()["planted"][0]["slope"]["value"] == pytest.approx(bad.slope.value)


def test_arms_tell_what_healing_saves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(profiles.PROFILES, "infectious", Channel(alter=0.03, growth=5.0))
    tables = [
        harness.run("sim:infectious", "subtitles", doc_tokens=300, documents=24, round_trips=3, distractors=0,
                    workers=0, memory="session", heal=heal).steps
        for heal in (False, True)
    ]  # fmt: skip
    import pandas as pd

    own, healed = arms(pd.concat(tables))
    assert (own.heal, healed.heal, own.memory) == (False, True, "session")
    assert own.against.low is not None
    assert own.against.low > 0.0
    assert healed.against.value is None
    assert own.rs.value < healed.rs.value  # type: ignore[operator]
    assert arms(tables[0]) == []

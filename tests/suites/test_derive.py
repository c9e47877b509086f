"""A small suite is found where there is one to find, and judged on models that had no part in finding it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import harness
from harness import suites
from harness.cli.suite import suite_app
from harness.editors.channel import Channel
from harness.editors.profiles import PROFILES
from harness.errors import UsageError
from harness.results import export
from harness.seeds import derive as seed_of
from harness.suites.derive import ERROR, SPEARMAN, Array, Miss, derive, subsets
from harness.suites.write import as_suite, toml

RATES = (0.0005, 0.002, 0.004, 0.007, 0.011, 0.016, 0.022, 0.03)
"""Of values altered at each hop, one a model."""
CONDITIONS: dict[str, Any] = {"doc_tokens": 300, "documents": 4, "round_trips": 5, "distractors": 0, "workers": 0}
DOMAINS = ["accounting", "playlist", "recipe", "spreadsheet", "subtitles"]


def table(credit: Array) -> pd.DataFrame:
    """Steps of models in rows and environments in columns."""
    rows = [
        {"model": f"m{m}", "domain": f"d{e % 3}", "document": f"generated-200-{e}", "hop": 20, "direction": "backward",
         "credit": credit[m, e]}
        for m in range(credit.shape[0])
        for e in range(credit.shape[1])
    ]  # fmt: skip
    found = pd.DataFrame(rows)
    return found.reindex(columns=[*harness.COLUMNS])


def test_one_environment_that_is_the_mean_is_enough() -> None:
    ability = np.linspace(0.2, 0.9, 8)
    shifts = np.array([0.0, 0.08, -0.08, 0.05, -0.05, 0.09, -0.09])
    found = derive(table(ability[:, None] + shifts[None, :]))
    assert [(r.domain, r.document) for r in found.chosen] == [("d0", "generated-200-0")]
    assert found.told.error < 1e-9
    assert found.told.spearman == pytest.approx(1.0)
    hardest = max(found.rated, key=lambda r: r.difficulty)
    assert hardest.document == "generated-200-6"
    assert all(r.discrimination == pytest.approx(1.0) for r in found.rated)


def test_environments_that_tell_models_apart_go_first() -> None:
    rng = np.random.default_rng(seed_of("derive", "noise"))
    ability = np.linspace(0.3, 0.8, 10)[:, None]
    telling, noise = np.repeat(ability, 3, axis=1), rng.permuted(np.repeat(ability, 9, axis=1), axis=0)
    found = derive(table(np.hstack([telling, noise])))
    by_name = {r.document: r for r in found.rated}
    told = [by_name[f"generated-200-{n}"].discrimination or 0.0 for n in range(12)]
    assert min(told[:3]) > max(told[3:])


def test_no_smaller_set_is_taken_when_none_holds_up() -> None:
    rng = np.random.default_rng(seed_of("derive", "no structure"))
    found = derive(table(rng.uniform(0, 1, size=(6, 9))))
    assert len(found.chosen) == 9 or found.told.error <= ERROR
    assert found.held[-1].error < 1e-9
    strict = derive(table(rng.uniform(0, 1, size=(6, 9))), error=1e-12)
    assert len(strict.chosen) == 9


def test_hard_and_easy_environments_balance_each_other() -> None:
    """Each alone misses by 0.1 or 0.2; the pairs of one size that cancel are found, and listed in their precedence."""
    ability = np.linspace(0.3, 0.7, 6)
    credit = ability[:, None] + np.array([0.1, -0.1, 0.2, -0.2])[None, :]
    found = subsets(credit, [3, 1, 2, 0])
    assert found[1] in ([1, 0], [3, 2])
    assert found[3] == [3, 1, 2, 0]
    assert Miss(credit, range(4)).system == pytest.approx(np.tile([0.1, -0.1, 0.2, -0.2], (6, 1)))


def test_of_equals_the_one_with_less_luck_in_it_is_taken() -> None:
    rng = np.random.default_rng(seed_of("derive", "luck"))
    ability = np.linspace(0.3, 0.7, 12)[:, None]
    calm, wild = rng.normal(0, 0.01, (12, 6)), rng.normal(0, 0.2, (12, 6))
    credit = np.hstack([ability + wild - wild.mean(axis=0), ability + calm - calm.mean(axis=0)])
    assert all(place >= 6 for place in subsets(credit, range(12))[1])


def test_a_size_of_ones_own_is_taken_as_it_is() -> None:
    credit = np.random.default_rng(seed_of("derive", "size")).uniform(0, 1, size=(6, 9))
    assert len(derive(table(credit), size=3).chosen) == 3
    with pytest.raises(UsageError, match="of 10 environments cannot be taken from 9"):
        derive(table(credit), size=10)


@pytest.mark.parametrize(
    ("credit", "says"),
    [(np.ones((3, 4)), "at least 4 models: there are 3"), (np.ones((4, 1)), "1 environments in common")],
)
def test_too_little_to_derive_from_says_so(credit: Array, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        derive(table(credit))


def test_other_conditions_are_not_mixed() -> None:
    steps = table(np.random.default_rng(1).uniform(size=(4, 5)))
    steps["seed"] = [0, 1] * (len(steps) // 2)
    with pytest.raises(UsageError, match="differ in seed"):
        as_suite(derive(steps), steps)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Eight simulated models of known rates on twenty environments, in a store and a result file."""
    folder = tmp_path_factory.mktemp("derive")
    base = Channel(drop=0.001)
    added = {f"rate-{rate}": replace(base, alter=rate) for rate in RATES}
    with pytest.MonkeyPatch.context() as patch:
        for name, channel in added.items():
            patch.setitem(PROFILES, name, channel)
        names = [f"sim:{name}" for name in added]
        harness.run(names[:5], DOMAINS, store=folder / "a.db", **CONDITIONS)
        harness.run(names[5:], DOMAINS, store=folder / "b.db", **CONDITIONS)
        export(folder / "b.db", folder / "b.json.xz")
    return [folder / "a.db", folder / "b.json.xz"]


def test_a_suite_derived_from_studies_ranks_models_it_has_not_seen(stores: list[Path], tmp_path: Path) -> None:
    lite = tmp_path / "lite.toml"
    done = CliRunner().invoke(suite_app, ["derive", *map(str, stores), "-o", str(lite)])
    assert done.exit_code == 0, done.output
    suite = suites.load(str(lite))
    count = len(suite.only)
    print(f"{count} of 20 environments; {suite.derived}")
    assert 1 < count < 20
    assert suite.derived["spearman"] >= SPEARMAN
    assert suite.derived["largest_error"] <= ERROR
    assert (suite.documents, suite.doc_tokens, suite.round_trips) == (
        max(int(document.rsplit("-", 1)[1]) for _, document in suite.only), 300, 5,
    )  # fmt: skip
    # Models that no study held: what the small suite says of them is what all environments say.
    with pytest.MonkeyPatch.context() as patch:
        for rate in (0.003, 0.013):
            patch.setitem(PROFILES, f"new-{rate}", Channel(drop=0.001, alter=rate))
        names = ["sim:new-0.003", "sim:new-0.013"]
        small = harness.run(names, **suite.conditions(), workers=0).summary()["models"]
        full = harness.run(names, DOMAINS, **CONDITIONS).summary()["models"]
    for name in names:
        print(name, small[name]["rs"]["10"], full[name]["rs"]["10"])
        assert small[name]["rs"]["10"] == pytest.approx(full[name]["rs"]["10"], abs=0.03)
    assert small[names[0]]["rs"]["10"] > small[names[1]]["rs"]["10"]


def test_a_suite_of_documents_this_version_makes_otherwise_is_not_written(stores: list[Path]) -> None:
    steps = harness.load(stores[0]).steps
    found = derive(steps)
    steps["document_hash"] = "0" * 64
    with pytest.raises(UsageError, match="makes another"):
        as_suite(found, steps)


def test_toml_says_what_it_was_given() -> None:
    import tomllib

    values = {"name": 'a "b" \\ ü 😀', "n": 3, "list": ("a", "b"), "pairs": (("a", "1"), ("b", "2")), "none": ()}
    text = toml({**values, "table": {"x": 0.25, "y": "z"}})
    read = tomllib.loads(text)
    assert read == {
        **values, "list": ["a", "b"], "pairs": [["a", "1"], ["b", "2"]], "none": [], "table": {"x": 0.25, "y": "z"},
    }  # fmt: skip

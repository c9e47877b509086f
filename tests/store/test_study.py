from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness import UsageError, load, rescore, run
from harness.store import Store
from harness.table import COLUMNS

SMALL = {"doc_tokens": 300, "distractors": 0, "workers": 0}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("study") / "s.db"
    run(["sim:oracle", "sim:noop", "sim:careless"], ["accounting"], round_trips=4, repeats=2, store=made, **SMALL)
    return made


def test_summary(path: Path) -> None:
    told = load(path).summary()
    assert (told["store"], told["chains"]) == (str(path), 6)
    oracle, noop, careless = (told["models"][f"sim:{name}"] for name in ("oracle", "noop", "careless"))
    assert oracle["rs"] == {str(hop): 1.0 for hop in range(1, 9)}
    assert (oracle["compliance"], oracle["failures"], oracle["calls"], oracle["cost_usd"]) == (1.0, {}, 0, 0.0)
    assert [noop["rs"][hop] for hop in "2468"] == [1.0] * 4
    assert noop["compliance"] < 0.05
    assert careless["rs"]["8"] < 1.0


def test_columns_are_the_documented_ones(path: Path) -> None:
    steps = load(path).steps
    assert list(steps.columns) == list(COLUMNS)
    assert len(steps) == 6 * 8
    assert steps["temperature"].isna().all()
    assert set(steps["scorer"].str.len()) == {12}
    whole = steps[steps["outcome"] == "ok"]
    losses = whole[["missing", "altered", "spurious", "moved"]].sum(axis=1)
    assert (1.0 - whole["rs"] - losses).abs().max() < 1e-9


def test_failures_count_zero_and_unread_hops_nothing(path: Path) -> None:
    from harness.summary import rs_at

    steps = load(path).steps
    one = steps[steps["model"] == "sim:oracle"].copy()
    one.loc[one["hop"] == 1, "credit"] = [0.0, 1.0]
    one.loc[one["hop"] == 2, "credit"] = [float("nan"), 0.5]
    one.loc[one["hop"] == 3, "credit"] = float("nan")
    assert [rs_at(one)[hop] for hop in (1, 2, 3, 4)] == [0.5, 0.5, None, 1.0]


def test_conditions_are_never_averaged(path: Path, tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    for policy in ("accept", "keep"):
        run("sim:oracle", "accounting", round_trips=1, store=store, policy=policy, **SMALL)
    assert set(load(store).summary()["models"]) == {"sim:oracle (policy accept)", "sim:oracle (policy keep)"}
    assert set(run("sim:oracle", "accounting", round_trips=1, store=store, **SMALL).summary()["models"]) == {
        "sim:oracle"
    }


def test_a_run_sees_its_own_hops_alone(path: Path) -> None:
    study = run("sim:noop", "accounting", round_trips=2, store=path, **SMALL)
    assert len(study.steps) == 4
    assert list(study.summary()["models"]) == ["sim:noop"]


def test_hops_to_look_at(path: Path) -> None:
    study = load(path)
    worst = study.steps.query("model == 'sim:careless' and rs < 1").iloc[0]
    hop = study.hop(int(worst["chain"]), int(worst["hop"]))
    assert hop.measurement
    assert hop.measurement.rs
    assert hop.measurement.rs.score == worst["rs"]
    assert sum(change.share for change in hop.measurement.rs.changes) == pytest.approx(1.0 - worst["rs"])
    assert study.hop(hop.chain.key[:10], 1).chain == hop.chain
    for chain, number, told in ((99, 1, "no chain 99"), (1, 99, "no hop 99"), ("zzzz", 1, "no chain zzzz")):
        with pytest.raises(UsageError, match=told):
            study.hop(chain, number)


def test_without_a_store_nothing_is_left() -> None:
    study = run("sim:oracle", "accounting", round_trips=1, **SMALL)
    folder = study.path.parent
    assert study.summary()["store"] is None
    assert folder.exists()
    del study
    assert not folder.exists()


def test_rescoring_what_is_right_changes_nothing(path: Path) -> None:
    before = load(path).steps
    told = rescore(path, workers=0)
    assert (told.steps, told.changed, told.reread) == (48, 0, 0)
    assert before.equals(load(path).steps)


def test_steps_of_another_scorer_are_not_continued(tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    run("sim:careless", "accounting", round_trips=2, store=store, **SMALL)
    right = load(store).steps
    with Store(store) as opened:
        opened._writer.submit(lambda c: c.execute("UPDATE steps SET scorer = 'older', rs = 0.123") and None).result()
    with pytest.raises(UsageError, match="palimpsest rescore"):
        run("sim:careless", "accounting", round_trips=3, store=store, **SMALL)
    assert rescore(store, workers=1).changed == 4
    assert right.equals(load(store).steps)
    assert len(run("sim:careless", "accounting", round_trips=3, store=store, **SMALL).steps) == 6


async def test_within_a_running_loop() -> None:
    with pytest.raises(UsageError, match="run_async"):
        run("sim:oracle", "accounting", round_trips=1, **SMALL)
    assert len((await harness.run_async("sim:oracle", "accounting", round_trips=1, **SMALL)).steps) == 2


def test_bad_arguments(tmp_path: Path) -> None:
    for arguments, told in (
        ({"models": "sim:nope"}, "unknown simulated model"), ({"models": "nope"}, "unknown model"),
        ({"domains": "nope"}, "unknown domain"), ({"rounds": 3}, "unknown condition 'rounds'"),
        ({"editor": "nope", "models": "openai:x"}, "unknown editor"), ({"concurrency": 0}, "concurrency"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=told):
            run(**{"models": "sim:oracle", "domains": "accounting", "store": tmp_path / "s.db", **SMALL, **arguments})  # type: ignore[arg-type]
        assert not list(tmp_path.iterdir())


def test_surface() -> None:
    assert set(harness.__all__) == {
        "COLUMNS", "BackendError", "Hop", "Means", "PalimpsestError", "Progress", "Rescored", "RunSpec", "Study",
        "UsageError", "compare", "gate", "gate_async", "load", "rescore", "run", "run_async",
    }  # fmt: skip
    assert all(getattr(harness, name) is not None for name in harness.__all__)
    with pytest.raises(AttributeError):
        _ = harness.nothing


def test_import_does_no_work() -> None:
    code = (
        "import sys, harness; print(sorted({'pandas', 'openai', 'asyncio', 'domains', 'sqlite3'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parents[2]).stdout  # fmt: skip
    assert told == "[]\n"

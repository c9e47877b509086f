"""Editors side by side and the protections around them, through the engine, the store and the table of steps."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from relay_stub import audit, same_file

import harness
from harness.backends.base import Reply, Request, Usage
from harness.cli.show import show_study
from harness.editors.base import Edited
from harness.editors.protections import protected, read
from harness.errors import UsageError
from harness.relay.rescore import rescore_async
from harness.relay.run import plan_chains
from harness.relay.scoring import Scoring
from harness.relay.spec import RunSpec
from harness.results import export
from harness.results.verify import verify
from harness.store import Reader, StoredChain
from harness.store.check import check
from harness.suites.price import estimate
from tests.chat_server import ChatServer
from tests.relay.relay_stub import Scripted, relay, small

SHORT: dict[str, Any] = {"doc_tokens": 300, "distractors": 0, "workers": 0}
COLUMNS = ["fired", "bare", "bare_step", "prevented", "extra_calls", "extra_cost_usd"]


def rows(study: harness.Study, **wanted: str) -> pd.DataFrame:
    found = study.steps
    for name, value in wanted.items():
        found = found[found[name].isna() if value == "none" else found[name] == value]
    return found.reset_index(drop=True)


class Wrong(Scripted):
    """Is asked twice for each hop: the first result has a digit that is another one, the second is right."""

    right: Edited = Edited({})

    async def edit(self, task: Any, ask: Any) -> Edited:
        edited = await super().edit(task, ask)
        if len(self.tasks) % 2 == 0:
            return self.right
        self.right, name = edited, min(edited.files)
        return Edited({**edited.files, name: edited.files[name].replace("1", "7", 1)})


class Paid:
    """A backend whose calls cost a quarter of a dollar."""

    name = "test:paid"

    async def generate(self, request: Request) -> Reply:
        return Reply(f"done {request.seed}", "stop", Usage(10, 5, 0, 0), 0.5, 0.25, "m")

    async def close(self) -> None:
        """Nothing is open."""


async def test_what_is_prevented_and_what_it_takes_are_stored(tmp_path: Path) -> None:
    path, editor = tmp_path / "s.db", Wrong()
    around = protected(editor, read("verify"))
    assert await relay(path, small(round_trips=1), around, Paid()) == {}
    steps = harness.load(path).steps
    assert list(steps["editor"]) == ["scripted"] * 2
    assert list(steps["protect"]) == ["verify"] * 2
    assert list(steps["fired"]) == ["verify"] * 2
    assert (steps["credit"] == 1).all()
    assert (steps["bare"] < 1).all()
    assert (steps["bare_step"] < 1).all()
    assert (steps["prevented"] == 1 - steps["bare"]).all()
    assert list(steps["extra_calls"]) == [1, 1]
    assert list(steps["extra_cost_usd"]) == [0.25, 0.25]
    assert list(steps["cost_usd"]) == [0.5, 0.5]
    with Reader(path) as reader:
        (guards, _) = reader.guards(1).values()
        (first, _) = reader.steps(1)
    assert first.guards == guards
    assert guards.alone != first.after
    assert guards.outcome == "ok"
    assert guards.fired[0]["did"] == "corrected"
    assert check(path).ok


async def test_it_is_scored_again_from_the_replies(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    await relay(path, small(round_trips=2), protected(Wrong(), read("guard,verify")), Paid())
    before = audit(path)

    def again(_: StoredChain) -> Any:
        return protected(Wrong(), read("guard,verify"))

    told = await rescore_async(path, workers=0, editor=again)
    assert (told.steps, told.changed, told.reread) == (4, 0, 0)
    assert audit(path) == before


async def test_attempts_of_the_failure_policy_all_count(tmp_path: Path) -> None:
    class Empty(Scripted):
        async def edit(self, task: Any, ask: Any) -> Edited:
            await super().edit(task, ask)
            return Edited({}, "empty")

    path = tmp_path / "s.db"
    await relay(path, small(round_trips=1, policy="retry:2"), protected(Empty(), read("vote:3")), Paid())
    steps = harness.load(path).steps
    assert list(steps["attempts"]) == [3, 3]
    assert list(steps["extra_calls"]) == [6, 6]
    assert list(steps["bare"]) == [0.0, 0.0]
    assert list(steps["prevented"]) == [0.0, 0.0]
    assert list(steps["fired"]) == ["", ""]


def test_simulated_models_with_and_without_protections_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    study = harness.run(
        ["sim:frontier", "sim:careless"], ["accounting", "subtitles"], protect=["none", "guard,verify", "vote:3"],
        round_trips=3, documents=2, store=path, **SHORT,
    )  # fmt: skip
    plain, kept = rows(study, protect="none"), rows(study, protect="vote:3")
    assert Counter(study.steps["protect"].fillna("none")) == {"none": 48, "guard, verify": 48, "vote:3": 48}
    assert plain[COLUMNS].isna().all().all()
    same = ["model", "domain", "document", "hop", "edit"]
    assert plain[same].equals(kept[same])
    first = plain["hop"] == 1
    assert (plain["credit"][first] == kept["bare"][first]).all()  # the same draws until protections change something
    for name in ("vote:3", "guard, verify"):
        own = rows(study, protect=name)
        quiet = own[own["fired"] == ""]
        assert (quiet["bare"] == quiet["credit"]).all()
        assert (own["prevented"] == own["credit"] - own["bare"]).all()
        assert own["prevented"].sum() > 0
        assert (own["extra_cost_usd"] == 0).all()
    assert set(kept["extra_calls"]) == {2}
    before = audit(path)
    assert harness.rescore(path, workers=0).changed == 0
    assert audit(path) == before
    export(path, tmp_path / "r.json")
    assert verify(tmp_path / "r.json", workers=0).ok


def test_workers_do_the_work_of_protections(tmp_path: Path) -> None:
    made = [tmp_path / "here.db", tmp_path / "there.db"]
    for path, workers in zip(made, (0, 1), strict=True):
        harness.run("sim:careless", "accounting", protect="vote:3,guard,verify,checkpoint", round_trips=2, store=path,
                    **{**SHORT, "workers": workers})  # fmt: skip
    here, there = map(audit, made)
    assert here == there


async def test_work_that_takes_too_long_leaves_the_result() -> None:
    from harness.relay.worker import Bounds

    scoring = Scoring(1, bounds=Bounds(cpu=0.2, wall=60.0, memory=2**31))
    try:
        scoring.register_document("here", "accounting", {"a.ledger": ""})
        text = "\n".join(f"2024-01-01 x{n}\n  a:b  {n} EUR\n  c:d\n" for n in range(9000))
        results = [{"a.ledger": text.replace("EUR", unit)} for unit in ("EUR", "USD", "CHF")]
        work = {"protect": "vote", "domain": "accounting", "results": results, "expected": ["a.ledger"]}
        assert await scoring.protect(1, "here", work) == {}
        same = [{"a.ledger": "; x\n"}] * 3
        assert await scoring.protect(1, "here", {**work, "results": same}) == {"files": same[0]}
    finally:
        await scoring.close()


def test_editors_side_by_side_on_a_server(tmp_path: Path) -> None:
    """The stub answers with the first file of the prompt under the names asked for, whatever the editor."""
    path = tmp_path / "s.db"
    wanted: dict[str, Any] = {"editor": ["rewrite", "rewrite+only-changed"], "protect": ["none", "guard"]}
    with ChatServer(same_file, latency=0.0) as server:
        again: dict[str, Any] = {**SHORT, **wanted, "round_trips": 1, "store": path, "base_url": server.url,
                                 "domains": "accounting", "models": "openai:stub"}  # fmt: skip
        study = harness.run(**again)
        before = audit(path)
        harness.run(**again)
    assert audit(path) == before
    assert study.unfinished == {}
    editors = study.steps[["editor", "protect"]].fillna("none").drop_duplicates().values.tolist()
    assert editors == [[name, kept] for name in wanted["editor"] for kept in ("none", "guard")]
    names = list(study.summary()["models"])
    assert len(names) == 4
    assert all("editor" in name for name in names)
    asked_again = rows(study, editor="rewrite", protect="guard")
    assert (asked_again["calls"] == 1 + asked_again["extra_calls"]).all()
    assert list(asked_again["fired"]) == ["guard" if extra else "" for extra in asked_again["extra_calls"]]
    show_study(path, True)
    assert harness.rescore(path, workers=0).changed == 0
    assert audit(path) == before
    export(path, tmp_path / "r.json")
    assert verify(tmp_path / "r.json", workers=0).ok


def test_sessions_are_continued_with_protections(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole.db", tmp_path / "parts.db"
    wanted: dict[str, Any] = {"protect": "vote:3,guard,verify,checkpoint", "memory": "session", "editor": "patch"}
    with ChatServer(same_file, latency=0.0) as server:
        for path, trips in ((whole, 2), (parts, 1), (parts, 2)):
            harness.run("openai:stub", "accounting", round_trips=trips, store=path, base_url=server.url, **SHORT,
                        **wanted)  # fmt: skip
    assert audit(whole) == audit(parts)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"protect": "gard"}, "unknown protection 'gard'"),
        ({"protect": "vote:2"}, "an odd number of results from 3"),
        ({"editor": "rewrite & guard & verify"}, "write --editor rewrite --protect 'guard, verify'"),
        ({"editor": "rewritten"}, "unknown editor 'rewritten'"),
        ({"editor": []}, "at least one editor"),
        ({"editor": "tools:turns=many"}, "turns is a number, such as turns=10"),
        ({"editor": "patch:turns=3"}, "unknown editor 'patch:turns=3'"),
        ({"editor": "tools:text=1"}, "unknown editor 'tools:text=1'"),
        ({"editor": "tools:turns=0"}, "at least 1 turn"),
        ({"editor": "command:true"}, "give --model command:NAME"),
        ({"models": "command:mine"}, "give --editor command:'…'"),
        ({"models": ["command:a", "command:b"], "editor": "command:true"}, "one agent a run"),
        ({"models": ["openai:x", "command:a"], "editor": "command:true"}, "openai:x needs an editor of its own"),
        ({"agent_network": True}, "--agent-network is for an agent"),
        ({"models": "command:mine", "editor": "command:true", "agent_cost": "(", "agent_time": 3.0}, "cannot be read"),
    ],
)
def test_what_does_not_go_together_is_told_before_anything_runs(
    tmp_path: Path, wrong: dict[str, Any], told: str
) -> None:
    with pytest.raises(UsageError, match=told.replace("(", r"\(")):
        harness.run(**{"models": "openai:x", "domains": "accounting", "store": tmp_path / "s.db", **wrong})
    assert not (tmp_path / "s.db").exists()


def test_every_pair_is_a_chain_of_its_own_on_the_same_plan() -> None:
    spec = RunSpec(
        ("sim:oracle", "openai:x"), ("subtitles",), editor=("rewrite", "patch", "tools:text,turns=4"),
        protect=("none", "vote:3"), doc_tokens=100,
    )  # fmt: skip
    chains = plan_chains(spec)
    assert [chain.editor.name for chain in chains] == [
        "sim:oracle", "sim:oracle & vote:3",
        *(name + kept for name in ("rewrite", "patch", "tools:text,turns=4") for kept in ("", " & vote:3")),
    ]  # fmt: skip
    assert len({chain.key for chain in chains}) == len(chains)
    assert len({chain.material for chain in chains}) == 1
    others = [f"tools:{bounds}" for bounds in ("text", "turns=4", "text,turns=5", "text,turns=4,tokens=900")]
    found = plan_chains(RunSpec(("openai:x",), ("subtitles",), editor=(*others, "tools:turns=30"), doc_tokens=100))
    assert [chain.editor.name for chain in found] == [*others, "tools"]
    assert len({chain.key for chain in (*chains, *found)}) == len(chains) + len(found)
    plain = plan_chains(RunSpec(("openai:x",), ("subtitles",), doc_tokens=100))
    assert plain[0].key == chains[2].key


def test_prices_count_what_protections_ask_for() -> None:
    def calls(**wanted: Any) -> tuple[int, int]:
        shape: dict[str, Any] = {"domains": ("accounting",), "doc_tokens": 300, "distractors": 0, "round_trips": 2}
        (found,) = estimate(RunSpec(("openai:gpt-5.4-mini",), **shape, **wanted))
        return found.calls, found.input_tokens

    (plain, read_in), (voted, of_votes) = calls(), calls(protect=("vote:3",))
    assert (plain, voted) == (4, 12)
    assert of_votes == 3 * read_in
    assert calls(protect=("vote:3,guard,verify",))[0] == 16
    assert calls(editor=("patch",), protect=("verify",))[0] == 8
    (agent,) = estimate(RunSpec(("command:mine",), ("accounting",), editor=("command:true",), round_trips=2))
    assert (agent.calls, agent.low) == (4, None)


def test_rows_of_other_programs_have_them_too(tmp_path: Path) -> None:
    from harness.results.rows import write_rows

    harness.run("sim:careless", "accounting", protect="vote:3", round_trips=1, store=tmp_path / "s.db", **SHORT)
    write_rows(tmp_path / "s.db", tmp_path / "steps.jsonl")
    (first, _) = map(json.loads, (tmp_path / "steps.jsonl").read_text().splitlines())
    assert (first["editor"], first["protect"], first["extra_calls"]) == ("sim:careless", "vote:3", 2)
    assert first["fired"] in ("", "vote")

"""A horizon study over real sockets: asked once, kept before it is read, resumed after a kill without buying twice."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import horizon
from harness.errors import UsageError
from harness.horizon.mitigation import Mitigation
from harness.horizon.spec import HorizonSpec
from tests.chat_server import ChatServer

Messages = list[dict[str, str]]
NUMBER = re.compile(r"-?\d+")


def adds(messages: Messages) -> str:
    """Follows what is visible: the last state in sight and the numbers of the turn."""
    *before, last = messages
    told = re.search(r"The state is now (-?\d+)\.", last["content"])
    state = int(told[1]) if told else 0
    if not told:
        for message in before:
            found = re.search(r"<answer>(-?\d+)</answer>", message["content"])
            state = int(found[1]) if found and message["role"] == "assistant" else state
    text = last["content"].rpartition("\n")[2].rpartition(") ")[2]
    return f"<answer>{state + sum(map(int, NUMBER.findall(text)))}</answer>"


CONDITIONS = {"tasks": ["prefix_sum"], "turns": 8, "rollouts": 6, "size": 2, "rates": ["25%", "100%"], "gaps": 0}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")


def test_a_study_is_asked_once_and_read_from_its_store(tmp_path: Path) -> None:
    with ChatServer(adds, latency=0.0) as server:
        model, store = {"models": "openai:stub", "base_url": server.url}, tmp_path / "study.db"
        study = horizon.run(**model, store=store, **CONDITIONS)  # type: ignore[arg-type]
        asked = server.received
        assert asked == len(study.turns) == 6 * 4
        again = horizon.run(**model, store=store, **CONDITIONS)  # type: ignore[arg-type]
        assert server.received == asked
    assert study.turns.equals(again.turns)
    assert horizon.load(store).summary() == again.summary()
    assert set(study.turns["outcome"]) == {"ambiguous", "follows-visible"}
    assert study.turns["right"].all()
    assert not study.turns.query("rate == 1")["true"].any()
    (target,) = study.summary()["targets"]
    assert [dose["wrong"] for dose in target["doses"]] == [pytest.approx(0.25, abs=0.05), 1.0]


@pytest.mark.parametrize("mitigation", ["none", "window:2", "carried", "heal", "redact", "flag", "verify", "vote:3"])
def test_a_curve_under_every_mitigation(tmp_path: Path, mitigation: str) -> None:
    """A server that errs on every fourth number of rollouts; what it errs with stays in sight, or does not."""

    def errs(messages: Messages) -> str:
        if mitigation == "verify" and messages[-1]["content"].startswith("Check"):
            return messages[-2]["content"]
        answer = adds(messages)
        return answer.replace("<answer>", "<answer>1") if len(messages) == 6 else answer

    with ChatServer(errs, latency=0.0) as server:
        study = horizon.run(
            "openai:stub", base_url=server.url, design="curve", tasks=["prefix_sum"], turns=6, rollouts=2,
            mitigations=[mitigation], store=tmp_path / "study.db",
        )  # fmt: skip
        assert server.received == 12 * {"vote:3": 3, "verify": 2}.get(mitigation, 1)
    assert len(study.turns) == 12
    healed = {"heal": True, "none": False}.get(mitigation)
    if healed is not None:
        assert study.turns.query("turn == 6")["true"].all() == healed
        last = study.turns.query("turn == 6")
        assert (last["wrong"] == 0).all() == (last["inconsistent"] == 0).all() == healed


def test_compaction_is_the_models_own(tmp_path: Path) -> None:
    def forgets(messages: Messages) -> str:
        if "Write down" in messages[-1]["content"]:
            return "<answer>500</answer>"
        return adds(messages)

    with ChatServer(forgets, latency=0.0) as server:
        study = horizon.run(
            "openai:stub", base_url=server.url, design="curve", tasks=["prefix_sum"], turns=4, rollouts=1,
            mitigations=["compact:2"], store=tmp_path / "study.db",
        )  # fmt: skip
        assert server.received == 6
    third = study.played[2][1]
    assert third.right
    assert not third.true
    assert third.wrong == 0.5
    assert third.answer == 500 + study.played[2][0].draw()[1].inputs[2][0]


def test_a_longer_curve_continues_a_shorter_one(tmp_path: Path) -> None:
    with ChatServer(adds, latency=0.0) as server:
        for turns, asked in ((3, 6), (5, 10)):
            study = horizon.run(
                "openai:stub", base_url=server.url, design="curve", tasks=["prefix_sum"], turns=turns, rollouts=2,
                store=tmp_path / "study.db",
            )  # fmt: skip
            assert server.received == asked
            assert len(study.turns) == asked


def test_killed_and_run_again_it_buys_no_turn_twice(tmp_path: Path) -> None:
    store = tmp_path / "study.db"
    with ChatServer(adds, latency=0.03) as server:
        arguments = {**CONDITIONS, "models": "openai:stub", "base_url": server.url, "store": str(store), "rollouts": 20}
        code = "import json, sys; from harness import horizon; horizon.run(**json.loads(sys.argv[1]))"
        root = str(Path(__file__).parents[2])
        child = subprocess.Popen(
            [sys.executable, "-c", code, json.dumps(arguments)], env={**os.environ, "PYTHONPATH": root}
        )
        deadline = time.monotonic() + 60
        while server.received < 25 and time.monotonic() < deadline and child.poll() is None:
            os.sched_yield()
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        study = horizon.run(**arguments)  # type: ignore[arg-type]
        assert 80 <= server.received <= 80 + 8, "eight calls were under way at most"
    with sqlite3.connect(store) as connection:
        assert connection.execute("SELECT count(*), count(DISTINCT chain) FROM replies").fetchone() == (80, 80)
    connection.close()
    assert len(study.turns) == 80
    assert study.unfinished == {}


def test_an_outage_leaves_a_rollout_unfinished_and_says_why(tmp_path: Path) -> None:
    study = horizon.run(
        "openai:stub", base_url="http://127.0.0.1:9/v1", tasks=["add"], turns=1, rollouts=1, attempts=1,
        store=tmp_path / "study.db",
    )  # fmt: skip
    assert len(study.turns) == 0
    assert [reason.partition(":")[0] for reason in study.unfinished.values()] == ["Outage"]


def test_what_cannot_be_is_said_before_anything_is_asked() -> None:
    for conditions, told in (
        ({"tasks": ["nope"]}, "unknown task"), ({"arms": ["shouted"]}, "unknown arm"), ({"turns": 0}, "at least 1"),
        ({"mitigations": ["window"]}, "window:N"), ({"rates": ["200%"]}, "from 0 to 1"), ({"colour": 1}, "unknown"),
        ({"guided": True, "modes": ["cot"]}, "guided"), ({"turns": 3, "gaps": [2]}, "take more turns"),
        ({"gaps": [1, -1]}, "a number of turns"), ({"gaps": []}, "at least one gap"),
        ({"turns": 10, "gaps": [1, 5], "position": "burst"}, "do not fit"),
        ({"tasks": ["matrix"], "material": 5}, "one size only"), ({"material": 101}, "from 1 to 100"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=told):
            horizon.run("sim:oracle", **conditions)
    with pytest.raises(UsageError, match="did you mean sim:slips"):
        horizon.run("sim:slip", turns=3, rollouts=1)
    assert str(Mitigation.read("vote:5")) == "vote:5"


def test_a_cell_is_its_condition() -> None:
    """Another rate, arm or model is another cell; the same command twice is the same cells."""
    spec = HorizonSpec(("sim:oracle", "sim:slips"), arms=("said", "masked"), turns=4, rollouts=2)
    keys = [cell.key for cell in spec.cells()]
    assert len(set(keys)) == len(keys) == 2 * 2 * (2 + 3 + 3)
    assert keys == [cell.key for cell in spec.cells()]

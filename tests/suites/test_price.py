"""The price before the run is that of the calls the run makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import harness
from domains import generate as kit
from harness.backends import prices
from harness.backends.base import Usage
from harness.backends.prices import cost
from harness.cli.suite import dollars, dry_run
from harness.editors.rewrite import Rewrite
from harness.errors import UsageError
from harness.relay.run import plan_chains
from harness.store import Reader
from harness.study import make_spec
from harness.suites.price import AROUND, HIGH, LOW, Price, estimate

SMALL: dict[str, Any] = {"doc_tokens": 200, "documents": 2, "round_trips": 2, "distractors": 1500}
MODEL = "openai:gpt-4.1"


def one(model: str, **conditions: Any) -> Price:
    return estimate(make_spec([model], ["accounting", "recipe"], {**SMALL, **conditions}))[0]


def test_calls_are_the_hops_of_all_chains() -> None:
    found = one(MODEL, repeats=3)
    assert (found.chains, found.calls, found.most_calls) == (12, 48, 48)
    assert one(MODEL, policy="retry:2").most_calls == 3 * 16


def test_tokens_are_those_of_the_prompts_and_of_the_right_replies(tmp_path: Path) -> None:
    """Held against the documents that a faultless relay leaves in its store."""
    study = harness.run(["sim:oracle"], ["accounting", "recipe"], store=tmp_path / "s.db", workers=0, **SMALL)
    written, shown = 0, 0
    with Reader(study.path) as reader:
        for chain in study.chains:
            _, beside = reader.documents(chain.number)
            for step in reader.steps(chain.number):
                written += kit.count_tokens(Rewrite().answer(step.after))
                shown += kit.tokens_of(step.before) + kit.tokens_of(beside)
    found = one(MODEL)
    assert found.output_tokens == pytest.approx(written, rel=0.02)  # a round trip may spell equal values otherwise
    instructions = found.input_tokens - shown
    assert 16 * (100 + 2 * AROUND) < instructions < 16 * 600


def test_the_range_of_the_price_is_that_of_the_tokens() -> None:
    found = one(MODEL)
    assert found.low is not None
    assert found.high is not None
    calls = found.calls
    for share, told in ((LOW, found.low), (HIGH, found.high)):
        each = Usage(round(share * found.input_tokens / calls), round(share * found.output_tokens / calls), cached=0)
        assert told == pytest.approx(calls * (cost("gpt-4.1", each, provider="openai") or 0.0))
    assert found.high == pytest.approx(found.low * HIGH / LOW, rel=0.01)


def test_an_unknown_price_is_none_and_never_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert (one("openai:no-such-model").low, one("openai:no-such-model").high) == (None, None)
    assert one(MODEL, base_url="http://127.0.0.1:9/v1").low is None
    assert one("local:").high == 0.0
    simulated = one("sim:careless")
    assert (simulated.calls, simulated.input_tokens, simulated.high) == (0, 0, 0.0)
    assert [dollars(None, None), dollars(0.0, 0.0), dollars(0.001, 0.0132)] == ["unknown", "nothing", "$0.00 to $0.02"]


def test_a_conversation_shows_every_call_what_came_before() -> None:
    fresh, session = one(MODEL, distractors=0), one(MODEL, distractors=0, memory="session")
    assert session.calls == fresh.calls
    assert session.output_tokens == fresh.output_tokens
    assert session.input_tokens > 1.5 * fresh.input_tokens


def test_guided_a_call_for_every_file() -> None:
    edit = "split_by_category"
    spec = make_spec(["local:"], ["accounting"], {**SMALL, "guided": True, "schedule": f"single:{edit}"})
    files = sum(len(c.environment.edits[edit]) + len(c.environment.files) for c in plan_chains(spec))
    assert estimate(spec)[0].calls == 2 * files


def test_what_is_in_the_store_is_not_paid_again(tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    harness.run(["sim:oracle"], ["accounting"], store=store, workers=0, **{**SMALL, "round_trips": 1})
    found = estimate(make_spec(["sim:oracle"], ["accounting"], SMALL), store)[0]
    assert (found.chains, found.done) == (2, 4)


def test_a_model_nobody_can_reach_is_refused_before_the_run() -> None:
    for name in ("gpt-4.1", "sim:nobody"):
        with pytest.raises(UsageError, match="unknown"):
            one(name)


def test_the_command_says_what_its_range_means(capsys: pytest.CaptureFixture[str]) -> None:
    dry_run([MODEL, "openai:no-such-model"], ["recipe"], SMALL, None, None, as_json=False)
    shown = capsys.readouterr().out
    assert "unknown" in shown
    assert "0.75 to 1.5 times" in shown
    dry_run([MODEL], ["recipe"], SMALL, None, None, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["models"][0]["calls"] == 8
    assert "caching" in told["meaning"]


def test_a_price_that_is_given_stands_in_for_the_table() -> None:
    spec = make_spec(["openai:no-such-model", "local:"], ["accounting"], SMALL)
    found = {price.model: price for price in estimate(spec, None, prices.Price(2.0, 8.0))}
    own = found["openai:no-such-model"]
    assert own.low == pytest.approx(LOW * (own.input_tokens * 2.0 + own.output_tokens * 8.0) / 1e6, rel=0.01)
    assert found["local:"].high == 0.0

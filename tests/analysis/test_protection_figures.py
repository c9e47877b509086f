"""What protections and editors are told to do, on hops whose figures are reckoned by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from harness.analysis.overview import plain
from harness.analysis.protection import protection
from harness.analysis.ways import ways
from harness.estimate import NOTHING, Estimate

Hop = tuple[float | None, float | None, float | None, float | None, str, int, float | None]
"""bare, bare_step, credit, step, fired, extra calls, extra dollars; credit 0 without a step is a failure."""

CLEAN: Hop = (1.0, 1.0, 1.0, 1.0, "", 0, 0.0)
HOPS: list[list[Hop]] = [
    [(0.8, 0.8, 1.0, 1.0, "guard", 1, 0.02), (1.0, 1.0, 1.0, 1.0, "guard", 1, 0.02)],
    [CLEAN, (0.5, 0.5, 0.5, 0.5, "", 0, 0.0)],
    [(0.0, None, 0.9, 0.9, "guard, checkpoint", 2, 0.04), (0.9, 1.0, 0.7, 0.75, "verify", 1, 0.02)],
    [(None, None, None, None, "", 0, 0.0), CLEAN],
]


def frame(chains: Sequence[Sequence[Hop]], protect: str | None = "guard, verify, checkpoint", cost: float = 0.1,
          **conditions: Any) -> pd.DataFrame:  # fmt: skip
    """Steps of these chains; a hop without what is extra takes a call and `cost` dollars."""
    rows = []
    for number, hops in enumerate(chains):
        for hop, (bare, bare_step, credit, step, fired, calls, dollars) in enumerate(hops, 1):
            loss = None if credit is None else 1.0 - credit
            rows.append({
                "chain": number, "model": "openai:m", "editor": "rewrite", "protect": protect, "domain": "accounting",
                "document": f"d{number}", "document_hash": f"h{number}", "repeat": 1, "schedule": "round-robin",
                "seed": 0, "policy": "accept", "hop": hop, "edit": f"e{(hop + 1) // 2}",
                "direction": "forward" if hop % 2 else "backward", "failed": credit == 0.0 and step is None,
                "outcome": "unread" if credit is None else "ok", "credit": credit, "rs": credit, "step": step,
                "done": 1.0, "missing": 0.0, "altered": loss, "spurious": 0.0, "moved": 0.0, "fired": fired,
                "bare": bare, "bare_step": bare_step,
                "prevented": None if bare is None or credit is None else credit - bare,
                "extra_calls": calls, "extra_cost_usd": dollars, "calls": 1 + calls,
                "cost_usd": None if dollars is None else cost + dollars, "input_tokens": 1,
                "output_tokens": 1, "latency": 1.0,
                **conditions,
            })  # fmt: skip
    numbers = dict.fromkeys(("credit", "rs", "step", "bare", "bare_step", "prevented", "cost_usd"), "float64")
    return pd.DataFrame(rows).astype(numbers)


def test_every_figure_is_the_mean_that_its_formula_says() -> None:
    found = protection(frame(HOPS))
    assert found is not None
    assert found.hops == 8
    assert {name: one.value for name, one in vars_of(found).items()} == pytest.approx({
        "damage": (0.1 + 0.25 + 0.5 + 0.0) / 4,  # a failure of the editor loses all
        "prevented": (0.1 + 0.0 + 0.35 + 0.0) / 4,
        "share": 1 - (0.0 + 0.25 + 0.175 + 0.0) / (0.1 + 0.25 + 0.5 + 0.0),
        "harmed": 0.5 / 4,
        "harm": 0.1 / 4,
        "false_alarms": (1 + 0 + 1 + 0) / 4,
        "caught": 2 / 3,
        "extra_calls": (1.0 + 0.0 + 1.5 + 0.0) / 4,
        "extra_cost": (0.02 + 0.0 + 0.03 + 0.0) / 4,
        "per_dollar": 100 * 0.1125 / 0.0125,
        "per_call": 100 * 0.1125 / 0.625,
    })  # fmt: skip
    assert found.fired == {"guard": 3, "checkpoint": 1, "verify": 1}
    assert all(one.low <= one.value <= one.high for one in vars_of(found).values() if one.low is not None)


def vars_of(found: Any) -> dict[str, Any]:
    return {name: getattr(found, name) for name in found.__dataclass_fields__ if name not in ("hops", "fired")}


def test_an_unknown_price_is_not_nothing_and_no_price_is_divided_by() -> None:
    gap: list[list[Hop]] = [[CLEAN], [(1.0, 1.0, 1.0, 1.0, "guard", 1, None)], [CLEAN]]
    unknown = protection(frame(gap))
    assert unknown is not None
    assert (unknown.extra_cost, unknown.per_dollar) == (NOTHING, NOTHING)
    assert unknown.extra_calls.value == pytest.approx(1 / 3)
    free = protection(frame([[(0.5, 0.5, 1.0, 1.0, "verify", 1, 0.0)]] * 3))
    assert free is not None
    assert (free.extra_cost.value, free.per_dollar.value) == (0.0, None)
    assert (free.per_call.value, free.share.value, free.false_alarms) == (50.0, 1.0, NOTHING)
    idle = protection(frame([[CLEAN]] * 3))
    assert idle is not None
    assert (idle.share.value, idle.per_call.value, idle.caught) == (None, None, NOTHING)
    assert protection(frame(HOPS, protect=None)) is None
    assert protection(frame(HOPS).drop(columns="protect")) is None


def test_a_hop_that_its_input_made_impossible_says_nothing_of_protections() -> None:
    lost: Hop = (0.0, None, 0.0, None, "", 2, 0.02)
    plain, more = (protection(frame([[(0.5, 0.5, 1.0, 1.0, "guard", 1, 0.0), *own]] * 3)) for own in ([], [lost]))
    impossible = frame([[(0.5, 0.5, 1.0, 1.0, "guard", 1, 0.0), lost]] * 3)
    impossible.loc[impossible["hop"] == 2, "outcome"] = "infeasible"
    found = protection(impossible)
    assert plain is not None
    assert more is not None
    assert found is not None
    assert (found.damage, found.share, found.caught) == (plain.damage, plain.share, plain.caught)
    assert more.share.value == pytest.approx(1 / 3)
    assert found.extra_calls.value == 1.5


def test_what_costs_ten_times_as_much_is_worth_a_tenth() -> None:
    dear = frame(HOPS).assign(extra_cost_usd=lambda steps: 10 * steps["extra_cost_usd"])
    one, ten = protection(frame(HOPS)), protection(dear)
    assert one is not None
    assert ten is not None
    for side in ("value", "low", "high"):
        assert getattr(ten.per_dollar, side) == pytest.approx(getattr(one.per_dollar, side) / 10)


def told(*found: Estimate) -> list[float | None]:
    return [one.value for one in found]


def plainly(rs: Sequence[float]) -> list[list[Hop]]:
    """A chain of a round trip for each of these scores at its end."""
    return [[CLEAN, (end, end, end, end, "", 0, 0.0)] for end in rs]


def study() -> pd.DataFrame:
    """rewrite at 0.1 a hop, patch at 0.05, each alone and, of rewrite, with a guard that takes another 0.02."""
    guarded = [[CLEAN, (end - 0.2, 0.8, end, 1.0, "guard", 1, 0.02)] for end in (0.9, 0.8, 1.0, 0.9)]
    parts = [
        frame(plainly([0.7, 0.6, 0.8, 0.7]), None, 0.05, editor="patch"),
        frame(plainly([0.6, 0.5, 0.9, 0.6]), None, 0.1),
        frame(guarded, "guard", 0.1),
    ]
    return pd.concat([part.assign(chain=part["chain"] + 10 * n) for n, part in enumerate(parts)], ignore_index=True)


def test_a_way_is_held_against_the_one_it_differs_from() -> None:
    found = ways(study())
    patch, rewrite, guard = found.values()
    assert [(way.editor, way.protect) for way in found.values()] == [
        ("patch", None), ("rewrite", None), ("rewrite", "guard"),
    ]  # fmt: skip
    assert list(found) == [f"openai:m (editor {e}, protect {p})" for e, p in
                           (("patch", "none"), ("rewrite", "none"), ("rewrite", "guard"))]  # fmt: skip
    assert (rewrite.against, rewrite.protection, guard.hop) == (None, None, 2)
    assert told(guard.rs, rewrite.cost, guard.cost) == pytest.approx([0.9, 0.2, 0.22])
    assert guard.against is not None
    assert (guard.against.editor, guard.against.pairs) == ("rewrite", 4)
    assert told(guard.against.difference, guard.against.cost, guard.against.calls) == pytest.approx([0.25, 0.02, 1.0])
    assert told(guard.against.per_dollar, guard.against.per_call) == pytest.approx([1250.0, 25.0])
    assert patch.against is not None
    assert told(patch.against.difference, patch.against.cost, patch.against.calls) == pytest.approx([0.05, -0.1, 0.0])
    assert told(patch.against.per_dollar, patch.against.per_call) == [None, None]  # better and cheaper


def test_chains_under_other_conditions_are_no_baseline() -> None:
    steps = study()
    other = steps[steps["protect"].notna()].assign(policy="keep")
    found = ways(pd.concat([steps[steps["protect"].isna()], other], ignore_index=True))
    assert [way.against is None for way in found.values()] == [False, True, True]
    elsewhere = steps.copy()
    elsewhere.loc[elsewhere["protect"].notna(), "seed"] = 1
    assert [way.against is None for way in ways(elsewhere).values()] == [False, True, True]
    unpriced = steps.assign(cost_usd=steps["cost_usd"].mask(steps["chain"] == 12))
    assert [way.against.cost for way in ways(unpriced).values() if way.against] == [NOTHING, NOTHING]


def test_what_nobody_calls_takes_a_call_a_hop_and_those_of_its_protections() -> None:
    parts = [
        frame(plainly([0.5] * 3), None, 0.0),
        frame([[CLEAN, (0.5, 0.5, 0.7, 0.7, "vote:3", 2, 0.0)]] * 3, "vote:3"),
    ]
    steps = pd.concat([part.assign(chain=part["chain"] + 10 * n) for n, part in enumerate(parts)], ignore_index=True)
    plain_way, voted = ways(steps.assign(model="sim:m", editor="sim:m", calls=0, cost_usd=0.0)).values()
    assert (plain_way.calls.value, voted.calls.value) == (2.0, 4.0)
    assert voted.against is not None
    assert told(voted.against.calls, voted.against.per_call) == pytest.approx([2.0, 10.0])
    assert (voted.against.cost.value, voted.against.per_dollar.value) == (0.0, None)


def test_one_editor_without_protections_is_nothing_to_compare() -> None:
    steps = study()
    alone = steps[(steps["editor"] == "rewrite") & steps["protect"].isna()]
    assert ways(alone) == ways(alone.drop(columns=["protect", "fired", "bare", "extra_calls"])) == ways(steps[:0]) == {}
    json.dumps(plain(ways(steps)), allow_nan=False)


def test_a_way_that_does_nothing_is_told_by_what_it_did() -> None:
    kept = frame([[CLEAN, CLEAN]] * 3, protect=None).assign(editor="tools", done=0.0)
    found = ways(pd.concat([frame([[CLEAN, (0.5, 0.5, 0.5, 0.5, "", 0, 0.0)]] * 3, protect=None), kept]))
    assert {way.editor: (way.rs.value, way.done.value) for way in found.values()} == {
        "rewrite": (0.5, 1.0), "tools": (1.0, 0.0),
    }  # fmt: skip

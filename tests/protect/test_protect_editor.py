"""Protections around an editor, with scripted replies: who is asked what, what is taken, what is told of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.backends.base import Message, Reply, Request, ToolCall
from harness.calls import Asking
from harness.editors import open_editor
from harness.editors.base import Ask, Edited, Fired, Task
from harness.editors.blocks import fenced
from harness.editors.profiles import PROFILES
from harness.editors.protections import Protections, protected, read
from harness.editors.protections.editor import Protected, Reviewer, here
from harness.editors.protections.lockstep import in_step
from harness.editors.simulation import Simulated
from harness.errors import Denied, Outage, Rejected, UsageError
from harness.store import Place

NAME = "journal.ledger"
BEFORE = (
    "2024-01-09 Stationery\n    Expenses:Office  31.80 EUR\n    Assets:Bank\n\n"
    "2024-01-02 Rent\n    Expenses:Rent  512.25 EUR\n    Assets:Bank\n"
)
FIRST, SECOND = BEFORE.strip().split("\n\n")
RIGHT = f"{SECOND}\n\n{FIRST}\n"
WRONG = RIGHT.replace("512.25", "512.75")
WORSE = f"{FIRST}\n"


def task(**changes: Any) -> Task:
    made = Task(
        "accounting", "sort_by_payee", "forward", "Sort the entries by date.", {NAME: BEFORE},
        {"notes.md": "# Notes\n"}, ("notes.md", NAME), (NAME,), 7,
    )  # fmt: skip
    return replace(made, **changes)


def reply(text: str) -> str:
    return "Here it is:\n" + fenced(NAME, text)


class Script:
    """Answers in turn, with an error where one stands there, and remembers what was asked."""

    def __init__(self, *replies: Reply | str | Exception) -> None:
        self.replies = list(replies)
        self.requests: list[Request] = []

    async def __call__(self, request: Request) -> Reply:
        self.requests.append(request)
        one = self.replies[len(self.requests) - 1]
        if isinstance(one, Exception):
            raise one
        return one if isinstance(one, Reply) else Reply(one, "stop")

    def prompt(self, number: int) -> str:
        return self.requests[number].messages[-1].text


async def outcome(
    chosen: str, *replies: Reply | str | Exception, editor: str = "rewrite", **changes: Any
) -> tuple[Edited, Script]:
    ask = Script(*replies)
    edited = await protected(open_editor(editor), read(chosen)).edit(task(**changes), ask)
    assert len(ask.requests) == len(ask.replies)
    return edited, ask


def guards(edited: Edited) -> tuple[Fired, ...]:
    assert edited.guarded is not None
    return edited.guarded.fired


def unprotected(edited: Edited) -> Edited:
    assert edited.guarded is not None
    return edited.guarded.alone


def did(edited: Edited) -> list[tuple[str, str]]:
    return [(fired.protection, fired.did) for fired in guards(edited)]


# -- names ------------------------------------------------------------------------------------------------------------


def test_what_users_write() -> None:
    assert read("verify, guard") == read("guard,verify") == Protections(guard=True, verify=True)
    assert read("checkpoint,vote:5").names == ("vote:5", "checkpoint")
    assert protected(open_editor(), read("verify,guard,vote:3")).name == "rewrite & vote:3 & guard & verify"
    editor = open_editor()
    assert protected(editor, read("")) is editor


@pytest.mark.parametrize(
    "text", ["vote", "vote:2", "vote:1", "vote:0", "vote:x", "vote:99", "vote:3,vote:5", "check", "guard:2"]
)
def test_what_users_may_not_write(text: str) -> None:
    with pytest.raises(UsageError, match="vote"):
        read(text)


def test_all_that_decides_is_in_the_fingerprint() -> None:
    inner, sim = open_editor(), Simulated("careless", PROFILES["careless"])
    made = [
        protected(inner, read(text)) for text in ("guard", "verify", "guard,verify", "vote:3", "vote:5", "checkpoint")
    ]
    made += [protected(open_editor("patch"), read("guard")), protected(open_editor(temperature=0.5), read("guard"))]
    made += [Protected(sim, read("verify"), here, Reviewer(seen)) for seen in (0.5, 0.6)]
    prints = [editor.fingerprint for editor in (inner, *made)]
    assert len(set(prints)) == len(prints)
    assert protected(open_editor(), read("guard")).fingerprint == made[0].fingerprint


# -- guard ------------------------------------------------------------------------------------------------------------


async def test_a_result_that_looks_right_is_left_alone() -> None:
    edited, ask = await outcome("guard,checkpoint", reply(RIGHT))
    assert edited == await open_editor().edit(task(), Script(reply(RIGHT)))
    assert (guards(edited), unprotected(edited)) == ((), edited)
    assert ask.requests[0].seed == 7


@pytest.mark.parametrize(
    "first", [reply(WRONG), reply(WORSE), reply(BEFORE), "I'm sorry, I can't.", "", Reply(reply(RIGHT), "length")],
    ids=["altered", "deleted", "untouched", "refused", "empty", "truncated"],
)  # fmt: skip
async def test_a_result_that_looks_wrong_is_asked_for_again(first: Reply | str) -> None:
    edited, ask = await outcome("guard", first, reply(RIGHT))
    assert (edited.files, edited.failure) == ({NAME: RIGHT}, None)
    assert did(edited) == [("guard", "asked again")]
    assert guards(edited)[0].why
    assert unprotected(edited) == await open_editor().edit(task(), Script(first))
    assert ask.requests[1].seed not in (7, None)
    for why in guards(edited)[0].why:
        assert f"- {why}" in ask.prompt(1)
    assert "Sort the entries by date." in ask.prompt(1)
    assert fenced(NAME, BEFORE) in ask.prompt(1)


@pytest.mark.parametrize("second", [reply(WRONG), reply(WORSE), "I'm sorry, I can't.", Rejected("too long")])
async def test_the_first_result_stays_when_the_second_is_no_better(second: str | Exception) -> None:
    edited, _ = await outcome("guard", reply(WRONG), second)
    assert edited.files == {NAME: WRONG}
    assert edited.failure is None
    assert did(edited) == [("guard", "asked again and kept the first")]
    assert unprotected(edited) == edited
    assert not guards(edited)[0].changed


@pytest.mark.parametrize("error", [Denied("no credit"), Outage("gone")])
async def test_an_outage_or_a_denial_is_never_an_outcome(error: Exception) -> None:
    with pytest.raises(type(error)):
        await outcome("guard", reply(WRONG), error)


# -- verify -----------------------------------------------------------------------------------------------------------


async def test_a_second_turn_sees_the_changes_and_corrects() -> None:
    edited, ask = await outcome("verify", reply(WRONG), reply(RIGHT))
    assert edited.files == {NAME: RIGHT}
    assert did(edited) == [("verify", "corrected")]
    assert unprotected(edited).files == {NAME: WRONG}
    history = [message.text for message in ask.requests[1].messages]
    assert ask.requests[0].messages[-1].text in history
    assert reply(WRONG) in history
    assert "512.25" in ask.prompt(1)
    assert "+    Expenses:Rent  512.75 EUR" in ask.prompt(1)


@pytest.mark.parametrize(
    "second",
    ["no correction", reply(RIGHT), "I'm sorry, I can't.", "", Reply(reply(WORSE), "length"), Rejected("too long")],
)
async def test_without_a_correction_the_result_stays(second: Reply | str | Exception) -> None:
    edited, _ = await outcome("verify", reply(RIGHT), second)
    assert (edited.files, edited.failure, guards(edited)) == ({NAME: RIGHT}, None, ())
    assert unprotected(edited) == edited


async def test_what_is_not_whole_is_not_verified() -> None:
    edited, _ = await outcome("verify", "I'm sorry, I can't.")
    assert edited.failure == "refused"


async def test_the_guard_refuses_a_correction_that_does_harm() -> None:
    edited, _ = await outcome("verify,guard", reply(RIGHT), reply(WRONG))
    assert edited.files == {NAME: RIGHT}
    assert did(edited) == [("verify", "correction refused by guard")]
    edited, _ = await outcome("verify", reply(RIGHT), reply(WRONG))
    assert edited.files == {NAME: WRONG}


# -- vote -------------------------------------------------------------------------------------------------------------


async def test_the_majority_is_taken_element_by_element() -> None:
    other = RIGHT.replace("31.80", "31.30")
    edited, ask = await outcome("vote:3", reply(WRONG), reply(other), reply(RIGHT))
    assert edited.files == {NAME: RIGHT}
    assert did(edited) == [("vote", "outvoted the first result")]
    assert unprotected(edited).files == {NAME: WRONG}
    assert len({request.seed for request in ask.requests}) == 3
    assert len({request.messages for request in ask.requests}) == 1
    assert ask.requests[0].seed == 7


async def test_only_whole_results_vote() -> None:
    edited, _ = await outcome("vote:3", "I'm sorry, I can't.", reply(RIGHT), "")
    assert (edited.files, edited.failure) == ({NAME: RIGHT}, None)
    assert guards(edited)[0].why == ("1 of 3 voted",)
    edited, _ = await outcome("vote:3", "I'm sorry, I can't.", "", "")
    assert (edited.failure, guards(edited)) == ("refused", ())


async def test_calls_go_out_in_one_order_whatever_comes_back_first() -> None:
    order: list[str] = []
    gates = {name: asyncio.Event() for name in ("a1", "b1", "c1", "a2", "c2")}

    async def ask(request: Request) -> Reply:
        name = request.messages[0].text
        order.append(name)
        await gates[name].wait()
        return Reply(name, "stop")

    def edit(name: str, turns: int) -> Callable[[Ask], Any]:
        async def work(ask: Ask) -> Edited:
            texts = [(await ask(Request((Message("user", f"{name}{n}"),)))).text for n in range(1, turns + 1)]
            return Edited({name: " ".join(texts)})

        return work

    async def answer() -> None:
        for name in ("c1", "b1", "a1", "c2", "a2"):
            gates[name].set()
            await asyncio.sleep(0)

    edits = [edit("a", 2), edit("b", 1), edit("c", 2)]
    results, _ = await asyncio.gather(in_step(edits, ask), answer())
    assert [dict(one.files) for one in results] == [{"a": "a1 a2"}, {"b": "b1"}, {"c": "c1 c2"}]
    assert order == ["a1", "b1", "c1", "a2", "c2"]


async def test_every_reply_that_was_paid_for_comes_before_the_error() -> None:
    kept: list[str] = []

    async def ask(request: Request) -> Reply:
        if request.seed == 7:
            raise Outage("gone")
        await asyncio.sleep(0)
        kept.append(request.messages[-1].text)
        return Reply(reply(RIGHT), "stop")

    with pytest.raises(Outage):
        await protected(open_editor(), read("vote:3")).edit(task(), ask)
    assert len(kept) == 2


# -- checkpoint and all together --------------------------------------------------------------------------------------


async def test_the_previous_document_stays_when_the_result_cannot_be_read() -> None:
    for bad in ("no file at all", "", reply("\n")):
        edited, _ = await outcome("checkpoint", bad)
        assert edited.files == {NAME: BEFORE}
        assert did(edited) == [("checkpoint", "kept the previous document")]
        assert unprotected(edited) != edited
    edited, _ = await outcome("checkpoint", reply(WRONG))
    assert (edited.files, guards(edited)) == ({NAME: WRONG}, ())
    edited, _ = await outcome("checkpoint", "```data.json\n{\n```\n", expected=("data.json",))
    assert (edited.files, edited.extra) == ({NAME: BEFORE}, (NAME,))


async def test_all_work_in_one_order() -> None:
    replies = [reply(WRONG), reply(WRONG), reply(WORSE), reply(WORSE), reply(RIGHT)]
    edited, ask = await outcome("checkpoint,verify,guard,vote:3", *replies)
    assert did(edited) == [("guard", "asked again and kept the first"), ("verify", "corrected")]
    assert edited.files == {NAME: RIGHT}
    assert "earlier attempt" in ask.prompt(3)
    assert "Check the work" in ask.prompt(4)


async def test_a_bench_that_knows_nothing_leaves_the_result() -> None:
    async def nothing(_: dict[str, Any]) -> Mapping[str, Any]:
        return {}

    editor = protected(open_editor(), read("vote:3,guard,verify"), nothing)
    edited = await editor.edit(task(), Script(reply(WRONG), reply(RIGHT), reply(RIGHT)))
    assert (edited.files, guards(edited)) == ({NAME: WRONG}, ())


async def test_messages_to_the_bench_are_plain() -> None:
    import json

    works: list[str] = []

    async def plain(message: dict[str, Any]) -> Mapping[str, Any]:
        assert json.loads(json.dumps(message)) == message
        works.append(message["protect"])
        answer: Mapping[str, Any] = json.loads(json.dumps(await here(message)))
        return answer

    editor = protected(open_editor(), read("vote:3,guard,verify,checkpoint"), plain)
    edited = await editor.edit(task(), Script(*[reply(WRONG)] * 2, reply(RIGHT), reply(RIGHT), "no correction"))
    assert edited.files == {NAME: RIGHT}
    assert works == ["vote", "guard", "guard", "changes", "read"]


# -- conversations ----------------------------------------------------------------------------------------------------


async def test_a_conversation_holds_every_turn_and_ends_with_the_result() -> None:
    edited, ask = await outcome("guard,verify", reply(WORSE), reply(WRONG), reply(RIGHT))
    assert [message.role for message in edited.said] == ["user", "assistant"] * 3
    assert [edited.said[n].text for n in (1, 3, 5)] == [reply(WORSE), reply(WRONG), reply(RIGHT)]
    assert ask.requests[2].messages[1:-1] == edited.said[:4]
    edited, _ = await outcome("guard", reply(WRONG), reply(WORSE))
    assert [edited.said[n].text for n in (1, 3)] == [reply(WORSE), reply(WRONG)]


async def test_a_conversation_goes_on_from_what_came_before() -> None:
    past = (Message("user", "earlier"), Message("assistant", "done"))
    edited, ask = await outcome("verify", reply(WRONG), reply(RIGHT), history=past, restated=False)
    assert ask.requests[1].messages[1:3] == past
    assert len(edited.said) == 4
    edited, _ = await outcome(
        "vote:3", *(reply(RIGHT.replace(*change)) for change in (("512", "1"), ("31.", "2."), ("Stationery", "S")))
    )
    assert len(edited.said) == 2
    assert edited.said[-1].text == open_editor().answer(edited.files)


async def test_what_was_said_last_is_the_document_whatever_failed() -> None:
    edited, _ = await outcome("verify", reply(RIGHT), Reply(reply(WORSE), "length"))
    assert [edited.said[n].text for n in (1, 3)] == [reply(WORSE), reply(RIGHT)]
    edited, _ = await outcome("checkpoint", "no file at all")
    assert edited.said[-1].text == open_editor().answer({NAME: BEFORE})


async def test_a_second_turn_too_long_to_be_read_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.editors.bounded.LONGEST", 2000)
    edited, _ = await outcome("guard,verify", reply(WRONG), "x" * 3000, "y" * 3000)
    assert (edited.files, edited.failure) == ({NAME: WRONG}, None)


async def test_a_resumed_hop_asks_for_nothing_it_has() -> None:
    kept: dict[Place, Reply] = {}

    async def keep(place: Place, got: Reply) -> None:
        kept[place] = got

    async def never(request: Request) -> Reply:
        raise AssertionError(f"asked again: {request.messages[-1].text[:80]}")

    editor = protected(open_editor(), read("vote:3,guard,verify,checkpoint"))
    script = Script(reply(WRONG), reply(WORSE), reply(WRONG), reply(RIGHT), reply(RIGHT))
    first = Asking(3, {}, script, keep)
    edited = await editor.edit(task(), first.attempt(1))
    again = Asking(3, kept, never, keep)
    assert await editor.edit(task(), again.attempt(1)) == edited
    assert [len(first.replies), len(again.replies), len(kept)] == [5, 5, 5]


@pytest.mark.parametrize("editor", ["patch", "rewrite+only-changed", "rewrite:guided"])
async def test_other_editors_are_protected_too(editor: str) -> None:
    texts = {
        "patch": (
            f"{NAME}\n<<<<<<< SEARCH\n    Expenses:Rent  512.25 EUR\n=======\n    Expenses:Rent  513.25 EUR\n"
            ">>>>>>> REPLACE\n"
        ),
        "rewrite:guided": WRONG,
    }
    edited, ask = await outcome("guard", *[texts.get(editor, reply(WRONG))] * 2, editor=editor)
    assert did(edited) == [("guard", "asked again and kept the first")]
    assert "earlier attempt" in " ".join(message.text for message in ask.requests[1].messages)


# -- simulated models -------------------------------------------------------------------------------------------------


async def nobody(request: Request) -> Reply:
    raise AssertionError(f"a simulated model asked {request}")


def simulated_task(seed: int, tokens: int = 500) -> Task:
    import random

    import domains

    domain = domains.get("accounting")
    files = dict(domain.render(domain.generate(random.Random(3), tokens)))
    names = tuple(sorted(domain.edit("sort_by_payee").apply(files)))
    told = domain.edit("sort_by_payee").instruction("forward", names)
    return Task("accounting", "sort_by_payee", "forward", told, files, {}, tuple(files), names, seed)


async def test_simulated_models_are_protected_and_the_same_for_the_same_seed() -> None:
    from harness.editors.channel import Channel

    inner = Simulated("test", Channel(drop=0.02, alter=0.02))
    editor = protected(inner, read("vote:3,guard,verify,checkpoint"))
    outcomes = [await editor.edit(simulated_task(seed), nobody) for seed in (1, 2, 1)]
    assert outcomes[0] == outcomes[2] != outcomes[1]
    assert guards(outcomes[0]) == guards(outcomes[2])
    assert unprotected(outcomes[0]).files == inner.perform(simulated_task(1)).files


@pytest.mark.parametrize(("seen", "spoiled"), [(0.6, 0.0), (1.0, 0.0), (0.0, 0.02)])
async def test_a_simulated_reviewer_mends_and_spoils_at_its_rates(seen: float, spoiled: float) -> None:
    import domains
    from domains import Meter
    from harness.editors.channel import Channel

    meter = Meter(domains.get("accounting"), changes=False)
    wrong = Simulated("test", Channel(alter=0.05 if seen else 0.0))
    editor = Protected(wrong, read("verify"), here, Reviewer(seen, spoiled))
    task = simulated_task(0, 2500)
    edit, lost = meter.domain.edit(task.edit), [0.0, 0.0]
    for seed in range(12):
        edited = await editor.edit(replace(task, seed=seed), nobody)
        for place, one in enumerate((unprotected(edited), edited)):
            rs = meter.measure(edit, "forward", task.files, task.files, one.files).rs
            assert rs is not None
            lost[place] += 1 - rs.score
    if seen:
        assert lost[0] > 0
        assert lost[1] == pytest.approx((1 - seen) * lost[0], rel=0.25, abs=1e-12)
    else:
        altered = Simulated("test", Channel(alter=spoiled))
        direct = [
            meter.measure(edit, "forward", task.files, task.files, altered.perform(replace(task, seed=seed)).files).rs
            for seed in range(12)
        ]
        assert lost[0] == 0
        assert lost[1] == pytest.approx(sum(1 - rs.score for rs in direct if rs is not None), rel=0.35)


@pytest.mark.parametrize(
    ("chosen", "second", "calls"),
    [
        ("guard", (), 0),
        ("checkpoint", (), 0),
        ("verify", ("no correction",), 1),
        ("guard,verify", ("no correction",), 1),
        ("vote:3", (reply(RIGHT), reply(RIGHT)), 2),
        ("vote:5,verify", (reply(RIGHT),) * 5, 5),
    ],
)
async def test_what_protections_take_beyond_the_editor_is_told(
    chosen: str, second: tuple[str, ...], calls: int
) -> None:
    for prices in ([0.5, 0.25, 0.125, 0.0625, 1.0, 2.0], [0.5, None, None, None, None, None]):
        texts = [reply(RIGHT), *second]
        paid = [Reply(text, "stop", cost=cost) for text, cost in zip(texts, prices, strict=False)]
        edited, _ = await outcome(chosen, *paid)
        assert edited.guarded is not None
        assert edited.guarded.calls == calls
        beyond = [one.cost for one in paid[1:]]
        assert edited.guarded.cost == (None if None in beyond else sum(one for one in beyond if one is not None))
    simulated = await protected(Simulated("test", PROFILES["oracle"]), read(chosen)).edit(simulated_task(1), nobody)
    assert simulated.guarded is not None
    assert (simulated.guarded.calls, simulated.guarded.cost) == (calls, 0.0)


async def test_a_vote_that_is_put_together_leaves_no_call_without_a_result() -> None:
    def calls(text: str) -> Reply:
        made = (("create", {"path": NAME, "file_text": text}), ("finish", {}))
        return Reply("", "stop", calls=tuple(ToolCall(f"{n}", tool, json.dumps(a)) for n, (tool, a) in enumerate(made)))

    other, third = RIGHT.replace("31.80", "31.30"), RIGHT.replace("2024", "2025", 1)
    edited, _ = await outcome("vote:3", calls(WRONG), calls(other), calls(third), editor="tools")
    assert [value in edited.files[NAME] for value in ("512.25", "31.80", "2025")] == [True, True, False]
    assert edited.said[-1].role == "assistant"
    assert not any(message.calls or message.role == "tool" for message in edited.said)

"""The rewriting editor against canned replies: what it asks, what it makes of the answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.backends.base import Reply, Request
from harness.editors import editors, open_editor
from harness.editors.base import Edited, Task
from harness.editors.blocks import fenced
from harness.editors.rewrite import Rewrite
from harness.errors import UsageError

LEDGER = "2024-01-02 Rent\n    Expenses:Rent  5.00 EUR\n"


def task(**changes: object) -> Task:
    fields = {
        "domain": "accounting", "edit": "eur_to_chf", "direction": "forward", "instruction": "Restate $1 as CHF.",
        "files": {"journal.ledger": LEDGER}, "distractors": {"notes.md": "# Notes\n```\ncode\n```\n"},
        "order": ("notes.md", "journal.ledger"), "expected": ("journal.ledger",), "seed": 7,
    }  # fmt: skip
    return Task(**{**fields, **changes})  # type: ignore[arg-type]


class Canned:
    """Answers in turn, and remembers what was asked."""

    def __init__(self, *replies: Reply | str) -> None:
        self.replies: Iterator[Reply | str] = iter(replies)
        self.requests: list[Request] = []

    async def __call__(self, request: Request) -> Reply:
        self.requests.append(request)
        reply = next(self.replies)
        return reply if isinstance(reply, Reply) else Reply(reply, "stop")


async def outcome(*replies: Reply | str, guided: bool = False, **changes: object) -> Edited:
    return await open_editor(guided=guided).edit(task(**changes), Canned(*replies))


async def test_the_prompt_shows_every_file_in_order_and_says_what_is_wanted() -> None:
    ask = Canned("")
    editor = open_editor("rewrite", max_tokens=900, temperature=0.3, effort="low")
    await editor.edit(task(), ask)
    (request,) = ask.requests
    assert (request.seed, request.max_tokens, request.temperature, request.effort) == (7, 900, 0.3, "low")
    assert request.stop == ()
    assert [message.role for message in request.messages] == ["system", "user"]
    text = request.messages[1].text
    notes, ledger = text.index("````notes.md\n"), text.index(f"```journal.ledger\n{LEDGER}```\n")
    assert notes < ledger < text.index("Restate $1 as CHF.") < text.index("the complete text of `journal.ledger`, and")
    assert "\n````journal.ledger\n(" in text  # the example's fence would hold any of the files


async def test_several_names_are_listed() -> None:
    ask = Canned("")
    await Rewrite().edit(task(expected=("a.csv", "b.csv", "c.csv")), ask)
    assert "`a.csv`, `b.csv` and `c.csv`" in ask.requests[0].messages[1].text


async def test_a_good_reply() -> None:
    assert await outcome(f"Done:\n{fenced('journal.ledger', LEDGER)}") == Edited({"journal.ledger": LEDGER})


async def test_distractors_go_and_files_nobody_asked_for_are_told() -> None:
    reply = fenced("notes.md", "x") + fenced("journal.ledger", LEDGER) + fenced("rates.csv", "1.25")
    edited = await outcome(reply)
    assert edited == Edited({"journal.ledger": LEDGER, "rates.csv": "1.25\n"}, extra=("rates.csv",))


async def test_a_document_handed_back_as_it_was_is_kept() -> None:
    edited = await outcome(fenced("journal.ledger", LEDGER), expected=("a.csv", "b.csv"))
    assert edited == Edited({"journal.ledger": LEDGER}, extra=("journal.ledger",))


async def test_truncation_keeps_what_came() -> None:
    reply = Reply(fenced("a.csv", "1") + "```b.csv\n2", "length")
    edited = await outcome(reply, expected=("a.csv", "b.csv", "c.csv"))
    assert edited == Edited({"a.csv": "1\n", "b.csv": "2\n"}, "truncated", "cut in b.csv")


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (Reply("", "stop"), "empty"),
        (Reply(" \n", "other"), "empty"),
        (Reply("", "length"), "truncated"),
        (Reply("", "filter"), "refused"),
        (Reply("I’m sorry, but I can’t alter accounts.", "stop"), "refused"),
        (Reply("The ledger is in francs now.", "stop"), None),
    ],
)
async def test_replies_without_a_file(reply: Reply, failure: str | None) -> None:
    edited = await outcome(reply)
    assert (edited.files, edited.failure) == ({}, failure)


async def test_an_apology_beside_the_file_is_no_refusal() -> None:
    edited = await outcome(f"I'm sorry for the delay.\n{fenced('journal.ledger', LEDGER)}")
    assert edited == Edited({"journal.ledger": LEDGER})


async def test_hostile_names_are_reported() -> None:
    edited = await outcome(fenced("journal.ledger", LEDGER) + "```../x.sh\nrm\n```")
    assert edited == Edited({"journal.ledger": LEDGER}, detail="unsafe names dropped: '../x.sh'")


# -- guided -----------------------------------------------------------------------------------------------------------


async def test_guided_begins_each_file_and_stops_at_its_end() -> None:
    ask = Canned("1\n2", "\n3\n````\nand more")
    edited = await open_editor("rewrite:guided").edit(task(expected=("a.csv", "b.csv")), ask)
    assert edited == Edited({"a.csv": "1\n2\n", "b.csv": "3\n"})
    first, second = ask.requests
    assert first.stop == second.stop == ("\n````",)
    assert first.messages[:1] == second.messages[:1]
    assert [r.messages[-1].text for r in ask.requests] == ["````a.csv\n", "````a.csv\n1\n2\n````\n\n````b.csv\n"]
    assert {r.messages[-1].role for r in ask.requests} == {"assistant"}


async def test_guided_stops_asking_at_a_truncation() -> None:
    edited = await outcome("1", Reply("2\n3", "length"), guided=True, expected=("a.csv", "b.csv", "c.csv"))
    assert edited == Edited({"a.csv": "1\n", "b.csv": "2\n3\n"}, "truncated", "while writing b.csv")


@pytest.mark.parametrize(
    ("reply", "failure"),
    [(Reply("", "stop"), "empty"), (Reply("", "filter"), "refused"), (Reply("", "length"), "truncated")],
)
async def test_guided_replies_without_text(reply: Reply, failure: str) -> None:
    edited = await outcome(reply, guided=True)
    assert edited.failure == failure
    assert not any(edited.files.values())


# -- names and identity -----------------------------------------------------------------------------------------------


def test_editors_are_listed_sorted() -> None:
    assert list(editors()) == sorted(editors())


def test_an_unknown_editor_is_named_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="rewrite"):
        open_editor("rewrit")
    with pytest.raises(UsageError, match="rewrite:guided"):
        open_editor("rewrite:guide")


def test_conditions_have_names_and_fingerprints_of_their_own() -> None:
    made = [
        open_editor(), open_editor(guided=True), open_editor(temperature=0.0), open_editor(max_tokens=10),
        open_editor(effort="high"),
    ]  # fmt: skip
    assert [editor.name for editor in made[:2]] == ["rewrite", "rewrite:guided"]
    assert len({editor.fingerprint for editor in made}) == len(made)
    assert open_editor("rewrite:guided").fingerprint == made[1].fingerprint


@pytest.mark.local
async def test_the_embedded_model_is_led_through_a_file() -> None:
    pytest.importorskip("xllamacpp")
    import domains
    from harness.backends import open_backend

    edit = domains.get("accounting").edit("eur_to_chf")
    backend = open_backend("local:", context=2048, parallel=1)
    try:
        small = task(instruction=edit.instruction("forward", ("journal.ledger",)), distractors={},
                     order=("journal.ledger",))  # fmt: skip
        edited = await open_editor(guided=True, max_tokens=200, temperature=0.0).edit(small, backend.generate)
    finally:
        await backend.close()
    assert list(edited.files) == ["journal.ledger"]
    assert edited.files["journal.ledger"].strip()
    assert "```" not in edited.files["journal.ledger"]

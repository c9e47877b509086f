"""`rewrite+only-changed` against canned replies: what a reply does not name, and what it says when nothing changes."""

from __future__ import annotations

import pytest

from harness.backends.base import Message, Reply
from harness.editors import open_editor
from harness.editors.base import Edited
from harness.editors.blocks import fenced
from harness.errors import UsageError
from tests.editors.test_editor_patch import FILES, Canned, task

NAME = "rewrite+only-changed"


async def outcome(reply: Reply | str, expected: tuple[str, ...] | None = None) -> Edited:
    edited = await open_editor(NAME).edit(task(expected=expected), Canned(reply))
    return Edited(edited.files, edited.failure, edited.detail, edited.extra)


async def test_files_that_are_not_named_stay() -> None:
    assert await outcome(fenced("b.md", "new")) == Edited({"a.csv": FILES["a.csv"], "b.md": "new\n"})
    assert await outcome(fenced("c.txt", "x"), ("a.csv", "c.txt")) == Edited({"a.csv": FILES["a.csv"], "c.txt": "x\n"})


async def test_files_that_nobody_asked_for_make_way_and_missing_ones_are_missing() -> None:
    assert await outcome(fenced("c.txt", "x"), ("c.txt", "d.txt")) == Edited({"c.txt": "x\n"})
    changed = await outcome(fenced("b.md", "new"), ("c.txt",))
    assert changed == Edited({"b.md": "new\n"}, extra=("b.md",))


async def test_nothing_changes_only_where_the_reply_says_so() -> None:
    for reply in ("NO CHANGES", "**No changes.**\n", "I looked.\n\nNO CHANGES"):
        assert await outcome(reply) == Edited(FILES)
    assert await outcome(fenced("notes.md", "spoilt")) == Edited(FILES)
    prose = await outcome("I made no changes to your files, which I liked.")
    assert (prose.files, prose.failure) == ({}, None)
    assert (await outcome("")).failure == "empty"
    assert (await outcome("I'm sorry, but no.\nNO CHANGES")).failure is None
    assert (await outcome("I'm sorry, but I won't.")).failure == "refused"


async def test_a_cut_reply_keeps_what_came() -> None:
    cut = await outcome(Reply("```b.md\nne", "length"))
    assert cut == Edited({"a.csv": FILES["a.csv"], "b.md": "ne\n"}, "truncated", "cut in b.md")
    assert await outcome(Reply("Let me think", "length")) == Edited(
        {}, "truncated", "no file in the reply, which begins 'Let me think'"
    )


async def test_in_a_conversation_the_files_are_as_given_or_as_they_were() -> None:
    history = (Message("user", "before"), Message("assistant", "answer"))
    for restated in (False, True):
        ask = Canned("NO CHANGES")
        await open_editor(NAME).edit(task(history=history, restated=restated), ask)
        text = ask.requests[0].messages[-1].text
        assert (FILES["a.csv"] in text) == restated
        assert ("as they were" in text) != restated


@pytest.mark.parametrize("name", ["patch", NAME])
def test_only_a_reply_of_every_file_can_be_begun(name: str) -> None:
    with pytest.raises(UsageError, match="goes with rewrite"):
        open_editor(name, guided=True)
    with pytest.raises(UsageError, match="goes with rewrite"):
        open_editor(f"{name}:guided")


def test_conditions_are_other_chains() -> None:
    made = [open_editor(name) for name in ("rewrite", NAME, "patch")]
    assert len({editor.fingerprint for editor in made}) == len({editor.name for editor in made}) == 3

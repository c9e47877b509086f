"""The patch editor against canned replies: the forms it reads, what it applies, what it asks to be given again."""

from __future__ import annotations

import pytest

from harness.backends.base import Message, Reply, Request
from harness.editors.base import Edited, Task
from harness.editors.folder import UNCHANGED
from harness.editors.hunks import block
from harness.editors.patch import Patch

A = "id,name\n1,ash\n2,birch\n3,cedar\n4,ash\n"
BIRCH = A.replace("birch", "beech")
FILES = {"a.csv": A, "b.md": "# Trees\n\n- one\n- two\n"}


class Canned:
    """Answers in turn, and remembers what was asked."""

    def __init__(self, *replies: Reply | str) -> None:
        self.replies = iter(replies)
        self.requests: list[Request] = []

    async def __call__(self, request: Request) -> Reply:
        self.requests.append(request)
        reply = next(self.replies)
        return reply if isinstance(reply, Reply) else Reply(reply, "stop")


def task(files: dict[str, str] | None = None, expected: tuple[str, ...] | None = None, **more: object) -> Task:
    files = FILES if files is None else files
    beside = {"notes.md": "# Notes\n"}
    names = tuple(files) if expected is None else expected
    return Task(
        "accounting", "edit", "forward", "Do it.", files, beside, ("notes.md", *files), names, 7, **more
    )  # type: ignore[arg-type]  # fmt: skip


async def patched(*replies: Reply | str, files: dict[str, str] | None = None,
                  expected: tuple[str, ...] | None = None) -> tuple[Edited, list[Request]]:  # fmt: skip
    ask = Canned(*replies)
    return await Patch().edit(task(files, expected), ask), ask.requests


BODY = "2,birch\n=======\n2,beech\n>>>>>>> REPLACE\n"
FORMS = {
    "name before": f"a.csv\n<<<<<<< SEARCH\n{BODY}",
    "fence after the name": f"a.csv\n```csv\n<<<<<<< SEARCH\n{BODY}```\n",
    "name in the fence": f"```csv a.csv\n<<<<<<< SEARCH\n{BODY}```\n",
    "name inside the fence": f"```\na.csv\n<<<<<<< SEARCH\n{BODY}```\n",
    "name behind the mark": f"<<<<<<< SEARCH a.csv\n{BODY}",
    "heading": f"### `a.csv`\n\n<<<<<<< SEARCH\n{BODY}",
    "sentence": f"Here is the change to `a.csv`:\n\n<<<<<<< SEARCH\n{BODY}",
    "dot slash": f"./a.csv\n<<<<<<< SEARCH\n{BODY}",
    "marks of other lengths": "a.csv\n<<<<<< SEARCH\n2,birch\n======\n2,beech\n>>>>>>>> REPLACE\n",
    "dashes and pluses": "a.csv\n------- SEARCH\n2,birch\n=======\n2,beech\n+++++++ REPLACE\n",
    "older words": "a.csv\n<<<<<<< ORIGINAL\n2,birch\n=======\n2,beech\n>>>>>>> UPDATED\n",
    "lower case": "a.csv\n<<<<<<< search\n2,birch\n=======\n2,beech\n>>>>>>> replace\n",
    "CRLF": f"a.csv\n<<<<<<< SEARCH\n{BODY}".replace("\n", "\r\n"),
    "prose around": f"Sure!\n\na.csv\n<<<<<<< SEARCH\n{BODY}\nThat is all.",
    "no last newline": f"a.csv\n<<<<<<< SEARCH\n{BODY}".rstrip(),
    "diff": "--- a/a.csv\n+++ b/a.csv\n@@ -3,1 +3,1 @@\n-2,birch\n+2,beech\n",
    "diff in a fence": "```diff\n--- a.csv\n+++ a.csv\n@@ -2,3 +2,3 @@\n 1,ash\n-2,birch\n+2,beech\n 3,cedar\n```\n",
    "diff with wrong numbers": "--- a/a.csv\n+++ b/a.csv\n@@ -31,9 +77,2 @@ id,name\n 1,ash\n-2,birch\n+2,beech\n",
    "diff without numbers": "--- a/a.csv\n+++ b/a.csv\n@@ ... @@\n-2,birch\n+2,beech\n\nThat is all.",
    "diff of git": "diff --git a/a.csv b/a.csv\nindex 1..2 100644\n--- a/a.csv\t2024-01-01\n+++ b/a.csv\t2024-01-02\n"
    "@@ -3 +3 @@\n-2,birch\n+2,beech\n\\ No newline at end of file\n",
    "diff that lost its blanks": "```diff\n--- a.csv\n+++ a.csv\n@@ @@\n1,ash\n-2,birch\n+2,beech\n3,cedar\n```\n",
    "two hunks": "--- a.csv\n+++ a.csv\n@@ -3,1 +3,2 @@\n-2,birch\n+2,oak\n@@ -3,1 +3,1 @@\n-3,cedar\n+3,cedar\n",
    "begin patch": "*** Begin Patch\n*** Update File: a.csv\n@@\n 1,ash\n-2,birch\n+2,beech\n*** End Patch\n",
    "update without a hunk's head": "*** Update File: a.csv\n-2,birch\n+2,beech\n",
}


@pytest.mark.parametrize("form", FORMS)
async def test_forms_of_a_change(form: str) -> None:
    edited, requests = await patched(FORMS[form])
    wanted = A.replace("birch", "oak") if form == "two hunks" else BIRCH
    assert (edited.files, edited.failure, edited.extra) == ({**FILES, "a.csv": wanted}, None, ())
    assert edited.detail == ("2 blocks: 2 exact" if form == "two hunks" else "1 block: 1 exact")
    assert len(requests) == 1


async def test_several_blocks_and_files_refer_to_the_files_as_shown() -> None:
    reply = block("a.csv", "1,ash\n", "1,birch\n") + block("", "2,birch\n", "2,ash\n") + block("b.md", "- two\n", "")
    edited, _ = await patched(reply)
    assert edited.files == {"a.csv": "id,name\n1,birch\n2,ash\n3,cedar\n4,ash\n", "b.md": "# Trees\n\n- one\n"}
    assert edited.detail == "3 blocks: 3 exact"


async def test_files_are_made_deleted_and_renamed() -> None:
    made = {
        "empty search": block("c.txt", "", "x\ny\n"),
        "blank search": block("c.txt", "\n", "x\ny\n"),
        "diff": "--- /dev/null\n+++ b/c.txt\n@@ -0,0 +1,2 @@\n+x\n+y\n",
        "add": "*** Add File: c.txt\n+x\n+y\n",
        "fenced": "Here it is:\n\n```c.txt\nx\ny\n```\n",
    }
    for form, reply in made.items():
        edited, _ = await patched(reply, expected=("a.csv", "c.txt"))
        assert (edited.files, edited.failure) == ({"a.csv": A, "c.txt": "x\ny\n"}, None), form
        assert edited.detail == "1 block: 1 whole"
    gone = ("*** Delete File: b.md", "--- a/b.md\n+++ /dev/null\n@@ -1 +0,0 @@\n-# Trees\n")
    for reply in gone:
        edited, _ = await patched(reply)
        assert (edited.files, edited.failure, edited.extra) == ({"a.csv": A}, None, ())
    moves = ("*** Rename File: b.md -> c.md", "diff --git a/b.md b/c.md\nrename from b.md\nrename to c.md\n")
    for reply in moves:
        edited, _ = await patched(reply + "\n\n" + block("b.md", "- two\n", ""), expected=("a.csv", "c.md"))
        assert edited.files == {"a.csv": A, "c.md": "# Trees\n\n- one\n"}
        assert edited.failure is None
    edited, _ = await patched("*** Delete File: a.csv\n" + block("a.csv", "", "new\n"))
    assert edited.files["a.csv"] == "new\n"


async def test_a_document_that_holds_marks() -> None:
    text = "Title\n=======\n<<<<<<< SEARCH\nold\n=======\nnew\n>>>>>>> REPLACE\n\nText\n=======\n"
    after = text.replace("new", "newer").replace("Text", "More")
    ask = Canned(Patch().answer({"b.md": after}, {"b.md": text}))
    edited = await Patch().edit(task({"b.md": text}), ask)
    assert edited.files == {"b.md": after}
    assert "<" * 10 + " SEARCH" in ask.requests[0].messages[-1].text
    # The usual marks do where one division alone makes sense.
    edited, _ = await patched(block("b.md", "Text\n=======\n", "More\n=======\n"), files={"b.md": "Text\n=======\nx\n"})
    assert edited.files == {"b.md": "More\n=======\nx\n"}


async def test_a_reply_of_nothing_but_other_files() -> None:
    edited, _ = await patched(block("notes.md", "# Notes\n", "spoilt\n"))
    assert edited == Edited(FILES, detail="blocks for other files: notes.md")
    edited, _ = await patched("*** Rename File: b.md -> notes.md", "*** Rename File: b.md -> notes.md")
    assert edited.failure == "unparseable"
    edited, _ = await patched(UNCHANGED.lower() + ".", expected=("a.csv",))
    assert edited == Edited(FILES, extra=("b.md",))


async def test_what_nobody_asked_for_is_told() -> None:
    edited, _ = await patched(
        block("a.csv", "2,birch\n", "2,beech\n") + block("new.txt", "", "x\n"), expected=("b.md",)
    )
    assert edited.files == {"b.md": FILES["b.md"], "a.csv": BIRCH, "new.txt": "x\n"}
    assert edited.extra == ("a.csv", "new.txt")


# -- the repair turn --------------------------------------------------------------------------------------------------

GOOD = block("a.csv", "2,birch\n", "2,beech\n")
AMBIGUOUS = block("b.md", "", "x\n")


@pytest.mark.parametrize(
    ("bad", "why", "shown"),
    [
        (block("a.csv", "9,maple tree\n", "x\n"), "its SEARCH part is not in the file", "9,maple tree"),
        (block("b.md", "- three\n", "- 3\n"), "its SEARCH part is not in the file", "\n# Trees\n"),
        (block("b.md", "", "x\n"), "the file is there already", "the SEARCH part must be lines of it"),
        (block("c.md", "old\n", "x\n"), "there is no such file", "the SEARCH part of a new file is empty"),
        ("a.csv\n<<<<<<< SEARCH\n1,ash\n>>>>>>> REPLACE\n", "it has no line =======", "1,ash"),
        ("a.csv\n<<<<<<< SEARCH\n1,ash\n=======\n1,oak\n", "it has no line >>>>>>> REPLACE", "1,ash"),
        (block("a.csv", "2,birch\n3,cedar\n", "x\n"), "it overlaps block 1", "2,birch\n3,cedar"),
        (block("../a.csv", "1,ash\n", "x\n"), "that is no name for a file", "1,ash"),
        ("*** Delete File: c.md", "there is no such file", "`c.md`"),
        ("*** Rename File: b.md", "it does not give the new name", "`b.md`"),
        ("*** Rename File: b.md -> a.csv", "there is a file a.csv already", "`b.md`"),
        ("--- a.csv\n+++ a.csv\n@@ -9,2 +9,2 @@\n+x\n", "the file is there already", "`a.csv`"),
    ],
)
async def test_what_cannot_be_applied_is_told_and_may_be_given_again(bad: str, why: str, shown: str) -> None:
    name = "b.md" if "b.md" in bad else "c.md" if "c.md" in bad else "../a.csv" if "../" in bad else "a.csv"
    # A block that was applied may come once more with the others.
    again = GOOD + (block("b.md", "- one\n", "- 1\n") if name == "b.md" else block("a.csv", "3,cedar\n", "3,fir\n"))
    edited, requests = await patched(f"{GOOD}\n{bad}", again)
    assert len(requests) == 2
    first, second = requests
    assert second.messages[: len(first.messages)] == first.messages
    assert [message.role for message in second.messages] == ["system", "user", "assistant", "user"]
    told = second.messages[-1].text
    assert "Block 2" in told
    assert "Block 1" not in told
    assert why in told
    assert shown in told
    assert "The other blocks are applied. Give" in told
    if name in FILES:
        assert edited.failure is None
        assert edited.files["a.csv"].startswith("id,name\n1,ash\n2,beech\n")
        assert edited.detail == "2 blocks: 2 exact; 1 given again"
    else:
        # The second reply says nothing about the file that the block was for.
        assert edited.failure == "unparseable"
    assert [m.role for m in edited.said] == ["user", "assistant", "user", "assistant"]
    assert edited.said[-1] == Message("assistant", again)


async def test_an_ambiguous_block_is_refused_with_its_places() -> None:
    files = {"a.csv": "x\n1\ny\n1\n"}
    edited, requests = await patched(block("a.csv", "1\n", "2\n"), block("a.csv", "y\n1\n", "y\n2\n"), files=files)
    assert "more than once, in lines 2, 4" in requests[1].messages[-1].text
    assert "other blocks" not in requests[1].messages[-1].text
    assert edited.files == {"a.csv": "x\n1\ny\n2\n"}


async def test_never_half_applied() -> None:
    bad = block("b.md", "- three and more\n", "x\n")
    for second in (bad, "I give up.", "", GOOD, UNCHANGED):
        edited, requests = await patched(GOOD + bad, second)
        assert (edited.files, edited.failure, len(requests)) == ({}, "unparseable", 2), second
        assert edited.detail.startswith("could not be applied: block ")
        assert "'b.md': its SEARCH part is not in the file" in edited.detail


async def test_a_renamed_file_goes_by_either_name_in_the_repair_turn() -> None:
    moved = "*** Rename File: b.md -> c.md\n\n" + block("b.md", "- three and more\n", "x\n")
    for name in ("b.md", "c.md"):
        edited, _ = await patched(moved, block(name, "- two\n", ""), expected=("a.csv", "c.md"))
        assert (edited.failure, edited.files) == (None, {"a.csv": A, "c.md": "# Trees\n\n- one\n"})
        assert edited.detail == "2 blocks: 1 exact, 1 whole; 1 given again"


async def test_too_many_blocks_are_not_applied() -> None:
    edited, requests = await patched(GOOD + block("b.md", "", "x\n") * 5000)
    assert (edited.files, edited.failure, len(requests)) == ({}, "unparseable", 1)
    assert edited.detail == "could not be applied: more than 5000 blocks"


async def test_a_cut_reply_is_not_applied() -> None:
    edited, requests = await patched(Reply(GOOD + "b.md\n<<<<<<< SEARCH\n- o", "length"))
    assert (edited.files, edited.failure, len(requests)) == ({}, "truncated", 1)
    edited, requests = await patched(block("b.md", "", "x\n"), Reply(GOOD, "length"))
    assert (edited.files, edited.failure, len(requests)) == ({}, "truncated", 2)
    edited, _ = await patched(block("b.md", "", "x\n"), Reply("", "filter"))
    assert edited.failure == "refused"


# -- what is asked ----------------------------------------------------------------------------------------------------


async def test_the_prompt_tells_what_the_task_needs_of_the_form() -> None:
    _, (change,) = await patched(GOOD)
    _, (make,) = await patched(block("c.txt", "", "x\n"), expected=("c.txt",))
    assert "\nfruit.txt\n<<<<<<< SEARCH\n- 3" in change.messages[-1].text
    assert "The result is `a.csv` and `b.md`" in change.messages[-1].text
    assert "bread.txt\n<<<<<<< SEARCH\n=======\n" in make.messages[-1].text
    assert "`c.txt` must be made" in make.messages[-1].text
    assert "must be made" not in change.messages[-1].text
    assert "fruit" not in make.messages[-1].text
    assert "no blocks for `a.csv` and `b.md`" in make.messages[-1].text
    assert "$" not in change.messages[-1].text + make.messages[-1].text


async def test_examples_of_the_prompt_given_back_are_no_changes() -> None:
    _, (request,) = await patched(UNCHANGED, expected=("a.csv", "c.txt"))
    form = request.messages[-1].text
    reply = form[form.index("The result is") :] + GOOD + block("c.txt", "", "x\n")
    edited, _ = await patched(reply, expected=("a.csv", "c.txt"))
    assert (edited.files, edited.detail) == ({"a.csv": BIRCH, "c.txt": "x\n"}, "2 blocks: 1 exact, 1 whole")


async def test_in_a_conversation_the_document_is_always_shown() -> None:
    ask = Canned(GOOD)
    history = (Message("user", "before"), Message("assistant", "answer"))
    await Patch().edit(task(history=history, restated=False), ask)
    last = ask.requests[0].messages[-1].text
    assert A in last
    assert "# Notes" not in last
    assert ask.requests[0].messages[1:3] == history


async def test_a_repair_turn_is_short_whatever_came() -> None:
    reply = "".join(block("a.csv", f"{n} " + "x" * 5000 + "\n" * 50 + "y\n", "z\n") for n in range(300))
    edited, requests = await patched(reply, "no")
    assert edited.failure == "unparseable"
    assert "and 297 more" in edited.detail
    told = requests[1].messages[-1].text
    assert len(told) < 20_000
    assert "290 more, the last of them block 300" in told

"""The folder in memory: what each call does and tells, and what it refuses."""

from __future__ import annotations

import pytest

from harness.editors.tools.calls import Call, Done
from harness.editors.tools.workspace import FILES, MATCHES, SHOWN, SIZE, Workspace

LEDGER = "date,amount\n2024-01-01,5.00\n2024-01-02,15.00\n2024-01-03,5.00\n"


def folder(**more: str) -> Workspace:
    return Workspace({"ledger.csv": LEDGER, **more}, {"notes.md": "rent is due\n"})


def do(space: Workspace, tool: str, **arguments: object) -> Done:
    return space.do(Call(tool, arguments))


def test_view_numbers_the_lines() -> None:
    whole = do(folder(), "view", path="ledger.csv")
    assert whole.ok
    assert whole.text.startswith("ledger.csv, lines 1 to 4 of 4.\n```\n     1\tdate,amount\n")
    part = do(folder(), "view", path="./Ledger.csv", view_range=["2", -1])
    assert part.text.count("\n") == 6
    assert "\n     2\t2024-01-01,5.00\n" in part.text
    assert part.file == "ledger.csv"


def test_view_of_the_folder_lists_it() -> None:
    for path in ({}, {"path": "."}, {"path": "/"}):
        told = do(folder(), "view", **path).text
        assert "- `ledger.csv` (4 lines, 61 characters)" in told
        assert "- `notes.md` (1 line, 12 characters)" in told


def test_a_long_file_is_shown_in_parts() -> None:
    lines = [f"{n:05d} {'x' * 93}" for n in range(1000)]
    space = Workspace({"a.txt": "\n".join(lines) + "\n"}, {})
    seen, at = list[str](), 1
    while at <= 1000:
        told = do(space, "view", path="a.txt", view_range=(at, -1)).text
        assert len(told) < SHOWN * 1.2
        shown = [line.split("\t", 1)[1] for line in told.split("\n") if "\t" in line]
        seen += shown
        at += len(shown)
        assert ("The rest is not shown: view it from line" in told) == (at <= 1000)
    assert seen == lines


def test_a_line_too_long_to_be_shown_is_said_to_be() -> None:
    space = Workspace({"a.json": "x" * (SHOWN + 5) + "\nend\n"}, {})
    told = do(space, "view", path="a.json").text
    assert f"Line 1 is shown up to character {SHOWN:,}." in told
    assert "view it from line 2 on" in told
    assert "end" in do(space, "view", path="a.json", view_range=[2, 2]).text


def test_grep_is_literal() -> None:
    space = folder(**{"more.txt": "5.00 (a+)+$\n5x00\n"})
    told = do(space, "grep", pattern="5.00").text
    assert told.split("\n")[1:5] == [
        "ledger.csv:2: 2024-01-01,5.00", "ledger.csv:3: 2024-01-02,15.00", "ledger.csv:4: 2024-01-03,5.00",
        "more.txt:1: 5.00 (a+)+$",
    ]  # fmt: skip
    assert "more.txt:1" in do(space, "grep", pattern="(A+)+$").text
    assert do(space, "grep", pattern="RENT", path="ledger.csv").text == "No line holds 'RENT'."
    many = do(Workspace({"a.txt": "same\n" * (MATCHES + 7)}, {}), "grep", pattern="same")
    assert many.text.endswith("7 more lines are not shown.")


def test_str_replace_wants_one_place() -> None:
    space = folder()
    assert "more than once" in do(space, "str_replace", path="ledger.csv", old_str="5.00", new_str="6.00").text
    assert space.document["ledger.csv"] == LEDGER
    done = do(space, "str_replace", path="ledger.csv", old_str="-01,5.00", new_str="-01,6.50")
    assert (done.ok, done.text, done.bytes) == (True, "Replaced in line 2 of ledger.csv.", 16)
    assert space.document["ledger.csv"] == LEDGER.replace("-01,5.00", "-01,6.50")


@pytest.mark.parametrize(
    ("text", "old", "new", "after"),
    [
        ("a\nb\nab\n", "b", "c", "a\nc\nab\n"),
        ("a\nb\nc\n", "b", "", "a\nc\n"),
        ("a\nb\n", "a\nb", "", ""),
        ("a\nxby\n", "b", "", "a\nxy\n"),
        ("a\na\n", "a", "b", None),
        ("a\nb\na\nb\na\n", "a\nb\na", "x", None),
    ],
    ids=["a whole line before a part", "a line goes", "all lines go", "a part goes", "twice", "twice, overlapping"],
)
def test_whole_lines_are_replaced_as_lines(text: str, old: str, new: str, after: str | None) -> None:
    space = Workspace({"a.txt": text}, {})
    done = do(space, "str_replace", path="a.txt", old_str=old, new_str=new, whole_lines=True)
    assert done.ok == (after is not None)
    assert space.document["a.txt"] == (text if after is None else after)


def test_a_text_that_is_nearly_there_is_told() -> None:
    space = folder()
    told = do(space, "str_replace", path="ledger.csv", old_str="2024-01-02,  15.00", new_str="x").text
    assert "2024-01-02,15.00" in told
    told = do(space, "str_replace", path="ledger.csv", old_str="     2\t2024-01-01,5.00", new_str="x").text
    assert "leave out the line numbers" in told
    assert "is empty" in do(space, "str_replace", path="ledger.csv", old_str="\n", new_str="x").text
    assert space.document["ledger.csv"] == LEDGER


def test_insert_goes_after_a_line() -> None:
    space = folder()
    assert do(space, "insert", path="ledger.csv", insert_line=0, insert_text="# head").ok
    assert do(space, "insert", path="ledger.csv", insert_line="5", insert_text="end\r\n").ok
    assert space.document["ledger.csv"] == f"# head\n{LEDGER}end\n"
    for line in (7, -1, 1.5, True, None, "two", "9" * 50):
        assert not do(space, "insert", path="ledger.csv", insert_line=line, insert_text="x").ok
    assert space.document["ledger.csv"] == f"# head\n{LEDGER}end\n"


def test_create_makes_or_rewrites() -> None:
    space = folder()
    assert (
        do(space, "create", path="./new.txt", file_text="a\r\nb").text
        == "Created new.txt. It has 2 lines, 4 characters."
    )
    assert do(space, "create", path="LEDGER.CSV", file_text="gone\n\n\n").text.startswith("Wrote ledger.csv anew.")
    assert space.document == {"ledger.csv": "gone\n", "new.txt": "a\nb\n"}


def test_move_and_delete() -> None:
    space = folder()
    assert do(space, "move", path="ledger.csv", new_path="b.csv").ok
    assert "there is a file notes.md already" in do(space, "move", path="b.csv", new_path="notes.md").text
    assert space.document == {"b.csv": LEDGER}
    assert do(space, "delete", path="b.csv").bytes == len(LEDGER)
    assert space.document == {}


@pytest.mark.parametrize("tool", ["str_replace", "insert", "create", "delete", "move"])
def test_what_lies_beside_stays(tool: str) -> None:
    space = folder()
    arguments = {
        "old_str": "rent",
        "new_str": "x",
        "insert_line": 0,
        "insert_text": "x",
        "file_text": "x",
        "new_path": "y",
    }
    done = do(space, tool, path="Notes.md", **arguments)
    assert not done.ok
    assert "protected" in done.text
    assert (space.beside, space.document) == ({"notes.md": "rent is due\n"}, {"ledger.csv": LEDGER})


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/b", "C:\\x", "nul.csv", "x\x1b[2J", "", " ", ".." * 100, "a\u202eb"]
)
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    space = folder()
    assert not do(space, "create", path=name, file_text="x").ok
    assert not do(space, "move", path="ledger.csv", new_path=name).ok
    assert name == "" or not do(space, "delete", path=name).ok
    assert space.document == {"ledger.csv": LEDGER}


@pytest.mark.parametrize(
    "call",
    [
        Call("rm", {"path": "ledger.csv"}),
        Call("view", {"path": 3}), Call("view", {"path": "ledger.csv", "view_range": 3}),
        Call("view", {"path": "ledger.csv", "view_range": [4, 2]}),
        Call("view", {"path": "ledger.csv", "view_range": [0, 9]}),
        Call("view", {"path": "ledger.csv", "view_range": [1, 2, 3]}), Call("create", {"path": "x.txt"}),
        Call("create", {"path": "x.txt", "file_text": ["a"]}), Call("str_replace", {"path": "ledger.csv"}),
        Call("grep", {"pattern": "a\nb"}), Call("grep", {"pattern": ""}), Call("view", {"path": "no.csv"}),
        Call("delete", {}), Call("create", {"path": "x.txt", "file_text": "x"}, fault="its arguments are no JSON"),
    ],
    ids=lambda call: f"{call.tool} {dict(call.arguments)}",
)  # fmt: skip
def test_what_cannot_be_done_changes_nothing_and_says_so(call: Call) -> None:
    space = folder()
    done = space.do(call)
    assert not done.ok
    assert done.text.endswith("Nothing was changed.")
    assert space.document == {"ledger.csv": LEDGER}


def test_the_folder_has_a_size() -> None:
    space = folder()
    assert do(space, "create", path="big.txt", file_text="x" * (SIZE - 1000)).ok
    assert not do(space, "insert", path="big.txt", insert_line=1, insert_text="y" * 2000).ok
    assert do(space, "create", path="big.txt", file_text="small").ok
    made = [do(space, "create", path=f"{n}.txt", file_text="").ok for n in range(FILES)]
    assert made == [True] * (FILES - 2) + [False] * 2


def test_a_document_that_is_larger_may_stay_so() -> None:
    space = Workspace({"big.txt": "x" * (SIZE + 10)}, {})
    assert do(space, "str_replace", path="big.txt", old_str="x" * (SIZE + 10), new_str="y" * SIZE).ok


def test_the_calls_of_a_hop_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.editors.tools.workspace.WORK", 3 * (len(LEDGER) + 12))
    space = folder()
    assert [do(space, "grep", pattern="rent").ok for _ in range(4)] == [True, True, True, False]

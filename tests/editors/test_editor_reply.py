"""Replies as models write them, and replies as nobody should."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.editors.blocks import fence_for, fenced
from harness.editors.reply import parse_reply
from harness.filenames import is_safe

A, B = "x,y\n1,2\n", "k\nv\n"


def files(reply: str, expected: tuple[str, ...] = ("a.csv",), shown: dict[str, str] | None = None) -> dict[str, str]:
    return parse_reply(reply, expected, shown or {}).files


NAMED = {
    "info": "```a.csv\n{}```",
    "info after a blank": "``` a.csv\n{}```",
    "language and name": "```csv a.csv\n{}```",
    "language colon name": "```csv:a.csv\n{}```",
    "title attribute": "```csv title=a.csv\n{}```",
    "quoted title attribute": '```csv title="a.csv"\n{}```',
    "file attribute": "```file=a.csv\n{}```",
    "filename colon": "```filename: a.csv\n{}```",
    "braces": '```{{.csv filename="a.csv"}}\n{}```',
    "dot slash": "```./a.csv\n{}```",
    "ticks": "``` `a.csv`\n{}```",
    "language and ticks": "```csv `a.csv`\n{}```",
    "comment in the info": "```csv // a.csv\n{}```",
    "parentheses": "```csv (a.csv)\n{}```",
    "bold in the info": "```csv **a.csv**\n{}```",
    "other case": "```A.CSV\n{}```",
    "longer fence": "`````a.csv\n{}`````",
    "longer closing fence": "```a.csv\n{}``````",
    "tildes": "~~~a.csv\n{}~~~",
    "language word alone": "```csv\n{}```",
    "nothing": "```\n{}```",
    "heading": "### a.csv\n```csv\n{}```",
    "heading and a blank line": "### a.csv\n\n```csv\n{}```",
    "bold": "**a.csv**\n```csv\n{}```",
    "bold with colon": "**a.csv:**\n```\n{}```",
    "ticks before": "`a.csv`\n```\n{}```",
    "ticks with colon": "`a.csv`:\n```\n{}```",
    "label": "File: a.csv\n```\n{}```",
    "bold label": "**File:** `a.csv`\n```\n{}```",
    "numbered label": "File 1: a.csv\n```\n{}```",
    "list item": "1. **a.csv**\n```\n{}```",
    "numbered heading": "## 1. `a.csv`\n```\n{}```",
    "equals signs": "=== a.csv ===\n```\n{}```",
    "sentence": "Here is the updated `a.csv` for you:\n\n```csv\n{}```",
    "name inside": "```csv\na.csv\n{}```",
    "name inside in bold": "```\n**a.csv**\n{}```",
    "prose around": "Sure! I sorted it.\n\n```csv a.csv\n{}```\n\nLet me know if you need `b.csv` too.",
    "missing last fence": "```csv a.csv\n{}",
    "crlf": "```csv a.csv\r\nx,y\r\n1,2\r\n```\r\n",
    "byte order mark": "\ufeff```csv a.csv\n{}```",
    "indented": "1. Here it is:\n\n   ```csv a.csv\n   x,y\n   1,2\n   ```\n",
    "wrapper": '<file name="a.csv">\n{}</file>',
    "wrapper, single quotes": "<file name='a.csv'>\n{}</file>",
    "wrapper, path": '<document path="./a.csv" type="csv">\n{}</document>',
    "wrapper, not closed": '<file name="a.csv">\n{}',
    "wrapper on one line": '<file name="a.csv">x,y\n1,2</file>',
    "wrapper around a fence": '<file name="a.csv">\n```csv\n{}```\n</file>',
    "the reply is the file": "{}",
}


@pytest.mark.parametrize("reply", NAMED.values(), ids=NAMED.keys())
def test_one_file(reply: str) -> None:
    assert files(reply.format(A) if "{}" in reply else reply, shown={"a.csv": A}) == {"a.csv": A}


SEVERAL = {
    "each named": "```a.csv\n{a}```\n```b.csv\n{b}```",
    "in the other order": "```b.csv\n{b}```\nand\n```a.csv\n{a}```",
    "by headings": "## a.csv\n```csv\n{a}```\n\n## b.csv\n```csv\n{b}```\n",
    "without names": "```csv\n{a}```\n\n```csv\n{b}```",
    "the second without name": "```a.csv\n{a}```\n\n```csv\n{b}```",
    "the first without name": "```\n{a}```\n\n```b.csv\n{b}```",
    "names inside": "```\na.csv\n{a}```\n\n```\nb.csv\n{b}```",
    "the fence between forgotten": "```a.csv\n{a}```b.csv\n{b}```",
    "last fence missing": "```a.csv\n{a}```\n```b.csv\n{b}",
    "wrappers": '<file name="a.csv">\n{a}</file>\n<file name="b.csv">\n{b}</file>',
    "wrappers never closed": '<file name="a.csv">\n{a}<file name="b.csv">\n{b}',
    "an example besides": "I ran\n```python\nprint(1)\n```\n```a.csv\n{a}```\n```b.csv\n{b}```",
    "an earlier copy": "```a.csv\nold\n```\nNo, wait:\n```a.csv\n{a}```\n```b.csv\n{b}```",
    "a later copy that is cut": "```a.csv\n{a}```\n```b.csv\n{b}```\n```a.csv\nx,y\n1",
    "a stray fence at the end": "```a.csv\n{a}```\n```b.csv\n{b}```\n```\n\nThat is all.",
    "mentioned in prose later": "```a.csv\n{a}```\n```b.csv\n{b}```\nTo check a.csv run:\n```sh\nwc -l a.csv\n```",
}


@pytest.mark.parametrize("reply", SEVERAL.values(), ids=SEVERAL.keys())
def test_several_files(reply: str) -> None:
    assert files(reply.format(a=A, b=B), ("a.csv", "b.csv")) == {"a.csv": A, "b.csv": B}


def test_a_longer_fence_holds_shorter_ones() -> None:
    note = "# Notes\n```python\nprint(1)\n```\nend\n"
    assert files(f"````md notes.md\n{note}````", ("notes.md",)) == {"notes.md": note}
    assert files(f"~~~md notes.md\n{note}~~~", ("notes.md",)) == {"notes.md": note}


def test_code_in_markdown_between_fences_of_one_length() -> None:
    note = "# Notes\n```python\nprint(1)\n```\nend\n```sh\nls\n```\n"
    assert files(f"```markdown notes.md\n{note}```\nDone.", ("notes.md",)) == {"notes.md": note}


def test_a_fence_line_that_opens_nothing_is_content() -> None:
    assert files("```a.csv\nx\n```python\ny\n```\nDone.") == {"a.csv": "x\n```python\ny\n"}


def test_a_first_line_that_looks_like_a_file_names_none() -> None:
    hosts = "10.0.0.1\nrouter.lan\n"
    assert files(f"```\n{hosts}```", ("hosts",)) == {"hosts": hosts}
    assert files("```\nnotes.txt\nx\n```", ("list",)) == {"list": "notes.txt\nx\n"}


def test_a_comment_that_names_the_file_stays() -> None:
    reply = "```\n# b.py\n2\n```\n```\n# a.py\n1\n```"
    assert files(reply, ("a.py", "b.py")) == {"b.py": "# b.py\n2\n", "a.py": "# a.py\n1\n"}


def test_a_language_is_not_the_file_that_the_heading_does_not_name() -> None:
    assert files("GNUmakefile:\n```makefile\nall:\n```", ("makefile", "GNUmakefile")) == {"GNUmakefile": "all:\n"}
    assert files("```makefile\nall:\n```", ("Makefile",)) == {"Makefile": "all:\n"}


def test_names_with_blanks_underscores_and_accents() -> None:
    assert files("```csv my notes.csv\n1\n```", ("my notes.csv",)) == {"my notes.csv": "1\n"}
    assert files("**__init__.py**\n```python\n1\n```", ("__init__.py", "b.py")) == {"__init__.py": "1\n"}
    assert files("```zoe\u0308.csv\n1\n```", ("zoë.csv",)) == {"zoë.csv": "1\n"}


def test_names_without_extension() -> None:
    for reply in ("```hosts\n1\n```", '<file name="hosts">\n1\n</file>', "**hosts**\n```\n1\n```"):
        assert files(reply, ("hosts", "b.csv")) == {"hosts": "1\n"}


def test_two_names_that_differ_in_case() -> None:
    assert files("```b.csv\n1\n```\n```B.csv\n2\n```", ("B.csv", "b.csv")) == {"b.csv": "1\n", "B.csv": "2\n"}


def test_distractors_and_files_nobody_asked_for_are_known_by_name() -> None:
    reply = "```a.csv\n1\n```\n```other.md\n2\n```\n```new.txt\n3\n```"
    assert files(reply, ("a.csv",), {"other.md": "2\n"}) == {"a.csv": "1\n", "other.md": "2\n", "new.txt": "3\n"}


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "..\\x.txt", "C:\\x.txt", "out/a.csv", "con.csv", "NUL.txt", "a\u202etxt.csv",
     "a\x07.csv", "x" * 130 + ".csv", "~/a.csv"],
)  # fmt: skip
def test_hostile_names_are_dropped_and_told(name: str) -> None:
    parsed = parse_reply(f"```a.csv\n{A}```\n```csv {name}\nevil\n```", ("a.csv",), {})
    assert parsed.files == {"a.csv": A}
    assert len(parsed.dropped) == 1
    assert not is_safe(parsed.dropped[0])


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I can't help with that.",
        "a.csv is sorted now.",
        "x;y\n1;2\n",
        "```\n```",
        "```python\nprint(1)\n```\n```sh\nls\n```",
        "use ```x,y``` here",
        "<file name=\"../a.csv\">\n1\n</file>",
    ],
)  # fmt: skip
def test_no_file_is_made_up(reply: str) -> None:
    assert files(reply, shown={"a.csv": A}) == {}


def test_the_end_of_the_reply_is_told_from_the_end_of_the_file() -> None:
    assert parse_reply("```a.csv\n1\n```\n```b.csv\n2", ("a.csv", "b.csv"), {}).unclosed == "b.csv"
    assert parse_reply("```\na.csv\n1", ("a.csv",), {}).unclosed == "a.csv"
    assert parse_reply("```a.csv\n1\n```\n```b.csv\n2\n```", ("a.csv", "b.csv"), {}).unclosed is None


@pytest.mark.parametrize(("text", "kept"), [("1", "1\n"), ("1\n\n\n", "1\n"), ("\n\n1 ", "\n\n1 \n"), ("\n", "")])
def test_a_file_ends_with_one_newline(text: str, kept: str) -> None:
    assert files(f"```a.csv\n{text}\n```") == {"a.csv": kept}


# -- any content, any junk --------------------------------------------------------------------------------------------

_lines = st.sampled_from(
    ["```", "````", "~~~", "  ```", "```python", "```csv a.csv", "a.csv", "# b.txt", "</file>", '<file name="a.csv">',
     "", "x", "\t", "> ```", "\u2028", "\x0b```", "**a.csv**", "\ufeff", "`", "\r"]
)  # fmt: skip
_content = st.one_of(st.text(), st.lists(_lines, max_size=12).map("\n".join))
_name = st.from_regex(r"[A-Za-z0-9_éß][A-Za-z0-9_. é-]{0,12}[A-Za-z0-9_]", fullmatch=True)


def normal(text: str) -> str:
    text = text.replace("\r\n", "\n").rstrip("\n")
    return text + "\n" if text else ""


@given(st.dictionaries(_name, _content, min_size=1, max_size=4), st.booleans())
@example({"hosts": "10.0.0.1\n"}, True)
@example({"a.csv": "b.csv\n", "b.csv": "a.csv\n"}, False)
def test_files_in_fences_come_back_as_they_were(documents: dict[str, str], prose: bool) -> None:
    documents = {name: text.replace("\r", "") for name, text in documents.items()}
    documents = {name: text for name, text in documents.items() if is_safe(name)}
    between = "\nHere is the next one:\n\n" if prose else ""
    reply = between.join(fenced(name, text) for name, text in documents.items())
    parsed = parse_reply(reply, tuple(documents), {})
    assert parsed.files == {name: normal(text) for name, text in documents.items()}
    assert parsed.dropped == ()


@given(st.one_of(st.text(), st.lists(_lines).map("\n".join)), st.lists(_name, min_size=1, max_size=3, unique=True))
def test_junk_never_raises(reply: str, expected: list[str]) -> None:
    parsed = parse_reply(reply, tuple(expected), {"a.csv": A})
    assert all(is_safe(name) or name in expected for name in parsed.files)
    assert all(text == normal(text) or "\r" in text for text in parsed.files.values())


HOSTILE = {
    "one line of ticks": "`" * 1_000_000,
    "fences": "```\n" * 250_000,
    "fences with a language": "```a\n" * 200_000,
    "longer and longer": "\n".join("`" * (3 + n % 900) for n in range(2000)),
    "named fences": "```a.csv\n" * 110_000,
    "headings": "a.csv b.csv\n```\nx\n```\n" * 45_000,
    "wrappers": '<file name="a.csv">\n' * 50_000,
    "blank wrappers": ('<file name="a.csv">' + "\n" * 20) * 25_000,
    "wrapper attributes": ("<file " + "name " * 58 + "\n") * 3_000,
    "attributes": ("``` " + "name=" * 59 + "\nx\n```\n") * 3_000,
    "dots": ("``` " + "a." * 148 + "\n") * 3_300,
    "blanks": " " * 1_000_000 + "```",
    "comment marks": ("```\n" + "#" * 290 + "\n```\n") * 3_400,
    "indented": (" " * 400 + "```\n") * 2_500,
    "brackets": "<" * 1_000_000,
    "quotes": ('``` "' + "'`\"" * 98 + "\n") * 3_300,
}


@pytest.mark.parametrize("reply", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_replies_take_linear_time(reply: str) -> None:
    def seconds(text: str) -> float:
        began = time.process_time()
        parse_reply(text, ("a.csv", "b.csv"), {"c.md": "x"})
        return time.process_time() - began

    whole = seconds(reply)
    assert whole < 5.0
    # Quadratic work would be 16 times that of a quarter; the clock is coarse and the machine shared.
    assert whole < 0.5 or whole < 9 * max(seconds(reply[: len(reply) // 4]), 0.02)


def test_a_fence_is_longer_than_any_run_in_the_text() -> None:
    assert fence_for(["a ````` b", "``"]) == "`" * 6
    assert fence_for([]) == "```"

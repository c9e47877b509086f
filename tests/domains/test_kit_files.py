"""Files as people and models write them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domains.kit import EditError, ParseError, read_json, texts, unfence


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a,b\n", "a,b\n"),
        ("\ufeff\ufeffa,b\n", "a,b\n"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("```csv\na,b\n```\n", "a,b\n"),
        ("```csv\n\ufeffa,b\n```\n", "a,b\n"),
        ("~~~\na\n", "a\n"),
        ("Here it is:\n```\na long enough document\n```\nDone.\n", "Here it is:\n\na long enough document\n\nDone.\n"),
    ],
)
def test_what_stands_around_a_document_goes(text: str, plain: str) -> None:
    assert unfence(text) == plain


@pytest.mark.parametrize(
    "text",
    [
        "# Title\n\nWords.\n\n```\ncode\n```\n\nMore words than code, and a heading besides.\n",
        "A long introduction that outweighs its example by far.\n```\nx\n```\n",
        "```\none\n```\n\n- a list\n\n```\ntwo\n```\n\nlast words\n",
    ],
)
def test_a_fence_that_is_part_of_the_document_stays(text: str) -> None:
    assert unfence(text).count("```") == text.count("```")


def test_json_numbers_keep_their_digits_and_errors_their_line() -> None:
    assert read_json({"x.json": '{"n": 1.10, "m": NaN}'}, "x.json", Decimal) == {"n": Decimal("1.10"), "m": "NaN"}
    with pytest.raises(EditError, match=r"^x\.json:2: not JSON"):
        read_json({"x.json": '{\n"n": }'}, "x.json")
    with pytest.raises(EditError, match="not JSON"):
        read_json({"x.json": "[" * 100_000}, "x.json")


def test_a_parser_gets_its_files_in_order_or_an_error_with_a_name() -> None:
    assert list(texts({"b": "2", "a": "1"}, "a")) == [("a", "1"), ("b", "2")]
    with pytest.raises(ParseError, match=r"^main\.txt: there is no file"):
        list(texts({}, "main.txt"))

"""The pages of docs/domains say what the code does today."""

from __future__ import annotations

from tests.pages import FOLDER, pages


def test_the_pages_of_the_domains_are_as_the_code_writes_them() -> None:
    """When this fails: `make docs`."""
    written = pages()
    assert {path: path.read_text(encoding="utf-8") for path in written} == written
    assert sorted(FOLDER.iterdir()) == sorted(written)

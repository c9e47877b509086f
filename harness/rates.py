"""Rates as people write them."""

from __future__ import annotations

from fractions import Fraction

from harness.errors import UsageError


def share(text: str) -> Fraction:
    """0.01, 1%, 1/3 as a fraction. UsageError for anything else."""
    plain = text.strip()
    try:
        return Fraction(plain[:-1]) / 100 if plain.endswith("%") else Fraction(plain)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"{text!r} is no rate: write 0.01 or 1%") from None

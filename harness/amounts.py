"""Figures that are no shares, as people read them: to three digits, never as 1e-05."""

from __future__ import annotations

import math


def amount(value: float) -> str:
    """0.0123, 4.51 or 12,345."""
    if not value:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    told = f"{value:,.{places}f}"
    return told.rstrip("0").rstrip(".") if places else told


def dollars(value: float) -> str:
    """$0.00123, -$0.05 or $1,234.50: cents at least."""
    if not value:
        return "0"
    places = max(2, 2 - math.floor(math.log10(abs(value))))
    return f"{'-' if value < 0 else ''}${abs(value):,.{places}f}"

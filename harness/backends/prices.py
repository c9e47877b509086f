"""What a call costs: from the price table of genai-prices, or as the user says. Unknown is None, never 0."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from harness.backends.base import Usage
from harness.errors import UsageError

FREE = ("local", "replay", "sim")
"""Schemes whose models cost nothing."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens sent and a million written."""

    input: float
    output: float

    @staticmethod
    def read(text: str) -> Price:
        """From `IN/OUT`, as `0.25/2`. UsageError for anything else."""
        parts = text.split("/")
        try:
            price = Price(*map(float, parts))
        except (TypeError, ValueError):
            price = Price(math.nan, math.nan)
        if not (0 <= price.input < math.inf and 0 <= price.output < math.inf):
            raise UsageError(f"a price is written IN/OUT, dollars for a million tokens, as 0.25/2, not {text!r}")
        return price

    def of(self, usage: Usage) -> float | None:
        """US dollars; None when the tokens are not known."""
        if usage.input is None or usage.output is None:
            return None
        return (usage.input * self.input + usage.output * self.output) / 1e6


def charge(name: str, usage: Usage, *, base_url: str | None = None, price: Price | None = None) -> float | None:
    """US dollars of a call of the model with this full name; `price` stands in for the table."""
    scheme, _, model = name.partition(":")
    if scheme in FREE:
        return 0.0
    if price is not None:
        return price.of(usage)
    return cost(model, usage, provider=scheme, base_url=_address(scheme, base_url))


def window(name: str, base_url: str | None = None) -> int | None:
    """Tokens of prompt and reply together that the model with this full name can take, as far as the table knows."""
    scheme, _, model = name.partition(":")
    url = _address(scheme, base_url)
    from genai_prices import Usage as PricedUsage
    from genai_prices import calc_price

    try:
        one = PricedUsage(input_tokens=1, output_tokens=1)
        found = (
            calc_price(one, model, provider_id=scheme) if url is None else calc_price(one, model, provider_api_url=url)
        )
    except (LookupError, ValueError):
        return None
    return found.model.context_window


def cost(
    model: str,
    usage: Usage,
    *,
    provider: str | None = None,
    base_url: str | None = None,
    cache_write: int | None = None,
) -> float | None:
    """US dollars, or None when the model, its provider or the tokens are not known.

    The provider is named either by its id in the table (`openai`, `anthropic`) or by the URL it is reached at.
    """
    if usage.input is None or usage.output is None:
        return None
    from genai_prices import Usage as PricedUsage
    from genai_prices import calc_price  # late: a run of simulated models does not need the table

    tokens = PricedUsage(
        input_tokens=usage.input,
        cache_read_tokens=usage.cached,
        cache_write_tokens=cache_write,
        output_tokens=usage.output,
    )
    try:
        if base_url is not None:
            return float(calc_price(tokens, model, provider_api_url=base_url).total_price)
        return float(calc_price(tokens, model, provider_id=provider).total_price)
    except (LookupError, ValueError):  # not in the table; counts that contradict each other (more cached than sent)
        return None


def _address(scheme: str, base_url: str | None) -> str | None:
    return base_url or os.environ.get(f"{scheme.upper()}_BASE_URL") or None

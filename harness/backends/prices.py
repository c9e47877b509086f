"""What a call cost, from the price table of genai-prices. Unknown is None, never 0."""

from __future__ import annotations

from genai_prices import Usage as PricedUsage
from genai_prices import calc_price

from harness.backends.base import Usage


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

"""What the next chains will cost, so that buying stops before the money does."""

from __future__ import annotations

from dataclasses import dataclass

from harness.backends.base import Usage
from harness.errors import UsageError
from harness.relay.run import plan_chains
from harness.relay.spec import RunSpec
from harness.store import Reader
from harness.study import Study
from harness.table import bills

_PROMPT = 600
"""Tokens of instructions beside the document, for the first guess."""
_FREE = ("sim", "local", "replay")


@dataclass(frozen=True, slots=True)
class Purse:
    """`limit` in US dollars, None for no limit."""

    limit: float | None

    def check(self, spec: RunSpec) -> None:
        """UsageError when there is a limit and the price of a model is not known, before anything is bought."""
        if self.limit is None:
            return
        if self.limit <= 0:
            raise UsageError(f"--max-cost is an amount in US dollars above 0, not {self.limit:g}")
        for model in spec.models:
            if _price(model, spec.base_url, 1000, 1000) is None:
                raise unpriced(model)

    def first(self, spec: RunSpec) -> float:
        """A guess at the cost of a whole run before any chain is known: each hop reads the document and what lies
        beside it and writes the document. What a model thinks is not in it."""
        return sum(
            spec.hops
            * (
                _price(
                    chain.model,
                    spec.base_url,
                    chain.environment.tokens + chain.environment.distractor_tokens + _PROMPT,
                    chain.environment.tokens,
                )
                or 0.0
            )
            for chain in plan_chains(spec)
        )

    def allows(self, *costs: float) -> bool:
        """Whether they fit, together."""
        return self.limit is None or sum(costs) <= self.limit


def spent(study: Study) -> float | None:
    """What the chains of a study cost so far, in whichever run they were bought; None when a price is unknown."""
    with Reader(study.path) as reader:
        paid = bills(reader)
    costs = [paid[chain.number]["cost_usd"] for chain in study.chains]
    return None if None in costs else float(sum(costs))


def unpriced(model: str) -> UsageError:
    return UsageError(f"the price of {model} is not known, so --max-cost cannot be kept: use --max-chains instead")


def _price(model: str, base_url: str | None, read: int, written: int) -> float | None:
    from harness.backends.prices import cost

    scheme, _, name = model.partition(":")
    if scheme in _FREE:
        return 0.0
    usage = Usage(input=read, output=written)
    return cost(name, usage, provider=scheme) if base_url is None else cost(name, usage, base_url=base_url)

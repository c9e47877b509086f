"""Whether a transaction balances, and the amount that it leaves to be worked out."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from domains.kit import Element


def balanced(parts: list[Element], bucket: bool = False) -> tuple[list[Element], list[str]]:
    """The parts with the amount that was left out, and what is wrong with them: ledger refuses an imbalance. A bucket
    takes the other half of a posting that stands alone."""
    open_at = -1
    real = 0
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for n, part in enumerate(parts):
        fields = part.fields
        if part.kind != "posting" or fields.get("virtual") == "unbalanced":
            continue
        real += 1
        if "expression" in fields or "lot" in fields:
            return parts, []  # what it is worth takes ledger itself to say
        if "amount" not in fields:
            if "assertion" in fields or open_at >= 0:
                return parts, []
            open_at = n
            continue
        weight, unit = worth(part)
        sums[unit] += weight
    rest = [(unit, total) for unit, total in sums.items() if total]
    if open_at < 0:
        if len(rest) == 1 and abs(rest[0][1]) >= Decimal("0.01") and not (bucket and real == 1):
            return parts, [f"the transaction is out of balance by {rest[0][1]} {rest[0][0]}"]
    elif len(sums) == 1 or len(rest) == 1:
        unit, total = rest[0] if rest else next(iter(sums.items()))
        parts = list(parts)
        parts[open_at] = parts[open_at].with_fields(amount=-total, currency=unit or None)
    return parts, []


def worth(posting: Element) -> tuple[Decimal, str]:
    """What a posting adds to its transaction's balance: its amount, or its cost where one is given."""
    amount, cost = posting.number("amount"), posting.get("cost")
    if not isinstance(cost, Decimal):
        return amount, posting.text("currency")
    if posting.get("cost_total"):
        return cost.copy_sign(amount), posting.text("cost_currency")
    return amount * cost, posting.text("cost_currency")

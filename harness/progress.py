"""How a run is going, for whoever shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """`hops` of `total` are finished, `resumed` of them by earlier runs; a horizon study's are its turns. `rs` is each
    model's mean over its chains of the last measured hop (0 for a failure; a turn: 1 when it is right), None before the
    first; `cost` is what this run paid in US dollars, None when some price is unknown; `calls` were answered in this
    run."""

    hops: int
    total: int
    resumed: int
    chains: int
    rs: Mapping[str, float | None]
    cost: float | None
    calls: int
    stopped: int


Report = Callable[[Progress], None]


class Tally:
    """Counts along, in constant time a hop."""

    def __init__(self, chains: Mapping[int, str], total: int) -> None:
        """`chains` gives the model of each chain's number."""
        self._models = chains
        self._total = total
        self._hops = self._resumed = self._calls = self._stopped = 0
        self._cost: float | None = 0.0
        self._last: dict[int, float] = {}
        self._sum = dict.fromkeys(chains.values(), 0.0)
        self._count = dict.fromkeys(chains.values(), 0)

    def resumed(self, hops: int) -> None:
        self._hops += hops
        self._resumed += hops

    def stopped(self) -> None:
        self._stopped += 1

    def paid(self, cost: float | None) -> None:
        self._calls += 1
        self._cost = None if self._cost is None or cost is None else self._cost + cost

    def stepped(self, chain: int, credit: float | None) -> None:
        self._hops += 1
        if credit is None:
            return
        model = self._models[chain]
        if chain not in self._last:
            self._count[model] += 1
        self._sum[model] += credit - self._last.get(chain, 0.0)
        self._last[chain] = credit

    def progress(self) -> Progress:
        rs = {model: self._sum[model] / count if count else None for model, count in self._count.items()}
        return Progress(
            self._hops, self._total, self._resumed, len(self._models), rs, self._cost, self._calls, self._stopped
        )

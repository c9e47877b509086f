"""Non-inferiority by betting: decides as soon as the evidence does, valid at whatever moment one looks.

A pair gives d = RS of the candidate less RS of the baseline, in [-1, 1]. Against "the mean of d is at most v" we bet on
d > v: the capital, product of 1 + bet * (d - v), has mean at most 1 if that is so, and exceeds 1 / alpha with
probability at most alpha over all time (Ville). The values v that are not refuted are a confidence sequence
(Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 2024, section 4). Nothing is
assumed of d but its range; heavy tails cost chains, not validity.

A bet is fixed before its batch, from earlier batches. The chains of a batch may come from domains of unequal
means as long as every batch holds each equally often: of independent factors the product of means is at most the power
of their mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.errors import UsageError

Array = NDArray[np.float64]
Outcome = Literal["pass", "fail", "inconclusive", ""]

_PASS = ((1.0, 0.8), (4.0, 0.12), (0.35, 0.08))
"""Bets for passing: (the true difference they are made for, in margins above -margin; their share of the capital). A
bet gains on differences of more than half of what it is made for: the small one is for who goes on and on."""
_FAIL = ((1.5, 0.65), (4.0, 0.25), (0.5, 0.1))
"""Bets for failing, in margins below -margin."""
_DARING = 0.95
"""A bet stakes at most this share of what it could lose, so that no single chain ruins it."""
_GUESS, _TRUST = 0.3, 20
"""Standard deviation of d assumed at first, and the number of pairs that guess counts for."""
_DOOMED = 1.5
"""In margins: worse than this, what is no longer expected to pass may still be shown to fail."""


@dataclass(frozen=True, slots=True)
class Design:
    """What is declared before anything is seen. `margin` is the loss of RS that is accepted; `alpha` bounds both wrong
    decisions, each by itself: to pass a candidate that is worse by the margin or more, to fail one that is not worse by
    more; `power` is how often a candidate equal to the baseline shall pass."""

    margin: float = 0.02
    alpha: float = 0.05
    power: float = 0.95

    def __post_init__(self) -> None:
        if not 0 < self.margin < 1:
            raise UsageError(f"the margin is a loss of RS between 0 and 1, such as 0.02, not {self.margin:g}")
        if not 0 < self.alpha < 0.5:
            raise UsageError(f"alpha is an error rate between 0 and 0.5, such as 0.05, not {self.alpha:g}")
        if not 0.5 <= self.power < 1:
            raise UsageError(f"power is a rate from 0.5 to below 1, such as 0.95, not {self.power:g}")

    def fixed_size(self, sd: float) -> int:
        """Pairs of the fixed-size design of this error rate and power: a one-sided z test of a candidate that is equal,
        were the standard deviation of d known."""
        from scipy.stats import norm

        return math.ceil(((norm.ppf(1 - self.alpha) + norm.ppf(self.power)) * sd / self.margin) ** 2)


class Sequence:
    """The race between passing and failing, of one candidate or of many simulated ones at once.

    `add` takes arrays of shape (runs, pairs). After each batch `outcome` may be read, and acted on:
    pass           the mean of d is shown to be above -margin
    fail           it is shown to be below -margin
    inconclusive   the candidate is shown to be worse than the baseline (at 1 - power), and the mean so far is not below
                   -1.5 margins: neither decision is in sight at a sensible price. Whoever goes on buying may still see
                   one, at the same error rates.
    """

    def __init__(self, design: Design, runs: int = 1) -> None:
        self.design = design
        self.count = 0
        self._pass = np.zeros((runs, len(_PASS)))
        self._fail = np.zeros((runs, len(_FAIL)))
        self._worse = np.zeros(runs)
        self._sum = np.zeros(runs)
        self._squares = np.zeros(runs)
        self._history: list[tuple[Array, Array, Array]] = []

    def add(self, differences: Array) -> None:
        """The next batch. ValueError for differences that are none."""
        d = np.atleast_2d(np.asarray(differences, dtype=np.float64))
        if np.isnan(d).any() or (np.abs(d) > 1 + 1e-9).any():
            raise ValueError("differences of scores lie in [-1, 1]")
        if not d.shape[1]:
            return
        margin = self.design.margin
        ups, downs = self._bets(_PASS, 1 - margin), self._bets(_FAIL, 1 + margin)
        self._pass += np.log1p(ups[:, :, None] * (d + margin)[:, None, :]).sum(axis=2)
        self._fail += np.log1p(-downs[:, :, None] * (d + margin)[:, None, :]).sum(axis=2)
        self._worse += np.log1p(-self._bets(((1.0, 1.0),), 1.0) * d).sum(axis=1)
        self._sum += d.sum(axis=1)
        self._squares += (d**2).sum(axis=1)
        self.count += d.shape[1]
        self._history.append((d, ups, downs))

    @property
    def mean(self) -> Array:
        return self._sum / max(self.count, 1)

    @property
    def outcome(self) -> list[Outcome]:
        """What the evidence so far decides, by run; "" while it decides nothing."""
        mean = self.mean
        limit, patience = -math.log(self.design.alpha), -math.log(1 - self.design.power)
        passes, fails = _capital(self._pass, _PASS) >= limit, _capital(self._fail, _FAIL) >= limit
        stuck = (self._worse >= patience) & (mean > -_DOOMED * self.design.margin)
        return [
            "pass" if won else "fail" if lost else "inconclusive" if idle else ""
            for won, lost, idle in zip(passes, fails, stuck, strict=True)
        ]

    def interval(self, run: int = 0) -> tuple[float, float]:
        """What is not refuted: each limit by itself holds at all times together with probability 1 - alpha. The lower
        one is above -margin exactly when the run passes, the upper one below exactly when it fails."""
        if not self.count:
            return -1.0, 1.0
        limit = -math.log(self.design.alpha)
        low = _root(lambda v: _capital(self._wealth(run, v, up=True), _PASS)[0] >= limit)
        high = -_root(lambda v: _capital(self._wealth(run, -v, up=False), _FAIL)[0] >= limit)
        return low, high

    def further(self, run: int = 0) -> int | None:
        """How many more pairs would decide if they came like those so far; None when none would."""
        margin, limit = self.design.margin, -math.log(self.design.alpha)
        if not self.count:
            return None
        d = np.concatenate([part[run] for part, _, _ in self._history])
        found = []
        for table, capital, sign in ((_PASS, self._pass, 1.0), (_FAIL, self._fail, -1.0)):
            bets = self._bets(table, 1 - sign * margin)[run]
            growth = np.log1p(sign * bets[:, None] * (d + margin)).mean(axis=1)
            share = np.log([part for _, part in table])
            found += [
                math.ceil(max(1.0, (limit - own - weight) / rate))
                for own, weight, rate in zip(capital[run], share, growth, strict=True)
                if rate > 1e-9
            ]
        return min(found, default=None)

    def _bets(self, table: tuple[tuple[float, float], ...], reach: float) -> Array:
        """The best bet on each true difference there, given the variance seen so far: theta / (variance + theta^2), the
        second-order optimum. Shape (runs, bets)."""
        known = self.count + _TRUST
        variance = (self._squares + _TRUST * _GUESS**2) / known - (self._sum / known) ** 2
        theta = np.array([size for size, _ in table]) * self.design.margin
        best = theta / (np.maximum(variance, 1e-4)[:, None] + theta**2)
        bets: Array = np.minimum(best, _DARING / reach)
        return bets

    def _wealth(self, run: int, value: float, *, up: bool) -> Array:
        """Logarithm of the capital of each bet against the mean `value`; -inf where it would be ruined."""
        sign = 1.0 if up else -1.0
        total = np.zeros((1, len(_PASS if up else _FAIL)))
        for d, ups, downs in self._history:
            factors = 1 + sign * (ups if up else downs)[run][:, None] * (d[run] - value)
            with np.errstate(divide="ignore"):
                total += np.log(np.maximum(factors, 0.0)).sum(axis=1)
        return total


def _capital(wealth: Array, table: tuple[tuple[float, float], ...]) -> Array:
    """Logarithm of the capital of all bets together. Shape (runs,)."""
    total: Array = np.logaddexp.reduce(wealth + np.log([share for _, share in table]), axis=1)
    return total


def _root(refuted: Callable[[float], bool]) -> float:
    """The largest value in [-1, 1] that is refuted, of a test that refutes small values first; -1 when it is none."""
    low, high = -1.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if refuted(middle) else (low, middle)
    return low

"""Decay curves: RS(k) = a exp(-r k), and with a floor, RS(k) = c + (a - c) exp(-r k). Least squares."""

from __future__ import annotations

import numpy as np

from harness.analysis.bootstrap import Array

SLOWEST, FASTEST = 1e-6, 5.0
"""Rates per hop between which one is sought. A curve that does not fall has the slowest."""
_POINTS, _ZOOMS = 48, 4


def fit(hops: Array, curves: Array, *, floor: bool) -> Array:
    """Fits each row of `curves` (rows, hops): columns rate r, start a, floor c (0 without one). NaN for a row that has
    a gap. Scans the rate, where all else is linear (variable projection, Golub and Pereyra 1973), ever closer."""
    low = np.full(len(curves), np.log(SLOWEST))
    high = np.full(len(curves), np.log(FASTEST))
    steps = np.linspace(0.0, 1.0, _POINTS)
    for _ in range(_ZOOMS):
        grid = low[:, None] + (high - low)[:, None] * steps
        errors = _solve(np.exp(grid), hops, curves, floor)[0]
        best = np.argmin(np.where(np.isnan(errors), np.inf, errors), axis=1)
        rows = np.arange(len(curves))
        low, high = grid[rows, np.maximum(best - 1, 0)], grid[rows, np.minimum(best + 1, _POINTS - 1)]
    rate = np.exp(grid[rows, best])
    _, start, least = _solve(rate[:, None], hops, curves, floor)
    found = np.column_stack([rate, start[:, 0], least[:, 0]])
    found[np.isnan(curves).any(axis=1)] = np.nan
    return found


def predict(hops: Array, fitted: Array) -> Array:
    """The curves (rows, hops) of what `fit` found."""
    rate, start, floor = (fitted[:, [n]] for n in range(3))
    curve: Array = floor + (start - floor) * np.exp(-rate * hops)
    return curve


def _solve(rates: Array, hops: Array, curves: Array, floor: bool) -> tuple[Array, Array, Array]:
    """For each row and rate (rows, rates): squared error, start and floor of the best curve. Neither is below 0, and
    the floor is not above the start: a curve that rises again has no floor."""
    decay = np.exp(-rates[:, :, None] * hops)
    y = curves[:, None, :]
    power, product = (decay**2).sum(axis=2), (decay * y).sum(axis=2)
    plain = product / power
    error = ((y - plain[:, :, None] * decay) ** 2).sum(axis=2)
    none = np.zeros_like(plain)
    if not floor:
        return error, plain, none
    middle_x, middle_y = decay.mean(axis=2), y.mean(axis=2)
    spread = power - len(hops) * middle_x**2
    drop = np.where(spread > 1e-12, (product - len(hops) * middle_x * middle_y) / np.maximum(spread, 1e-12), 0.0)
    least = middle_y - drop * middle_x
    floored = ((y - least[:, :, None] - drop[:, :, None] * decay) ** 2).sum(axis=2)
    better = (floored < error) & (drop >= 0.0) & (least >= 0.0)
    return np.where(better, floored, error), np.where(better, least + drop, plain), np.where(better, least, none)

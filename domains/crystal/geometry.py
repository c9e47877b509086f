"""The arithmetic of a unit cell: fractional and Cartesian coordinates (x along a, y in the plane of a and b)."""

from __future__ import annotations

import math
from functools import cached_property

Vector = tuple[float, float, float]


class Cell:
    """Edges in Angstrom and angles in degrees."""

    def __init__(self, lengths: Vector, angles: Vector) -> None:
        self.lengths, self.angles = lengths, angles

    @cached_property
    def _rows(self) -> tuple[float, float, float, float, float, float]:
        """The upper triangle of the matrix that makes Cartesian coordinates of fractional ones."""
        a, b, c = self.lengths
        alpha, beta, gamma = (cosine(angle) for angle in self.angles)
        sine = math.sqrt(1 - gamma * gamma)
        across = (alpha - beta * gamma) / sine
        return a, b * gamma, c * beta, b * sine, c * across, c * math.sqrt(1 - beta * beta - across * across)

    @property
    def volume(self) -> float:
        xx, _, _, yy, _, zz = self._rows
        return xx * yy * zz

    def cartesian(self, place: Vector) -> Vector:
        xx, xy, xz, yy, yz, zz = self._rows
        x, y, z = place
        return xx * x + xy * y + xz * z, yy * y + yz * z, zz * z

    def fractional(self, place: Vector) -> Vector:
        xx, xy, xz, yy, yz, zz = self._rows
        z = place[2] / zz
        y = (place[1] - yz * z) / yy
        return (place[0] - xy * y - xz * z) / xx, y, z


def cosine(degrees: float) -> float:
    return 0.0 if degrees == 90 else math.cos(math.radians(degrees))


def distance(cell: Cell, a: Vector, b: Vector) -> float:
    return math.dist(cell.cartesian(a), cell.cartesian(b))


def angle(cell: Cell, a: Vector, b: Vector, c: Vector) -> float:
    """The angle at b, in degrees."""
    p, q, r = (cell.cartesian(v) for v in (a, b, c))
    u, v = [x - y for x, y in zip(p, q, strict=True)], [x - y for x, y in zip(r, q, strict=True)]
    product = sum(x * y for x, y in zip(u, v, strict=True)) / (math.hypot(*u) * math.hypot(*v))
    return math.degrees(math.acos(max(-1.0, min(1.0, product))))

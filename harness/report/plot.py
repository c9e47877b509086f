"""What a chart shows, as values: drawn by `static/charts.js` and, from the same values, told as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness.estimate import Estimate

Kind = Literal["lines", "stack", "scatter"]


@dataclass(frozen=True, slots=True)
class Point:
    """A point and, where it has them, the limits of its 95 % interval in y and in x."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A line, a layer of a stack, or a cloud. `tone` names the colour of a loss; other series are coloured in turn.
    `cells` are what the table says of it, its name where there are none."""

    name: str
    points: tuple[Point, ...]
    tone: str = ""
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """`slug` is its name within the page; `share`: y is a share, shown from 0 to 1 unless `zoom` lets it begin at the
    lowest value; `logarithmic`: x is. `labels` head the cells of its series."""

    slug: str
    kind: Kind
    title: str
    x: str
    y: str
    series: tuple[Series, ...]
    note: str = ""
    share: bool = True
    zoom: bool = False
    logarithmic: bool = False
    labels: tuple[str, ...] = ("model",)

    @property
    def columns(self) -> list[float]:
        """Every x there is, in order: the columns of the table."""
        return sorted({point.x for series in self.series for point in series.points})

    def rows(self) -> list[tuple[Series, list[Point | None]]]:
        """The table's rows: a series and its point under each column."""
        columns = self.columns
        found = []
        for series in self.series:
            at = {point.x: point for point in series.points}
            found.append((series, [at.get(x) for x in columns]))
        return found

    def data(self) -> dict[str, Any]:
        """As the page's script reads it."""
        series = [
            {"name": s.name, "tone": s.tone, "points": [[p.x, p.y, p.low, p.high] for p in s.points]}
            for s in self.series
        ]
        return {
            "slug": self.slug, "kind": self.kind, "title": self.title, "x": self.x, "y": self.y, "series": series,
            "share": self.share, "zoom": self.zoom, "logarithmic": self.logarithmic,
        }  # fmt: skip


def line(name: str, estimates: Sequence[tuple[float, Estimate]], tone: str = "", cells: tuple[str, ...] = ()) -> Series:
    """A series of estimates over x; those without a value are left out."""
    points = [Point(x, e.value, e.low, e.high) for x, e in estimates if e.value is not None]
    return Series(name, tuple(points), tone, cells)

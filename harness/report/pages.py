"""Templates to pages. Whatever is put into one is escaped: markup comes from the templates alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from harness.amounts import amount, dollars
from harness.analysis.curves import READY
from harness.estimate import Estimate
from harness.report.plot import Chart

HERE = Path(__file__).parent
SHADES = 9
"""Steps of the heat map's colour."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'; trusted-types palimpsest"
)
"""Only the site's own scripts and styles, nothing inline, no request anywhere, and no text that becomes markup."""


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    made.filters.update(
        share=share,
        amount=ranged,
        dollars=paid,
        money=money,
        count=count,
        interval=interval,
        shade=shade,
        number=number,
        grouped=grouped,
        hundredths=hundredths,
    )
    made.globals.update(policy=POLICY, ready_at=READY)
    return made


def page(template: str, values: Mapping[str, Any]) -> bytes:
    """The page as UTF-8; what has no place in UTF-8 is replaced."""
    return _environment().get_template(template).render(**values).encode("utf-8", "replace")


def share(value: float | None) -> str:
    """A score with three places, a dash where there is none; never rounded up to 1."""
    if value is None or value != value:
        return "–"
    shown = f"{value:.3f}"
    return "0.999" if shown == "1.000" and value < 1 else shown


def interval(estimate: Estimate) -> str:
    """[0.772, 0.909], or nothing where the limits are unknown."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"[{share(estimate.low)}, {share(estimate.high)}]"


def hundredths(value: float | None) -> str:
    """A score in whole hundredths; 100 is kept for what is whole."""
    return "–" if value is None else str(min(99, round(100 * value)) if value < 1 else 100)


def money(value: float | None) -> str:
    """US dollars; a question mark for an unknown price, which is not nothing."""
    if value is None:
        return "?"
    return "0" if value == 0 else f"${value:.4f}" if value < 1 else f"${value:,.2f}"


def ranged(found: Estimate) -> tuple[str, str]:
    """A figure that is no share, and its interval, "" where there is none; a question mark where it is unknown, a dash
    where there is none."""
    if found.value is None:
        return "–" if found.count else "?", ""
    return amount(found.value), _limits(found, amount)


def paid(found: Estimate) -> tuple[str, str]:
    """US dollars, likewise; a question mark for an unknown price."""
    return ("?", "") if found.value is None else (dollars(found.value), _limits(found, dollars))


def _limits(found: Estimate, told: Callable[[float], str]) -> str:
    if found.low is None or found.high is None or found.low == found.high:
        return ""
    return f"[{told(found.low)}, {told(found.high)}]"


def count(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"


def number(value: float) -> str:
    """As short as it can be told: the columns of a chart's table."""
    return f"{value:.4g}"


def grouped(slug: str, charts: Mapping[str, Chart]) -> list[Chart]:
    """The charts whose slugs are this one and a number."""
    return [chart for name, chart in charts.items() if name.startswith(f"{slug}-")]


def shade(value: float | None) -> str:
    """The class of a heat map's cell: `ready`, or heavier the more is lost."""
    if value is None:
        return "none"
    if value >= READY:
        return "ready"
    return f"lost-{min(SHADES, 1 + int((1.0 - value) * SHADES))}"

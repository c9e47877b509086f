"""How editors and protections are told of on the terminal: over whole relays, and hop by hop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from harness.amounts import amount, dollars
from harness.cli.terminal import interval, share, table
from harness.estimate import Estimate

if TYPE_CHECKING:
    from harness.analysis.protection import Protection
    from harness.analysis.ways import Way


DOLLAR, CALL = "points/dollar", "points/call"


def tables(told: Mapping[str, Way]) -> list[Table]:
    """That of whole relays and, where there are protections, that of hops."""
    guarded = [(way, way.protection) for way in told.values() if way.protection is not None]
    return [*([_relays(list(told.values()))] if told else []), *([_hops(guarded)] if guarded else [])]


def _relays(ways: Sequence[Way]) -> Table:
    """What each way keeps and costs, and what it wins over the one it differs from."""
    names, cells = _names(ways)
    hops = "/".join(str(hop) for hop in sorted({way.hop for way in ways}))
    units = _units([(way.against.per_dollar, way.against.per_call) for way in ways if way.against])
    taken = [("calls", "right"), ("cost", "right")]
    columns = [*names, (f"RS@{hops}", ""), ("done", "right"), *taken, ("against", ""), ("RS more", ""), *taken,
               *((unit, "right") for unit in units)]  # fmt: skip
    rows = [
        [*cell, interval(way.rs), share(way.done.value), number(way.calls), paid(way.cost), *_against(way, units)]
        for way, cell in zip(ways, cells, strict=True)
    ]
    note = (
        "done: share of the asked change that was made; where it is low, what is kept says little. Calls and cost are "
        "of a relay; behind `against`, what it takes more than that one over the chains of both. Points: hundredths of "
        "RS won per unit of it; - where it takes none more, ? where a price is unknown."
    )
    return table("\nEditors and protections, whole relays", columns, [[*row] for row in rows], note)


def _against(way: Way, units: Sequence[str]) -> list[str]:
    found = way.against
    if found is None:
        return [""] * (4 + len(units))
    won = {DOLLAR: number(found.per_dollar), CALL: number(found.per_call)}
    other = found.editor if way.protect is None else "unprotected"
    return [other, interval(found.difference), number(found.calls), paid(found.cost), *(won[unit] for unit in units)]


def _units(per: Sequence[tuple[Estimate, Estimate]]) -> list[str]:
    """Dollars and, where they do not say it all, calls."""
    priced = any(dollar.value is not None for dollar, _ in per)
    return [*([DOLLAR] if priced else []), *([CALL] if not priced or any(d.count == 0 for d, _ in per) else [])]


def _hops(guarded: Sequence[tuple[Way, Protection]]) -> Table:
    """What protections prevent, harm, raise for nothing and cost at a hop."""
    names, cells = _names([way for way, _ in guarded])
    units = _units([(own.per_dollar, own.per_call) for _, own in guarded])
    columns = [*names, ("damage", "right"), ("prevented", ""), ("share", "right"), ("harm", "right"),
               ("caught", "right"), ("false alarms", "right"), ("calls", "right"), ("cost", "right"),
               *((unit, "") for unit in units)]  # fmt: skip
    rows = []
    for (_, own), cell in zip(guarded, cells, strict=True):
        won = {DOLLAR: ranged(own.per_dollar), CALL: ranged(own.per_call)}
        shares = (own.share, own.harm, own.caught, own.false_alarms)
        rows.append([*cell, share(own.damage.value), interval(own.prevented), *(share(one.value) for one in shares),
                     number(own.extra_calls), paid(own.extra_cost), *(won[unit] for unit in units)])  # fmt: skip
    note = (
        "Means of hops. damage: of the editor alone. prevented: RS that the hop has more; share: of that damage; harm: "
        "RS that protections took. caught: damaged hops at which one stepped in; false alarms: hops without damage at "
        "which one did. Calls and cost: what they take more. Intervals of all: palimpsest analyse."
    )
    return table("\nWhat protections do at a hop", columns, [[*row] for row in rows], note)


def _names(ways: Sequence[Way]) -> tuple[list[tuple[str, str]], list[list[str]]]:
    """Columns that name a way, and their cells: the editor where it is not the model itself."""
    several = any(way.editor != way.model for way in ways)
    columns = [("model", ""), *([("editor", "")] if several else []), ("protections", "")]
    return columns, [
        [way.model, *([way.editor] if several else []), "none" if way.protect is None else way.protect] for way in ways
    ]


def lines(own: Protection) -> Iterable[list[str]]:
    """Every figure of protections with its interval: what it is called, and what it comes to."""
    told = {
        "damage of the editor alone": interval(own.damage), "prevented": interval(own.prevented),
        "share of the damage prevented": interval(own.share), "hops harmed": interval(own.harmed),
        "harm": interval(own.harm), "damaged hops caught": interval(own.caught),
        "false alarms": interval(own.false_alarms), "extra calls a hop": ranged(own.extra_calls),
        "extra dollars a hop": ranged(own.extra_cost), "points prevented per dollar": ranged(own.per_dollar),
        "points prevented per call": ranged(own.per_call),
        "stepped in": ", ".join(f"{name} at {hops} of {own.hops} hops" for name, hops in own.fired.items()) or "never",
    }  # fmt: skip
    return [[name, value] for name, value in told.items()]


def paid(found: Estimate) -> str:
    """US dollars; a question mark where a price is unknown."""
    return "?" if found.value is None else dollars(found.value)


def number(found: Estimate) -> str:
    """A question mark where it is unknown, a dash where there is none."""
    return amount(found.value) if found.value is not None else "-" if found.count else "?"


def ranged(found: Estimate) -> str:
    """With its interval."""
    if found.value is None or found.low is None or found.high is None:
        return number(found)
    return f"{amount(found.value)} [{amount(found.low)}, {amount(found.high)}]"

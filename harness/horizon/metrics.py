"""A horizon study in numbers: pure functions of its turns. HORIZON, "Metrics", says what each is."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from harness.horizon.intervals import NOTHING, Estimate, lifetime, paired, share, slope
from harness.horizon.play import OUTCOMES, Turn
from harness.horizon.recovery import Dosed, Recovery, recoveries
from harness.horizon.spec import Cell

HALF = 0.5
Played = tuple[Cell, Turn]


class Condition(NamedTuple):
    """What results are never averaged over."""

    model: str
    task: str
    size: int
    mode: str
    mitigation: str
    guided: bool
    material: int


@dataclass(frozen=True, slots=True)
class Response:
    """One dose: the right turns after it, the rate asked, the realised rates, turn accuracy there, what it loses
    against r = 0 on the same rollouts, and how its answers divide."""

    arm: str
    gap: int
    rate: Fraction
    wrong: float
    inconsistent: float
    accuracy: Estimate
    true: Estimate
    loss: Estimate
    outcomes: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Target:
    """A `target` study of one condition. `first` and `clean` are turn accuracy at the first turn and at turn `turns`
    behind a history without error; `context` the long-context loss between them; `slopes` the self-conditioning of each
    arm, turn accuracy lost per share of wrong states in sight; `smallest` the smallest rate of each arm whose effect is
    distinguishable from zero, all rates of the arm taken together (Bonferroni), None when there is none. Both are told
    at the arm's smallest gap; `recoveries` is what becomes of the losses at the larger ones."""

    turns: int
    first: Estimate
    clean: Estimate
    context: Estimate
    doses: tuple[Response, ...]
    slopes: Mapping[str, Estimate]
    smallest: Mapping[str, Fraction | None]
    recoveries: tuple[Recovery, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """A `curve` study of one condition, by turn: turn accuracy, true accuracy, task accuracy; `horizon` is the first
    turn at which task accuracy is below one half, inf when it never was; `constant` the one that turn accuracy would
    give if errors were independent."""

    turn: tuple[Estimate, ...]
    true: tuple[Estimate, ...]
    task: tuple[Estimate, ...]
    horizon: Estimate
    constant: float
    outcomes: Mapping[str, Estimate]


def condition(cell: Cell) -> Condition:
    return Condition(cell.model, cell.task, cell.size, cell.mode, cell.mitigation, cell.guided, cell.material)


def by_condition(played: Iterable[Played]) -> dict[Condition, list[Played]]:
    found: defaultdict[Condition, list[Played]] = defaultdict(list)
    for cell, turn in played:
        found[condition(cell)].append((cell, turn))
    return dict(found)


def curve(played: Sequence[Played]) -> Curve:
    """Of one condition's generated turns. A rollout that stopped short counts as far as it came."""
    rollouts: defaultdict[str, list[Turn]] = defaultdict(list)
    for cell, turn in played:
        rollouts[cell.key].append(turn)
    longest = max((len(turns) for turns in rollouts.values()), default=0)
    by_turn = [[turns[n] for turns in rollouts.values() if len(turns) > n] for n in range(longest)]
    whole = [turns for turns in rollouts.values() if len(turns) == longest]
    alive = [sum(all(turn.true for turn in turns[: n + 1]) for turns in whole) for n in range(longest)]
    right = sum(turn.right for turns in by_turn for turn in turns)
    count = sum(map(len, by_turn))
    return Curve(
        tuple(share(sum(t.right for t in turns), len(turns)) for turns in by_turn),
        tuple(share(sum(t.true for t in turns), len(turns)) for turns in by_turn),
        tuple(share(left, len(whole)) for left in alive),
        lifetime(alive, len(whole), HALF),
        constant_horizon(right / count if count else 0.0),
        outcomes([turn for turns in by_turn for turn in turns]),
    )


def constant_horizon(accuracy: float, threshold: float = HALF) -> float:
    """ceil(ln s / ln p): the turn at which p^t is below s, errors being independent."""
    if accuracy >= 1.0:
        return math.inf
    if accuracy <= 0.0:
        return 1.0
    turn = math.ceil(math.log(threshold) / math.log(accuracy))
    return float(turn + 1 if accuracy**turn >= threshold else turn)


def outcomes(turns: Sequence[Turn]) -> dict[str, Estimate]:
    """The share of each class of answer."""
    found = Counter(turn.outcome for turn in turns)
    return {name: share(found[name], len(turns)) for name in OUTCOMES if found[name]}


def target(played: Sequence[Played]) -> Target:
    """Of one condition's target turns."""
    longest = max((cell.turns for cell, _ in played), default=0)
    first: dict[int, Turn] = {}
    clean: dict[int, Turn] = {}
    doses: defaultdict[tuple[str, int, Fraction], dict[int, Turn]] = defaultdict(dict)
    for cell, turn in played:
        if cell.dose is None:
            continue
        if cell.turns == 1 and longest > 1:
            first[cell.number] = turn
        elif cell.dose.rate == 0 and cell.dose.arm == "said":
            clean[cell.number] = turn
        else:
            doses[cell.dose.arm, cell.dose.gap, cell.dose.rate][cell.number] = turn
    responses = [_response(*dose, turns, clean) for dose, turns in sorted(doses.items(), key=lambda found: found[0])]
    nearest = {arm: _nearest(arm, doses) for arm in dict.fromkeys(response.arm for response in responses)}
    return Target(
        longest, accuracy(first), accuracy(clean), difference(first, clean), tuple(responses),
        {arm: _arm_slope(near, clean) for arm, near in nearest.items()},
        {arm: _smallest(near, clean) for arm, near in nearest.items()},
        recoveries(doses, clean),
    )  # fmt: skip


def _nearest(arm: str, doses: Dosed) -> dict[Fraction, Mapping[int, Turn]]:
    """The doses of an arm that stand nearest to the target, by rate, and those without error."""
    gap = min((near for own, near, rate in doses if own == arm and rate), default=1)
    return {rate: turns for (own, near, rate), turns in doses.items() if own == arm and (near == gap or not rate)}


def accuracy(turns: Mapping[int, Turn]) -> Estimate:
    return share(sum(turn.right for turn in turns.values()), len(turns))


def difference(first: Mapping[int, Turn], second: Mapping[int, Turn], level: float = 0.95) -> Estimate:
    """Turn accuracy of the first less that of the second, over the rollouts both have."""
    both = sorted(first.keys() & second.keys())
    return paired([first[n].right for n in both], [second[n].right for n in both], level)


def _response(arm: str, gap: int, rate: Fraction, turns: Mapping[int, Turn], clean: Mapping[int, Turn]) -> Response:
    count = len(turns)
    return Response(
        arm, gap, rate,
        sum(t.wrong for t in turns.values()) / count, sum(t.inconsistent for t in turns.values()) / count,
        accuracy(turns), share(sum(t.true for t in turns.values()), count), difference(clean, turns),
        outcomes(list(turns.values())),
    )  # fmt: skip


def _arm_slope(doses: Mapping[Fraction, Mapping[int, Turn]], clean: Mapping[int, Turn]) -> Estimate:
    """Turn accuracy lost per share of wrong states, rollout by rollout, those of r = 0 included."""
    rows: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    for number, turn in clean.items():
        rows[number].append((turn.wrong, -float(turn.right)))
    for turns in doses.values():
        for number, turn in turns.items():
            rows[number].append((turn.wrong, -float(turn.right)))
    return slope(list(rows.values())) if rows else NOTHING


def _smallest(doses: Mapping[Fraction, Mapping[int, Turn]], clean: Mapping[int, Turn]) -> Fraction | None:
    tried = sorted(filter(None, doses))
    for rate in tried:
        found = difference(clean, doses[rate], 1 - 0.05 / len(tried))
        if found.low is not None and found.low > 0:
            return rate
    return None

"""One hop of one chain: what the model is told, and what comes of its replies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from harness.backends.base import Message, Reply
from harness.editors.base import Edited, Guarded, Task
from harness.relay.environment import Environment, find
from harness.relay.scoring import Verdict
from harness.seeds import derive, rng
from harness.store import Guards, Score, Spent, Step
from harness.store.records import Direction, Files


@dataclass(frozen=True, slots=True)
class Leg:
    """Which hop it is."""

    hop: int
    edit: str
    direction: Direction


def make_task(
    environment: Environment,
    material: str,
    leg: Leg,
    attempt: int,
    *,
    files: Files,
    expected: tuple[str, ...],
    damage: float,
    history: tuple[Message, ...] = (),
    restated: bool = True,
) -> Task:
    """The task of one attempt. Each attempt has a seed of its own; the order of the files is the hop's. What is wrong
    in the document is the model's own `damage` and what was planted."""
    # A damaged document may ask for a file that is called as a distractor is: then the distractor stays away.
    distractors = {
        name: text for name, text in environment.distractors.items() if name not in expected and name not in files
    }
    order = sorted([*files, *distractors])
    rng("order", material, leg.hop).shuffle(order)
    edit = find(environment.domain).edit(leg.edit)
    return Task(
        environment.domain, leg.edit, leg.direction, edit.instruction(leg.direction, expected), files, distractors,
        tuple(order), expected, derive("hop", material, leg.hop, attempt), min(1.0, damage + environment.infection),
        history, restated,
    )  # fmt: skip


def oracle(environment: Environment, leg: Leg) -> Files:
    """What a hop gives when nobody makes a mistake: after a backward one the seed document, which every round trip
    comes back to."""
    if leg.direction == "backward":
        return environment.files
    return find(environment.domain).edit(leg.edit).apply(environment.files)


def _storable(text: str) -> str:
    """Half of a surrogate pair, which a model may well write, cannot be encoded: it is shown as `\\ud800`."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def make_step(
    leg: Leg,
    before: Files,
    edited: Edited,
    verdict: Verdict | None,
    *,
    attempts: int,
    replies: list[Reply],
    scorer: str,
) -> Step:
    """What happened. A failure that the editor saw comes before any measurement, which is then None."""
    score: Score | None = None
    failure: str | None = edited.failure
    details = [edited.detail]
    if failure is None and verdict is not None:
        score, failure = verdict.score, verdict.failure
        details.append(verdict.detail)
    # With every file wanted there, what nobody asked for is not the document; else it is all there is to carry on.
    after = {name: text for name, text in edited.files.items() if failure or name not in edited.extra}
    return Step(
        leg.hop, leg.edit, leg.direction, before, after, score, failure,
        detail=_storable("; ".join(part for part in details if part)), extra=edited.extra, attempts=attempts,
        spent=Spent.total(replies), scorer=scorer, trace=edited.trace,
    )  # fmt: skip


def same_result(edited: Edited, alone: Edited) -> bool:
    """Whether protections left what the editor gave."""
    return edited.failure == alone.failure and dict(edited.files) == dict(alone.files)


def with_guards(step: Step, guarded: Sequence[Guarded], alone: Verdict | None) -> Step:
    """The step with what protections did: `guarded` of every attempt, the last of which counts; `alone` is what its
    editor's own result measures, None where that is the step's own or a failure that the editor saw."""
    if not guarded:
        return step
    last = guarded[-1]
    own = last.alone
    score, outcome, detail = step.score, step.outcome, step.detail
    if own.failure is not None:
        score, outcome, detail = None, own.failure, own.detail
    elif alone is not None:
        score, detail = alone.score, alone.detail
        outcome = alone.failure or (alone.score.outcome if alone.score else "")
    costs = [one.cost for one in guarded]
    rs, done = (score.rs, score.step) if score is not None else (None, None)
    return replace(
        step,
        guards=Guards(
            tuple(asdict(one) for one in last.fired), dict(own.files), outcome, _storable(detail), rs, done,
            sum(one.calls for one in guarded),
            None if None in costs else sum(cost for cost in costs if cost is not None),
        ),
    )  # fmt: skip

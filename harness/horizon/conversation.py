"""What a model sees at a turn: the rules, the turns so far as they are to look, the turn to be answered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from harness.backends.base import Message
from harness.horizon.dose import Arm
from harness.horizon.tasks import Rollout, State, Task

Mode = Literal["direct", "cot", "thinking"]
MODES: tuple[Mode, ...] = ("direct", "cot", "thinking")

OPEN, CLOSE = "<answer>", "</answer>"
_ANSWER = re.compile(r"<answer>(.*?)(?:</answer>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_BEGINS = re.compile("<think>", re.IGNORECASE)
_THOUGHT_ENDS = re.compile("</think>", re.IGNORECASE)

_FORM = {
    "direct": f"Answer every turn with {OPEN}…{CLOSE} and nothing else.",
    "cot": f"In every turn, first write down your steps, then the answer as {OPEN}…{CLOSE}.",
    "thinking": f"Answer every turn with {OPEN}…{CLOSE}.",
}
REDACTED = "[removed]"
FLAG = "(A check has found that the last answer was wrong.) "
NEUTRAL = "The meeting room is free until noon and the windows are open. "


@dataclass(frozen=True, slots=True)
class Past:
    """A turn that has been: what was asked, what was answered, the state it left, whether that is wrong."""

    asked: str
    answered: str
    state: State
    wrong: bool


def answer_in(text: str) -> str | None:
    """The last answer of a reply, None when there is none."""
    found = _ANSWER.findall(text)
    return found[-1].strip() if found else None


def without_thoughts(text: str) -> str:
    """A reply without the reasoning that some servers leave in its text: what comes after the last `</think>`, and
    before a `<think>` that never ends. The opening mark may be missing, for templates write it for the model."""
    said = _THOUGHT_ENDS.split(text)[-1]
    return _THOUGHT_BEGINS.split(said)[0].strip()


def answer_text(task: Task, rollout: Rollout, mode: Mode, seen: Sequence[State], given: object, state: State) -> str:
    """An answer in the model's own format, for a history written for it."""
    final = f"{OPEN}{task.show(state)}{CLOSE}"
    return f"{task.work(rollout.material, seen, given, state)}\n{final}" if mode == "cot" else final


def rules(task: Task, rollout: Rollout, mode: Mode) -> str:
    return f"{task.rules(rollout.material, rollout.start)}\n\n{_FORM[mode]}"


def messages(
    text: str, past: Sequence[Past], asked: str, *, quoted: bool = False, begun: bool = False
) -> tuple[Message, ...]:
    """The conversation. `quoted`: the turns so far are told by the user; `begun`: the answer is begun for the model."""
    told = [Message("system", text)]
    if quoted and past:
        lines = [f"Turn {n}: {p.asked}\nAnswer given: {p.answered}" for n, p in enumerate(past, 1)]
        told.append(Message("user", "\n\n".join(["The turns so far:", *lines, f"Turn {len(past) + 1}: {asked}"])))
    else:
        for turn in past:
            told += [Message("user", turn.asked), Message("assistant", turn.answered)]
        told.append(Message("user", asked))
    if begun:
        told.append(Message("assistant", OPEN))
    return tuple(told)


def dressed(past: Sequence[Past], chosen: frozenset[int], arm: Arm, foreign: Sequence[Past]) -> list[Past]:
    """The turns as an arm shows them; `chosen` counts from 1. What takes a turn's place has its length."""
    if arm in ("said", "quoted"):
        return list(past)
    found = []
    for number, turn in enumerate(past, 1):
        if number not in chosen:
            found.append(turn)
        elif arm == "masked":
            found.append(replace(turn, answered=f"{OPEN}{_masked(turn.answered)}{CLOSE}"))
        elif arm == "padding":
            found.append(replace(turn, asked=_filled(turn.asked), answered=_filled(turn.answered)))
        else:
            found.append(replace(turn, asked=foreign[number - 1].asked, answered=foreign[number - 1].answered))
    return found


def _masked(answered: str) -> str:
    return "*" * len(answer_in(answered) or "")


def _filled(text: str) -> str:
    """Neutral words of a text's length."""
    return (NEUTRAL * (len(text) // len(NEUTRAL) + 1))[: len(text)].rstrip() or "-"


def redacted(past: Sequence[Past]) -> list[Past]:
    """Wrong answers taken out."""
    return [replace(turn, answered=f"{OPEN}{REDACTED}{CLOSE}") if turn.wrong else turn for turn in past]


def flagged(past: Sequence[Past], asked: str) -> tuple[list[Past], str]:
    """A remark after each wrong answer, at the head of the turn that follows it."""
    found = [
        replace(turn, asked=FLAG + turn.asked) if before is not None and before.wrong else turn
        for before, turn in zip((None, *past), past, strict=False)
    ]
    return found, FLAG + asked if past and past[-1].wrong else asked

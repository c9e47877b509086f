"""One cell played: what the model is told turn by turn, what it answers, what kind of answer that is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from harness.backends.base import Message, Reply, Request
from harness.horizon.conversation import (
    CLOSE,
    OPEN,
    Past,
    answer_in,
    answer_text,
    dressed,
    flagged,
    messages,
    redacted,
    rules,
    without_thoughts,
)
from harness.horizon.dose import Dose, inject
from harness.horizon.mitigation import Mitigation
from harness.horizon.scripted import Scripted, Situation, most_frequent
from harness.horizon.spec import Cell
from harness.horizon.tasks import Rollout, State, Task
from harness.seeds import derive, rng

Ask = Callable[[int, Request], Awaitable[Reply]]
"""One call at a turn."""

OUTCOMES = (
    "ambiguous", "follows-visible", "repairs-to-truth", "copies-previous", "wrong-look-up", "near-miss", "other",
    "format", "truncated",
)  # fmt: skip
"""What kind of answer a turn got. `ambiguous` is right, where following what is visible and knowing the truth agree."""

CHECK = "Check your last answer against the state before it, and give the answer again in the same form."
COMPACT = "Write down the state after your last answer, in the same form, so that we can go on from it alone."
CARRIED = "The state is now {state}.\n"
GUIDED_TOKENS = 60
SUMMARY = 500
"""Characters kept of a compaction that is no answer."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn that was answered. `follows` is the answer from what was visible, `truth` the true one; `wrong` and
    `inconsistent` are the realised rates of the history before it."""

    turn: int
    answer: State | None
    follows: State
    truth: State
    outcome: str
    wrong: float
    inconsistent: float
    replies: tuple[Reply, ...] = ()

    @property
    def right(self) -> bool:
        """Turn accuracy: whether the answer follows from what was visible."""
        return self.answer == self.follows

    @property
    def true(self) -> bool:
        return self.answer == self.truth


async def play(cell: Cell, model: Scripted | Ask) -> AsyncIterator[Turn]:
    """The turns of a cell, as they are answered. What `model` raises ends it."""
    task, rollout, truth = cell.draw()
    player = Player(cell, task, rollout, truth, model)
    if cell.dose is not None:
        yield await player.turn(cell.turns)
        return
    for number in range(1, cell.turns + 1):
        yield await player.turn(number)


class Player:
    """One rollout under one condition: what has been, what is shown of it, what is answered."""

    def __init__(self, cell: Cell, task: Task, rollout: Rollout, truth: Sequence[State], model: Scripted | Ask) -> None:
        self.cell, self.task, self.rollout, self.truth, self.model = cell, task, rollout, truth, model
        self.mitigation = Mitigation.read(cell.mitigation)
        self.rules = rules(task, rollout, cell.mode)
        self.seen: list[State] = [rollout.start]
        self.past: list[Past] = []
        self.compacted, self.summary = 0, ""
        self.inconsistent = 0
        if cell.dose is not None:
            self._inject(cell, cell.dose, cell.turns - 1)

    def _inject(self, cell: Cell, dose: Dose, turns: int) -> None:
        """The history that the dose leaves."""
        history = inject(self.task, self.rollout, self.truth, turns, dose, cell.number, [cell.seed, cell.task])
        self.past = self._written(self.rollout, history.states)
        self.seen = list(history.states)
        self.inconsistent = round(history.inconsistent * turns)
        foreign: Sequence[Past] = ()
        if dose.arm == "foreign":
            other, states = cell.draw_again()
            foreign = self._written(other, states)
        self.past = dressed(self.past, history.chosen, dose.arm, foreign)

    def _written(self, rollout: Rollout, states: Sequence[State]) -> list[Past]:
        return [
            Past(
                self.task.turn(rollout.inputs[n - 1]),
                answer_text(self.task, rollout, self.cell.mode, states[:n], rollout.inputs[n - 1], states[n]),
                states[n],
                n < len(self.truth) and states[n] != self.truth[n] and rollout is self.rollout,
            )
            for n in range(1, len(states))
        ]

    async def turn(self, number: int) -> Turn:
        given = self.rollout.inputs[number - 1]
        if self.mitigation.name == "heal":
            self._heal()
        follows = self.task.advance(self.rollout.material, self.seen, given)
        past, asked = self._shown(self.task.turn(given))
        before = len(self.past)
        wrong = sum(turn.wrong for turn in self.past) / before if before else 0.0
        inconsistent = self.inconsistent / before if before else 0.0
        answer, text, replies = await self._answer(number, past, asked)
        outcome = self._outcome(answer, follows, self.truth[number], replies)
        self._keep(number, given, answer, text, follows)
        if self.mitigation.name == "compact" and number % self.mitigation.number == 0:
            replies += await self._compact(number)
        return Turn(number, answer, follows, self.truth[number], outcome, wrong, inconsistent, tuple(replies))

    def _shown(self, asked: str) -> tuple[list[Past], str]:
        """The turns in sight, and the turn to be answered."""
        name, past = self.mitigation.name, self.past
        if name == "window":
            return past[-self.mitigation.number :], asked
        if name in ("carried", "compact"):
            kept = past[self.compacted :] if name == "compact" else []
            told = self.summary if name == "compact" else self.task.show(self.seen[-1])
            head = CARRIED.format(state=told) if self.compacted or name == "carried" else ""
            if not kept:
                return [], head + asked
            return [replace(kept[0], asked=head + kept[0].asked), *kept[1:]], asked
        if name == "redact":
            return redacted(past), asked
        return flagged(past, asked) if name == "flag" else (past, asked)

    def _heal(self) -> None:
        """Every wrong answer put right."""
        for n, turn in enumerate(self.past, 1):
            if turn.wrong:
                given, true = self.rollout.inputs[n - 1], self.truth[n]
                text = answer_text(self.task, self.rollout, self.cell.mode, self.truth[:n], given, true)
                self.past[n - 1] = replace(turn, answered=text, state=true, wrong=False)
                self.seen[n] = true
        self.inconsistent = 0

    async def _answer(self, number: int, past: Sequence[Past], asked: str) -> tuple[State | None, str, list[Reply]]:
        if isinstance(self.model, Scripted):
            return self._scripted(self.model, number, past), "", []
        return await self._asked(self.model, number, past, asked)

    def _scripted(self, model: Scripted, number: int, past: Sequence[Past]) -> State | None:
        blind = self.mitigation.name == "redact"
        wrong = [] if blind else [place for place, turn in enumerate(past) if turn.wrong]
        situation = Situation(
            self.task, self.rollout, tuple(self.seen), number, self.truth[number],
            len(wrong) / len(past) if past else 0.0, len(past) - 1 - wrong[-1] if wrong else None,
        )  # fmt: skip
        tries = self.mitigation.number if self.mitigation.name == "vote" else 1
        draws = (rng("scripted", self.cell.key, number, n) for n in range(tries))
        return most_frequent([model.answer(situation, draw) for draw in draws])

    async def _asked(
        self, ask: Ask, number: int, past: Sequence[Past], asked: str
    ) -> tuple[State | None, str, list[Reply]]:
        quoted = self.cell.dose is not None and self.cell.dose.arm == "quoted"
        told = messages(self.rules, past, asked, quoted=quoted, begun=self.cell.guided)
        tries = self.mitigation.number if self.mitigation.name == "vote" else 1
        replies = [await ask(number, self._request(told, number, n)) for n in range(tries)]
        texts = [self._text(reply) for reply in replies]
        answers = [self._read(text) for text in texts]
        if self.mitigation.name == "verify":
            told = (*told[: len(told) - self.cell.guided], Message("assistant", texts[0]), Message("user", CHECK))
            told += (Message("assistant", OPEN),) if self.cell.guided else ()
            replies.append(await ask(number, self._request(told, number, 1)))
            second = self._text(replies[-1])
            checked = self._read(second)
            return (checked, second, replies) if checked is not None else (answers[0], texts[0], replies)
        chosen = most_frequent(answers)
        return chosen, texts[answers.index(chosen)], replies

    def _request(self, told: tuple[Message, ...], number: int, again: int) -> Request:
        asked, guided = self.cell.asked, self.cell.guided
        limit = asked["max_tokens"] or (GUIDED_TOKENS if guided else None)
        seed = derive("turn", self.cell.seed, self.cell.task, self.cell.number, number, again)
        stop = (CLOSE,) if guided else ()
        return Request(told, limit, asked["temperature"], seed, asked["effort"], stop)

    def _text(self, reply: Reply) -> str:
        """What the model said. Reasoning is no part of it, and never comes back in the history."""
        if self.cell.mode == "thinking":
            return without_thoughts(reply.text)
        if not self.cell.guided:
            return reply.text
        return f"{OPEN}{reply.text.partition(CLOSE)[0].strip()}{CLOSE}"

    def _read(self, text: str) -> State | None:
        answer = answer_in(text)
        return None if answer is None else self.task.read(self.rollout.material, answer)

    def _outcome(self, answer: State | None, follows: State, truth: State, replies: Sequence[Reply]) -> str:
        if answer is None:
            return "truncated" if replies and replies[-1].finish == "length" else "format"
        if answer == follows:
            return "ambiguous" if follows == truth else "follows-visible"
        if answer == truth:
            return "repairs-to-truth"
        if answer == self.seen[-1]:
            return "copies-previous"
        given = self.rollout.inputs[len(self.seen) - 1]
        return self.task.slip(self.rollout.material, self.seen, given, answer)

    def _keep(self, number: int, given: object, answer: State | None, text: str, follows: State) -> None:
        """The turn joins the past. Without an answer the state stays as it was."""
        state = self.seen[-1] if answer is None else answer
        said = text or answer_text(self.task, self.rollout, self.cell.mode, self.seen, given, state)
        self.past.append(Past(self.task.turn(given), said, state, state != self.truth[number]))
        self.seen.append(state)
        self.inconsistent += state != follows

    async def _compact(self, number: int) -> list[Reply]:
        """The state in the model's own words takes the place of the turns before. What it wrote is what is visible."""
        if isinstance(self.model, Scripted):
            self.compacted, self.summary = number, self.task.show(self.seen[-1])
            return []
        past, asked = self._shown(COMPACT)
        told = messages(self.rules, past, asked, begun=self.cell.guided)
        reply = await self.model(number, self._request(told, number, -1))
        text = self._text(reply)
        state = self._read(text)
        self.compacted, self.summary = number, answer_in(text) or text.strip()[:SUMMARY]
        if state is not None:
            self.seen[-1] = state
            self.past[-1] = replace(self.past[-1], state=state, wrong=state != self.truth[number])
        return [reply]

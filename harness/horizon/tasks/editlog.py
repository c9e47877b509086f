"""`editlog`: a short text under edit commands, some of which speak of earlier turns: the last state is not enough."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from harness.horizon.tasks.base import Magnitude, State, Task

WORDS = (
    "the", "old", "boat", "left", "harbour", "before", "dawn", "with", "seven", "lamps", "and", "a", "dog", "named",
    "Otis", "aboard", "while", "rain", "fell", "softly", "over", "tin", "roofs", "near", "market", "square", "bells",
    "rang", "twice", "again",
)  # fmt: skip
LENGTH = 8
"""Words of the text, unless asked for otherwise. No command changes how many there are, so that every one can be
done."""

Command = tuple[Any, ...]


def begin(rng: random.Random, width: int) -> tuple[Any, State]:
    """The material is how many words the text has."""
    return width, " ".join(rng.sample(WORDS, width))


def inputs(rng: random.Random, length: Any, turns: int, size: int) -> tuple[Any, ...]:
    return tuple(tuple(_command(rng, length) for _ in range(size)) for _ in range(turns))


def _command(rng: random.Random, length: int) -> Command:
    kind = rng.choices(("replace", "swap", "move", "reverse", "back"), (4, 3, 2, 1, 1))[0]
    if kind == "replace":
        return kind, rng.randrange(length), rng.choice(WORDS)
    if kind in ("swap", "move"):
        return (kind, *rng.sample(range(length), 2))
    return (kind,)


def advance(_material: Any, seen: Sequence[State], given: Any) -> State:
    words = str(seen[-1]).split()
    for command in given:
        words = _done(words, command, seen)
    return " ".join(words)


def _done(words: list[str], command: Command, seen: Sequence[State]) -> list[str]:
    kind, *where = command
    new = list(words)
    if kind == "replace":
        new[where[0]] = where[1]
    elif kind == "swap":
        new[where[0]], new[where[1]] = new[where[1]], new[where[0]]
    elif kind == "move":
        new.insert(where[1], new.pop(where[0]))
    elif kind == "reverse":
        new.reverse()
    else:  # the text as it stood before the last turn
        new = str(seen[-2] if len(seen) > 1 else seen[-1]).split()
    return new


def turn(given: Sequence[Command]) -> str:
    return "; then ".join(map(_told, given))


def _told(command: Command) -> str:
    kind, *where = command
    if kind == "replace":
        return f"replace word {where[0] + 1} with {where[1]}"
    if kind == "swap":
        return f"swap words {where[0] + 1} and {where[1] + 1}"
    if kind == "move":
        return f"move word {where[0] + 1} so that it becomes word {where[1] + 1}"
    return "reverse the order of the words" if kind == "reverse" else "go back to the text before the last turn"


def read(length: Any, text: str) -> State | None:
    words = text.strip().strip("\"'").split()
    return " ".join(words) if len(words) == length else None


def wrong(rng: random.Random, state: State, magnitude: Magnitude) -> State:
    """One word another, or all words in another order and one replaced."""
    words = str(state).split()
    place = rng.randrange(len(words))
    words[place] = rng.choice([word for word in WORDS if word != words[place]])
    if magnitude == "large":
        rng.shuffle(words)
    return " ".join(words) if " ".join(words) != state else wrong(rng, state, magnitude)


def work(_material: Any, _seen: Sequence[State], given: Any, answer: State) -> str:
    return f"{turn(given)}: {answer}"


def slip(material: Any, seen: Sequence[State], given: Any, answer: State) -> str:
    """A command left out, or done on the text of a turn before: a wrong look-up. Up to two words off: a near miss."""
    partial = [advance(material, seen, (*given[:n], *given[n + 1 :])) for n in range(len(given))]
    partial += [advance(material, seen[:-1], given)] if len(seen) > 1 else []
    if answer in partial:
        return "wrong-look-up"
    right = str(advance(material, seen, given)).split()
    off = sum(a != b for a, b in zip(str(answer).split(), right, strict=True))
    return "near-miss" if off <= 2 else "other"


EDITLOG = Task(
    "editlog", LENGTH, range(2, len(WORDS) + 1), begin, inputs,
    lambda length, start: f"We edit a text of {length} words, which starts as:\n\n{start}\n\nEach turn I give you "
    "commands; words count from 1. Do them one after the other and answer with the whole new text, all in one line.",
    turn, advance, str, read, wrong, work, slip,
)  # fmt: skip

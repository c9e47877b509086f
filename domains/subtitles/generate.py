"""Subtitles of any length: a film told in scenes, its people named where the picture does not show them."""

from __future__ import annotations

import random
from collections.abc import Sequence

from domains.kit import Element, element
from domains.kit.generate import CITIES, FAMILY, GIVEN, fill, pick_weighted, tokens_of
from domains.subtitles.cuetext import plain
from domains.subtitles.format import cue, render

_WIDTH = 40
_THINGS = (
    "the ledger", "the key", "your father's coat", "the blue suitcase", "the second letter", "the ferry ticket",
    "the map",
    "the old camera", "the photographs", "the lamp", "the radio", "that contract", "the bicycle", "the violin",
    "the medicine", "the boat", "the seed boxes", "the recording", "the passport", "the last barrel",
)  # fmt: skip
_PLACES = (
    "behind the chapel", "at the harbour", "in the attic", "by the weir", "on the night train", "at the border",
    "in the cannery", "under the bridge", "at the notary's", "on the island", "in the archive", "at the mill",
    "in room {n}", "on platform {n}", "at kilometre {n}", "near {city}", "outside {city}",
)  # fmt: skip
_WHEN = (
    "before noon", "last winter", "at half past {h}", "on the {n}th of May", "in 19{yy}", "after the storm", "tonight",
    "every Thursday", "two days ago", "before the snow comes", "around {h} in the morning", "when the shift ended",
)  # fmt: skip
_SPEECH = (
    "Where did you put {thing}?", "I left {thing} {place}.", "Nobody was {place} {when}.",
    "They found {thing} {place}.",
    "{name}, please. Not here.", "You promised me you'd be {place} {when}.",
    "I don't believe {name} knew about {thing}.",
    "It was {when}. I remember the smell of diesel.", "We need {n} more people {place}.", "Don't touch {thing}.",
    "Mr. {family} never came back for {thing}.", "The {family} house was sold {when}.", "How much for {thing}?",
    "{n} crowns, and not one less.", "Is that what {name} told you?", "I've been waiting {place} for {h} hours.",
    "If the water rises {n} centimetres, we lose {thing}.", "Ask {name}. Ask anyone {place}.", "Yes.", "No.", "What?",
    "Who told you that?", "Wait...", "Leave it.", "I can't hear you!", "And then?", "Good night, {name}.", "Sit down.",
    "My mother worked {place} until the day it closed.", "He wrote to me {when}, from {city}.",
    "She sold {thing} {when}.", "You can't just walk in here and ask for {thing}.",
    "There's a man {place} who says he's your brother.",
    "I counted them twice: {n} on the way out, {h} on the way home.", "That's not {thing}. That's a copy.",
    "We drove all night and reached {city} {when}.", "Tell {name} I'm not angry.", "It's only {thing}, {name}.",
    "If {name} asks, I was {place}.", "The doctor said {h} weeks. It's been {n}.", "Then why is {thing} still {place}?",
    "Captain {family} wants it signed {when}.", "I had {n} letters from {city}, and I burned them all.",
)  # fmt: skip
_NARRATION = (
    "{when}, the road to {city} was closed.", "That year {n} families left {city}.", "No one spoke of {thing} again.",
    "The {family} archive holds {n} photographs of that day.", "I was {h} years old, and I understood nothing.",
    "Of the {n} men who went out, {h} returned.", "What remained {place} was {thing}.",
    "In the winter that followed, letters took {n} days to reach {city}.", "This is where it began: {place}.",
)  # fmt: skip
_SOUNDS = (
    "[door slams]", "[wind howling]", "[phone ringing]", "[indistinct chatter]", "[sighs]", "[engine starts]",
    "[dog barking in the distance]", "[footsteps approaching]", "[glass shatters]", "[church bell tolls {h} times]",
    "(laughs)", "[thunder rumbling]", "[train whistle blows]", "[radio static]", "[both laughing]", "[water dripping]",
    "[man coughing]", "[gulls crying]", "[{name} sobbing quietly]", "[crowd cheering]",
)  # fmt: skip
_VERSES = (
    ("The lamps are lit in {city}", "and I am far from home"), ("Oh, row me over, {name}", "before the tide is in"),
    ("Seven bells for sailors", "and one for those who wait"),
    ("{city}, you have my sorrow", "{city}, you have my shoes"),
    ("The road goes on without us", "the river knows it well"),
    ("Sleep, my little sparrow", "the night is at the door"),
)  # fmt: skip
_ROLES = ("MAN", "WOMAN", "GUARD", "NURSE", "CONDUCTOR", "BOY", "CLERK", "FISHERMAN")


class Film:
    """The people and places that keep turning up, and the clock."""

    def __init__(self, rng: random.Random, tokens: int) -> None:
        self.rng = rng
        self.people = rng.sample(GIVEN, 6)
        self.families = rng.sample(FAMILY, 5)
        self.cities = rng.sample(CITIES, 5)
        self.grid = rng.choice((40, 40, 42, 1))
        self.clock = rng.randint(4, 90) * 1000
        self.scene = max(10, tokens // 420)
        self.left = rng.randint(4, self.scene)
        self.pace = rng.uniform(14.5, 17.5)

    def say(self, pattern: str) -> str:
        rng = self.rng
        line = pattern.replace("{thing}", rng.choice(_THINGS)).replace("{place}", rng.choice(_PLACES))
        line = line.replace("{when}", rng.choice(_WHEN)).format(
            name=rng.choice(self.people), family=rng.choice(self.families), city=rng.choice(self.cities),
            n=rng.choice((rng.randint(4, 20), rng.randint(21, 99), rng.randint(100, 900))), h=rng.randint(2, 11),
            yy=rng.randint(10, 98),
        )  # fmt: skip
        return line[0].upper() + line[1:]

    def tag(self) -> str:
        rng = self.rng
        if rng.random() < 0.7:
            name = rng.choice(self.people).upper()
            return f"{name} ({rng.choice(('V.O.', 'over phone', 'whispering'))})" if rng.random() < 0.12 else name
        return f"{rng.choice(_ROLES)}{rng.choice(('', ' 1', ' 2'))}"

    def turn(self, number: int) -> list[str]:
        """The lines of one cue, with markup."""
        rng = self.rng
        kind = pick_weighted(rng, _KINDS) if number > 3 else ("narration", "sound", "tagged", "tagged")[number]
        match kind:
            case "sound":
                line = self.say(rng.choice(_SOUNDS))
                return [line[0] + line[1].lower() + line[2:]]
            case "song":
                return [f"♪ {self.say(verse)} ♪" for verse in rng.choice(_VERSES)]
            case "dialogue":
                tags = [f"{self.tag()}: " if rng.random() < 0.25 else "" for _ in range(2)]
                return [f"- {t}{self.say(rng.choice(_SPEECH))}" for t in tags]
            case "narration":
                lines = wrapped(self.say(rng.choice(_NARRATION)))
                return [f"<i>{lines[0]}", *lines[1:-1], f"{lines[-1]}</i>"] if lines[1:] else [f"<i>{lines[0]}</i>"]
        spoken = self.say(rng.choice(_SPEECH))
        if rng.random() < 0.3:
            spoken += " " + self.say(rng.choice(_SPEECH))
        if rng.random() < 0.05:
            name = rng.choice(self.people)
            spoken = spoken.replace("not", "<i>not</i>") if "not" in spoken else f"{spoken} <i>{name}...</i>"
        if kind == "coloured":
            colour = rng.choice(("#ffff00", "#00ffff", "yellow"))
            return ["\n".join([f'<font color="{colour}">' + wrapped(spoken)[0], *wrapped(spoken)[1:]]) + "</font>"]
        return wrapped(f"{self.tag()}: {spoken}" if kind == "tagged" else spoken)

    def cue(self, number: int) -> Element:
        rng = self.rng
        lines = "\n".join(self.turn(number)).split("\n")
        seen = sum(len(plain(line)) for line in lines)
        cps = max(8.0, rng.gauss(self.pace, 3.5))
        duration = min(7000, max(900, int(1000 * seen / cps)))
        if self.left <= 0:
            self.clock += rng.randint(5500, 24_000)
            self.left = rng.randint(self.scene // 2, 2 * self.scene)
        else:
            self.clock += rng.choice((80, 80, 120, 240, 500, rng.randint(200, 3800)))
        self.left -= 1
        start = self.clock - self.clock % self.grid
        end = start + duration - duration % self.grid
        self.clock = end
        rest = ""
        if rng.random() < 0.03:
            left, top = rng.randint(40, 300), rng.randint(20, 60)
            rest = f"X1:{left} X2:{left + rng.randint(200, 400)} Y1:{top} Y2:{top + 50}"
        elif rng.random() < 0.06:
            lines[0] = rng.choice((r"{\an8}", r"{\an8}", r"{\an7}", r"{\an5}")) + lines[0]
        return cue(start, end, rest, lines)


_KINDS: tuple[tuple[str, float], ...] = (
    ("plain", 40), ("tagged", 22), ("dialogue", 16), ("narration", 9), ("sound", 8), ("song", 3), ("coloured", 2),
)  # fmt: skip


def wrapped(text: str) -> list[str]:
    """At most two lines of about the same length, as subtitlers break them."""
    if len(plain(text)) <= _WIDTH:
        return [text]
    gaps = [n for n, c in enumerate(text) if c == " " and text.count("<", 0, n) == text.count(">", 0, n)]
    best = min(gaps, key=lambda n: abs(n - len(text) / 2))
    return [text[:best], text[best + 1 :]]


def generate(rng: random.Random, tokens: int) -> Element:
    """A film's subtitles for the deaf and hard of hearing. Same `rng` state, same document."""
    film = Film(rng, tokens)

    def document(records: Sequence[Element]) -> Element:
        return element("subtitles", *records)

    return document(fill(tokens, film.cue, lambda records: tokens_of(render(document(records)))))

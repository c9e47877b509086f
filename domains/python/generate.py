"""Programs of any size: data classes of a trade and the functions that work with them, in one to four modules."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from typing import NamedTuple

from domains.kit import Element, Files
from domains.kit.generate import FAMILY, fill, tokens_of
from domains.python.format import FORMAT
from domains.python.templates import LARGE, MAIN, RECORD, SMALL
from domains.python.vocabulary import ASIDES, NOTES, PHRASES, PURPOSES, QUALIFIERS, THEMES

TINY = 900
"""Tokens below which a program has short functions only and one module."""


class Entity(NamedTuple):
    """A data class: the number of its module and how it and its parts are called."""

    module: int
    name: str
    words: str
    first: str
    second: str
    key: str


class Piece(NamedTuple):
    """Some lines of one module, and the imports they need."""

    module: int
    text: str
    imports: tuple[str, ...]


@dataclass
class Author:
    """Writes pieces one after the other; later ones use what earlier ones define."""

    rng: random.Random
    tiny: bool
    themes: list[str]

    def __post_init__(self) -> None:
        self.entities: list[Entity] = []
        self.queues: list[list[tuple[str, str]]] = [[] for _ in self.themes]
        self.latest: dict[int, Entity] = {}
        self.taken: set[str] = set()

    def piece(self, number: int) -> Piece:
        """The modules grow in turn."""
        module = number % len(self.themes)
        queue = self.queues[module]
        if not queue:
            self.latest[module] = self.entity(module)
            self.entities.append(self.latest[module])
            pool = SMALL if self.tiny else (*SMALL, *LARGE, *LARGE)
            chosen = list(dict.fromkeys(self.rng.sample(pool, min(len(pool), self.rng.randint(4, 8)))))
            queue += [("from dataclasses import dataclass", RECORD), *chosen]
        imports, text = queue.pop(0)
        return self.filled(self.latest[module], imports, text)

    def entity(self, module: int) -> Entity:
        rng = self.rng
        nouns, numbers, keys = THEMES[self.themes[module]]
        for attempt in range(10_000):
            qualifier = rng.choice(QUALIFIERS)
            words = f"{qualifier} {rng.choice(nouns)}".strip()
            if attempt > 50:  # a large program: a third word
                words = f"{rng.choice(FAMILY).lower()} {words}" if attempt > 500 else f"{rng.choice(nouns)} {words}"
            words = "".join(c for c in words if c.isascii() and (c.isalpha() or c == " "))
            if words not in self.taken:
                break
        self.taken.add(words)
        first, second = rng.sample(numbers, 2)
        return Entity(module, "".join(w.capitalize() for w in words.split()), words, first, second, rng.choice(keys))

    def filled(self, e: Entity, imports: str, text: str) -> Piece:
        rng = self.rng
        # Only from modules that do not come later, so that no import goes round in a circle.
        other = rng.choice([o for o in self.entities if o.module <= e.module])
        snake, theirs = e.words.replace(" ", "_"), other.words.replace(" ", "_")
        words = text if text == RECORD else text.replace("total_$a", f"total_{snake}_$a")
        filled = Template(words).substitute(
            E=e.name, EU=snake.upper(), e=snake, es=snake + "s", words=e.words, words_s=e.words + "s",
            a=e.first, b=e.second, k=e.key, a_=e.first.replace("_", " "), b_=e.second.replace("_", " "),
            O=other.name, o=f"other_{theirs}" if other is e else theirs, owords=other.words, oa=other.first,
            os=f"other_{theirs}s" if other is e else theirs + "s", n=rng.randint(3, 9000), m=rng.randint(3, 9),
            x=round(rng.uniform(0.05, 99), rng.randint(1, 3)), y=rng.randint(10, 99) * 5, sep=rng.choice(",;|\t"),
            note=rng.choice(NOTES), aside=rng.choice(ASIDES), phrase=rng.choice(PHRASES),
            purpose=rng.choice(PURPOSES), options=rng.choice(("frozen=True", "slots=True", "order=True")),
            w=rng.randint(12, 96), more=self.more(e),
        )  # fmt: skip
        needed = imports.split(";") if imports else []
        if "$O" in text and other.module != e.module:
            needed.append(f"from {self.themes[other.module]} import {other.name}")
        return Piece(e.module, filled.strip("\n"), tuple(needed))

    def more(self, e: Entity) -> str:
        """Some more fields, and sometimes a method."""
        if self.tiny:
            return ""
        rng = self.rng
        numbers = [n for n in THEMES[self.themes[e.module]][1] if n not in (e.first, e.second)]
        lines = [f"    {n}: int = {rng.randint(0, 500)}  # {rng.choice(ASIDES)}"
                 for n in rng.sample(numbers, rng.randint(0, 3))]  # fmt: skip
        if rng.random() < 0.4:
            lines.append(f'\n    def ratio(self) -> float:\n        """Relate {e.first} to {e.second}."""\n'
                         f"        return self.{e.first} / self.{e.second} if self.{e.second} else 0.0")  # fmt: skip
        return "".join("\n" + line for line in lines)


def generate(rng: random.Random, tokens: int) -> Element:
    """A program of about so many tokens. Same `rng` state, same program."""
    count = 1 if tokens < TINY else rng.randint(1, 2) if tokens < 3000 else rng.randint(2, 4)
    themes = rng.sample(sorted(THEMES), count)
    author = Author(rng, tokens < TINY, themes)
    docs = [f"{theme.capitalize()} {rng.choice(PURPOSES)}." for theme in themes]
    main = Piece(count - 1, Template(MAIN).substitute(theme=themes[-1], n=rng.randint(10, 900)).strip("\n"),
                 ("import argparse",))  # fmt: skip
    last = [main] if tokens >= TINY and rng.random() < 0.6 else []

    def text(pieces: Sequence[Piece]) -> Files:
        return {f"{theme}.py": source(docs[n], [p for p in (*pieces, *last) if p.module == n])
                for n, theme in enumerate(themes)}  # fmt: skip

    def size(pieces: Sequence[Piece]) -> int:
        return tokens_of(text(pieces))

    pieces = fill(tokens, author.piece, size, least=3 if author.tiny else 6 * count)
    while len(pieces) > 2 and abs(size(pieces[:-1]) - tokens) < abs(size(pieces) - tokens):
        pieces.pop()
    return FORMAT.parse_anew(text(shuffled(pieces, count)))


def shuffled(pieces: list[Piece], count: int) -> list[Piece]:
    """The pieces with two functions of each module in another than alphabetical order; none of them needs another."""
    pieces = list(pieces)
    for module in range(count):
        own = [n for n, p in enumerate(pieces) if p.module == module and defined(p)]
        names = [defined(pieces[n]) for n in own]
        if len(own) > 1 and names == sorted(names):
            a, b = own[-2:]
            pieces[a], pieces[b] = pieces[b], pieces[a]
    return pieces


def defined(piece: Piece) -> str:
    """The function that a piece defines, "" when it is something else."""
    m = re.search(r"(?m)^(?:async )?def (\w+)", piece.text)
    return m[1] if m else ""


def source(doc: str, pieces: Sequence[Piece]) -> str:
    wanted: dict[str, set[str]] = {}
    for line in sorted({line for piece in pieces for line in piece.imports}, key=lambda i: (i[:4] == "from", i)):
        start, _, name = line.partition(" import ")
        wanted.setdefault(start, set()).add(name)
    imports = [start + (f" import {', '.join(sorted(names))}" if any(names) else "") for start, names in wanted.items()]
    own = [i for i in imports if i.split()[1] in THEMES]
    standard = [i for i in imports if i not in own]
    head = [f'"""{doc}"""', "\n".join(standard), "\n".join(own)]
    return "\n\n\n".join(["\n\n".join(part for part in head if part), *(piece.text for piece in pieces)]) + "\n"

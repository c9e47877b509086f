"""Graded corruptions: does the loss say what share of the facts was corrupted?

Every class of `mutate` at once on a share p of what it applies to. The share injected is what the schema says the
corrupted facts weigh, each against what it was, in its own place: no alignment is asked. The loss has to find the same.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from domains.kit.compare import Comparer
from domains.kit.domain import Domain
from domains.kit.element import Element
from domains.kit.mutate import VALUES, mass_of, same, stranger, weight_of

GRADES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
SLACK = 0.01
"""How far the mean over a few seeds may fall where the expectation rises."""
TOLERANCE = 0.05
"""How far the loss may be from the share of facts injected."""


@dataclass(slots=True)
class Injected:
    """What was corrupted so far, in schema weights: facts of the document, and facts that were not in it."""

    lost: float = 0.0
    added: float = 0.0


Corrupt = Callable[["Grader", Element], Element]


class Grader:
    """One graded corruption of one document: `share` of what a class applies to, chosen with `rng`."""

    def __init__(self, domain: Domain, rng: random.Random, share: float) -> None:
        self.schema, self.kinds, self.rng, self.share = domain.schema, domain.records, rng, share
        # Choices apart from values: what a share corrupts, a larger one does too.
        self.choices = random.Random(rng.random())
        self.injected = Injected()

    def chosen(self) -> bool:
        return self.choices.random() < self.share

    def cost(self, e: Element, field: str, new: Hashable) -> float:
        """What it costs that a fact is another one now."""
        if same(self.schema, e.kind, field, e[field], new):
            return 0.0
        return weight_of(self.schema, e, field) * (1.0 - self.schema.kind(e.kind).fields[field].how(e[field], new))

    def values(self, e: Element, change: Callable[[random.Random, Hashable], Hashable | None]) -> Element:
        """`change` on a share of the values it applies to, at every depth."""
        fields = dict(e.fields)
        for name, old in e.fields.items():
            new = change(self.rng, old) if self.chosen() else None
            if new is not None:
                self.injected.lost += self.cost(e, name, new)
                fields[name] = new
        return Element(e.kind, fields, tuple(self.values(c, change) for c in e.children), e.problems)

    def blanked(self, e: Element) -> Element:
        """A share of the values gone, of elements that have another left."""
        ranked = sorted((self.choices.random(), name) for name in e.fields)
        fields = dict(e.fields)
        for rank, name in ranked[: len(ranked) - 1]:
            if rank < self.share:
                self.injected.lost += weight_of(self.schema, e, name)
                del fields[name]
        return Element(e.kind, fields, tuple(map(self.blanked, e.children)), e.problems)

    def records(self, e: Element, change: Callable[[Element], tuple[Element, ...]], depth: int = 0) -> Element:
        """`change` on a share of the records, and of what stands beside them directly below the root."""
        children: list[Element] = []
        for c in e.children:
            if c.kind in self.kinds or (depth == 0 and not self.holds_records(c)):
                children += change(c) if self.chosen() else (c,)
            else:
                children.append(self.records(c, change, depth + 1))
        return e.with_children(children)

    def holds_records(self, e: Element) -> bool:
        return any(inner.kind in self.kinds for inner in e.walk())

    def deleted(self, e: Element) -> tuple[Element, ...]:
        self.injected.lost += mass_of(self.schema, e)
        return ()

    def duplicated(self, e: Element) -> tuple[Element, ...]:
        self.injected.added += mass_of(self.schema, e)
        return e, e

    def invented(self, e: Element) -> tuple[Element, ...]:
        new = stranger(self.rng, self.schema, e)
        self.injected.added += mass_of(self.schema, new)
        return e, new

    def swapped(self, document: Element, one: bool = False) -> Element:
        """A share of the values of each field, or of one field, dealt out anew among the elements that hold it."""
        everywhere: defaultdict[tuple[str, str], list[Element]] = defaultdict(list)
        for e in document.walk():
            for name in e.fields:
                everywhere[e.kind, name].append(e)
        among = [max(everywhere, key=lambda f: (self.choices.random() * len(everywhere[f]), f))] if one else everywhere
        holders = {field: [e for e in everywhere[field] if self.chosen()] for field in among}
        dealt: dict[tuple[int, str], list[Hashable]] = {}
        for (_, name), elements in holders.items():
            # Each field in an order of its own: moved all alike, they would be the records in another order.
            for e, other in zip(elements, self.rng.sample(elements, len(elements)), strict=True):
                dealt.setdefault((id(e), name), []).append(other[name])

        def put(e: Element) -> Element:
            fields = dict(e.fields)
            for name in e.fields:
                if dealt.get((id(e), name)):
                    new = dealt[id(e), name].pop(0)
                    self.injected.lost += self.cost(e, name, new)
                    fields[name] = new
            return Element(e.kind, fields, tuple(map(put, e.children)), e.problems)

        return put(document)

    def reordered(self, e: Element) -> Element:
        """A share of the neighbours swapped, where order means something."""
        children = list(map(self.reordered, e.children))
        n = 0
        while n + 1 < len(children):
            masses = [self.schema.kind(c.kind).order for c in children[n : n + 2]]
            if all(masses) and children[n] != children[n + 1] and self.chosen():
                children[n], children[n + 1] = children[n + 1], children[n]
                self.injected.lost += min(masses)
                n += 1
            n += 1
        return e.with_children(children)


CLASSES: dict[str, Corrupt] = {
    **{name: lambda g, d, c=change: g.values(d, c) for name, change in VALUES.items()},  # type: ignore[misc]
    "order swapped": Grader.reordered,
    "record deleted": lambda g, d: g.records(d, g.deleted),
    "record duplicated": lambda g, d: g.records(d, g.duplicated),
    "record invented": lambda g, d: g.records(d, g.invented),
    "value blanked": Grader.blanked,
    "values swapped": Grader.swapped,
    "values of one field swapped": lambda g, d: g.swapped(d, one=True),
}
"""Name of a class of `mutate.MUTATIONS` to the same done to a share of a document."""


def agreement(domain: Domain, document: Element, seeds: int = 2) -> Iterator[tuple[str, bool, str]]:
    """For each class that applies: its name, whether the mean loss over the seeds never falls as the share grows and
    stays within TOLERANCE of the share injected, and the figures.

    When half of all values or more changed places, no record is itself any more, and what is where is a question of
    names: the loss is that of the cheapest account, so that it may be less than the share injected, never more."""
    comparer = Comparer(domain.schema)
    for name in CLASSES:
        found, injected = [], []
        for grade in GRADES:
            tries = [graded(domain, document, name, grade, random.Random(seed)) for seed in range(seeds)]
            losses = [1.0 - comparer.compare(document, bad, changes=False).score for bad, _ in tries]
            found.append(fmean(losses))
            injected.append(fmean(share for _, share in tries))
        if not any(injected):
            continue
        off = [loss - share for loss, share in zip(found, injected, strict=True)]
        scrambled = [name == "values swapped" and grade >= 0.5 for grade in GRADES]
        wrong = [0.0 if free and gap < 0 else abs(gap) for free, gap in zip(scrambled, off, strict=True)]
        rising = all(b >= a - SLACK for a, b in pairwise(found))
        pairs = ", ".join(f"{loss:.3f} for {share:.3f}" for loss, share in zip(found, injected, strict=True))
        yield name, rising and max(wrong) <= TOLERANCE, f"off by {max(wrong):.3f}: {pairs}"


def graded(domain: Domain, document: Element, name: str, share: float, rng: random.Random) -> tuple[Element, float]:
    """A document with a `share` of what the class applies to corrupted, and the share of the mass injected."""
    grader = Grader(domain, rng, share)
    corrupted = CLASSES[name](grader, document)
    whole = mass_of(domain.schema, document) + grader.injected.added
    return corrupted, (grader.injected.lost + grader.injected.added) / whole if whole else 0.0


__all__ = ["CLASSES", "GRADES", "TOLERANCE", "agreement", "graded"]

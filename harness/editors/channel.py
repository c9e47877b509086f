"""The corruption channel of simulated models: what is lost between the document as read and as written again.

Everything is drawn from the `random.Random` handed in. One pass over the document, whatever the rates.
"""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import exp

from domains import Element, mutate

_CHANGES = (mutate.digit_changed, mutate.number_scaled, mutate.sign_flipped, mutate.item_changed)


@dataclass(frozen=True, slots=True)
class Channel:
    """A simulated model's error rates, all in [0, 1] but for `growth` and `wear`.

    drop, alter, invent, reorder   per element and hop: it vanishes with all below it, one of its values changes, one
                 made up after it follows it, it changes places with the one before it
    growth       these four are multiplied by 1 + growth * damage, where damage is the share already lost
    critical     per hop: a contiguous run of the document is lost or garbled
    worn, wear   the risk of that on a document as damaged as can be, as a share of `critical`, and the damage at which
                 the risk has fallen 63 % of the way there: what a model finds hard it breaks in the first rounds
    size         of a critical error, as a share of the elements: the (alpha, beta) of a beta distribution
    deletion     share of critical errors that delete; the others garble
    garble       share of the values that change within a garbled run
    truncate     per hop: the output ends before its end, and the editor says so, as with a token limit
    noop         per hop: the files come back as they were
    """

    drop: float = 0.0
    alter: float = 0.0
    invent: float = 0.0
    reorder: float = 0.0
    growth: float = 0.0
    critical: float = 0.0
    worn: float = 1.0
    wear: float = 1.0
    size: tuple[float, float] = (1.0, 2.0)
    deletion: float = 0.5
    garble: float = 0.6
    truncate: float = 0.0
    noop: float = 0.0

    def corrupt(self, rng: random.Random, document: Element, damage: float) -> Element:
        """The document after one pass through the channel."""
        risk = self.critical * (self.worn + (1.0 - self.worn) * exp(-damage / self.wear))
        # Drawn whether used or not: the small errors of a hop do not depend on how likely a critical one is.
        strikes, seed = rng.random() < risk, rng.getrandbits(64)
        scale = 1.0 + self.growth * damage
        rates = [min(1.0, rate * scale) for rate in (self.drop, self.alter, self.invent, self.reorder)]
        if any(rates):
            document = _Slips(rng, rates, _Values(rng, document)).below(document)
        return self._critical(random.Random(seed), document) if strikes else document

    def _critical(self, rng: random.Random, document: Element) -> Element:
        number = sum(1 for _ in document.walk()) - 1
        length = max(1, round(rng.betavariate(*self.size) * number))
        start = rng.randint(1, max(1, number - length + 1))
        garble = 0.0 if rng.random() < self.deletion else self.garble
        return _Run(_Values(rng, document), start, start + length, garble).below(document, 0)[0]


class _Slips:
    """Small errors, independent of one another."""

    def __init__(self, rng: random.Random, rates: Sequence[float], values: _Values) -> None:
        self.rng, self.values = rng, values
        drop, alter, invent, reorder = rates
        self.drop, self.alter = drop, drop + alter
        self.invent, self.reorder = drop + alter + invent, drop + alter + invent + reorder

    def below(self, parent: Element) -> Element:
        children = parent.children
        if not children:
            return parent
        rng, kept, touched = self.rng, list[Element](), False
        for child in children:
            luck = rng.random()
            if luck < self.drop:
                touched = True
                continue
            new = self.below(child) if child.children else child
            if luck < self.alter:
                new = self.values.altered(new)
            kept.append(new)
            if self.alter <= luck < self.invent:
                kept.append(self.values.stranger(new))
            elif self.invent <= luck < self.reorder and len(kept) > 1:
                kept[-2:] = kept[:-3:-1]
                touched = True
            touched = touched or new is not child or len(kept) > len(children)
        return parent.with_children(kept) if touched or len(kept) != len(children) else parent


class _Run:
    """A contiguous run of elements, numbered from 1 in document order, deleted or garbled."""

    def __init__(self, values: _Values, start: int, stop: int, garble: float) -> None:
        self.values, self.start, self.stop, self.garble = values, start, stop, garble

    def below(self, parent: Element, number: int) -> tuple[Element, int]:
        """The element with what is below it damaged, and the number of the last element below it."""
        kept = []
        for child in parent.children:
            here = number + 1
            new, number = self.below(child, here)
            inside = self.start <= here < self.stop
            if self.garble:
                kept.append(self.values.altered(new, self.garble) if inside else new)
            # An element goes when the run covers it to its end; before that only what is below it has gone.
            elif not (inside and number < self.stop):
                kept.append(new)
        return parent.with_children(kept) if parent.children else parent, number


class _Values:
    """Other values for the fields of a document. Half of the time the value is that of another record, as when one
    slips a line in copying: accounts stay accounts and units units, where any word at all would stop later edits."""

    def __init__(self, rng: random.Random, document: Element) -> None:
        self.rng, self.document = rng, document
        self.peers: dict[str, list[Element]] = {}

    def altered(self, element: Element, share: float = 0.0) -> Element:
        """The element with one value changed, or each with the probability `share`. As it was if none can change."""
        rng, names = self.rng, list(element.fields)
        if share:
            names = [name for name in names if rng.random() < share]
        rng.shuffle(names)
        changed: dict[str, Hashable] = {}
        for name in names:
            new = self.other(element, name)
            if new is not None:
                changed[name] = new
                if not share:
                    break
        return element.with_fields(**changed) if changed else element

    def stranger(self, element: Element) -> Element:
        """An element like this one that says something else throughout."""
        return self.altered(element, 1.0).with_children([self.stranger(child) for child in element.children])

    def other(self, element: Element, name: str) -> Hashable | None:
        """Another value for a field, None when none is found."""
        rng, value = self.rng, element.fields[name]
        changes = rng.sample(_CHANGES, len(_CHANGES))
        if isinstance(value, str) and " " in value:
            changes.insert(0, mutate.word_replaced)
        made = (new for change in changes if (new := change(rng, value)) is not None and new != value)
        if rng.random() < 0.5:
            return next(made, None) or self.neighbour(element.kind, name, value)
        return self.neighbour(element.kind, name, value) or next(made, None)

    def neighbour(self, kind: str, name: str, value: Hashable) -> Hashable | None:
        if not self.peers:
            for element in self.document.walk():
                self.peers.setdefault(element.kind, []).append(element)
        peers = self.peers.get(kind, ())
        for peer in self.rng.sample(peers, min(8, len(peers))):
            if name in peer.fields and peer.fields[name] != value:
                return peer.fields[name]
        return None

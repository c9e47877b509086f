"""Seeded corruptions of a document, one fact at a time: what the battery tries and simulated models do."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from domains.kit.element import Element
from domains.kit.schema import Schema

Place = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A document with one fact corrupted. `touched` are the (place, field) pairs concerned in the original, field None
    for a whole element; `mass` is what the schema says the corruption may cost at most."""

    name: str
    document: Element
    touched: tuple[tuple[Place, str | None], ...]
    mass: float


def places(document: Element) -> Iterator[tuple[Place, Element]]:
    """Every element below the root with its place (child numbers from the root), in document order."""
    stack: list[tuple[Place, Element]] = [((n,), e) for n, e in reversed(list(enumerate(document.children)))]
    while stack:
        place, e = stack.pop()
        yield place, e
        stack.extend(((*place, n), c) for n, c in reversed(list(enumerate(e.children))))


def put(document: Element, place: Place, change: Callable[[Element], tuple[Element, ...]]) -> Element:
    """The document with the element at a place replaced by those that `change` gives (none: removed)."""
    first, *rest = place
    children = document.children
    new = (put(children[first], tuple(rest), change),) if rest else change(children[first])
    return document.with_children((*children[:first], *new, *children[first + 1 :]))


def weight_of(schema: Schema, e: Element, name: str) -> float:
    rule = schema.kind(e.kind).fields[name]
    return rule.weight(e.fields[name]) if callable(rule.weight) else rule.weight


def mass_of(schema: Schema, e: Element) -> float:
    """What an element and all below it weigh."""
    own = schema.kind(e.kind)
    return own.weight + own.order + sum(weight_of(schema, e, f) for f in e.fields) + sum(
        mass_of(schema, c) for c in e.children
    )  # fmt: skip


def same(schema: Schema, kind: str, name: str, a: Hashable, b: Hashable) -> bool:
    """Whether two values of a field are equal under the schema."""
    canon = schema.kind(kind).fields[name].canon
    return a == b or (canon is not None and canon(a) == canon(b))


# -- values ---------------------------------------------------------------------------------------------------------

_WORDS = ("maple", "harbour", "violet", "quartz", "lantern", "meadow", "copper", "willow", "saffron", "glacier")


def digit_changed(rng: random.Random, value: Hashable) -> Hashable | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal | Fraction):
        if isinstance(value, Fraction):
            return value + rng.choice((1, -1, Fraction(1, 2)))
        digits = str(value)
        spots = [n for n, c in enumerate(digits) if c.isdigit()]
        if not spots or "E" in digits or "N" in digits:
            return None
        n = rng.choice(spots)
        new = digits[:n] + rng.choice([d for d in "123456789" if d != digits[n]]) + digits[n + 1 :]
        return type(value)(new)
    if isinstance(value, datetime | date):
        return value + timedelta(days=rng.choice((-9, -1, 1, 10)))
    if isinstance(value, timedelta):
        return value + timedelta(milliseconds=rng.choice((7, 100, 1000, 10_000)))
    if isinstance(value, time):
        return value.replace(minute=(value.minute + rng.randint(1, 59)) % 60)
    if isinstance(value, str):
        spots = [n for n, c in enumerate(value) if c.isascii() and c.isdigit()]
        if not spots:
            return None
        n = rng.choice(spots)
        return value[:n] + rng.choice([d for d in "123456789" if d != value[n]]) + value[n + 1 :]
    return None


def number_scaled(_rng: random.Random, value: Hashable) -> Hashable | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | Fraction | timedelta) or not value:
        return None
    return value * 10


def sign_flipped(_rng: random.Random, value: Hashable) -> Hashable | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | Fraction) or not value:
        return None
    return -value


def word_replaced(rng: random.Random, value: Hashable) -> Hashable | None:
    if not isinstance(value, str):
        return None
    words = value.split(" ")
    spots = [n for n, w in enumerate(words) if any(c.isalpha() for c in w)]
    if not spots:
        return None
    n = rng.choice(spots)
    words[n] = rng.choice([w for w in _WORDS if w != words[n]])
    return " ".join(words)


def item_changed(rng: random.Random, value: Hashable) -> Hashable | None:
    """One member of a tuple corrupted or dropped."""
    if not isinstance(value, tuple) or not value:
        return None
    n = rng.randrange(len(value))
    for change in rng.sample((digit_changed, word_replaced), 2):
        new = change(rng, value[n])
        if new is not None:
            return (*value[:n], new, *value[n + 1 :])
    return (*value[:n], *value[n + 1 :]) or None


VALUES: dict[str, Callable[[random.Random, Hashable], Hashable | None]] = {
    "digit changed": digit_changed,
    "item changed": item_changed,
    "number scaled": number_scaled,
    "sign flipped": sign_flipped,
    "word replaced": word_replaced,
}


def _value(name: str) -> Callable[[random.Random, Schema, Element], Mutation | None]:
    change = VALUES[name]

    def mutation(rng: random.Random, schema: Schema, document: Element) -> Mutation | None:
        for place, e in _some(rng, document, lambda e: bool(e.fields)):
            field = rng.choice(list(e.fields))
            new = change(rng, e[field])
            if new is None or same(schema, e.kind, field, e[field], new):
                continue
            changed = put(document, place, lambda e, f=field, v=new: (e.with_fields(**{f: v}),))  # type: ignore[misc]
            return Mutation(name, changed, ((place, field),), weight_of(schema, e, field))
        return None

    return mutation


def _any(_element: Element) -> bool:
    return True


def _nothing(_element: Element) -> tuple[Element, ...]:
    return ()


def _some(
    rng: random.Random, document: Element, fit: Callable[[Element], bool], tries: int = 25
) -> list[tuple[Place, Element]]:
    """Some random elements below the root that fit."""
    known = [(place, e) for place, e in places(document) if fit(e)]
    return rng.sample(known, min(tries, len(known)))


def value_blanked(rng: random.Random, schema: Schema, document: Element) -> Mutation | None:
    for place, e in _some(rng, document, lambda e: len(e.fields) > 1):
        field = rng.choice(list(e.fields))
        changed = put(document, place, lambda e, f=field: (e.with_fields(**{f: None}),))  # type: ignore[misc]
        return Mutation("value blanked", changed, ((place, field),), weight_of(schema, e, field))
    return None


def record_deleted(rng: random.Random, schema: Schema, document: Element) -> Mutation | None:
    for place, e in _some(rng, document, _any, 1):
        return Mutation("record deleted", put(document, place, _nothing), ((place, None),), mass_of(schema, e))
    return None


def record_duplicated(rng: random.Random, schema: Schema, document: Element) -> Mutation | None:
    for place, e in _some(rng, document, _any, 1):
        return Mutation(
            "record duplicated", put(document, place, lambda e: (e, e)), ((place, None),), mass_of(schema, e)
        )
    return None


def record_invented(rng: random.Random, schema: Schema, document: Element) -> Mutation | None:
    for place, e in _some(rng, document, lambda e: bool(e.fields)):
        new = stranger(rng, schema, e)
        if new != e:
            changed = put(document, place, lambda e, n=new: (e, n))  # type: ignore[misc]
            return Mutation("record invented", changed, ((place, None),), mass_of(schema, new))
    return None


def stranger(rng: random.Random, schema: Schema, e: Element) -> Element:
    """An element like this one with every value its own."""
    fields: dict[str, Hashable] = {}
    for name, value in e.fields.items():
        made = word_replaced(rng, value) or digit_changed(rng, value) or item_changed(rng, value)
        fields[name] = value if made is None else made
    return Element(e.kind, fields, tuple(stranger(rng, schema, c) for c in e.children))


def values_swapped(rng: random.Random, schema: Schema, document: Element) -> Mutation | None:
    for place, e in _some(rng, document, lambda e: bool(e.fields)):
        field = rng.choice(list(e.fields))
        others = _some(rng, document, lambda o, e=e, f=field: o.kind == e.kind and f in o.fields)  # type: ignore[misc]
        for there, other in others:
            a, b = e[field], other[field]
            nested = there[: len(place)] == place or place[: len(there)] == there
            if nested or same(schema, e.kind, field, a, b):
                continue
            changed = put(document, place, lambda e, f=field, v=b: (e.with_fields(**{f: v}),))  # type: ignore[misc]
            changed = put(changed, there, lambda e, f=field, v=a: (e.with_fields(**{f: v}),))  # type: ignore[misc]
            mass = weight_of(schema, e, field) + weight_of(schema, other, field)
            return Mutation("values swapped", changed, ((place, field), (there, field)), mass)
    return None


def order_swapped(rng: random.Random, schema: Schema, document: Element) -> Mutation | None:
    for place, e in _some(rng, document, lambda e: schema.kind(e.kind).order > 0):
        parent = document
        for n in place[:-1]:
            parent = parent.children[n]
        here = place[-1]
        following = here + 1
        if following >= len(parent.children):
            continue
        other = parent.children[following]
        if other == e or not schema.kind(other.kind).order:
            continue
        swapped = put(document, place, lambda _e, o=other: (o,))  # type: ignore[misc]
        swapped = put(swapped, (*place[:-1], following), lambda _o, e=e: (e,))  # type: ignore[misc]
        mass = max(schema.kind(e.kind).order, schema.kind(other.kind).order)
        return Mutation("order swapped", swapped, ((place, None), ((*place[:-1], following), None)), mass)
    return None


MUTATIONS: dict[str, Callable[[random.Random, Schema, Element], Mutation | None]] = {
    **{name: _value(name) for name in VALUES},
    "order swapped": order_swapped,
    "record deleted": record_deleted,
    "record duplicated": record_duplicated,
    "record invented": record_invented,
    "value blanked": value_blanked,
    "values swapped": values_swapped,
}
"""Name of a mutation class to what makes one; None when it does not apply to the document."""

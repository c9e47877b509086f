"""Names for subtrees: two subtrees that are equal under a schema get the same small number, so that comparing whole
documents is comparing numbers. Exact (no hash is trusted) and linear in the size of the documents."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from domains.kit.element import Element
from domains.kit.schema import Kind, Schema, SchemaError


class Plan:
    """How to intern an element of one kind with one set of field names: worked out once, used for thousands.

    `mass` is what does not depend on values; `turn` reorders the values into the schema's order (None when they are);
    `weigh` and `canon` are the (position, function) pairs of the fields whose weight or canonical form needs the value.
    """

    __slots__ = ("canon", "mass", "number", "ordered", "turn", "weigh")

    def __init__(self, number: int, rule: Kind, kind: str, names: tuple[str, ...]) -> None:
        unknown = sorted(set(names) - set(rule.fields))
        if unknown:
            raise SchemaError(f"{kind}: no weight for {', '.join(unknown)}")
        self.number = number
        self.ordered = bool(rule.order)
        order = list(rule.fields)
        turn = sorted(range(len(names)), key=lambda n: order.index(names[n]))
        self.turn = None if turn == list(range(len(names))) else turn
        rules = [rule.fields[names[n]] for n in turn]
        self.mass = rule.weight + rule.order + sum(r.weight for r in rules if not callable(r.weight))
        self.weigh = [(n, r.weight) for n, r in enumerate(rules) if callable(r.weight)]
        self.canon = [(n, r.canon) for n, r in enumerate(rules) if r.canon is not None]


class Index:
    """Interned subtrees of any number of documents under one schema.

    `identity(e)` is equal for two elements exactly when they are equal under the schema; `mass(e)` is what an element
    weighs with all below it. Elements are kept alive, so an Index lives as long as one comparison or one hop.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._kinds = schema.kinds
        self._plans: dict[tuple[str, ...], Plan] = {}
        self._interned: dict[tuple[Hashable, ...], int] = {}
        self._seen: dict[int, tuple[int, float, Element]] = {}

    def __len__(self) -> int:
        """Elements seen."""
        return len(self._seen)

    def rule(self, kind: str) -> Kind:
        """A kind's rule. SchemaError when there is none."""
        found = self._kinds.get(kind)
        return found if found is not None else self.schema.kind(kind)

    def entry(self, element: Element) -> tuple[int, float]:
        """Identity and mass at once."""
        return (self._seen.get(id(element)) or self._add(element))[:2]

    def identity(self, element: Element) -> int:
        seen = self._seen.get(id(element))
        return (seen or self._add(element))[0]

    def mass(self, element: Element) -> float:
        seen = self._seen.get(id(element))
        return (seen or self._add(element))[1]

    def identities(self, elements: Sequence[Element]) -> list[int]:
        """Identities of elements whose parent is in the index."""
        seen = self._seen
        return [seen[id(e)][0] for e in elements]

    def _add(self, element: Element) -> tuple[int, float, Element]:
        """Intern an element and all below it. SchemaError for a kind or field the schema does not know."""
        plan = self._plan(element)
        values: list[Hashable] = list(element.fields.values())
        if plan.turn is not None:
            values = [values[n] for n in plan.turn]
        mass = plan.mass
        for n, weigh in plan.weigh:
            mass += weigh(values[n])
        for n, canon in plan.canon:
            values[n] = canon(values[n])
        if element.children:
            mass += self._below(element.children, values)
        key = (plan.number, *values)
        identity = self._interned.setdefault(key, len(self._interned))
        entry = self._seen[id(element)] = (identity, mass, element)
        return entry

    def _below(self, children: Sequence[Element], key: list[Hashable]) -> float:
        """Mass of the children; their identities go into the parent's key, sorted where order means nothing."""
        seen, plans = self._seen, self._plans
        mass = 0.0
        ordered: list[int] = []
        loose: list[int] = []
        for child in children:
            identity, child_mass, _ = seen.get(id(child)) or self._add(child)
            mass += child_mass
            (ordered if plans[child.kind, *child.fields].ordered else loose).append(identity)
        loose.sort()
        key.append((tuple(ordered), tuple(loose)))
        return mass

    def _plan(self, element: Element) -> Plan:
        names = (element.kind, *element.fields)
        plan = self._plans.get(names)
        if plan is None:
            rule = self.rule(element.kind)
            # Elements with equal fields in another order must meet under one number.
            twin = next((p for n, p in self._plans.items() if n[0] == names[0] and set(n[1:]) == set(names[1:])), None)
            number = twin.number if twin else len(self._plans)
            plan = self._plans[names] = Plan(number, rule, element.kind, names[1:])
        return plan

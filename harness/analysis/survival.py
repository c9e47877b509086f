"""Which facts die first: every value of the seed documents, and the hop after which it was not seen again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from numbers import Number
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from harness.analysis.bootstrap import UNIT, means, panel
from harness.estimate import Estimate
from harness.store import Reader, StoredChain

if TYPE_CHECKING:
    import pandas as pd

    from domains import Change, Domain, Element

VALUE_COLUMNS = {
    "chain": "number of the chain in its store",
    "model": "full model name",
    "domain": "document type",
    "document": "name of the seed document",
    "document_hash": "hash of the seed document",
    "kind": "of the element the value stands in",
    "field": "name of the value's field",
    "type": "number, date, name, prose or identifier",
    "rarity": "tenth of the document's values by how often they stand there: 1 the commonest, 10 the rarest",
    "place": "tenth of the document it stands in, from 1",
    "died": "first backward hop from which on it was gone, missing when it was there at the last",
    "last": "last backward hop of the chain",
}

Grouping = Literal["rarity", "type", "place", "kind", "domain"]
Value = tuple[tuple[int, ...], "Element", str, Any]

_FIGURE = re.compile(r"[-+]?[\d.,'  ]*\d\s*%?")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?\b.*|\d\d?[./]\d\d?[./]\d{2,4}|\d\d?:\d\d(:\d\d)?([.,]\d+)?")
_PROPER = re.compile(r"(?:[^\W\d_][\w.'’&-]*\s*)+")
_PROSE = 5
"""Words from which on a text is prose, not a name."""


class Stored(Protocol):
    """A study, as far as it is needed here."""

    @property
    def path(self) -> Path: ...

    @property
    def chains(self) -> Sequence[StoredChain]: ...


def values_table(study: Stored) -> pd.DataFrame:
    """A row a chain and value of its seed document, columns as in VALUE_COLUMNS. A value is gone where a stored Change
    says that it, or what it stands in, is missing or altered; after a hop that failed, all are. Chains without a
    backward hop have no rows. UsageError when a domain is not there."""
    import pandas as pd

    rows: list[tuple[Any, ...]] = []
    with Reader(study.path) as reader:
        for chain in study.chains:
            rows += _chain_rows(reader, chain)
    return pd.DataFrame(rows, columns=list(VALUE_COLUMNS)).astype({"died": "Int64"})


def survival(values: pd.DataFrame, group: Grouping) -> dict[str, dict[int, Estimate]]:
    """By group, the share of its values still there after each backward hop. Of chains of unequal length, a hop counts
    those that came so far."""
    found: dict[str, dict[int, Estimate]] = {}
    table = values.assign(until=values["died"].astype("float64").fillna(np.inf))
    for label, own in table.groupby(group, sort=True):
        found[str(label)] = {}
        for hop in range(2, int(own["last"].max()) + 1, 2):
            there = own[own["last"] >= hop]
            alive = there.assign(alive=(there["until"] > hop).astype("float64"), hop=hop)
            per_chain = alive.groupby([*UNIT, "chain", "hop"], as_index=False)[["alive"]].mean()
            found[str(label)][hop] = means(panel(per_chain, "alive"))[0]
    return found


def values_of(root: Element) -> Iterator[Value]:
    """Every value of a document, in document order: the element's position, the element, the field, the value."""
    stack: list[tuple[tuple[int, ...], Element]] = [((), root)]
    while stack:
        place, element = stack.pop()
        for name, value in element.fields.items():
            yield place, element, name, value
        stack.extend(((*place, n), child) for n, child in reversed(list(enumerate(element.children))))


def gone(values: Sequence[Value], changes: Iterable[Change]) -> list[bool]:
    """Whether each value of the reference is missing or altered."""
    fields: set[tuple[tuple[int, ...], str]] = set()
    shells: set[tuple[int, ...]] = set()
    wholes: set[tuple[int, ...]] = set()
    for change in changes:
        if change.reference is None or change.kind not in ("missing", "altered"):
            continue
        if change.field is None:
            wholes.add(change.reference)
        elif change.field == "":
            shells.add(change.reference)
        else:
            fields.add((change.reference, change.field))
    return [
        (place, name) in fields
        or place in shells
        or (bool(wholes) and any(place[:depth] in wholes for depth in range(len(place) + 1)))
        for place, _, name, _ in values
    ]


def type_of(domain: Domain, element: Element, field: str, value: Any) -> str:
    """What sort of fact a value is: by its type, what it looks like, how it compares (word by word: prose) and whether
    it identifies its element. A tuple is what its first member is."""
    if isinstance(value, tuple):
        return type_of(domain, element, field, value[0]) if value else "identifier"
    if isinstance(value, (date, datetime, time, timedelta)):
        return "date"
    if isinstance(value, (Number, Fraction)) and not isinstance(value, bool):
        return "number"
    text = str(value).strip()
    if _DATE.fullmatch(text):
        return "date"
    if _FIGURE.fullmatch(text):
        return "number"
    if len(text.split()) >= _PROSE:
        return "prose"
    rule = domain.schema.kind(element.kind)
    keyed = any(field in group for group in rule.key)
    if not keyed and rule.fields[field].how("a b", "a c") > 0.0:  # compared word by word
        return "prose"
    if _PROPER.fullmatch(text) and any(c.isupper() for c in text) and (" " in text or not keyed):
        return "name"
    return "identifier"


def _chain_rows(reader: Reader, chain: StoredChain) -> list[tuple[Any, ...]]:
    seed, _ = reader.documents(chain.number)
    domain, changes = _domain(chain.domain), reader.changes(chain.number)
    values = list(values_of(domain.parse(seed)))
    died: list[int | None] = [None] * len(values)
    last = 0
    for step in reader.steps(chain.number):
        if step.direction != "backward":
            continue
        last = step.hop
        lost = gone(values, changes[step.hop]) if step.hop in changes else [True] * len(values)
        died = [(since or step.hop) if away else None for since, away in zip(died, lost, strict=True)]
    if not last:
        return []
    about = (chain.number, chain.model, chain.domain, chain.document, str(chain.spec["document_hash"]))
    return [(*about, *told, when, last) for told, when in zip(_told(domain, values), died, strict=True)]


def _domain(name: str) -> Domain:
    import domains
    from harness.errors import UsageError

    try:
        return domains.get(name)
    except (domains.UnknownDomain, ImportError) as error:
        raise UsageError(str(error)) from None


def _told(domain: Domain, values: Sequence[Value]) -> Iterator[tuple[str, str, str, int, int]]:
    """Kind, field, type, rarity and place of each value. Values that stand there equally often share a tenth, that of
    the middle of their ranks."""
    count = len(values)
    often = Counter(value for *_, value in values)
    holders = Counter(often[value] for *_, value in values)  # how many values stand there so often
    ranks, above = {}, 0
    for times in sorted(holders, reverse=True):
        ranks[times] = (above + (holders[times] + 1) / 2) / count
        above += holders[times]
    for number, (_, element, field, value) in enumerate(values):
        rarity = min(10, int(np.ceil(ranks[often[value]] * 10)))
        yield element.kind, field, type_of(domain, element, field, value), rarity, 1 + number * 10 // count

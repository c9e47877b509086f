"""Which of a provider's models answered under a name: an alias that is moved to another one must not mix two models."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from harness.errors import UsageError
from harness.store.records import Chain, server_of

Name = tuple[str, str]
"""A model's full name and the server it is asked from, "" for the provider's own."""


class Served:
    """The first one to answer under a name is its model from then on; another one is drift, taken only with
    `accept`. Both methods return what is new, as (model, server, id), to be written down."""

    def __init__(self, path: Path, connection: sqlite3.Connection, *, accept: bool) -> None:
        self._path = path
        self._connection = connection
        self._accept = accept
        self._names: dict[int, Name] = {}
        self._known: defaultdict[Name, set[str]] = defaultdict(set)
        for model, server, served in connection.execute("SELECT model, server, id FROM served"):
            self._known[model, server].add(served)

    def register(self, chains: Mapping[int, Chain]) -> list[tuple[str, str, str]]:
        """Chains that are about to run. UsageError when the store holds replies under their names that are of another
        model: the one that a run before was stopped for."""
        self._names |= {number: (chain.model, server_of(chain.spec)) for number, chain in chains.items()}
        wanted = set(self._names.values())
        told = {}
        for number, model, spec in self._connection.execute("SELECT id, model, spec FROM chains"):
            told[number] = model, server_of(json.loads(spec))
        rows = self._connection.execute("SELECT DISTINCT chain, model FROM replies WHERE model != ''")
        found = {(told[number], served) for number, served in rows if told[number] in wanted}
        return [new for name, served in sorted(found) for new in self._check(name, served)]

    def answered(self, chain: int, served: str) -> list[tuple[str, str, str]]:
        """A reply to a chain. UsageError when it is of another model than those before."""
        return self._check(self._names[chain], served) if served and chain in self._names else []

    def _check(self, name: Name, served: str) -> list[tuple[str, str, str]]:
        known = self._known[name]
        if served in known:
            return []
        if known and not self._accept:
            raise UsageError(
                f"{name[0]} now answers as {served}, but the replies in {self._path} are of "
                f"{', '.join(sorted(known))}: name another store, or add --accept-drift to go on here, with the "
                "results of both told apart"
            )
        known.add(served)
        return [(*name, served)]

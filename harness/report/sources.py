"""What stores hold, together: one table of steps and the chains, numbered anew for the site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.horizon.study import HorizonStudy
from harness.mixing import check_scorers
from harness.report.chains import SiteChain
from harness.store import Reader, StoredChain
from harness.store.origin import origin
from harness.table import bills, steps_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Sources:
    """`steps` are as `Study.steps`, `chain` being the number on the site; `paid` is what each chain's replies cost."""

    stores: tuple[Path, ...]
    chains: Mapping[int, SiteChain]
    steps: pd.DataFrame
    paid: Mapping[int, Mapping[str, Any]]
    horizons: tuple[HorizonStudy, ...]

    @cached_property
    def origins(self) -> tuple[str, ...]:
        """What made the results: a line or more a store."""
        return tuple(f"{path.name}: {line}" for path in self.stores for line in origin(path))


def read(stores: Sequence[Path]) -> Sources:
    """Reads the stores. A chain that two stores hold counts once, as far as it came. UsageError when a store is
    none, when different code scored them, or when there is nothing to report."""
    import pandas as pd

    paths = tuple(dict.fromkeys(Path(store).resolve() for store in stores))
    best: dict[str, tuple[Path, StoredChain]] = {}
    for path in paths:
        with Reader(path) as reader:
            for chain in reader.chains():
                if chain.key not in best or chain.hops > best[chain.key][1].hops:
                    best[chain.key] = path, chain
    chains = {n: SiteChain(n, path, chain) for n, (path, chain) in enumerate(best.values(), 1)}
    tables, paid = [], {}
    for path in paths:
        own = {found.stored.number: found.number for found in chains.values() if found.store == path}
        with Reader(path) as reader:
            table = steps_table(reader, [found.stored for found in chains.values() if found.store == path])
            bill = bills(reader)
        table["chain"] = table["chain"].map(own).astype("int64")
        tables.append(table)
        paid.update({number: bill[old] for old, number in own.items()})
    horizons = tuple(study for study in map(HorizonStudy, paths) if study.played)
    filled = [table for table in tables if len(table)] or tables[:1]
    steps = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
    if len(steps):
        check_scorers(steps, where=", ".join(map(str, paths)))
    if not len(steps) and not horizons:
        raise UsageError(f"there is nothing to report in {', '.join(map(str, paths))}: no finished hop, no turn")
    return Sources(paths, chains, steps, paid, horizons)

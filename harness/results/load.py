"""Result files and stores as one table of steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.results.check import HOPS, LATER, checked
from harness.results.form import FORMAT, Results, packed, read
from harness.store import StoredChain

if TYPE_CHECKING:
    import pandas as pd

_SQLITE = b"SQLite format 3\0"


def open_results(path: str | Path) -> Results:
    """A result file, checked. UsageError names what is wrong with it."""
    return checked(read(Path(path)), Path(path))


def load(path: str | Path) -> pd.DataFrame:
    """The steps in a result file, as `Study.steps` (harness.COLUMNS), ordered by chain and hop."""
    return table(open_results(path))


def table(results: Results) -> pd.DataFrame:
    """The steps as a table; `chain` counts from 1 in the file's order."""
    import pandas as pd

    from harness.table import COLUMNS, about_chains, derived, typed

    columns: dict[str, list[Any]] = {name: [] for name in ("chain", *HOPS, *LATER)}
    chains = []
    for number, chain in enumerate(results.chains, 1):
        chains.append(
            StoredChain(number, chain.key, chain.model, chain.editor, chain.domain, chain.document, chain.repeat,
                        chain.count, chain.reason, chain.spec)
        )  # fmt: skip
        columns["chain"] += [number] * chain.count
        for name in (*HOPS, *LATER):
            columns[name] += chain.hops[name]
    served = {number: chain.served for number, chain in enumerate(results.chains, 1)}
    found = pd.DataFrame(columns).merge(about_chains(chains, served), on="chain", how="left", validate="many_to_one")
    return typed(derived(found)[list(COLUMNS)])


def is_results(path: str | Path) -> bool:
    """Whether a file is a result file, from how it begins: compressed, or JSON that names its format first."""
    start = _start(Path(path))
    return packed(start) or start.lstrip().startswith(f'{{"format":"{FORMAT}"'.encode())


def open_steps(path: str | Path) -> pd.DataFrame:
    """The steps of a store or of a result file, whichever it is. UsageError when it is neither."""
    from harness import study

    start = _start(Path(path))
    if start.startswith(_SQLITE):
        return study.load(path).steps
    if packed(start) or start.lstrip().startswith(b"{"):
        return load(path)
    raise UsageError(f"{path} is neither a store nor a result file")


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(64)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None

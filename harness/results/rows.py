"""A store as plain rows for other programs: JSON lines, or Parquet, which takes the extra `parquet`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from harness.errors import UsageError
from harness.store import Reader, StoredChain

Form = Literal["jsonl", "parquet"]
Row = dict[str, Any]

_BATCH = 2000

_KINDS: dict[str, dict[str, str]] = {
    "replies": {
        "chain": "int64", "key": "string", "hop": "int64", "attempt": "int64", "call": "int64", "request": "string",
        "text": "string", "finish": "string", "input_tokens": "int64", "output_tokens": "int64",
        "cached_tokens": "int64", "reasoning_tokens": "int64", "cost_usd": "float64", "latency": "float64",
        "served": "string", "fingerprint": "string", "tries": "int64", "raw": "string", "calls": "string",
    },
    "documents": {
        "chain": "int64", "key": "string", "hop": "int64", "role": "string", "name": "string", "text": "string",
    },
}  # fmt: skip
"""Columns of the tables that are no DataFrame. A document's `role` is seed, clean, distractor (hop 0) or after."""


def write_rows(
    store: str | Path, output: str | Path, form: Form = "jsonl", *, replies: bool = False, documents: bool = False
) -> dict[Path, int]:
    """Writes the steps of a store (columns of harness.COLUMNS) and, where wanted, the replies and the documents; the
    files and their numbers of rows. `output` is a file for the steps alone, or a folder. UsageError when it cannot be
    written, or the extra is missing."""
    path = Path(output)
    if form == "parquet":
        _arrow()
    alone = path.suffix == f".{form}"
    if alone and (replies or documents):
        raise UsageError(f"{path} is one file: name a folder for steps, replies and documents")
    made: dict[Path, int] = {}
    try:
        if not alone:
            path.mkdir(parents=True, exist_ok=True)
        with Reader(store) as reader:
            reader.connection.execute("BEGIN")  # all tables as they are at one moment
            chains = [*reader.chains(), *(reader.chains(horizon=True) if replies else ())]
            target = path if alone else path / f"steps.{form}"
            made[target] = _steps(reader, target, form)
            for name, wanted, rows in (("replies", replies, _replies), ("documents", documents, _documents)):
                if wanted:
                    target = path / f"{name}.{form}"
                    made[target] = _written(rows(reader, chains), target, form, _KINDS[name])
    except OSError as error:
        raise UsageError(f"cannot write {error.filename or path}: {error.strerror or error}") from None
    return made


def _arrow() -> Any:
    try:
        import_module("pyarrow.parquet")
        return import_module("pyarrow")
    except ImportError:
        raise UsageError("Parquet needs an extra: pip install 'palimpsest-bench[parquet]'") from None


def _steps(reader: Reader, path: Path, form: Form) -> int:
    from harness.table import steps_table

    table = steps_table(reader, reader.chains())
    if form == "parquet":
        empty = {name: "string" for name in table if table[name].dtype == object}  # else a column of no type at all
        table.astype(empty).to_parquet(path, engine="pyarrow", index=False)
        return len(table)
    cells = table.astype(object).where(table.notna(), None)
    return _written(
        (dict(zip(table.columns, row, strict=True)) for row in cells.itertuples(index=False)), path, form, {}
    )


def _replies(reader: Reader, chains: Iterable[StoredChain]) -> Iterator[Row]:
    for chain in chains:
        for place, reply in reader.replies(chain.number).items():
            use = reply.usage
            values = (
                chain.number, chain.key, place.hop, place.attempt, place.call, place.request, reply.text, reply.finish,
                use.input, use.output, use.cached, use.reasoning, reply.cost, reply.latency, reply.model,
                reply.fingerprint, reply.attempts, json.dumps(reply.raw),
                json.dumps([asdict(call) for call in reply.calls]),
            )  # fmt: skip
            yield dict(zip(_KINDS["replies"], values, strict=True))


def _documents(reader: Reader, chains: Iterable[StoredChain]) -> Iterator[Row]:
    for chain in chains:
        seed, distractors = reader.documents(chain.number)
        found = [(0, "seed", seed), (0, "clean", reader.clean(chain.number)), (0, "distractor", distractors)]
        found += [(step.hop, "after", dict(step.after)) for step in reader.steps(chain.number)]
        for hop, role, files in found:
            for name, text in files.items():
                values = (chain.number, chain.key, hop, role, name, text)
                yield dict(zip(_KINDS["documents"], values, strict=True))


def _written(rows: Iterator[Row], path: Path, form: Form, kinds: dict[str, str]) -> int:
    return _as_parquet(rows, path, kinds) if form == "parquet" else _as_lines(rows, path)


def _as_lines(rows: Iterator[Row], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            plain = {name: cell.item() if hasattr(cell, "item") else cell for name, cell in row.items()}
            file.write(json.dumps(plain, allow_nan=False) + "\n")
            count += 1
    return count


def _as_parquet(rows: Iterator[Row], path: Path, kinds: dict[str, str]) -> int:
    arrow = _arrow()
    schema = arrow.schema([(name, getattr(arrow, kind)()) for name, kind in kinds.items()])
    count = 0
    with arrow.parquet.ParquetWriter(path, schema) as writer:
        while batch := list(islice(rows, _BATCH)):
            told = [{name: _utf8(cell) for name, cell in row.items()} for row in batch]
            writer.write_table(arrow.Table.from_pylist(told, schema=schema))
            count += len(batch)
    return count


def _utf8(cell: Any) -> Any:
    """Half a surrogate pair, which a model's reply may hold and Parquet may not, as an escape."""
    return cell.encode("utf-8", "backslashreplace").decode() if isinstance(cell, str) else cell

"""The table of steps: a row a hop, its columns documented in COLUMNS."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from harness.store import FAILURES, Reader

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "chain": "number of the chain in its store",
    "key": "the chain's identity: hash of all that shapes it",
    "model": "full model name",
    "editor": "how the model is asked: rewrite, rewrite:guided, sim:NAME",
    "domain": "document type",
    "document": "name of the seed document: a fixture, generated-TOKENS-NUMBER, or own",
    "document_hash": "hash of the seed document",
    "document_tokens": "its size in estimated tokens",
    "distractor_tokens": "size of the files beside it",
    "doc_tokens": "size that was asked for, missing for fixtures",
    "distractors": "tokens of distractors that were asked for",
    "schedule": "round-robin, single:EDIT or list:EDIT,…",
    "policy": "what happens to a failed hop: accept, keep or retry:N",
    "temperature": "as asked, missing for the provider's own",
    "effort": "reasoning effort as asked",
    "max_tokens": "limit of a reply as asked",
    "base_url": "server asked, missing for the provider's own",
    "seed": "the run's seed",
    "repeat": "counts from 1",
    "hop": "interaction k, counts from 1; odd ones go forward",
    "round_trip": "counts from 1",
    "edit": "the edit's name",
    "direction": "forward or backward",
    "outcome": "ok, unread, or the model's failure",
    "failed": "whether the outcome is a failure",
    "detail": "what a failure or an unread output is about",
    "rs": "score of the document against the seed; missing for a failure and when unread",
    "credit": "what the hop counts in RS@k: rs, 0 for a failure, missing when unread",
    "missing": "share of the seed that is gone",
    "altered": "share that is changed",
    "spurious": "share lost to invented content",
    "moved": "share lost to order",
    "step": "score of this hop's own work against its own input",
    "done": "forward hops: share of the required change that was made",
    "valid": "the format's own tool accepts the output as it stands",
    "edit_similarity": "similarity of the text: backward to the seed, forward to the edit done right",
    "extra": "number of files nobody asked for",
    "input_tokens": "as the provider counted, all calls of the hop; missing when it did not say",
    "output_tokens": "likewise, reasoning included",
    "cached_tokens": "part of the input",
    "reasoning_tokens": "part of the output",
    "cost_usd": "missing when a price is unknown",
    "latency": "seconds of the successful calls",
    "calls": "replies the hop took, all attempts",
    "attempts": "how often the hop was asked for (failure policy)",
    "scorer": "version of the domain's code that measured",
}

_FROM_SPEC = {
    "document_hash": "document_hash", "document_tokens": "document_tokens",
    "distractor_tokens": "distractor_tokens", "doc_tokens": "asked_tokens", "distractors": "asked_distractors",
    "schedule": "schedule", "policy": "policy",
    "temperature": "temperature", "effort": "effort", "max_tokens": "max_tokens", "base_url": "base_url",
    "seed": "seed",
}  # fmt: skip

_OF_STEP = (
    "chain", "hop", "edit", "direction", "outcome", "detail", "rs", "missing", "altered", "spurious", "moved", "step",
    "done", "valid", "edit_similarity", "extra", "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens",
    "cost_usd", "latency", "calls", "attempts", "scorer",
)  # fmt: skip
_RENAMED = {
    "input_tokens": "input", "output_tokens": "output", "cached_tokens": "cached", "reasoning_tokens": "reasoning",
    "cost_usd": "cost",
}  # fmt: skip

_NUMBERS = {
    "rs", "credit", "missing", "altered", "spurious", "moved", "step", "done", "edit_similarity", "cost_usd",
    "latency", "temperature",
}  # fmt: skip
_COUNTS = {
    "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "doc_tokens", "distractors", "max_tokens",
    "document_tokens", "distractor_tokens",
}  # fmt: skip


def steps_table(reader: Reader, chains: Collection[int], hops: int | None = None) -> pd.DataFrame:
    """The steps of these chains up to hop `hops`, ordered by chain and hop. Numbers that are unknown are missing (NaN
    or pandas' NA), never 0."""
    import pandas as pd

    names = ", ".join(_RENAMED.get(name, name) for name in _OF_STEP)
    rows = reader.connection.execute(f"SELECT {names} FROM steps WHERE hop <= ? ORDER BY chain, hop", (hops or 2**62,))  # noqa: S608
    steps = pd.DataFrame([row for row in rows if row[0] in chains], columns=list(_OF_STEP))
    about = pd.DataFrame(
        [_about(chain) for chain in reader.chains()],
        columns=["chain", "key", "model", "editor", "domain", "document", "repeat", *_FROM_SPEC],
    )
    table = steps.merge(about, on="chain", how="left", validate="many_to_one")
    table["round_trip"] = (table["hop"] + 1) // 2
    table["failed"] = table["outcome"].isin(FAILURES)
    table["credit"] = table["rs"].astype("float64").mask(table["failed"], 0.0)
    table["extra"] = table["extra"].map(lambda names: len(json.loads(names))).astype("int64")
    table["valid"] = table["valid"].astype("boolean")
    kinds = {**dict.fromkeys(_NUMBERS, "float64"), **dict.fromkeys(_COUNTS, "Int64")}
    return table[list(COLUMNS)].astype(kinds)


def _about(chain: Any) -> list[Any]:
    own = [chain.number, chain.key, chain.model, chain.editor, chain.domain, chain.document, chain.repeat]
    return own + [chain.spec[name] for name in _FROM_SPEC.values()]


def bills(reader: Reader, hops: int | None = None) -> dict[int, dict[str, Any]]:
    """By chain, what its stored replies cost, those of unfinished hops included. None where a part is unknown."""
    rows = reader.connection.execute(
        "SELECT id, count(finish), CASE WHEN count(input) = count(finish) AND count(output) = count(finish) THEN "
        "total(input) + total(output) END, CASE WHEN count(cost) = count(finish) THEN total(cost) END "
        "FROM chains LEFT JOIN replies ON chain = id AND hop <= ? GROUP BY id",
        (hops or 2**62,),
    )
    return {
        chain: {"calls": calls, "tokens": None if tokens is None else int(tokens), "cost_usd": cost}
        for chain, calls, tokens, cost in rows
    }

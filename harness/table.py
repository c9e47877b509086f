"""The table of steps: a row a hop, its columns documented in COLUMNS."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from harness.editors.protections import parted
from harness.planted import Fate, Planted
from harness.store import FAILURES, LONGEST, Reader, StoredChain
from harness.store.blobs import unpack

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "chain": "number of the chain in its store",
    "key": "the chain's identity: hash of all that shapes it",
    "model": "full model name",
    "editor": "how the model is asked: rewrite, patch, tools …, command:COMMAND, for a simulated one sim:NAME",
    "protect": "protections around the editor: vote:N, guard, verify, checkpoint, with commas; missing without",
    "domain": "document type",
    "document": "name of the seed document: a fixture, generated-TOKENS-NUMBER, or own",
    "document_hash": "hash of the seed document",
    "document_tokens": "its size in estimated tokens",
    "distractor_tokens": "size of the files beside it",
    "doc_tokens": "size that was asked for, missing for fixtures",
    "distractors": "tokens of distractors that were asked for",
    "origin": "hash of the document before errors were planted in it: the same for every dose",
    "memory": "stateless: each hop a fresh call; session: the conversation so far stays in context",
    "heal": "whether the oracle's document took the place of the model's before each hop",
    "planted": "share of the facts of the class `plant` corrupted before the relay started, missing where none were",
    "plant": "class of the planted errors: digit, entity, record or instruction",
    "schedule": "round-robin, single:EDIT or list:EDIT,…",
    "policy": "what happens to a failed hop: accept, keep or retry:N",
    "temperature": "as asked, missing for the provider's own",
    "effort": "reasoning effort as asked",
    "max_tokens": "limit of a reply as asked",
    "base_url": "server asked, missing for the provider's own",
    "agent": "what the agent of an editor command:… may use and take, other than usual: NAME=VALUE with commas",
    "served": "model that answered, in the provider's words, several with commas; missing when it did not say",
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
    "own": "loss at the places where no error was planted: the model's own damage; 1 for a failure",
    "kept": "share of the planted errors that stand as they were planted; missing where there are none",
    "repaired": "share of the planted errors that are right again",
    "worse": "share of the planted errors that are wrong in another way, gone values included",
    "extra": "number of files nobody asked for",
    "fired": "protections that stepped in, with commas, empty where none did; missing without protections",
    "bare": "credit had the editor's own result been taken; missing when unread, and without protections",
    "bare_step": "score of that result's own work against the hop's input; missing for a failure",
    "prevented": "credit less bare: damage prevented at this hop, below 0 where protections did some",
    "extra_calls": "calls beyond those of the editor alone; missing without protections",
    "extra_cost_usd": "likewise US dollars; missing when a price is unknown",
    "turns": "turns with tools; missing where the editor has none",
    "tool_calls": "calls of tools",
    "touched": "bytes that tools took away and put there",
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

FROM_SPEC = {
    "document_hash": "document_hash", "document_tokens": "document_tokens",
    "distractor_tokens": "distractor_tokens", "doc_tokens": "asked_tokens", "distractors": "asked_distractors",
    "schedule": "schedule", "policy": "policy",
    "temperature": "temperature", "effort": "effort", "max_tokens": "max_tokens", "base_url": "base_url",
    "seed": "seed", "origin": "origin", "memory": "memory", "heal": "heal", "planted": "planted", "plant": "plant",
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

NUMBERS = {
    "rs", "credit", "missing", "altered", "spurious", "moved", "step", "done", "edit_similarity", "cost_usd",
    "latency", "temperature", "planted", "own", "kept", "repaired", "worse", "bare", "bare_step", "prevented",
    "extra_cost_usd",
}  # fmt: skip
COUNTS = {
    "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "doc_tokens", "distractors", "max_tokens",
    "document_tokens", "distractor_tokens", "extra_calls", "turns", "tool_calls", "touched",
}  # fmt: skip


_BATCH = 5000

_FATES = ("own", "kept", "repaired", "worse")


def steps_table(reader: Reader, chains: Iterable[StoredChain], hops: int | None = None) -> pd.DataFrame:
    """The steps of these chains up to hop `hops`, ordered by chain and hop. Numbers that are unknown are missing (NaN
    or pandas' NA), never 0."""
    about = about_chains(chains, reader.served())
    steps = _hops(reader, _OF_STEP, set(about["chain"]), hops)
    _add_guards(reader, steps)
    _add_work(reader, steps)
    table = derived(steps.merge(about, on="chain", how="left", validate="many_to_one"))
    _add_fates(reader, table)
    table["extra"] = [len(json.loads(names)) if names != "[]" else 0 for names in table["extra"]]
    return typed(table[list(COLUMNS)])


def outline(
    reader: Reader, chains: Iterable[StoredChain], hops: int | None, named: Callable[[pd.DataFrame], pd.Series[str]]
) -> pd.DataFrame:
    """What `harness.summary` takes of these steps, and the `name` that `named` gives each of the chains: read in a
    fraction of the time."""
    known = list(chains)
    about = about_chains((chain for chain in known if chain.hops), reader.served())
    about["name"] = named(about)
    same = ("name", "model", "domain", "document", "document_hash")
    about = about[["chain", *same]].astype(dict.fromkeys(same, "category"))
    steps = _hops(
        reader, ("chain", "hop", "direction", "outcome", "rs", "done"), {chain.number for chain in known}, hops
    )
    return typed(derived(steps.merge(about, on="chain", how="left", validate="many_to_one")))


def _hops(reader: Reader, names: Sequence[str], chains: Collection[int], hops: int | None) -> pd.DataFrame:
    """Columns of the steps as they are stored."""
    import pandas as pd

    asked = ", ".join(_RENAMED.get(name, name) for name in names)
    query = f"SELECT {asked} FROM steps WHERE hop <= ? ORDER BY chain, hop"  # noqa: S608 (names of columns)
    rows = reader.connection.execute(query, (hops or 2**62,))
    whole = {row[0] for row in reader.connection.execute("SELECT id FROM chains")} <= set(chains)
    cells: dict[str, list[Any]] = {name: [] for name in names}
    while some := rows.fetchmany(_BATCH):  # all rows at once would keep the garbage collector busy
        own = some if whole else [row for row in some if row[0] in chains]
        for name, values in zip(names, zip(*own, strict=True), strict=False):
            cells[name] += values
    return pd.DataFrame(cells)


def derived(table: pd.DataFrame) -> pd.DataFrame:
    """With the columns that follow from a hop's own."""
    table["round_trip"] = (table["hop"] + 1) // 2
    table["failed"] = table["outcome"].isin(FAILURES)
    table["credit"] = table["rs"].astype("float64").mask(table["failed"], 0.0)
    if "bare" in table:
        table["prevented"] = table["credit"] - table["bare"].astype("float64")
    return table


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """In the types of the table of steps, whatever is missing."""
    kinds = {
        **dict.fromkeys(NUMBERS, "float64"),
        **dict.fromkeys(COUNTS, "Int64"),
        "valid": "boolean",
        "extra": "int64",
    }
    return table.astype({name: kind for name, kind in kinds.items() if name in table})


def about_chains(chains: Iterable[StoredChain], served: Mapping[int, Sequence[str]]) -> pd.DataFrame:
    """A row a chain: what its steps have in common. `served` holds, by chain, which models answered."""
    import pandas as pd

    columns = [
        "chain",
        "key",
        "model",
        "editor",
        "protect",
        "domain",
        "document",
        "repeat",
        *FROM_SPEC,
        "agent",
        "served",
    ]
    rows = [about_chain(chain, served.get(chain.number, ())) for chain in chains]
    return pd.DataFrame(dict(zip(columns, zip(*rows, strict=True) if rows else [()] * len(columns), strict=True)))


def about_chain(chain: StoredChain, served: Sequence[str]) -> list[Any]:
    editor, protect = parted(chain.editor)
    own = [chain.number, chain.key, chain.model, editor, protect or None, chain.domain, chain.document, chain.repeat]
    found = {name: chain.spec[source] for name, source in FROM_SPEC.items()}
    agent = ", ".join(f"{name}={value}" for name, value in sorted(chain.spec.items()) if name.startswith("agent_"))
    if found["planted"] is not None:
        found["planted"] = float(Fraction(found["planted"]))
    return [*own, *found.values(), agent or None, ", ".join(served) or None]


def _add_fates(reader: Reader, table: pd.DataFrame) -> None:
    """For each row what became of planted errors; without any, all damage is the model's own. An unread hop tells
    nothing."""
    for name in _FATES:
        table[name] = 1.0 - table["credit"] if name == "own" else None
    infected = table[table["planted"].notna()]
    if not len(infected):
        return
    found = _fates(reader, infected)
    for name in _FATES:
        table[name] = [
            getattr(found[chain, hop], name) if (chain, hop) in found else plain
            for chain, hop, plain in zip(table["chain"], table["hop"], table[name], strict=True)
        ]


def _fates(reader: Reader, infected: pd.DataFrame) -> dict[tuple[int, int], Fate]:
    """By chain and hop."""
    found: dict[tuple[int, int], Fate] = {}
    rs = {
        (chain, hop): value
        for chain, hop, value in zip(infected["chain"], infected["hop"], infected["rs"], strict=True)
    }
    for chain, domain in dict(zip(infected["chain"].tolist(), infected["domain"], strict=True)).items():
        planted = Planted(domain, reader.clean(chain), reader.documents(chain)[0])
        for hop, changes in reader.changes(chain).items():
            if (chain, hop) in rs:
                found[chain, hop] = planted.fate(changes, 1.0 - rs[chain, hop], LONGEST)
    return found


def _add_guards(reader: Reader, table: pd.DataFrame) -> None:
    """For each row what protections did."""
    rows = reader.connection.execute("SELECT chain, hop, fired, outcome, rs, step, calls, cost FROM guards")
    found = {}
    for chain, hop, fired, outcome, rs, step, calls, cost in rows:
        bare = 0.0 if outcome in FAILURES else rs
        names = ", ".join(one["protection"] for one in json.loads(fired))
        found[chain, hop] = (names, bare, step, calls, cost)
    _spread(table, ("fired", "bare", "bare_step", "extra_calls", "extra_cost_usd"), found)


def _add_work(reader: Reader, table: pd.DataFrame) -> None:
    """For each row what was done with tools."""
    found = {}
    for chain, hop, data in reader.connection.execute("SELECT chain, hop, data FROM traces"):
        trace = json.loads(unpack(data))
        turns = max((one["turn"] for one in trace), default=0)
        found[chain, hop] = (turns, len(trace), sum(one["bytes"] for one in trace))
    _spread(table, ("turns", "tool_calls", "touched"), found)


def _spread(table: pd.DataFrame, names: Sequence[str], found: Mapping[tuple[int, int], Sequence[Any]]) -> None:
    """Columns of those hops that have them, by chain and hop."""
    places = list(zip(table["chain"], table["hop"], strict=True))
    for number, name in enumerate(names):
        table[name] = [found[place][number] if place in found else None for place in places] if found else None


def bills(reader: Reader, hops: int | None = None) -> dict[int, dict[str, Any]]:
    """By chain, what its stored replies cost, those of unfinished hops included. None where a part is unknown."""
    rows = reader.connection.execute(  # +hop: by the index that holds all that is asked for
        "SELECT id, count(hop), CASE WHEN count(input) = count(hop) AND count(output) = count(hop) THEN "
        "total(input) + total(output) END, CASE WHEN count(cost) = count(hop) THEN total(cost) END "
        "FROM chains LEFT JOIN replies ON chain = id AND +hop <= ? GROUP BY id",
        (hops or 2**62,),
    )
    return {
        chain: {"calls": calls, "tokens": None if tokens is None else int(tokens), "cost_usd": cost}
        for chain, calls, tokens, cost in rows
    }

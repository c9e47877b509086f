"""A store of 120 000 steps, each with its reply and a document of its own: its size, and how long `show` takes.
`python -m tests.bench.store`.

Documents mutate hop by hop as in `tests.bench.report`; a reply is the document between fences, as a model writes it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import domains
from harness.backends.base import Reply, Usage
from harness.relay.run import plan_chains
from harness.relay.spec import RunSpec
from harness.seeds import rng
from harness.store import Chain, Place, Step, Store
from tests.bench.report import ENVIRONMENTS, MODELS, steps

SIZE, SHOW = 2e9, 2.0
"""Bytes allowed, and seconds."""
_EDITS = [f"edit-{n}" for n in range(8)]


def fill(path: Path, lines: int, models: int = MODELS, environments: int = ENVIRONMENTS) -> int:
    """A store of that size; how many steps it has."""
    spec = plan_chains(RunSpec(("sim:oracle",), ("subtitles",), doc_tokens=100))[0].record().spec
    names = domains.names()
    chains = [
        Chain(f"{model:04}{place:060}", f"openai:model-{model + 1:02}", "rewrite", names[place % len(names)],
              f"document-{place // len(names) + 1}", 1, {**spec, "document_hash": f"{place:064}", "asked_tokens": None},
              {"journal.ledger": ""}, {})
        for model in range(models)
        for place in range(environments)
    ]  # fmt: skip
    with Store(path) as store:
        numbers = store.register(chains)
        return sum(asyncio.run(_chain(store, numbers[chain.key], chain, lines)) for chain in chains)


async def _chain(store: Store, number: int, chain: Chain, lines: int) -> int:
    made = list(steps(rng("bench", chain.key), lines, _EDITS, 1 + int(chain.key[:4])))
    await asyncio.gather(*(store.save_reply(number, place, reply, 1.8e9) for place, reply in _replies(made)))
    store.save_steps((number, step) for step in made)
    return len(made)


def _replies(made: list[Step]) -> Iterator[tuple[Place, Reply]]:
    for step in made:
        text = "".join(f"```{name}\n{body}\n```\n" for name, body in step.after.items())
        spent = step.spent
        raw = {"id": f"chatcmpl-{step.hop:024x}", "finish_reason": "stop", "usage": {"prompt_tokens": spent.input}}
        usage = Usage(spent.input, spent.output, spent.cached, spent.reasoning)
        request = f"{step.hop:064x}"
        yield Place(step.hop, 1, 1, request), Reply(text, "stop", usage, spent.latency, spent.cost, "m-1", "fp", 1, raw)


def shown(path: Path) -> tuple[float, float]:
    """Seconds of wall time and of CPU time that `palimpsest show` takes, the best of three."""
    command = [sys.executable, "-c", "from harness.cli import main\nmain()", "show", str(path)]
    took = []
    for _ in range(3):
        before, start = os.times(), time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        took.append((time.perf_counter() - start, cpu))
    return min(took)


def store(lines: int = 170, models: int = MODELS, environments: int = ENVIRONMENTS, keep: Path | None = None) -> None:
    with tempfile.TemporaryDirectory() as made:
        path = (keep or Path(made)) / "store.db"
        if not path.exists():
            start = time.perf_counter()
            count = fill(path, lines, models, environments)
            print(f"  made up {count} steps in {time.perf_counter() - start:.0f} s")
        size = path.stat().st_size
        wall, cpu = shown(path)
        print(f"  {size / 1e6:.0f} MB {'ok' if size <= SIZE else 'MISSED'} (bound {SIZE / 1e6:.0f})")
        print(f"  show {wall:.2f} s {'ok' if wall <= SHOW else 'MISSED'} (bound {SHOW:.0f}), CPU {cpu:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=170, help="of a document; 170 are about 12 kB")
    parser.add_argument("--models", type=int, default=MODELS)
    parser.add_argument("--keep", type=Path, help="folder for the store; one that is there is used again")
    given = parser.parse_args()
    store(given.lines, given.models, keep=given.keep)


if __name__ == "__main__":
    main()

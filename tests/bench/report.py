"""A site of a whole study: 19 models, 52 domains, 310 documents, 20 hops. `python -m tests.bench.report`.

The store is made up (documents, scores and Changes drawn from a seed), of the size that a real one has: every hop
leaves a text of its own.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import domains
from harness.relay.run import plan_chains
from harness.relay.spec import RunSpec
from harness.report import build
from harness.seeds import rng
from harness.store import Chain, Score, Spent, Step, Store

MODELS, DOMAINS, ENVIRONMENTS, HOPS = 19, 52, 310, 20
BUILD, LOAD = 60.0, 2.0
"""Seconds allowed to build the site, and to load a page of it."""


def line(draw: random.Random) -> str:
    words = " ".join(draw.choice(_WORDS) for _ in range(7))
    day = f"{draw.randint(2001, 2026)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
    return f"{day} {words} {draw.randint(1, 99999) / 100:.2f} EUR"


_WORDS = [
    f"{a}{b}{c}" for a in ("ber", "tol", "van", "mir", "sku", "lan") for b in "aeiou" for c in ("n", "rst", "lt", "k")
]


def documents(draw: random.Random, lines: int, loss: float) -> Iterator[tuple[str, float]]:
    """The text after each hop, and what is left of the first one."""
    text, left = [line(draw) for _ in range(lines)], 1.0
    yield "\n".join(text), left
    for _ in range(HOPS):
        for _ in range(draw.randint(1, 4)):
            text[draw.randrange(lines)] = line(draw)
        left *= 1.0 - abs(draw.gauss(0.0, loss)) - (0.2 if draw.random() < loss else 0.0)
        yield "\n".join(text), left


def steps(draw: random.Random, lines: int, edits: list[str], number: int) -> Iterator[Step]:
    found = list(documents(draw, lines, 0.002 * number))
    for hop in range(1, HOPS + 1):
        (before, was), (after, left) = found[hop - 1 : hop + 1]
        lost = 1.0 - left
        changes = [
            ["altered", f"transaction[{n}].posting[1].amount", f"{n}.00", f"{n}.50", lost / 20, "amount", [n], [n]]
            for n in range(20)
        ]
        parts = (0.4 * lost, 0.4 * lost, 0.15 * lost, 0.05 * lost)
        done = 1.0 if hop % 2 else None
        score = Score("ok", left, *parts, left / was, done, True, 0.9, changes)
        yield Step(
            hop, edits[(hop - 1) // 2 % len(edits)], "forward" if hop % 2 else "backward", {"journal.ledger": before},
            {"journal.ledger": after}, score, spent=Spent(1, 14_000, 4000, 0, 0, 0.05 / number, 9.0), scorer="made up",
        )  # fmt: skip


def fill(path: Path, lines: int, models: int = MODELS, environments: int = ENVIRONMENTS) -> int:
    """A store of that size; how many steps it has."""
    names = [*domains.names(), *(f"made-up-{n}" for n in range(DOMAINS))][:DOMAINS]
    asked = RunSpec(("sim:oracle",), ("subtitles",), doc_tokens=100)
    spec = plan_chains(asked)[0].record().spec
    chains = []
    for model in range(models):
        for place in range(environments):
            domain = names[place % len(names)]
            own = {**spec, "document_hash": f"{place:064}", "asked_tokens": None}
            chains.append(
                Chain(f"{model:04}{place:060}", f"openai:model-{model + 1:02}", "rewrite", domain,
                      f"document-{place // len(names) + 1}", 1, own, {"journal.ledger": ""}, {})
            )  # fmt: skip
    count = 0
    edits = {name: [edit.name for edit in domains.get(name).edits] for name in domains.names()}
    some = [f"edit-{n}" for n in range(8)]
    with Store(path) as store:
        numbers = store.register(chains)
        for chain in chains:
            draw = rng("bench", chain.key)
            made = list(steps(draw, lines, edits.get(chain.domain, some), 1 + int(chain.key[:4])))
            store.save_steps((numbers[chain.key], step) for step in made)
            count += len(made)
    return count


def loads(folder: Path, pages: list[tuple[str, str]]) -> dict[str, float]:
    """Seconds until each page has loaded and shows what `selector` asks for, in Chromium; empty, and said so, where
    there is none."""
    from tests.report.chromium import browser, missing

    found: dict[str, float] = {}
    if missing():
        print(f"  pages not loaded: {missing()}")
        return found
    with browser() as opened:
        for name, selector in pages:
            page = opened.new_page()
            start = time.perf_counter()
            page.goto(f"{(folder / 'index.html').as_uri().removesuffix('index.html')}{name}", wait_until="load")
            page.wait_for_selector(selector)
            found[name] = time.perf_counter() - start
            page.close()
    return found


def report(lines: int = 170, models: int = MODELS, environments: int = ENVIRONMENTS, keep: Path | None = None) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = keep or Path(made)
        store = folder / "study.db"
        start = time.perf_counter()
        if not store.exists():
            count = fill(store, lines, models, environments)
            print(
                f"  made up {count} steps in {time.perf_counter() - start:.0f} s, {store.stat().st_size / 1e6:.0f} MB"
            )
        start = time.perf_counter()
        built = build([store], folder / "site")
        seconds = time.perf_counter() - start
        print(f"  {built.models} models, {built.chains} chains, {built.steps} steps: {seconds:.1f} s "
              f"{'ok' if seconds <= BUILD else 'MISSED'} (bound {BUILD:.0f}), {built.bytes / 1e6:.0f} MB")  # fmt: skip
        pages = [
            ("index.html", "#chart-drift"),
            ("model-1.html", "#chart-hops"),
            ("chain.html#1/20", "#text[data-hop='20']"),
        ]
        for name, took in loads(folder / "site", pages).items():
            print(f"  {name:<18} {took:.2f} s {'ok' if took <= LOAD else 'MISSED'} (bound {LOAD:.0f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=170, help="of a document; 170 are about 12 kB")
    parser.add_argument("--models", type=int, default=MODELS)
    parser.add_argument("--keep", type=Path, help="folder for the store and the site; a store there is used again")
    given = parser.parse_args()
    report(given.lines, given.models, keep=given.keep)


if __name__ == "__main__":
    main()

"""`make bench`: ratios within one run, against the bounds this project has set itself."""

from __future__ import annotations

import argparse
import gc
import math
import random
import time
from collections.abc import Callable
from functools import partial

import domains
from domains.kit import compare
from harness.relay.worker import spare_collector
from tests.bench import horizon as of_horizon
from tests.bench import store as of_store
from tests.bench.relay import DOMAINS, Load, run


def best(work: Callable[[], object], repeats: int = 15) -> float:
    """Milliseconds, the best of some runs."""
    took = []
    for _ in range(repeats):
        gc.collect()
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return 1000 * min(took)


def verdict(value: float, bound: float, *, least: bool = False) -> str:
    return "ok" if (value >= bound if least else value <= bound) else "MISSED"


def ledger() -> None:
    """A ledger of 331 lines and one ten times as long, each against itself and a copy without a fifth of its lines."""
    domain = domains.get("accounting")
    made = domain.render(domain.generate(random.Random(1), 60_000))
    (name, text), rng, took = next(iter(made.items())), random.Random(3), {}

    def score(reference: domains.Element, candidate: str) -> object:
        return compare(domain.schema, reference, domain.format.parse_anew({name: candidate}))

    for lines in (331, 3310):
        whole = "\n".join(text.split("\n")[:lines])
        gone = "\n".join(line for line in whole.split("\n") if rng.random() > 0.2)
        for what, other in (("self", whole), ("fifth gone", gone)):
            took[lines, what] = best(partial(score, domain.parse({name: whole}), other))
    for what, bound in (("self", 5.0), ("fifth gone", 10.0)):
        small, large = took[331, what], took[3310, what]
        print(f"  331 lines, {what:<10} {small:7.2f} ms (bound {bound:.0f}) {verdict(small, bound)}")
        print(f"  ten times  {what:<10} {large:7.1f} ms (bound {10 * bound:.0f}) {verdict(large, 10 * bound)}")


def per_domain() -> None:
    """Parse and compare at 4k and 40k tokens."""
    heads = ("self 4k", "fifth 4k", "self 40k", "fifth 40k")
    print("  domain        " + "".join(f"{head:>10}" for head in heads) + "  exponents")
    smalls = []
    for name in domains.names():
        small, large = domains.timings(domains.get(name), 4000, 9), domains.timings(domains.get(name), 40_000, 5)
        growth = [math.log10(large[k] / small[k]) for k in ("self", "fifth")]
        cells = [1000 * t[k] for t in (small, large) for k in ("self", "fifth")]
        smalls.append(cells[0])
        print(f"  {name:<14}" + "".join(f"{c:>8.1f}ms" for c in cells) + f"{growth[0]:>8.2f}{growth[1]:>6.2f}"
              f"  {verdict(max(growth), 1.2)} {verdict(max(cells[2:]), 400)}")  # fmt: skip
    median = sorted(smalls)[len(smalls) // 2]
    print(f"  median of self at 4k: {median:.1f} ms (bound 20) {verdict(median, 20)}")


def relay(loads: list[Load]) -> None:
    print(f"  documents of 3500 tokens: {', '.join(DOMAINS)}")
    for load in loads:
        r = run(load)
        print(f"  concurrency {load.concurrency}, latency {load.latency:g} s: {r.hops} hops in {r.seconds:.1f} s, "
              f"{r.hops / r.seconds:.1f} hops/s, {r.share:.0%} of the ideal {verdict(r.share, 0.9, least=True)}; "
              f"CPU {r.cpu:.1f} ms a hop {verdict(r.cpu, 10)}; peak {r.megabytes:.0f} MB {verdict(r.megabytes, 500)}; "
              f"lowest RS@k {r.rs:.3f}")  # fmt: skip


def horizon(load: of_horizon.Load) -> None:
    r = of_horizon.run(load)
    print(f"  concurrency {load.concurrency}, latency {load.latency:g} s, turn {load.turns}: {r.calls} calls in "
          f"{r.seconds:.1f} s, {r.calls / r.seconds:.1f} calls/s, {r.share:.0%} of the ideal "
          f"{verdict(r.share, 0.9, least=True)} ({r.whole:.0%} with start and figures); CPU {r.cpu:.1f} ms a call "
          f"{verdict(r.cpu, 10)}; peak {r.megabytes:.0f} MB {verdict(r.megabytes, 500)}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short relay only")
    quick = parser.parse_args().quick
    spare_collector()  # as scoring workers run
    if quick:
        return relay([Load(50, 0.5, 5)])
    print("ledger (the reference implementation: 1157 and 820 ms, ten times 193 000 and 164 000 ms)")
    ledger()
    print("parse and compare, per domain")
    per_domain()
    print("relay against a local stub (the reference: 9 to 29 % of the ideal, 30 to 212 ms CPU, 7 613 MB)")
    relay([Load(50, 0.5, 50), Load(1000, 10.0, 10)])
    print("a store of 120 000 steps, each with its reply")
    of_store.store()
    print("horizon against a local stub: a target study")
    return horizon(of_horizon.Load(50, 0.5, 200))


if __name__ == "__main__":
    main()

"""How much of the ideal rate a whole `palimpsest run` reaches against a slow provider, and what it costs here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import domains
from harness.relay.run import plan_chains
from harness.relay.spec import RunSpec
from harness.seeds import derive

TOKENS = 3500
MODEL = "openai:stub"


@dataclass(frozen=True)
class Load:
    concurrency: int
    latency: float
    round_trips: int


@dataclass(frozen=True)
class Result:
    """`share` of the ideal rate; CPU milliseconds a hop and peak megabytes of the harness with its workers."""

    hops: int
    seconds: float
    share: float
    cpu: float
    megabytes: float
    rs: float


DOMAINS = ("accounting", "subtitles")
"""What the reference implementation is slowest at."""


def spec_of(load: Load) -> RunSpec:
    return RunSpec(
        (MODEL,), DOMAINS, round_trips=load.round_trips, repeats=load.concurrency // len(DOMAINS), doc_tokens=TOKENS,
        distractors=0, base_url="",
    )  # fmt: skip


def prepare(spec: RunSpec, path: Path) -> int:
    """Writes the reply of every hop, found by its seed; returns how many hops there are."""
    texts: dict[str, int] = {}
    seeds: dict[int, int] = {}
    done: dict[tuple[str, str, str], tuple[dict[str, str], dict[str, str]]] = {}
    for chain in plan_chains(spec):
        place = chain.environment
        domain = domains.get(place.domain)
        for number, name in enumerate(chain.edits(spec.round_trips)):
            key = (place.domain, place.document, name)
            if key not in done:
                edit = domain.edit(name)
                there = dict(edit.apply(place.files))
                done[key] = there, dict(edit.invert(there))
            for way, files in enumerate(done[key]):
                text = "".join(f"````{name}\n{body}````\n" for name, body in files.items())
                seeds[derive("hop", chain.material, 2 * number + 1 + way, 1)] = texts.setdefault(text, len(texts))
    path.write_text(json.dumps({"texts": list(texts), "seeds": seeds}))
    return len(seeds)


def run(load: Load) -> Result:
    spec = spec_of(load)
    with tempfile.TemporaryDirectory() as folder:
        replies = Path(folder) / "replies.json"
        hops = prepare(spec, replies)
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.stub", str(replies), str(load.latency)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert server.stdout is not None
        port = int(server.stdout.readline())
        try:
            return _measure(load, spec, hops, port, Path(folder) / "store.db")
        finally:
            server.communicate("")


def _measure(load: Load, spec: RunSpec, hops: int, port: int, store: Path) -> Result:
    command = [
        sys.executable, "-c", "from harness.cli import main\nif __name__ == '__main__': main()", "run", "--json",
        "--model", MODEL, "--domains", ",".join(spec.domains), "--round-trips", str(spec.round_trips),
        "--repeats", str(spec.repeats), "--doc-tokens", str(TOKENS), "--distractors", "0",
        "--base-url", f"http://127.0.0.1:{port}/v1", "--concurrency", str(load.concurrency), "--store", str(store),
    ]  # fmt: skip
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    peak = Peak(process.pid)
    out, err = process.communicate()
    seconds = time.perf_counter() - start
    peak.stop()
    if process.returncode:
        raise SystemExit(err[-2000:])
    rs = json.loads(out)["models"][MODEL]["rs"]
    ideal = hops * load.latency / load.concurrency
    return Result(hops, seconds, ideal / seconds, 1000 * peak.cpu / hops, peak.megabytes, min(rs.values()))


class Peak:
    """Watches a process and its children: peak of their memory together, and the CPU time they took."""

    def __init__(self, pid: int) -> None:
        self.pid, self.megabytes, self.cpu = pid, 0.0, 0.0
        self._over = threading.Event()
        self._cpu: dict[int, float] = {}
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            self._look()

    def _look(self) -> None:
        tick = os.sysconf("SC_CLK_TCK")
        total = 0.0
        for pid in self._family():
            try:
                stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            self._cpu[pid] = (int(stat[11]) + int(stat[12])) / tick
            total += pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        self.megabytes = max(self.megabytes, total)
        self.cpu = sum(self._cpu.values())

    def _family(self) -> list[int]:
        found, waiting = [], [self.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            try:
                for task in Path(f"/proc/{pid}/task").iterdir():
                    waiting += [int(child) for child in (task / "children").read_text().split()]
            except (FileNotFoundError, ProcessLookupError):
                continue
        return found

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

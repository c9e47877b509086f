"""How much of the ideal rate a `palimpsest horizon run` reaches against a slow provider, and what it costs here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.relay import Peak
from tests.chat_server import ChatServer

RATES = "0,25%,50%,100%"
CELLS = 5
"""Calls a rollout: the first turn, the target behind a clean history, and the target at each rate above 0."""


@dataclass(frozen=True)
class Load:
    concurrency: int
    latency: float
    rollouts: int
    turns: int = 100

    @property
    def ideal(self) -> float:
        """Seconds, if the provider were all that takes time."""
        return CELLS * self.rollouts * self.latency / self.concurrency


@dataclass(frozen=True)
class Result:
    """`share` of the ideal rate from the first call asked to the last one answered, `whole` that of the command with
    its start and its figures; CPU milliseconds a call and peak megabytes of it."""

    calls: int
    seconds: float
    share: float
    whole: float
    cpu: float
    megabytes: float


def run(load: Load) -> Result:
    answered: list[float] = []

    def answer(_: list[dict[str, str]]) -> str:
        answered.append(time.perf_counter())
        return "<answer>0</answer>"

    with tempfile.TemporaryDirectory() as folder, ChatServer(answer, load.latency) as server:
        command = [
            sys.executable, "-c", "from harness.cli import main; main()", "horizon", "run", "--model", "openai:stub",
            "--rollouts", str(load.rollouts), "--turns", str(load.turns), "--rates", RATES, "--json",
            "--base-url", server.url, "--concurrency", str(load.concurrency), "--store", str(Path(folder) / "study.db"),
        ]  # fmt: skip
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "OPENAI_API_KEY": "none"},
        )  # fmt: skip
        peak = Peak(process.pid)
        out, err = process.communicate()
        seconds = time.perf_counter() - start
        peak.stop()
        if process.returncode:
            raise SystemExit(err[-2000:])
        turns = json.loads(out)["turns"]
        if not turns == server.received == CELLS * load.rollouts:
            raise SystemExit(f"{server.received} calls for {turns} turns, {CELLS * load.rollouts} planned")
    took = answered[-1] - answered[0] + load.latency
    return Result(turns, took, load.ideal / took, load.ideal / seconds, 1000 * peak.cpu / turns, peak.megabytes)

"""Runs studies in children of its own, so that a test can kill one without waiting for imports.

Each line of standard input is the JSON of `harness.run`'s arguments; the answers are the child's process number and,
once it has ended, its status."""

from __future__ import annotations

import json
import os
import sys

import harness
import harness.backends.limits
import harness.backends.openai
import harness.editors.rewrite
import harness.relay.run
from harness.editors import open_simulated

harness.run("sim:oracle", "accounting", round_trips=1, doc_tokens=300, distractors=0, workers=0)
open_simulated("sim:oracle")
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        harness.run(**json.loads(line))
        os._exit(0)
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)

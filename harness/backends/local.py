"""`local:` and `local:FILE.gguf`: a model on this machine, served by llama.cpp in a child process.

`local:` alone is SmolLM2-135M-Instruct: far too small to edit well, real enough to prove that everything works.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.backends import keys, secrecy, weights
from harness.backends.base import Reply, Request
from harness.backends.openai import OpenAI
from harness.errors import Outage, Rejected, UsageError

_PATIENT = {"OMP_WAIT_POLICY": "passive"}
"""Threads that wait for each other sleep. Spinning, as they do by default, they make generation fifty times slower on
two cores as soon as anything else, such as a scorer, uses one of them."""

UNSTUCK = 1.05
"""Repeat penalty of SmolLM2-135M, whose guided copies of a small document else mostly end in a loop; more than this
spoils the copies themselves."""


class Server:
    """llama.cpp's server on a free loopback port; its constructor blocks until the model is loaded (about a second).

    Each of `parallel` calls at once has `context` tokens for prompt and reply together; memory grows with both. The
    `penalty` divides the odds of the last 64 tokens (llama.cpp's repeat_penalty), 1 for none. The process ends with
    `stop`, or with ours, even when ours is killed. Raises UsageError when the model cannot be served.
    """

    def __init__(
        self, model: Path, *, context: int = 8192, parallel: int = 2, penalty: float = 1.0, verbose: bool = False
    ) -> None:
        if not model.is_file():
            raise UsageError(f"no such model file: {model}")
        self.alias = model.stem
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own script
            # By path, for it must run where `harness` is not installed; -P keeps its neighbours off the import path,
            # where `openai.py` would shadow the SDK.
            [sys.executable, "-P", str(Path(__file__).with_name("llama_server.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if verbose else subprocess.DEVNULL,
            text=True,
            env={**_PATIENT, **secrecy.bare_environment()},
            start_new_session=True,  # Ctrl-C is for the harness, which then finishes the calls in flight
        )
        options = {"model": str(model), "alias": self.alias, "context": context, "parallel": parallel}
        said = self._tell({**options, "penalty": penalty, "verbose": verbose})
        if "url" not in said:
            self.stop()
            raise UsageError(f"llama.cpp cannot serve {model}: {said.get('error', 'its process died')}")
        self.url = f"{said['url']}/v1"
        self.tools = bool(said["tools"])
        """Whether the model is shown the tools of a request."""

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """End the process. Harmless when it has ended already."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tell(self, options: dict[str, object]) -> dict[str, Any]:
        """Send the options, return the answer; empty when the process died before it answered."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - both are pipes, asked for above
        assert stdout is not None  # noqa: S101
        try:
            stdin.write(json.dumps(options) + "\n")
            stdin.flush()
            said: dict[str, Any] = json.loads(stdout.readline() or "{}")
        except OSError:
            return {}
        return said


class Local:
    """A Backend on `Server`. It costs nothing: `cost` is 0.0. More than `parallel` calls at once wait in the server's
    queue, and their timeouts with them.

    At temperature 0 replies repeat as long as the machine and the load on it do: llama.cpp computes several calls in
    one batch, and the batch's size can move a last bit. `parallel=1` rules that out.
    """

    def __init__(
        self,
        path: str = "",
        *,
        context: int = 8192,
        parallel: int = 2,
        timeout: float = 600.0,
        verbose: bool = False,
        notify: Callable[[str], None] | None = None,
    ) -> None:
        if importlib.util.find_spec("xllamacpp") is None:
            raise UsageError("local models need the extra `local`: pip install 'palimpsest-bench[local]'")
        self.name = f"local:{path}"
        self.parallel = parallel
        model = Path(path).expanduser() if path else weights.pull(notify)
        penalty = 1.0 if path else UNSTUCK
        self._server = Server(model, context=context, parallel=parallel, penalty=penalty, verbose=verbose)
        # The real key stays at home, and the API mode is fixed: this endpoint is ours.
        self._inner = OpenAI(
            self._server.alias, base_url=self._server.url, api_mode="chat", timeout=timeout, api_key=keys.KEYLESS
        )

    async def generate(self, request: Request) -> Reply:
        if not self._server.alive:
            raise Outage("llama.cpp's server has died; start the run again to resume")
        if request.tools and not self._server.tools:
            raise Rejected(f"the chat template of {self._server.alias} has no place for tools")
        return dataclasses.replace(await self._inner.generate(request), cost=0.0)

    async def close(self) -> None:
        await self._inner.close()
        self._server.stop()

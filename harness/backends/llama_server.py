"""The process that holds llama.cpp's server: a script that `local` starts.

A process of its own, because the server cannot be stopped in ours: with a generation under way, dropping it hangs and
leaving the interpreter crashes. Speaks one line of JSON on stdout, {"url": ..., "tools": ...} or {"error": ...},
and ends when its stdin closes or its parent is gone, however that came about.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import urllib.request

import xllamacpp


def main() -> None:
    options = json.loads(sys.stdin.readline())
    threading.Thread(target=_leave_with_parent, args=(os.getppid(),), daemon=True).start()
    try:
        server = xllamacpp.Server(_params(**options))
        line = {"url": server.listening_address, "tools": _takes_tools(server.listening_address)}
    except (RuntimeError, OSError) as error:
        line = {"error": str(error)}
    print(json.dumps(line), flush=True)  # noqa: T201 - this line is the protocol
    sys.stdin.read()
    os._exit(0)  # the server's own farewell waits for generations that nobody will read


def _params(
    model: str, alias: str, context: int, parallel: int, penalty: float, verbose: bool
) -> xllamacpp.CommonParams:
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {alias}
    params.hostnames = ["127.0.0.1"]
    params.port = 0  # any free one
    params.n_ctx = context * parallel
    params.n_parallel = parallel
    params.sampling.penalty_repeat = penalty
    params.use_jinja = True  # tools need it; prompts without them are the same either way
    params.ui = False
    params.warmup = False
    params.verbosity = 3 if verbose else -1
    # A reply must follow from its request alone, not from what the server happened to be asked before.
    params.cache_prompt = False
    params.cache_ram_mib = 0
    return params


def _takes_tools(url: str) -> bool:
    """Whether the model's template has a place for tools: without one the server leaves them out and says nothing."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"{url}/props", timeout=60) as answer:
        caps = json.load(answer).get("chat_template_caps", {})
    return bool(caps.get("supports_tools"))


def _leave_with_parent(parent: int) -> None:
    """stdin alone does not tell: a forked sibling may hold the other end of the pipe open."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    main()

"""A server that speaks both SDKs' protocols and writes the key it was sent wherever an answer has room for it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FILE = re.compile(r"^(`{3,})([^\n`]+)\n(.*?)^\1$", re.DOTALL | re.MULTILINE)


class Canary(ThreadingHTTPServer):
    """Calls are numbered by model from 1. `faults` says by number which status to answer with, 200 where it is silent;
    `seen` is called during every request. `keys` collects what was sent."""

    daemon_threads = True

    def __init__(self, faults: dict[int, int] | None = None, seen: Callable[[], None] = lambda: None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.faults = faults or {}
        self.seen = seen
        self.keys: set[str] = set()
        self.calls: dict[str, int] = {}
        self.elsewhere = ""
        self.lock = threading.Lock()

    def __enter__(self) -> Canary:
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Canary

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers.get("x-api-key") or self.headers.get("authorization", "").removeprefix("Bearer ")
        with self.server.lock:
            number = self.server.calls[request["model"]] = self.server.calls.get(request["model"], 0) + 1
            self.server.keys.add(key)
            self.server.seen()
        status = self.server.faults.get(number, 200)
        if status == 200:
            answer = _claude(request, key) if self.path.endswith("/messages") else _chat(request, key)
        else:
            answer = {"error": {"message": f"no\n{key} \x1b[31m\nheaders: {dict(self.headers)}", "type": key}}
        self._answer(status, answer, key)

    do_GET = do_POST

    def _answer(self, status: int, answer: dict[str, Any], key: str) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status, f"as {key}")
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "x-request-id": f"req-{key}",
            "request-id": f"req-{key}",
            "x-ratelimit-remaining-requests": f"99 {key}",
            "anthropic-ratelimit-tokens-limit": f"1000 {key}",
            "x-echo": key,
            "set-cookie": f"session={key}",
            "retry-after-ms": "1",
            **({"location": f"{self.server.elsewhere}/v1?ticket={key}"} if self.server.elsewhere else {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def _chat(request: dict[str, Any], key: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": _text(request, key)}
    return {
        "id": f"id-{key}", "object": "chat.completion", "model": f"stub {key}", "system_fingerprint": key,
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 50, key: [key]},
    }  # fmt: skip


def _claude(request: dict[str, Any], key: str) -> dict[str, Any]:
    text = _text(request, key)
    middle = text.find(key) + len(key) // 2  # neither part holds the whole key
    return {
        "id": f"id-{key}", "model": f"stub {key}", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": text[:middle]}, {"type": "text", "text": text[middle:]}],
        "usage": {"input_tokens": 100, "output_tokens": 50, "note": {"of": key}},
    }  # fmt: skip


def _text(request: dict[str, Any], key: str) -> str:
    """The files of the prompt as they came, the key in the first line of each and before them all."""
    files = FILE.findall(request["messages"][-1]["content"])
    said = "".join(f"{fence}{name}\n; {key}\n{body}{fence}\n" for fence, name, body in files)
    return f"Your key is {key}.\n\n{said}"

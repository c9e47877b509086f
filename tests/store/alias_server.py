"""A provider whose name for a model may be moved to another one: it says which answers, and under which fingerprint."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.results.replier import answer


class Alias(ThreadingHTTPServer):
    """Gives documents back without a line, as the model `served` under `fingerprint`; both may change while it runs."""

    daemon_threads = True

    def __init__(self, served: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.served = served
        self.fingerprint: str | None = "fp_1"
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"

    def __enter__(self) -> Alias:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Alias
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        messages = json.loads(self.rfile.read(int(self.headers["content-length"])))["messages"]
        text = answer(messages) if "```" in messages[-1]["content"] else "7"  # a turn of a horizon study
        data = json.dumps({
            "id": "1", "object": "chat.completion", "model": self.server.served,
            "system_fingerprint": self.server.fingerprint,
            "choices": [{"index": 0, "finish_reason": "stop",
                         "message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 50},
        }).encode()  # fmt: skip
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Nothing on standard error."""

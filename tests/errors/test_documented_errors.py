"""docs/errors.md tells every error and exit status there is, in the words of the code."""

from __future__ import annotations

import ast
import json
import re
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import harness
from harness import errors
from harness.backends import faults
from harness.cli import main as cli
from harness.cli.main import _line as line
from harness.gating.verdict import EXIT

ROOT = Path(harness.__file__).parents[1]
PAGE = (ROOT / "docs/errors.md").read_text()

TO_CALLERS_INSIDE = {  # a wrong call from our own code, or caught where the module is used
    "RuntimeError", "AssertionError", "AttributeError", "KeyError", "ValueError", "Wrong",
}  # fmt: skip
WITH_VALUE_ERRORS = {
    "analysis/sequential.py": "differences outside of [-1, 1] cannot come from scores",
    "results/form.py": "translated by results.load, which knows the file's name",
    "store/records.py": "a Step that contradicts itself",
}


def tree(root: type[BaseException]) -> Iterator[type[BaseException]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


class _Answers(BaseHTTPRequestHandler):
    server: Answering

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, message = self.server.answer
        body = json.dumps({"error": {"message": message}}).encode()
        self.send_response(status)
        self.send_header("location", "https://api.example.com/v1")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class Answering(ThreadingHTTPServer):
    answer = (200, "")


@pytest.fixture
def server() -> Iterator[Answering]:
    made = Answering(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def small(server: Answering) -> harness.Study:
    return harness.run(
        ["openai:m"], ["subtitles"], doc_tokens=200, distractors=0, round_trips=1, workers=0, attempts=1,
        base_url=f"http://127.0.0.1:{server.server_port}/v1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "message"), [(503, "overloaded"), (429, "slow down"), (400, "too long"), (308, "moved")]
)
def test_reasons_of_unfinished_chains_are_told_as_in_the_page(server: Answering, status: int, message: str) -> None:
    server.answer = (status, message)
    ((number, reason),) = small(server).unfinished.items()
    assert f"    chain {number} stopped: {reason}\n" in PAGE


def test_what_ends_a_run_is_told_as_in_the_page(server: Answering) -> None:
    server.answer = (401, "wrong key")
    with pytest.raises(errors.Denied) as caught:
        small(server)
    assert caught.value.status == 401
    assert f"    palimpsest: {caught.value}\n" in PAGE


def test_a_wrong_command_is_told_as_in_the_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["palimpsest", "run", "--model", "openia:gpt", "--domains", "subtitles"])
    kept = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as ended:
            cli()
    finally:
        signal.signal(signal.SIGTERM, kept)
    assert ended.value.code == 2
    assert f"    {capsys.readouterr().err}" in PAGE


def test_the_page_names_every_class_of_the_tree_and_draws_no_other() -> None:
    import harness.horizon.engine
    import harness.relay.scoring  # noqa: F401 - both add a class

    own = {kind.__name__ for kind in tree(errors.PalimpsestError) if kind.__module__.startswith("harness")}
    told = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert own == told | {"PalimpsestError", "BackendError"}
    drawn = {name for name in dir(errors) if isinstance(getattr(errors, name), type)}
    assert drawn <= set(re.findall(r"\w+", errors.__doc__ or ""))


def test_the_page_names_every_exit_status() -> None:
    from harness.cli.main import INTERRUPTED, TERMINATED

    told = {int(status) for status in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert told == {0, 1, 2, INTERRUPTED, TERMINATED, *EXIT.values()}


def raised(path: Path) -> Iterator[str]:
    """The names of the classes that a module raises by calling them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
            yield node.exc.func.id


def test_what_a_user_can_mend_is_no_bare_exception() -> None:
    ours = {kind.__name__ for kind in tree(errors.PalimpsestError)}
    faults = []
    for path in sorted((ROOT / "harness").rglob("*.py")):
        name = path.relative_to(ROOT / "harness").as_posix()
        text = path.read_text()
        for kind in raised(path):
            private = f"class {kind}(" in text  # caught by the module that defines it
            inside = kind in TO_CALLERS_INSIDE and (kind != "ValueError" or name in WITH_VALUE_ERRORS)
            if kind[:1].isupper() and kind not in ours and not private and not inside:
                faults.append(f"{name}: {kind}")
    assert faults == []


@pytest.mark.parametrize("name", ["run", "run_async", "load", "rescore", "compare", "gate", "gate_async"])
def test_functions_of_the_public_surface_say_what_they_raise(name: str) -> None:
    assert "UsageError" in (getattr(harness, name).__doc__ or "")
    assert name in harness.__all__


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://user:pw@api.example.com:8443/v1?ticket=4711", "name https://api.example.com as the base URL"),
        ("/elsewhere", "name the right base URL"),
        ("http://[bad", "name the right base URL"),
        ("", "name the right base URL"),
    ],
)
def test_a_redirect_is_told_without_the_secrets_of_its_target(location: str, told: str) -> None:
    error = faults.from_status(308, "moved", headers={"location": location})
    assert isinstance(error, errors.Rejected)
    assert told in str(error)
    assert "4711" not in str(error)
    assert "pw" not in str(error)


def test_what_ends_a_run_cannot_act_on_a_terminal() -> None:
    assert line(errors.Denied("one\ntwo \x1b]0;title\x07 \u202e")) == r"one two \x1b]0;title\x07 \u202e"

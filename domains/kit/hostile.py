"""Input that means harm: a score, a ParseError or an EditError within 2 s and 200 MB, never anything else."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection

from domains.kit.compare import compare
from domains.kit.domain import Domain
from domains.kit.element import EditError, Files, ParseError

SECONDS = 2.0
MEGABYTES = 200.0
_FOREIGN = {
    "ledger": "2016-06-02 * Uber\n    Expenses:Taxi  6.55 EUR\n    Assets:Cash\n",
    "subtitles": "1\n00:00:01,000 --> 00:00:02,500\nHello.\n\n",
    "JSON": '{"a": [1, 2, {"b": null}], "c": "x"}\n',
    "CSV": 'id,name,amount\n1,"A, B",3.50\n2,,\n',
    "XML": '<?xml version="1.0"?><a><b c="1">x</b></a>\n',
    "Python": "def f(x):\n    return [x for x in range(3)]\n",
    "mail": "From: a@example.org\nSubject: x\n\nBody\n",
}
_BOMBS = {
    "entity bomb": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><a>&j;</a>",
    "external entity": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "alias bomb": "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]\n" for n in range(1, 12)),
}


def inputs(files: Files) -> Iterator[tuple[str, str]]:
    """(what, text): the hostile texts, some of them made of a good document."""
    text = max(files.values(), key=len)
    yield "empty", ""
    yield "blank", " \n\t\n"
    yield "binary", bytes(range(256)).decode("latin-1") * 200
    for percent in range(5, 100, 5):
        yield f"truncated at {percent} %", text[: len(text) * percent // 100]
    yield from _FOREIGN.items()
    for char in "a(['\"{<\n 0-#*,;:|&\\":
        yield f"1 MB of {char!r}", char * 1_000_000
    for opening, closing in (("(", ")"), ("[", "]"), ("{", "}"), ("<a>", "</a>"), ("- ", ""), ("> ", "")):
        yield f"10 000 deep {opening}", opening * 10_000 + "x" + closing * 10_000
        yield f"document, then 10 000 deep {opening}", text + "\n" + opening * 10_000 + "x" + closing * 10_000
    yield from _BOMBS.items()
    yield "lone surrogate", text[:200] + "\ud800" + text[200:]
    yield "NUL and escapes", text[:100] + "\0\x1b[31m\u202e" + text[100:]


def survive(domain: Domain, files: Files) -> Iterator[tuple[str, bool, str]]:
    """(what, ok, detail) of every hostile text, tried in a process of its own so that a crash is a finding too."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_try_all, args=(theirs, domain.name, dict(files)), daemon=True)
    process.start()
    theirs.close()
    what = "start"
    failed: list[tuple[str, bool, str]] = []
    tried, slowest, most = 0, 0.0, 0.0
    try:
        while ours.poll(60):
            message = ours.recv()
            if message is None:
                break
            what, error, seconds, megabytes = message
            tried, slowest, most = tried + 1, max(slowest, seconds), max(most, megabytes)
            if error or seconds > SECONDS or megabytes > MEGABYTES:
                failed.append((what, False, f"{error} {seconds:.1f} s, {megabytes:.0f} MB"))
        else:
            failed.append((f"after {what}", False, "no answer in 60 s"))
    except EOFError:
        failed.append((f"after {what}", False, "the process died"))
    process.kill()
    process.join()
    yield from failed
    yield "all", not failed, f"{tried} tried, slowest {slowest:.2f} s, most {most:.0f} MB"


def _try_all(pipe: Connection, name: str, files: Files) -> None:
    import domains

    domain = domains.get(name)
    reference = domain.parse(files)
    results = []
    for edit in domain.edits:
        try:
            results.append((edit, edit.apply(files)))
        except EditError:
            continue
    for what, text in inputs(files):
        start, before = time.process_time(), _peak()
        error = ""
        try:
            compare(domain.schema, reference, domain.parse(dict.fromkeys(files, text)))
        except ParseError:
            error = ""
        except Exception as other:  # noqa: BLE001  any other exception is what this looks for
            error = f"{type(other).__name__}: {other}"[:120]
        pipe.send((what, error, time.process_time() - start, _peak() - before))
        if len(text) > 200_000:
            continue
        for edit, result in results:
            start, error = time.process_time(), ""
            try:
                edit.read(dict.fromkeys(result, text))
                edit.read({**result, max(result, key=lambda n: len(result[n])): text})
            except (ParseError, EditError):
                error = ""
            except Exception as other:  # noqa: BLE001  any other exception is what this looks for
                error = f"{type(other).__name__}: {other}"[:120]
            pipe.send((f"{what}, inverse of {edit.name}", error, time.process_time() - start, _peak() - before))
    pipe.send(None)


def _peak() -> float:
    """Peak resident megabytes of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform != "darwin" else peak / 1024 / 1024

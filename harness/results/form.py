"""What a result file holds, as values, and its bytes: JSON, compressed by xz or gzip where its name says so.

{"format": "palimpsest-results", "version": 2,
 "made": {"package", "python", "date", "git": {"commit", "clean"} or null},      of the file itself
 "runs": [{"number", "command", "spec", "started", "ended", "about": {"package", "commit", "dirty", "python",
           "platform", "libraries"}}],                 of what is in it; version 1 has none
 "suites": ["NAME@VERSION#HASH", …], "scorers": {DOMAIN: [VERSION, …]}, "transcripts": true,
 "chains": [{"key", "model", "editor", "domain", "document", "repeat", "reason",
             "spec": {…},                              all that shaped the chain, as in its store
             "files": {NAME: TEXT} or null,            the user's own document; others are made again from the spec
             "hops": {COLUMN: [value of hop 1, 2, …]}, columns as harness.COLUMNS, those of the hop;
             those of protections and tools only where there were some
             "served": [NAME, …],                      models that answered, in the provider's words; not in version 1
             "replies": [[value of REPLY, …], …]}]}    without transcripts empty; calls, [[id, name, arguments], …],
             end a row only where there are some: not before version 3
"""

from __future__ import annotations

import gzip
import json
import lzma
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import UsageError

FORMAT = "palimpsest-results"
VERSION = 3
READABLE = (1, 2, 3)
PACKED, PLAIN = 64 * 2**20, 512 * 2**20
"""Bytes of a file, as it lies and unpacked, beyond which it is not read."""

REPLY = (
    "hop", "attempt", "call", "request", "text", "finish", "input", "output", "cached", "reasoning", "latency", "cost",
    "model", "fingerprint", "tries", "calls",
)  # fmt: skip

_XZ, _GZIP = b"\xfd7zXZ\x00", b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class ResultChain:
    """One chain as the file holds it."""

    key: str
    model: str
    editor: str
    domain: str
    document: str
    repeat: int
    reason: str
    spec: Mapping[str, Any]
    files: Mapping[str, str] | None
    hops: Mapping[str, Sequence[Any]]
    served: Sequence[str] = ()
    replies: Sequence[Sequence[Any]] = field(default=(), repr=False)

    @property
    def count(self) -> int:
        """Finished hops."""
        return len(self.hops["hop"])


@dataclass(frozen=True, slots=True)
class Results:
    """A result file."""

    made: Mapping[str, Any]
    suites: Sequence[str]
    scorers: Mapping[str, Sequence[str]]
    transcripts: bool
    chains: Sequence[ResultChain]
    runs: Sequence[Mapping[str, Any]] = ()


def write(path: Path, results: Results) -> None:
    """Compressed as the suffix says: `.json.xz`, `.json.gz` or `.json`. UsageError when it cannot be written."""
    text = json.dumps({"format": FORMAT, "version": VERSION, **asdict(results)}, allow_nan=False, separators=(",", ":"))
    data = text.encode() + b"\n"
    try:
        if path.suffix == ".xz":
            data = lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)
        elif path.suffix == ".gz":
            data = gzip.compress(data, mtime=0)
        elif path.suffix != ".json":
            raise UsageError(f"{path}: a result file's name ends in .json.xz, .json.gz or .json")
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def read(path: Path) -> Any:
    """The JSON value in a result file, unchecked. UsageError when it is none, or too large."""
    try:
        if path.stat().st_size > PACKED:
            raise UsageError(f"{path} is larger than {PACKED >> 20} MiB: no result file is")
        value = json.loads(unpacked(path.read_bytes()), parse_constant=_no_number)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise UsageError(f"{path} is no result file: {type(error).__name__}: {error}") from None
    return value


def unpacked(data: bytes) -> bytes:
    """The bytes behind xz or gzip, at most PLAIN of them: a small file must not fill the memory. ValueError beyond."""
    if data.startswith(_XZ):
        unpack = lzma.LZMADecompressor(memlimit=PLAIN)
        plain = unpack.decompress(data, PLAIN + 1)
        ended = unpack.eof
    elif data.startswith(_GZIP):
        inflate = zlib.decompressobj(wbits=31)
        plain = inflate.decompress(data, PLAIN + 1)
        ended = inflate.eof
    else:
        return data
    if len(plain) > PLAIN:
        raise ValueError(f"it holds more than {PLAIN >> 20} MiB")
    if not ended:
        raise ValueError("it ends too early")
    return plain


def packed(start: bytes) -> bool:
    """Whether a file that begins so is compressed as result files are."""
    return start.startswith((_XZ, _GZIP))


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number in a result file")

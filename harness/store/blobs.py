"""Texts by their hash, compressed; a document is a tree, the JSON of its names and their texts' hashes, itself a
blob."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Mapping
from functools import lru_cache

LEVEL = 1
"""Of zlib. Level 6 takes three times as long for files a tenth smaller."""


def pack(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8", "surrogatepass"), LEVEL)


def unpack(data: bytes) -> str:
    return zlib.decompress(data).decode("utf-8", "surrogatepass")


@lru_cache(maxsize=1024)  # a hop's output is the next one's input, and hashing is most of what a write costs
def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def tree(files: Mapping[str, str]) -> str:
    """The canonical text of a tree."""
    return json.dumps({name: digest(files[name]) for name in sorted(files)}, separators=(",", ":"))


def put(connection: sqlite3.Connection, files: Mapping[str, str]) -> str:
    """Store a document unless it is there; the hash of its tree."""
    text = tree(files)
    key = digest(text)
    if not _held(connection, key):
        for content in files.values():
            hashed = digest(content)
            if not _held(connection, hashed):
                connection.execute("INSERT INTO blobs VALUES (?, ?)", (hashed, pack(content)))
        connection.execute("INSERT INTO blobs VALUES (?, ?)", (key, pack(text)))
    return key


def get(connection: sqlite3.Connection, key: str) -> dict[str, str]:
    """The document of a tree's hash."""
    names = json.loads(_text(connection, key))
    return {name: _text(connection, hashed) for name, hashed in names.items()}


def _held(connection: sqlite3.Connection, key: str) -> bool:
    return connection.execute("SELECT 1 FROM blobs WHERE hash = ?", (key,)).fetchone() is not None


def _text(connection: sqlite3.Connection, key: str) -> str:
    found = connection.execute("SELECT data FROM blobs WHERE hash = ?", (key,)).fetchone()
    if found is None:
        raise KeyError(f"the store lacks the text {key}")
    return unpack(found[0])

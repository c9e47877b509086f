"""The tables of a store, and whether a file is one."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from harness.errors import UsageError
from harness.provenance import package_version
from harness.store import migrations
from harness.store.writer import told

VERSION = 4
"""Raised when the tables change; `harness.store.migrations` says what becomes of older stores."""

APPLICATION = 0x50414C31  # "PAL1", in SQLite's header, so that another program's database is not taken for ours

# The indices hold whole what `show` reads: a thirtieth of the pages of the rows themselves.
TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, command TEXT NOT NULL, spec TEXT NOT NULL, started REAL NOT NULL, ended REAL,
    package TEXT NOT NULL, git TEXT, dirty INTEGER, python TEXT NOT NULL, platform TEXT NOT NULL,
    libraries TEXT NOT NULL
);
CREATE TABLE served (
    model TEXT NOT NULL, server TEXT NOT NULL, id TEXT NOT NULL, run INTEGER REFERENCES runs (id),
    PRIMARY KEY (model, server, id)
) WITHOUT ROWID;
CREATE TABLE chains (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
    model TEXT NOT NULL, editor TEXT NOT NULL, domain TEXT NOT NULL, document TEXT NOT NULL, repeat INTEGER NOT NULL,
    spec TEXT NOT NULL, seed_files TEXT NOT NULL, distractors TEXT NOT NULL, clean TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT ''
);
CREATE TABLE blobs (hash TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE replies (
    chain INTEGER NOT NULL REFERENCES chains (id), hop INTEGER NOT NULL, attempt INTEGER NOT NULL,
    call INTEGER NOT NULL, request TEXT NOT NULL, finish TEXT NOT NULL,
    input INTEGER, output INTEGER, cached INTEGER, reasoning INTEGER, cost REAL, latency REAL NOT NULL,
    model TEXT NOT NULL, fingerprint TEXT, tries INTEGER NOT NULL, received REAL NOT NULL,
    run INTEGER REFERENCES runs (id), text BLOB NOT NULL, raw BLOB NOT NULL,
    calls BLOB,
    PRIMARY KEY (chain, hop, attempt, call, request)
);
CREATE INDEX paid ON replies (chain, model, fingerprint, hop, tries, input, output, cost);
CREATE TABLE steps (
    chain INTEGER NOT NULL REFERENCES chains (id), hop INTEGER NOT NULL, edit TEXT NOT NULL, direction TEXT NOT NULL,
    outcome TEXT NOT NULL, detail TEXT NOT NULL,
    rs REAL, missing REAL, altered REAL, spurious REAL, moved REAL, step REAL, done REAL,
    valid INTEGER, edit_similarity REAL,
    before TEXT NOT NULL, after TEXT NOT NULL, extra TEXT NOT NULL,
    input INTEGER, output INTEGER, cached INTEGER, reasoning INTEGER, cost REAL, latency REAL NOT NULL,
    calls INTEGER NOT NULL, attempts INTEGER NOT NULL, scorer TEXT NOT NULL, run INTEGER REFERENCES runs (id),
    PRIMARY KEY (chain, hop)
);
CREATE INDEX outline ON steps (chain, hop, direction, outcome, rs, done);
CREATE TABLE guards (
    chain INTEGER NOT NULL REFERENCES chains (id), hop INTEGER NOT NULL, fired TEXT NOT NULL, alone TEXT NOT NULL,
    outcome TEXT NOT NULL, detail TEXT NOT NULL, rs REAL, step REAL, calls INTEGER NOT NULL, cost REAL,
    PRIMARY KEY (chain, hop)
);
CREATE TABLE traces (
    chain INTEGER NOT NULL REFERENCES chains (id), hop INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (chain, hop)
);
CREATE TABLE changes (
    chain INTEGER NOT NULL REFERENCES chains (id), hop INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (chain, hop)
);
"""


def check_path(path: Path, *, write: bool) -> None:
    """UsageError when there cannot be a store at `path`, or none is there to read."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name a file for the store")
    if not write and not path.is_file():
        raise UsageError(f"there is no store {path}")
    if write and not path.absolute().parent.is_dir():
        raise UsageError(f"cannot make the store {path}: there is no folder {path.absolute().parent}")


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """A connection to a store, made first if `write` and there is none. One that an older version made is brought up to
    date: in place to write, which its version then no longer reads, in a private copy to read. UsageError says what is
    wrong with the file."""
    check_path(path, write=write)
    # A reader may have to finish what a killed writer began, so it too opens for writing, and then writes nothing.
    mode = "rwc" if write else "rw"
    connection = None
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=30,
        )
        return _opened(connection, path, write=write)
    except sqlite3.DatabaseError as error:
        if connection:
            connection.close()
        raise UsageError(f"{path} cannot be used as a store: {told(error, 'name another file')}") from None
    except BaseException:
        if connection:
            connection.close()
        raise


def fold(connection: sqlite3.Connection) -> None:
    """Leave one plain file: no log beside it, readable from a folder that cannot be written."""
    connection.execute("PRAGMA busy_timeout = 0")
    with contextlib.suppress(sqlite3.OperationalError):  # somebody is reading: the next close does it
        connection.execute("PRAGMA journal_mode = DELETE")


def _opened(connection: sqlite3.Connection, path: Path, *, write: bool) -> sqlite3.Connection:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    # A run killed while it made its store leaves a database without a table: still nobody's.
    fresh = write and not tables and not application
    if not fresh and application != APPLICATION:
        raise UsageError(f"{path} is not a palimpsest store: name another file")
    if not fresh and not 1 <= version <= VERSION:
        made_by = connection.execute("SELECT value FROM meta WHERE name = 'package'").fetchone()
        raise UsageError(
            f"{path} was made by palimpsest-bench {made_by[0] if made_by else 'of another version'} (store version "
            f"{version}, this one reads 1 to {VERSION}): use that version, or name another file"
        )
    connection.execute("PRAGMA busy_timeout = 30000")
    if not write:
        if version < VERSION:
            connection = migrations.copied(connection, TABLES, VERSION)
        connection.execute("PRAGMA query_only = ON")
        return connection
    if not fresh and version < VERSION:
        migrations.migrate(connection, TABLES, VERSION)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if fresh:
        _create(connection)
    return connection


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in TABLES.split(";"):
        connection.execute(statement)
    connection.execute("INSERT INTO meta VALUES ('package', ?)", (package_version(),))
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")

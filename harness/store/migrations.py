"""Stores of older versions: made anew as today's tables, what was not kept then being missing.

Version 1 kept no Changes (`rescore` finds them) and knew neither memory nor planted errors: its chains ran without, and
get the keys they would have today. Versions 1 and 2 kept no runs; which of a provider's models answered, they did keep.
Before version 4 there were neither protections nor tools.
"""

from __future__ import annotations

import json
import sqlite3

from harness.seeds import digest
from harness.store.records import HORIZON, server_of

_SINCE_2 = {"memory": "stateless", "heal": False, "planted": None, "plant": None}
_NOTES = ("asked_tokens", "asked_distractors", "suite")
"""Of a chain's spec, what is no part of its key."""


def copied(connection: sqlite3.Connection, tables: str, version: int) -> sqlite3.Connection:
    """An older store as today's, in a private file that goes when it is closed; the store itself is closed, and stays
    as it is."""
    copy = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    connection.backup(copy)
    connection.close()
    migrate(copy, tables, version)
    return copy


def migrate(connection: sqlite3.Connection, tables: str, version: int) -> None:
    """Brings a store up to `version`, whose statements are `tables`. One transaction: a store is old or new, whatever
    happens."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        old = connection.execute("PRAGMA user_version").fetchone()[0]
        if old < version:
            _remake(connection, tables)
            if old == 1:
                _complete(connection)
            _note_served(connection)
            connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _remake(connection: sqlite3.Connection, tables: str) -> None:
    """Today's tables with what the old ones have under the same names. A table that is as it was stays: the texts are
    most of a store."""
    ask = connection.execute
    today = _today(tables)
    names = ask("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    changed = {name: have for (name,) in names if (have := _columns(connection, name)) != _columns(today, name)}
    indices = ask("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    for name in (index for index, table in indices if table in changed):
        ask(f"DROP INDEX {name}")
    for name in changed:
        ask(f"ALTER TABLE {name} RENAME TO old_{name}")
    there = {row[0] for row in ask("SELECT name FROM sqlite_master").fetchall()}
    for statement in tables.split(";"):
        if statement.split()[2:3] and statement.split()[2] not in there:
            ask(statement)
    for name, have in changed.items():
        given = {column: column for column in _columns(connection, name) if column in have}
        if name == "chains":
            given.setdefault("clean", "''")
        ask(f"INSERT INTO {name} ({', '.join(given)}) SELECT {', '.join(given.values())} FROM old_{name}")  # noqa: S608
        if name == "steps" and "changes" in have:
            ask("INSERT INTO changes SELECT chain, hop, changes FROM old_steps WHERE changes IS NOT NULL")
    for name in changed:
        ask(f"DROP TABLE old_{name}")
    today.close()


def _today(tables: str) -> sqlite3.Connection:
    """An empty database with today's tables."""
    made = sqlite3.connect(":memory:")
    made.executescript(tables)
    return made


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def _complete(connection: sqlite3.Connection) -> None:
    """The specs of version 1 with what today's say, and the keys that follow."""
    rows = connection.execute("SELECT id, spec FROM chains WHERE editor != ?", (HORIZON,)).fetchall()
    for number, text in rows:
        told = json.loads(text)
        spec = {**_SINCE_2, "origin": told["document_hash"], **told}
        identity = {name: value for name, value in spec.items() if name not in _NOTES}
        connection.execute(
            "UPDATE chains SET key = ?, spec = ? WHERE id = ?",
            (digest("chain", identity), json.dumps(spec, sort_keys=True), number),
        )


def _note_served(connection: sqlite3.Connection) -> None:
    rows = connection.execute(
        "SELECT DISTINCT chains.model, spec, replies.model FROM replies JOIN chains ON chain = id "
        "WHERE replies.model != ''"
    ).fetchall()
    for model, spec, served in rows:
        connection.execute(
            "INSERT OR IGNORE INTO served (model, server, id) VALUES (?, ?, ?)",
            (model, server_of(json.loads(spec)), served),
        )

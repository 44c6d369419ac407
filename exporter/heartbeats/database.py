"""The SQLite file and its schema, and the numbers in it."""

import sqlite3
from pathlib import Path

from toolkit import database

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE heartbeats (
  key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, definition TEXT,
  applied INTEGER NOT NULL, state TEXT NOT NULL, absent REAL);
CREATE TABLE receipts (
  id INTEGER PRIMARY KEY, previous INTEGER NOT NULL, heartbeat INTEGER NOT NULL, time REAL NOT NULL,
  kind INTEGER NOT NULL, exit_code INTEGER, rid TEXT, duration REAL, remote TEXT, agent TEXT, cut INTEGER NOT NULL);
CREATE TABLE bodies (receipt INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE clock (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, start REAL NOT NULL, end REAL NOT NULL);
"""
# `folded` and `applied` count too: a number is never given twice, also when the receipt that had it was pruned. One
# given again would lie below `folded`, and the receipt would be passed over by the next replay.
LAST = """
SELECT max(coalesce((SELECT max(id) FROM receipts), 0), coalesce((SELECT max(id) FROM clock), 0),
  coalesce((SELECT max(applied) FROM heartbeats), 0),
  coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'folded'), 0))
"""
SECONDS = 2.0  # that are waited for another who writes


def connect(file: Path, create: bool) -> sqlite3.Connection:
    """Open the file; with `create`, make it if there is none. sqlite3.Error and OSError say why not."""
    return database.connect(file, create, SECONDS, lambda db: _prepare(db, create))


def _prepare(db: sqlite3.Connection, create: bool) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == 0 and create:
        db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT")
    elif version > SCHEMA_VERSION:
        raise sqlite3.DatabaseError(f"schema {version} is of a newer release; this one knows {SCHEMA_VERSION}")
    elif version < SCHEMA_VERSION:
        raise sqlite3.DatabaseError(f"schema {version} is none of ours")


def last(db: sqlite3.Connection) -> int:
    """The highest number ever given to a receipt or a clock event."""
    return int(db.execute(LAST).fetchone()[0])


def go_on(db: sqlite3.Connection, committed: int) -> None:
    """Make a file that was opened anew the one we knew: its last number is `committed`."""
    found = last(db)
    if found < committed:
        raise sqlite3.DatabaseError("the file is older than what was acknowledged; restart to go on from it")
    if found > committed:
        # A commit that failed at its fsync may be whole in the log all the same. Nobody was told that it is.
        with database.transaction(db):
            db.execute("DELETE FROM receipts WHERE id > ?", (committed,))
            db.execute("DELETE FROM bodies WHERE receipt > ?", (committed,))
            db.execute("DELETE FROM clock WHERE id > ?", (committed,))

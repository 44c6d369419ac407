"""The SQLite file and the lock beside it: made private, opened strictly, held by one program."""

import fcntl
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

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


class StorageError(Exception):
    """The store could not do it now; nothing of the call has happened."""


class StorageInUse(StorageError):
    """Another program holds this storage path."""


def hold(path: Path) -> int:
    """Lock the folder; the kernel lets go when this process ends, however it ends. OSError: it cannot be written."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as e:
        holder = os.pread(lock, 20, 0).decode().strip()
        os.close(lock)
        raise StorageInUse(f"{path} is in use by process {holder}") from e
    os.ftruncate(lock, 0)
    with suppress(OSError):  # on a full disk the lock holds without a name
        os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def connect(file: Path, create: bool) -> sqlite3.Connection:
    """Open the file; with `create`, make it if there is none. sqlite3.Error and OSError say why not."""
    log = file.with_name(file.name + "-wal")
    if not _size(file) and (not create or _size(log)):
        # SQLite takes an empty file for a new one, and deletes the log beside it, with all that is only there yet.
        raise sqlite3.DatabaseError("the file is missing or empty; put back the one that was here")
    # Made here and not by SQLite, which would let the umask decide who may read bodies.
    os.close(os.open(file, os.O_RDWR | (os.O_CREAT if create else 0), 0o600))
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=2, cached_statements=64)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # NORMAL does not fsync the log at commit
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and create:
            db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT")
        elif version > SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"schema {version} is of a newer release; this one knows {SCHEMA_VERSION}")
        elif version < SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"schema {version} is none of ours")
    except BaseException:
        db.close()
        raise
    return db


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
        db.execute("BEGIN IMMEDIATE")
        db.execute("DELETE FROM receipts WHERE id > ?", (committed,))
        db.execute("DELETE FROM bodies WHERE receipt > ?", (committed,))
        db.execute("DELETE FROM clock WHERE id > ?", (committed,))
        db.execute("COMMIT")


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0

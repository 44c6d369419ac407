"""The SQLite file and the lock beside it: made private, opened strictly, held by one program."""

import fcntl
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

FIRST = """
CREATE TABLE hosts (name TEXT PRIMARY KEY, finished REAL NOT NULL, read REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE sources (
  host TEXT NOT NULL, name TEXT NOT NULL, listed INTEGER NOT NULL, up INTEGER NOT NULL, error TEXT NOT NULL,
  success REAL NOT NULL, cursor TEXT, memory TEXT, PRIMARY KEY (host, name)) WITHOUT ROWID;
CREATE TABLE findings (
  fingerprint TEXT PRIMARY KEY, host TEXT NOT NULL, state TEXT NOT NULL, rank INTEGER NOT NULL,
  category TEXT NOT NULL, model INTEGER NOT NULL, first_seen REAL NOT NULL, last_seen REAL NOT NULL,
  body TEXT NOT NULL);
CREATE INDEX findings_of_host ON findings (host, state, model, rank, category, last_seen, first_seen);
CREATE INDEX findings_by_rank ON findings (rank DESC, first_seen DESC, fingerprint);
CREATE TABLE runs (
  number INTEGER PRIMARY KEY AUTOINCREMENT, host TEXT NOT NULL, finished REAL NOT NULL, body TEXT NOT NULL);
CREATE INDEX runs_of_host ON runs (host, number);
CREATE TABLE snapshots (
  host TEXT NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL, PRIMARY KEY (host, kind));
CREATE TABLE changes (
  host TEXT NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (host, kind)) WITHOUT ROWID;
CREATE TABLE answers (key TEXT PRIMARY KEY, at REAL NOT NULL, size INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX answers_by_age ON answers (at);
CREATE TABLE spending (
  day TEXT NOT NULL, model TEXT NOT NULL, currency TEXT NOT NULL, tokens_in INTEGER NOT NULL,
  tokens_out INTEGER NOT NULL, cost REAL NOT NULL, PRIMARY KEY (day, model, currency)) WITHOUT ROWID;
"""
SECOND = """
CREATE TABLE digests (service TEXT PRIMARY KEY, until REAL NOT NULL, begun REAL NOT NULL) WITHOUT ROWID;
"""
STEPS = (FIRST, SECOND)
"""What makes schema n+1 of schema n; steps are added, and those of a release never change."""


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


def connect(file: Path, create: bool, upgrade: bool = True) -> sqlite3.Connection:
    """Open the file; `create`: make it if there is none; `upgrade`: bring it to this release's schema.

    sqlite3.Error and OSError say why not.
    """
    log = file.with_name(file.name + "-wal")
    if not _size(file) and (not create or _size(log)):
        # SQLite takes an empty file for a new one, and deletes the log beside it, with all that is only there yet.
        raise sqlite3.DatabaseError("the file is missing or empty; put back the one that was here")
    # Made here and not by SQLite, which would let the umask decide who may read what the logs said.
    os.close(os.open(file, os.O_RDWR | (os.O_CREAT if create else 0), 0o600))
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=5, cached_statements=64)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # NORMAL does not fsync the log at commit
        _upgrade(db, upgrade)
    except BaseException:
        db.close()
        raise
    return db


def _upgrade(db: sqlite3.Connection, may: bool) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version < len(STEPS) and not may:
        raise sqlite3.DatabaseError(f"schema {version} is of an older release; start this one's program first")
    if version > len(STEPS):
        raise sqlite3.DatabaseError(f"schema {version} is of a newer release; this one knows {len(STEPS)}")
    for number, step in enumerate(STEPS[version:], version + 1):
        db.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT")


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0

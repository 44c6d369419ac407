"""An SQLite file and the lock beside it: made private, opened strictly, held by one program."""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


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


def connect(
    file: Path, create: bool, timeout: float, prepare: Callable[[sqlite3.Connection], None]
) -> sqlite3.Connection:
    """Open the file; `create`: make it if there is none; `prepare` sees to its schema.

    `timeout`: seconds to wait for another who writes. sqlite3.Error and OSError say why not.
    """
    log = file.with_name(file.name + "-wal")
    if not _size(file) and (not create or _size(log)):
        # SQLite takes an empty file for a new one, and deletes the log beside it, with all that is only there yet.
        raise sqlite3.DatabaseError("the file is missing or empty; put back the one that was here")
    # Made here and not by SQLite, which would let the umask decide who may read what is kept.
    os.close(os.open(file, os.O_RDWR | (os.O_CREAT if create else 0), 0o600))
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=timeout, cached_statements=64)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # NORMAL does not fsync the log at commit
        prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def upgrade(db: sqlite3.Connection, steps: Sequence[str], may: bool = True) -> None:
    """Bring it to the schema that all `steps` make, the first of an empty file; one that is not so is refused."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version < len(steps) and not may:
        raise sqlite3.DatabaseError(f"schema {version} is of an older release; start this one's program first")
    if version > len(steps):
        raise sqlite3.DatabaseError(f"schema {version} is of a newer release; this one knows {len(steps)}")
    for number, step in enumerate(steps[version:], version + 1):
        db.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of what is done within is on the disk afterwards, or nothing."""
    # Deferred transactions ignore the busy timeout when they turn into writers (healthchecks#1057).
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0

"""What must survive: receipts, and what was made of them, in one SQLite file.

`receipts` is a log that only grows at its end, so a commit writes the same few pages however many heartbeats there
are. Instead of an index, each receipt names the one before it of the same heartbeat: the latest few are a walk.
`heartbeats.state` is what the log had made of a heartbeat up to receipt `applied`; what came later is replayed.
"""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from exporter.heartbeats.receipt import Receipt

FILE = "heartbeats.db"
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
COLUMNS = 11
ROW = "(" + ",".join("?" * COLUMNS) + ")"
CHUNKS = (256, 64, 16, 4, 1)  # rows an INSERT; few distinct statements, so SQLite's cache of them serves
STATE_SQL = "UPDATE heartbeats SET applied = ?, state = ? WHERE key = ?"


class StorageError(Exception):
    """The store could not do it now; nothing of the call has happened."""


class StorageInUse(StorageError):
    """Another program holds this storage path."""


class Entry(NamedTuple):
    """A receipt on its way into the log: its number, its predecessor's, whose it is."""

    id: int
    previous: int
    heartbeat: int
    receipt: Receipt


class ClockEvent(NamedTuple):
    """`down`: nobody listened from start to end. `step`: the wall clock went from start to end. Seconds, wall time."""

    id: int
    kind: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Stored:
    """A heartbeat's row; `definition` is None for one that the configuration file defines."""

    key: int
    id: str
    definition: Mapping[str, Any] | None
    applied: int
    state: Mapping[str, Any]
    absent: float | None


@dataclass(frozen=True, slots=True)
class Loaded:
    heartbeats: Sequence[Stored]
    clock: Sequence[ClockEvent]
    alive: Mapping[str, Any] | None
    folded: int  # receipts up to this number are part of the states
    last: int  # the highest number ever given to a receipt or a clock event


class Store:
    """The SQLite store; every method blocks, and all are called from one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Take `path` (a folder) for this process alone; StorageInUse names the other one."""
        self.path = path
        self._lock = _hold(path)
        self._db: sqlite3.Connection | None = None

    def load(self) -> Loaded:
        """Open the file, making it if there is none, and read what it holds but for the receipts."""
        with self._errors():
            db = self._open()
            meta = dict(db.execute("SELECT name, value FROM meta"))
            rows = db.execute("SELECT key, id, definition, applied, state, absent FROM heartbeats ORDER BY key")
            return Loaded(
                heartbeats=[_stored(row) for row in rows],
                clock=[ClockEvent(*row) for row in db.execute("SELECT id, kind, start, end FROM clock ORDER BY id")],
                alive=json.loads(meta["alive"]) if "alive" in meta else None,
                folded=int(meta.get("folded", 0)),
                last=self._last(db),
            )

    def replay(self, after: int, limit: int) -> list[Entry]:
        """The first `limit` receipts of the log with a number above `after`, in order, without bodies."""
        query = (
            "SELECT id, previous, heartbeat, time, kind, exit_code, rid, duration, remote, agent, cut"
            " FROM receipts WHERE id > ? ORDER BY id LIMIT ?"
        )
        with self._errors():
            return [_entry(row, b"") for row in self._open().execute(query, (after, limit))]

    def append(self, entries: Sequence[Entry]) -> None:
        """Commit receipts, fsynced, all or none."""
        bodies = [(entry.id, entry.receipt.body) for entry in entries if entry.receipt.body]
        with self._errors(), self._transaction() as db:
            start = 0
            for size in CHUNKS:
                while len(entries) - start >= size:
                    chunk = entries[start : start + size]
                    db.execute(_insert(size), [value for entry in chunk for value in _row(entry)])
                    start += size
            if bodies:
                db.executemany("INSERT INTO bodies VALUES (?, ?)", bodies)

    def save(self, states: Iterable[tuple[int, int, Mapping[str, Any]]]) -> None:
        """Keep (key, applied, state) of heartbeats, so that fewer receipts need a replay."""
        with self._errors(), self._transaction() as db:
            db.executemany(STATE_SQL, [(applied, _dump(state), key) for key, applied, state in states])

    def folded(self, number: int) -> None:
        """Keep that every receipt up to `number` is part of the saved states."""
        with self._errors(), self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('folded', ?)", (str(number),))

    def declare(self, rows: Sequence[Stored]) -> None:
        """Keep new or changed heartbeats whole."""
        with self._errors(), self._transaction() as db:
            db.executemany(
                "INSERT INTO heartbeats (key, id, definition, applied, state, absent) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET definition = excluded.definition, applied = excluded.applied,"
                " state = excluded.state, absent = excluded.absent",
                [
                    (r.key, r.id, r.definition and _dump(r.definition), r.applied, _dump(r.state), r.absent)
                    for r in rows
                ],
            )

    def forget(self, key: int) -> None:
        """Drop a heartbeat; its receipts go with the next prune."""
        with self._errors(), self._transaction() as db:
            db.execute("DELETE FROM heartbeats WHERE key = ?", (key,))

    def note(self, event: ClockEvent) -> None:
        """Keep a clock event."""
        with self._errors(), self._transaction() as db:
            db.execute("INSERT INTO clock VALUES (?, ?, ?, ?)", event)

    def alive(self, reading: Mapping[str, Any]) -> None:
        """Keep that this process listened at the instant of `reading`."""
        with self._errors(), self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('alive', ?)", (_dump(reading),))

    def recent(self, last: int, limit: int) -> list[Entry]:
        """The latest receipts of one heartbeat with their bodies, newest first, from the number of its last one."""
        query = (
            "SELECT r.id, previous, heartbeat, time, kind, exit_code, rid, duration, remote, agent, cut,"
            " coalesce(body, x'') FROM receipts r LEFT JOIN bodies b ON b.receipt = r.id WHERE r.id = ?"
        )
        found: list[Entry] = []
        with self._errors():
            while last and len(found) < limit:
                row = self._open().execute(query, (last,)).fetchone()
                if row is None:
                    break
                found.append(_entry(row, row[11]))
                last = row[1]
        return found

    def expired(self, keep: int, before: float) -> list[int]:
        """Numbers of receipts beyond the latest `keep` of their heartbeat, older than `before`, or of nobody.

        Reads on a connection of its own, so it may run beside `append`; it takes a while on a large log.
        """
        query = (
            "SELECT id FROM (SELECT id, time, heartbeat,"
            " row_number() OVER (PARTITION BY heartbeat ORDER BY id DESC) AS n FROM receipts)"
            " WHERE n > ? OR time < ? OR heartbeat NOT IN (SELECT key FROM heartbeats) ORDER BY id"
        )
        try:
            with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, isolation_level=None)) as db:
                return [row[0] for row in db.execute(query, (keep, before))]
        except sqlite3.Error as e:
            raise StorageError(f"{self._file}: {e}") from e

    def drop(self, receipts: Sequence[int]) -> None:
        """Delete receipts by number; keep the slices small, pings wait meanwhile."""
        with self._errors(), self._transaction() as db:
            ids = [(number,) for number in receipts]
            db.executemany("DELETE FROM receipts WHERE id = ?", ids)
            db.executemany("DELETE FROM bodies WHERE receipt = ?", ids)

    def drop_absent(self, before: float) -> None:
        """Delete heartbeats that left the configuration file before `before`, and clock events as old."""
        with self._errors(), self._transaction() as db:
            db.execute("DELETE FROM heartbeats WHERE absent < ?", (before,))
            db.execute("DELETE FROM clock WHERE max(start, end) < ?", (before,))

    def close(self) -> None:
        self._disconnect()
        self._lock.close()

    @property
    def _file(self) -> Path:
        return self.path / FILE

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = _connect(self._file)
        return self._db

    def _disconnect(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = self._open()
        # Deferred transactions ignore the busy timeout when they turn into writers (healthchecks#1057).
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as e:
            # A fresh connection each time after a fault: the file may have been replaced, the disk mounted again.
            self._disconnect()
            raise StorageError(f"{self._file}: {e}") from e

    @staticmethod
    def _last(db: sqlite3.Connection) -> int:
        tops = "SELECT max(coalesce((SELECT max(id) FROM receipts), 0), coalesce((SELECT max(id) FROM clock), 0),"
        return int(db.execute(tops + " coalesce((SELECT max(applied) FROM heartbeats), 0))").fetchone()[0])


def registered(path: Path) -> dict[str, str | None]:
    """Ids of the heartbeats that the API registered, with the token that was given; reads beside a running exporter."""
    try:
        with closing(sqlite3.connect(f"file:{path / FILE}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT id, definition FROM heartbeats WHERE definition IS NOT NULL ORDER BY id")
            return {id: json.loads(definition).get("token") for id, definition in rows}
    except sqlite3.Error:
        return {}  # no store yet


def _hold(path: Path) -> TextIO:
    """Lock the folder; the kernel lets go when this process ends, however it ends."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = open(path / "lock", "a+", opener=_private)  # noqa: SIM115 - held for the life of the process
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as e:
        lock.seek(0)
        holder = lock.read().strip()
        lock.close()
        raise StorageInUse(f"{path} is in use by process {holder}") from e
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _connect(file: Path) -> sqlite3.Connection:
    # Made here and not by SQLite, which would let the umask decide who may read bodies.
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=2, cached_statements=64)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # NORMAL does not fsync the log at commit
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT")
        elif version > SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"schema {version} is of a newer release; this one knows {SCHEMA_VERSION}")
    except BaseException:
        db.close()
        raise
    return db


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _insert(rows: int) -> str:
    return "INSERT INTO receipts VALUES " + ",".join((ROW,) * rows)


def _row(entry: Entry) -> tuple[Any, ...]:
    r = entry.receipt
    return (*entry[:3], r.time, r.kind, r.exit_code, r.rid, r.duration, r.remote, r.agent, r.cut)


def _entry(row: Sequence[Any], body: bytes) -> Entry:
    time, kind, exit_code, rid, duration, remote, agent, cut = row[3:11]
    return Entry(row[0], row[1], row[2], Receipt(time, kind, exit_code, rid, duration, remote, agent, body, bool(cut)))


def _stored(row: Sequence[Any]) -> Stored:
    definition = None if row[2] is None else json.loads(row[2])
    return Stored(row[0], row[1], definition, row[3], json.loads(row[4]), row[5])


def _dump(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))

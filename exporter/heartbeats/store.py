"""What must survive: receipts, and what was made of them, in one SQLite file.

`receipts` is a log that only grows at its end, so a commit writes the same few pages however many heartbeats there
are. Instead of an index, each receipt names the one before it of the same heartbeat: the latest few are a walk.
`heartbeats.state` is what the log had made of a heartbeat up to receipt `applied`; what came later is replayed.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from exporter.heartbeats import database
from exporter.heartbeats.receipt import Receipt
from toolkit.database import StorageError, StorageInUse, hold, transaction

__all__ = ["ClockEvent", "Entry", "Loaded", "StorageError", "StorageInUse", "Store", "Stored", "registered"]

FILE = "heartbeats.db"
COLUMNS = 11
ROW = "(" + ",".join("?" * COLUMNS) + ")"
CHUNKS = (256, 64, 16, 4, 1)  # rows an INSERT; few distinct statements, so SQLite's cache of them serves
FOLDED = "(SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'folded')"
STATE_SQL = "UPDATE heartbeats SET applied = ?, state = ? WHERE key = ?"


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
    state: str  # JSON; parsed one by one, since 100,000 of them as mappings take 150 MB
    absent: float | None


@dataclass(frozen=True, slots=True)
class Loaded:
    heartbeats: list[Stored]
    clock: Sequence[ClockEvent]
    alive: Mapping[str, Any] | None
    folded: int  # receipts up to this number are part of the states
    last: int  # the highest number ever given to a receipt or a clock event


class Store:
    """The SQLite store; every method blocks, and all are called from one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Take `path` (a folder) for this process alone; StorageInUse names the other one."""
        self.path = path
        self._db: sqlite3.Connection | None = None
        self._inode: tuple[int, int] | None = None
        self._committed: int | None = None  # the last number that is known to be on disk; None before the first load
        self._lock: int | None = None
        with suppress(OSError):  # a disk that is full or read-only now; `load` tries again
            self._lock = hold(path)

    def load(self) -> Loaded:
        """Open the file, making it if there is none, and read what it holds but for the receipts."""
        with self._errors():
            db = self._open()
            meta = dict(db.execute("SELECT name, value FROM meta"))
            rows = db.execute("SELECT key, id, definition, applied, state, absent FROM heartbeats ORDER BY key")
            loaded = Loaded(
                heartbeats=[_stored(row) for row in rows],
                clock=[ClockEvent(*row) for row in db.execute("SELECT id, kind, start, end FROM clock ORDER BY id")],
                alive=json.loads(meta["alive"]) if "alive" in meta else None,
                folded=int(meta.get("folded", 0)),
                last=database.last(db),
            )
            self._committed = loaded.last
            return loaded

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
        self._committed = entries[-1].id

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
            # Left by a commit that failed and had happened all the same: its id would be in the way for ever.
            db.executemany("DELETE FROM heartbeats WHERE id = ? AND key <> ?", [(r.id, r.key) for r in rows])
            db.executemany(
                "INSERT INTO heartbeats (key, id, definition, applied, state, absent) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET definition = excluded.definition, applied = excluded.applied,"
                " state = excluded.state, absent = excluded.absent",
                [(r.key, r.id, r.definition and _dump(r.definition), r.applied, r.state, r.absent) for r in rows],
            )

    def forget(self, key: int) -> None:
        """Drop a heartbeat; its receipts go with the next prune."""
        with self._errors(), self._transaction() as db:
            db.execute("DELETE FROM heartbeats WHERE key = ?", (key,))

    def note(self, events: Sequence[ClockEvent], reading: Mapping[str, Any]) -> None:
        """Keep clock events, and that this process listened at the instant of `reading`, which is behind them all.

        Together, since a crash between the two would make the next start find the same events once more.
        """
        with self._errors(), self._transaction() as db:
            db.executemany("INSERT INTO clock VALUES (?, ?, ?, ?)", events)
            db.execute("INSERT OR REPLACE INTO meta VALUES ('alive', ?)", (_dump(reading),))
        if events:
            self._committed = events[-1].id

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

        Only such as are part of the saved states, since the next start may need the others. Reads on a connection of
        its own, so it may run beside `append`; it takes a while on a large log.
        """
        query = (
            "SELECT id FROM (SELECT id, time, heartbeat,"
            " row_number() OVER (PARTITION BY heartbeat ORDER BY id DESC) AS n FROM receipts)"
            " WHERE (n > ? OR time < ? OR heartbeat NOT IN (SELECT key FROM heartbeats))"
            f" AND id <= {FOLDED} ORDER BY id"
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

    def drop_absent(self, before: float, keep: int) -> None:
        """Delete heartbeats that left the configuration file before `before`, and all but the latest clock events."""
        query = f"DELETE FROM clock WHERE id <= {FOLDED} AND id NOT IN (SELECT id FROM clock ORDER BY id DESC LIMIT ?)"
        with self._errors(), self._transaction() as db:
            db.execute("DELETE FROM heartbeats WHERE absent < ?", (before,))
            db.execute(query, (keep,))

    def close(self) -> None:
        """Let go of file and lock."""
        self._disconnect()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def _file(self) -> Path:
        return self.path / FILE

    def _open(self) -> sqlite3.Connection:
        if self._lock is None:
            self._lock = hold(self.path)
        if self._db is None:
            # Once loaded, a missing file is a disk that is not mounted: a new one would take receipts and lose them.
            self._db = database.connect(self._file, create=self._committed is None)
            self._inode = _inode(self._file)
            if self._committed is not None:
                database.go_on(self._db, self._committed)
        elif _inode(self._file) != self._inode:
            raise sqlite3.DatabaseError("the file was replaced by another one")
        return self._db

    def _disconnect(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = self._open()
        with transaction(db):
            yield db

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, ValueError, TypeError) as e:  # the last two: text in it that makes no sense
            # A fresh connection each time after a fault: the file may have been replaced, the disk mounted again.
            self._disconnect()
            raise StorageError(f"{self._file}: {e}") from e


def registered(path: Path) -> dict[str, str | None]:
    """Ids of the heartbeats that the API registered, with the token that was given; reads beside a running exporter."""
    try:
        with closing(sqlite3.connect(f"file:{path / FILE}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT id, definition FROM heartbeats WHERE definition IS NOT NULL ORDER BY id")
            return {id: json.loads(definition).get("token") for id, definition in rows}
    except sqlite3.Error:
        return {}  # no store yet


def _inode(file: Path) -> tuple[int, int]:
    found = os.stat(file)
    return found.st_dev, found.st_ino


def _insert(rows: int) -> str:
    return "INSERT INTO receipts VALUES " + ",".join((ROW,) * rows)


def _row(entry: Entry) -> tuple[Any, ...]:
    r = entry.receipt
    # A header that is no UTF-8 reaches us as lone surrogates, which SQLite does not take.
    agent = r.agent if r.agent.isascii() else r.agent.encode(errors="replace").decode()
    return (*entry[:3], r.time, r.kind, r.exit_code, r.rid, r.duration, r.remote, agent, r.cut)


def _entry(row: Sequence[Any], body: bytes) -> Entry:
    time, kind, exit_code, rid, duration, remote, agent, cut = row[3:11]
    return Entry(row[0], row[1], row[2], Receipt(time, kind, exit_code, rid, duration, remote, agent, body, bool(cut)))


def _stored(row: Sequence[Any]) -> Stored:
    definition = None if row[2] is None else json.loads(row[2])
    return Stored(row[0], row[1], definition, row[3], row[4], row[5])


def _dump(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))

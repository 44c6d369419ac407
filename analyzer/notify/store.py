"""What must survive of the incidents: relay.db, an SQLite file of the relay's own.

A change is on the disk before it is answered. One row for each group and service.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from analyzer.notify.incident import Incident
from analyzer.notify.payload import dump, load
from toolkit.database import connect, transaction, upgrade

FILE = "relay.db"
FIRST = """
CREATE TABLE incidents (
  service TEXT NOT NULL, key TEXT NOT NULL, wanted TEXT NOT NULL, told TEXT NOT NULL, messages TEXT NOT NULL,
  context TEXT NOT NULL, revision INTEGER NOT NULL, done INTEGER NOT NULL, heard REAL NOT NULL, since REAL NOT NULL,
  told_at REAL NOT NULL, confirmed INTEGER NOT NULL, begun REAL NOT NULL, remind INTEGER NOT NULL,
  open INTEGER NOT NULL,
  PRIMARY KEY (service, key)) WITHOUT ROWID;
CREATE INDEX unsettled ON incidents (service, since) WHERE done < revision;
CREATE INDEX unconfirmed ON incidents (told_at) WHERE open = 1 AND confirmed = 0;
CREATE TABLE successes (service TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
"""
STEPS = (FIRST,)
"""What makes schema n+1 of schema n; steps are added, and those of a release never change."""
SECONDS = 5.0  # that are waited for another who writes
COLUMNS = "wanted, told, messages, context, revision, done, heard, since, told_at, confirmed, begun, remind"
Change = Callable[[Incident | None], Incident | None]


class StoreError(Exception):
    """The store could not do it now; nothing of the call has happened."""


class Store:
    """Each method blocks for milliseconds; any thread may call it."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._db = connect(folder / FILE, create=True, timeout=SECONDS, prepare=lambda db: upgrade(db, STEPS))
        except (sqlite3.Error, OSError) as e:
            raise StoreError(f"{folder / FILE}: {e}") from e

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def change(self, key: str, changes: Mapping[str, Change]) -> dict[str, Incident | None]:
        """Give each service's incident of the group to its change and keep what comes back (None: as it was)."""
        with self._written() as db:
            return {service: _changed(db, service, key, change) for service, change in changes.items()}

    def incident(self, service: str, key: str) -> Incident | None:
        with self._reading() as db:
            return _read(db, service, key)

    def unsettled(self, service: str) -> list[str]:
        """Keys of the groups that the service was not told all of, those that wait longest first."""
        query = "SELECT key FROM incidents WHERE service = ? AND done < revision ORDER BY since, key"
        with self._reading() as db:
            return [key for (key,) in db.execute(query, (service,))]

    def unconfirmed(self, before: float) -> list[tuple[str, str]]:
        """Services and keys of what was told before that instant, and Alertmanager never came back for."""
        query = (
            "SELECT service, key FROM incidents WHERE open = 1 AND confirmed = 0 AND told_at < ? AND heard < ?"
            " AND done >= revision"
        )
        with self._reading() as db:
            return list(db.execute(query, (before, before)))

    def open_ones(self) -> list[tuple[str, str]]:
        """Services and keys of what was told, all of it, and is not over."""
        query = "SELECT service, key FROM incidents WHERE open = 1 AND done >= revision"
        with self._reading() as db:
            return list(db.execute(query))

    def succeeded(self, service: str, at: float) -> None:
        with self._written() as db:
            db.execute("INSERT OR REPLACE INTO successes VALUES (?, ?)", (service, at))

    def successes(self) -> dict[str, float]:
        """When each service accepted something last."""
        with self._reading() as db:
            return dict(db.execute("SELECT service, at FROM successes").fetchall())

    def forget(self, before: float, services: Collection[str]) -> int:
        """Delete what ended before that instant and is settled, and all of services that are no more; how much went."""
        marks = ", ".join("?" * len(services))
        over = "done >= revision AND open = 0 AND heard < ?"
        gone = f"heard < ? AND service NOT IN ({marks})"
        with self._written() as db:
            count = db.execute(f"DELETE FROM incidents WHERE {over}", (before,)).rowcount
            return count + db.execute(f"DELETE FROM incidents WHERE {gone}", (before, *services)).rowcount

    @contextmanager
    def _written(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as db, transaction(db):
            yield db

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._db
            except sqlite3.Error as e:
                raise StoreError(str(e)) from e


def _changed(db: sqlite3.Connection, service: str, key: str, change: Change) -> Incident | None:
    before = _read(db, service, key)
    after = change(before)
    if after is not None and after != before:
        values = (service, key, *_row(after))
        marks = ", ".join("?" * len(values))
        db.execute(f"INSERT OR REPLACE INTO incidents (service, key, {COLUMNS}, open) VALUES ({marks})", values)
    return before if after is None else after


def _read(db: sqlite3.Connection, service: str, key: str) -> Incident | None:
    query = f"SELECT {COLUMNS} FROM incidents WHERE service = ? AND key = ?"
    row = db.execute(query, (service, key)).fetchone()
    return None if row is None else _incident(row)


def _row(incident: Incident) -> Sequence[object]:
    return (
        dump(incident.wanted),
        json.dumps(incident.told),
        json.dumps(incident.messages),
        incident.context,
        incident.revision,
        incident.done,
        incident.heard,
        incident.since,
        incident.told_at,
        incident.confirmed,
        incident.begun,
        incident.remind,
        incident.is_open,
    )


def _incident(row: Sequence[object]) -> Incident:
    wanted, told, messages, context, revision, done, heard, since, told_at, confirmed, begun, remind = row
    return Incident(
        load(str(wanted)),
        json.loads(str(told)),
        tuple(json.loads(str(messages))),
        str(context),
        int(str(revision)),
        int(str(done)),
        float(str(heard)),
        float(str(since)),
        float(str(told_at)),
        bool(confirmed),
        float(str(begun)),
        bool(remind),
    )

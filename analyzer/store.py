"""What must survive: findings, where each source goes on, what hosts are made of, and what models have cost.

One SQLite file. A run is recorded in one transaction, so whatever happens, its findings are kept and its cursors moved,
or neither: then the next run reads the same lines again and finds the same, by the same fingerprints.
"""

import os
import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from analyzer import database, store_digest, store_read, store_spent, store_write
from analyzer.fetch.chunk import Cursor
from analyzer.finding import Severity
from analyzer.lifecycle import RESOLVE_AFTER, Known, State
from analyzer.record import HostState, Json, Ran, Recorded, Run
from analyzer.review.ports import Spending
from analyzer.rows import run_body
from analyzer.store_digest import Course, Spent, Told
from analyzer.store_read import Place
from toolkit.database import StorageError, StorageInUse, hold, transaction

__all__ = ["FILE", "UNRESOLVED", "StorageError", "StorageInUse", "Store"]

FILE = "analyzer.db"
UNRESOLVED: tuple[State, ...] = ("new", "open")
SHOWN = 20  # findings of a host that are told one by one to Prometheus
MOST_RUNS = 2000  # of a host: six weeks of half hours
NOTHING_YET = "nothing has been reviewed yet, which ./heartline up or analyzer --once does, or its disk is not mounted"
SLICE = 500  # rows that are forgotten at once


class Store:
    """The SQLite store; it is a Ledger and a Cache too. Each method blocks for milliseconds; any thread may call it."""

    def __init__(self, path: Path, alone: bool = True) -> None:
        """Take `path` (a folder) for this process alone; StorageInUse names the other one.

        With `alone` false it is opened beside the program that holds it: to look, and to `accept`.
        """
        self.path = path
        self._alone = alone
        self._turn = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._seen = not alone  # once the file was there, a missing one is a disk that is not mounted
        self._lock: int | None = None
        if not alone and not (path / FILE).exists():
            raise StorageError(f"{path / FILE} is not there: {NOTHING_YET}")
        with self._reading():
            pass

    def record(self, run: Run, resolve_after: int = RESOLVE_AFTER) -> Recorded:
        """Keep a run whole, or nothing of it: findings, places, memories, snapshot, and the run itself."""
        with self._writing() as db:
            run = store_write.current(db, run)
            changed = store_write.findings(db, run, resolve_after)
            cropped = store_write.crop(db, run.host)
            store_write.sources(db, run)
            if run.baseline is not None:
                store_write.baseline(db, run.host, run.finished, run.baseline)
            store_write.host(db, run)
            new = tuple(one for one in changed if one.state == "new" and one.fingerprint not in cropped)
            over = tuple(one for one in changed if one.state == "resolved")
            points = store_read.points(db, run.host)
            body = run_body(run, points, len(new), len(over), len(cropped))
            number = store_write.add_run(db, run, body)
            return Recorded(number, new, over, len(cropped), points)

    def cursors(self, host: str) -> Mapping[str, Cursor]:
        """Where the host's sources go on, by their names."""
        with self._reading() as db:
            return store_read.kept(db, host, "cursor")

    def memories(self, host: str) -> Mapping[str, Any]:
        """What the excerpt remembers of the host's sources, by their names."""
        with self._reading() as db:
            return store_read.kept(db, host, "memory")

    def snapshot(self, host: str) -> Json:
        """What the host was made of at the latest look; None: nobody looked yet."""
        with self._reading() as db:
            return store_read.snapshot(db, host, "latest")

    def accepted(self, host: str) -> Json:
        """The snapshot that counts as accepted; None: nobody looked yet."""
        with self._reading() as db:
            return store_read.snapshot(db, host, "accepted")

    def accept(self, host: str, at: float) -> bool:
        """Accept the latest snapshot, which ends the findings of its changes. False: nobody looked yet."""
        with self._writing() as db:
            return store_write.accept(db, host, at)

    def changes(self, host: str) -> Mapping[str, int]:
        """How many changes are not accepted, by kind; zero for kinds that were looked at and have none."""
        with self._reading() as db:
            return store_read.changes(db, host)

    def runs(self, host: str, limit: int) -> list[Ran]:
        """The host's latest runs, newest first."""
        with self._reading() as db:
            return store_read.runs(db, host, limit)

    def findings(
        self,
        host: str | None = None,
        severity: Severity | None = None,
        states: Collection[State] = UNRESOLVED,
        limit: int = 100,
        after: Place | None = None,
    ) -> list[Known]:
        """Findings, worst first and of those the latest first, from behind `after`."""
        with self._reading() as db:
            return store_read.findings(db, host, severity, states, limit, after)

    def finding(self, fingerprint: str) -> Known | None:
        """All that is known of one finding."""
        with self._reading() as db:
            return store_read.finding(db, fingerprint)

    def hosts(self, shown: int = SHOWN) -> Mapping[str, HostState]:
        """All hosts that ever had a run, by name, with the worst of their findings."""
        with self._reading() as db:
            return store_read.hosts(db, shown)

    def spent(self, day: str) -> Spending:
        """All that models took on a UTC day, such as 2026-11-21."""
        with self._reading() as db:
            return store_spent.spent(db, day)

    def spend(self, day: str, model: str, tokens_in: int, tokens_out: int, cost: float, currency: str) -> None:
        """Add a call of a model."""
        with self._writing() as db:
            store_spent.spend(db, day, model, tokens_in, tokens_out, cost, currency)

    def get(self, key: str, now: float) -> str | None:
        """The answer kept under a key, unless it is too old."""
        with self._reading() as db:
            return store_spent.get(db, key, now)

    def put(self, key: str, text: str, now: float) -> None:
        """Keep an answer; the oldest make room."""
        with self._writing() as db:
            store_spent.put(db, key, text, now)

    def course(self, host: str, begin: float, end: float, most: int) -> Course:
        """What became of a host from `begin` on and before `end`, with the `most` worst findings of each kind."""
        with self._reading() as db:
            return store_digest.course(db, host, begin, end, most)

    def spent_between(self, first: str, before: str) -> list[Spent]:
        """What each model took on the UTC days from `first` on, before the day `before`."""
        with self._reading() as db:
            return store_digest.spent_between(db, first, before)

    def digests(self) -> Mapping[str, Told]:
        """Up to when each service was told in digests."""
        with self._reading() as db:
            return store_digest.told(db)

    def digest_begun(self, service: str, slot: float) -> None:
        """It is being sent; 0.0: it was not after all. Whoever finds this after a crash knows that it may be there."""
        with self._writing() as db:
            store_digest.begun(db, service, slot)

    def digest_told(self, service: str, until: float) -> None:
        """The service was told up to then, or, the first time it is seen, need not be."""
        with self._writing() as db:
            store_digest.tell(db, service, until)

    def forget(self, before: float, most_runs: int = MOST_RUNS, limit: int = SLICE) -> int:
        """Delete a slice of what ended before an instant or is beyond what is kept; 0: there is no more of it."""
        with self._writing() as db:
            gone = store_write.forget(db, before, most_runs, limit)
            return gone + store_spent.forget(db, before)

    def close(self) -> None:
        """Let go of file and lock."""
        with self._turn:
            self._disconnect()
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._turn, self._errors():
            yield self._open()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._turn, self._errors():
            db = self._open()
            with transaction(db):
                yield db

    def _open(self) -> sqlite3.Connection:
        if self._alone and self._lock is None:
            self._lock = hold(self.path)
        if self._db is None:
            self._db = database.connect(self.path / FILE, create=not self._seen, upgrade=self._alone)
            self._seen = True
        return self._db

    def _disconnect(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, ValueError, TypeError) as e:  # the last two: text in it that makes no sense
            # A fresh connection each time after a fault: the disk may have been mounted again.
            self._disconnect()
            raise StorageError(f"{self.path / FILE}: {e}") from e

"""What the store tells of findings, hosts and runs."""

import json
import sqlite3
from collections.abc import Collection, Mapping
from typing import Any

from analyzer.finding import RANK, SEVERITIES, Severity
from analyzer.lifecycle import Known
from analyzer.record import HostState, Json, Ran, SourceState
from analyzer.rows import known, ran
from analyzer.score import score

Place = tuple[int, float, str]
"""Where a list of findings goes on: rank, first seen and fingerprint of the last one told."""

WORST_FIRST = "ORDER BY rank DESC, first_seen DESC, fingerprint"


def findings(
    db: sqlite3.Connection,
    host: str | None,
    severity: Severity | None,
    states: Collection[str],
    limit: int,
    after: Place | None,
) -> list[Known]:
    """Findings, worst first, and of those the latest first."""
    conditions = [f"state IN ({','.join('?' * len(states))})"]
    values: list[Any] = [*states]
    if host is not None:
        conditions.append("host = ?")
        values.append(host)
    if severity is not None:
        conditions.append("rank = ?")
        values.append(RANK[severity])
    if after is not None:
        conditions.append("(rank < ? OR rank = ? AND (first_seen < ? OR first_seen = ? AND fingerprint > ?))")
        values += [after[0], after[0], after[1], after[1], after[2]]
    query = f"SELECT body FROM findings WHERE {' AND '.join(conditions)} {WORST_FIRST} LIMIT ?"
    return [known(body) for (body,) in db.execute(query, (*values, limit))]


def finding(db: sqlite3.Connection, fingerprint: str) -> Known | None:
    row = db.execute("SELECT body FROM findings WHERE fingerprint = ?", (fingerprint,)).fetchone()
    return known(row[0]) if row else None


def runs(db: sqlite3.Connection, host: str, limit: int) -> list[Ran]:
    """The latest runs of a host, newest first."""
    query = "SELECT number, host, finished, body FROM runs WHERE host = ? ORDER BY number DESC LIMIT ?"
    return [ran(row) for row in db.execute(query, (host, limit))]


def hosts(db: sqlite3.Connection, shown: int) -> dict[str, HostState]:
    """All hosts that ever had a run, by name, with the `shown` worst of their findings."""
    rows = db.execute("SELECT name, finished, read FROM hosts ORDER BY name").fetchall()
    return {name: _host(db, name, finished, bool(read), shown) for name, finished, read in rows}


def _host(db: sqlite3.Connection, name: str, finished: float, read: bool, shown: int) -> HostState:
    query = "SELECT DISTINCT category FROM findings WHERE host = ? ORDER BY category"
    counts = _counts(db, name, models=True)
    # The inner one is answered by an index alone; bodies are large, and only the few are read.
    worst = (
        "SELECT body FROM findings WHERE rowid IN (SELECT rowid FROM findings WHERE host = ? AND state <> 'resolved'"
        " ORDER BY rank DESC, last_seen DESC LIMIT ?) ORDER BY rank DESC, last_seen DESC, fingerprint"
    )
    return HostState(
        finished=finished,
        score=points(db, name) if read else None,
        counts=counts,
        categories=[category for (category,) in db.execute(query, (name,))],
        worst=tuple(known(body) for (body,) in db.execute(worst, (name, shown))),
        sources=_sources(db, name),
        changes=changes(db, name),
    )


def points(db: sqlite3.Connection, host: str) -> int | None:
    """The host's score; None while nothing of it was ever read."""
    row = db.execute("SELECT 1 FROM hosts WHERE name = ? AND read > 0", (host,)).fetchone()
    return score(_counts(db, host, models=False)) if row else None


def _counts(db: sqlite3.Connection, host: str, models: bool) -> dict[tuple[Severity, str], int]:
    query = (
        "SELECT rank, category, count(*) FROM findings"
        " WHERE host = ? AND state <> 'resolved' AND model <= ? GROUP BY rank, category"
    )
    return {(SEVERITIES[rank], category): count for rank, category, count in db.execute(query, (host, models))}


def _sources(db: sqlite3.Connection, host: str) -> dict[str, SourceState]:
    query = "SELECT name, up, error, success FROM sources WHERE host = ? AND listed ORDER BY name"
    return {name: SourceState(bool(up), error, success) for name, up, error, success in db.execute(query, (host,))}


def changes(db: sqlite3.Connection, host: str) -> dict[str, int]:
    return dict(db.execute("SELECT kind, count FROM changes WHERE host = ? ORDER BY kind", (host,)).fetchall())


def kept(db: sqlite3.Connection, host: str, column: str) -> Mapping[str, Any]:
    """Cursors or memories of a host's sources, by the source's name."""
    query = f"SELECT name, {column} FROM sources WHERE host = ? AND {column} IS NOT NULL"
    return {name: json.loads(body) for name, body in db.execute(query, (host,))}


def snapshot(db: sqlite3.Connection, host: str, kind: str) -> Json:
    """The latest snapshot or the accepted one; None where there is none."""
    row = db.execute("SELECT body FROM snapshots WHERE host = ? AND kind = ?", (host, kind)).fetchone()
    return json.loads(row[0]) if row else None

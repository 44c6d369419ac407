"""What recording a run, accepting a baseline and forgetting write, each inside a transaction of the store."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace

from analyzer.lifecycle import Known, Looked, resolved, step
from analyzer.record import Baseline, Json, Run, SourceRun
from analyzer.rows import ERROR_CHARACTERS, FINDING_COLUMNS, finding_row, known, plain, text

MOST_FINDINGS = 2000  # of one host; an attacker who makes new ones all the time must not fill the disk
KEEP = f"INSERT OR REPLACE INTO findings ({FINDING_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
OF_HOST = ("findings", "runs", "sources", "snapshots", "changes")


def current(db: sqlite3.Connection, run: Run) -> Run:
    """The run without its comparison, where another snapshot was accepted while it went on."""
    row = db.execute("SELECT at FROM snapshots WHERE host = ? AND kind = 'accepted'", (run.host,)).fetchone()
    if run.baseline is None or row is None or not run.started < row[0] <= run.finished:
        return run
    return replace(run, baseline=None, findings=tuple(f for f in run.findings if f.origin != "baseline"))


def findings(db: sqlite3.Connection, run: Run, resolve_after: int) -> list[Known]:
    """Keep what the run makes of the host's findings; those that changed."""
    query = (
        "SELECT body FROM findings WHERE host = ?"
        " AND (state <> 'resolved' OR fingerprint IN (SELECT value FROM json_each(?)))"
    )
    found = text([finding.fingerprint for finding in run.findings])
    before = [known(body) for (body,) in db.execute(query, (run.host, found))]
    changed = step(before, run.findings, _looked(run), run.finished, resolve_after)
    keep(db, changed)
    return changed


def keep(db: sqlite3.Connection, changed: Iterable[Known]) -> None:
    db.executemany(KEEP, [finding_row(one) for one in changed])


def _looked(run: Run) -> Looked:
    return Looked(
        # A source that a cap cut short was not read to its end: what is absent may come with the rest.
        sources={source.name for source in run.sources if source.up and not source.cut},
        listed={source.name for source in run.sources},
        kinds=set(run.baseline.looked) if run.baseline else (),
        templates={template for source in run.sources for template in source.templates},
        cited=run.cited,
    )


def crop(db: sqlite3.Connection, host: str, most: int = MOST_FINDINGS) -> set[str]:
    """Forget the host's findings beyond so many; their fingerprints. Resolved ones go first, the oldest of them.

    Then what models found; then an equal share stays of each severity and category, of those what was there first. So
    whoever floods one kind displaces nothing of another, and since costs halve, the score is the same.
    """
    query = (
        "DELETE FROM findings WHERE fingerprint IN (SELECT fingerprint FROM (SELECT fingerprint, state, model, rank,"
        " row_number() OVER (PARTITION BY state = 'resolved', model, rank, category"
        " ORDER BY CASE state WHEN 'resolved' THEN -last_seen ELSE first_seen END, fingerprint) AS place"
        " FROM findings WHERE host = ?)"
        " ORDER BY state = 'resolved', model, place, rank DESC, fingerprint LIMIT -1 OFFSET ?) RETURNING fingerprint"
    )
    if db.execute("SELECT count(*) FROM findings WHERE host = ?", (host,)).fetchone()[0] <= most:
        return set()
    return {fingerprint for (fingerprint,) in db.execute(query, (host, most)).fetchall()}


def sources(db: sqlite3.Connection, run: Run) -> None:
    """Keep how the sources are and where they go on. Those the host has no more keep their place for a while."""
    db.execute("UPDATE sources SET listed = 0 WHERE host = ?", (run.host,))
    query = (
        "INSERT INTO sources (host, name, listed, up, error, success, cursor, memory) VALUES (?, ?, 1, ?, ?, ?, ?, ?)"
        " ON CONFLICT (host, name) DO UPDATE SET listed = 1, up = excluded.up, error = excluded.error,"
        " success = max(success, excluded.success), cursor = coalesce(excluded.cursor, cursor),"
        " memory = coalesce(excluded.memory, memory)"
    )
    db.executemany(query, [_source(run, source) for source in run.sources])


def _source(run: Run, source: SourceRun) -> tuple[object, ...]:
    success = run.finished if source.up else 0.0
    error = plain(source.error[:ERROR_CHARACTERS])
    return run.host, source.name, source.up, error, success, _json(source.cursor), _json(source.memory)


def baseline(db: sqlite3.Connection, host: str, at: float, look: Baseline) -> None:
    """Keep what the host is made of, and what of that is not accepted."""
    snapshot(db, host, "latest", at, text(look.snapshot))
    if look.accepted is not None:
        snapshot(db, host, "accepted", at, text(look.accepted))
    first = "INSERT OR IGNORE INTO snapshots (host, kind, at, body) VALUES (?, 'accepted', ?, ?)"
    db.execute(first, (host, at, text(look.snapshot)))
    changes(db, host, look.changes)


def snapshot(db: sqlite3.Connection, host: str, kind: str, at: float, body: str) -> None:
    # Hundreds of kilobytes that seldom change: they are written where they do.
    kept = db.execute("UPDATE snapshots SET at = ? WHERE host = ? AND kind = ? AND body = ?", (at, host, kind, body))
    if not kept.rowcount:
        db.execute(
            "INSERT OR REPLACE INTO snapshots (host, kind, at, body) VALUES (?, ?, ?, ?)", (host, kind, at, body)
        )


def changes(db: sqlite3.Connection, host: str, counts: Mapping[str, int]) -> None:
    db.execute("DELETE FROM changes WHERE host = ?", (host,))
    db.executemany("INSERT INTO changes VALUES (?, ?, ?)", [(host, kind, count) for kind, count in counts.items()])


def accept(db: sqlite3.Connection, host: str, at: float) -> bool:
    """Make the latest snapshot the accepted one; what differed from the former is over. False: there is none."""
    row = db.execute("SELECT body FROM snapshots WHERE host = ? AND kind = 'latest'", (host,)).fetchone()
    if row is None:
        return False
    snapshot(db, host, "accepted", at, row[0])
    db.execute("UPDATE changes SET count = 0 WHERE host = ?", (host,))
    query = "SELECT body FROM findings WHERE host = ? AND state <> 'resolved' AND model = 0"
    open_ones = [known(body) for (body,) in db.execute(query, (host,))]
    keep(db, [resolved(one, at) for one in open_ones if one.finding.origin == "baseline"])
    return True


def host(db: sqlite3.Connection, run: Run) -> None:
    """Keep when the host's run ended, and when anything of it could be read last."""
    read = run.finished if any(source.up for source in run.sources) else 0.0
    query = (
        "INSERT INTO hosts (name, finished, read) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET finished = excluded.finished, read = max(read, excluded.read)"
    )
    db.execute(query, (run.host, run.finished, read))


def add_run(db: sqlite3.Connection, run: Run, body: str) -> int:
    """Keep that there was this run; its number, which no other ever gets."""
    query = "INSERT INTO runs (host, finished, body) VALUES (?, ?, ?)"
    return db.execute(query, (run.host, run.finished, body)).lastrowid or 0


def forget(db: sqlite3.Connection, before: float, most_runs: int, limit: int) -> int:
    """Delete at most `limit` rows of a kind that are older or beyond what is kept; how many went."""
    old = "DELETE FROM findings WHERE fingerprint IN (SELECT fingerprint FROM findings WHERE state = 'resolved'"
    gone = db.execute(f"{old} AND last_seen < ? LIMIT ?)", (before, limit)).rowcount
    beyond = (
        "DELETE FROM runs WHERE number IN (SELECT number FROM (SELECT number, finished,"
        " row_number() OVER (PARTITION BY host ORDER BY number DESC) AS n FROM runs)"
        " WHERE n > ? OR finished < ? LIMIT ?)"
    )
    gone += db.execute(beyond, (most_runs, before, limit)).rowcount
    for (name,) in db.execute("SELECT name FROM hosts WHERE finished < ? LIMIT 1", (before,)).fetchall():
        gone += _forget_host(db, name)
    return gone


def _forget_host(db: sqlite3.Connection, name: str) -> int:
    """A host that nobody looks at any more, with its few thousand rows at the most."""
    gone = sum(db.execute(f"DELETE FROM {table} WHERE host = ?", (name,)).rowcount for table in OF_HOST)
    return gone + db.execute("DELETE FROM hosts WHERE name = ?", (name,)).rowcount


def _json(value: Json) -> str | None:
    return None if value is None else text(value)

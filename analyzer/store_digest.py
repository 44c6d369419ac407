"""What a digest asks of the store, and which one each service was told last."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from analyzer.lifecycle import Known
from analyzer.rows import known, ran

WORST = "ORDER BY rank DESC, last_seen DESC, fingerprint LIMIT ?"
OPEN = "host = ? AND state <> 'resolved' AND json_extract(body, '$.finding.origin')"
FRESH = f"{OPEN} <> 'baseline' AND json_extract(body, '$.opened') >= ? AND json_extract(body, '$.opened') < ?"
LASTING = f"{OPEN} <> 'baseline' AND json_extract(body, '$.opened') < ?"
CHANGES = f"{OPEN} = 'baseline'"
OVER = (
    "host = ? AND state = 'resolved' AND json_extract(body, '$.resolved') >= ? AND json_extract(body, '$.resolved') < ?"
)


@dataclass(frozen=True, slots=True)
class Told:
    """Up to when a service was told in digests. `begun`: when one was due that may have arrived or not; 0.0: none."""

    until: float
    begun: float


@dataclass(frozen=True, slots=True)
class Some:
    """The worst of them, and how many there are."""

    found: tuple[Known, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Course:
    """What became of a host in a time: what was opened in it, what is open for longer, what differs, what is over.

    `before` is its score when the time began and `since` of when that is; None where it had none yet.
    """

    fresh: Some
    lasting: Some
    changes: Some
    over: Some
    before: int | None
    since: float


@dataclass(frozen=True, slots=True)
class Spent:
    """What a model took."""

    model: str
    currency: str
    tokens_in: int
    tokens_out: int
    cost: float


def course(db: sqlite3.Connection, host: str, begin: float, end: float, most: int) -> Course:
    before, since = _score(db, host, begin)
    return Course(
        fresh=_some(db, FRESH, (host, begin, end), most),
        lasting=_some(db, LASTING, (host, begin), most),
        changes=_some(db, CHANGES, (host,), most),
        over=_some(db, OVER, (host, begin, end), most),
        before=before,
        since=since,
    )


def spent_between(db: sqlite3.Connection, first: str, before: str) -> list[Spent]:
    """By model, on UTC days from `first` on; the dearest first."""
    query = (
        "SELECT model, currency, sum(tokens_in), sum(tokens_out), sum(cost) FROM spending WHERE day >= ? AND day < ?"
        " GROUP BY model, currency ORDER BY sum(cost) DESC, model"
    )
    return [Spent(*row) for row in db.execute(query, (first, before))]


def told(db: sqlite3.Connection) -> Mapping[str, Told]:
    """By service."""
    return {name: Told(until, begun) for name, until, begun in db.execute("SELECT service, until, begun FROM digests")}


def begun(db: sqlite3.Connection, service: str, slot: float) -> None:
    db.execute("UPDATE digests SET begun = ? WHERE service = ?", (slot, service))


def tell(db: sqlite3.Connection, service: str, until: float) -> None:
    db.execute("INSERT OR REPLACE INTO digests (service, until, begun) VALUES (?, ?, 0)", (service, until))


def _some(db: sqlite3.Connection, condition: str, values: tuple[str | float, ...], most: int) -> Some:
    count = db.execute(f"SELECT count(*) FROM findings WHERE {condition}", values).fetchone()[0]
    rows = db.execute(f"SELECT body FROM findings WHERE {condition} {WORST}", (*values, most)).fetchall()
    return Some(tuple(known(body) for (body,) in rows), int(count))


def _score(db: sqlite3.Connection, host: str, at: float) -> tuple[int | None, float]:
    """Of the last run up to an instant, or else of the first one there is."""
    runs = "SELECT number, host, finished, body FROM runs WHERE host = ?"
    row = db.execute(f"{runs} AND finished <= ? ORDER BY number DESC LIMIT 1", (host, at)).fetchone()
    row = row or db.execute(f"{runs} ORDER BY number LIMIT 1", (host,)).fetchone()
    if row is None:
        return None, 0.0
    found = ran(row)
    return found.score, found.finished

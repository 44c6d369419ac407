"""What models have cost, day by day, and the answers they gave."""

import sqlite3
from datetime import UTC, datetime

from analyzer.review.ports import Spending
from analyzer.rows import plain

ANSWER_SECONDS = 30 * 86_400.0
ANSWER_BYTES = 32 << 20  # of all answers together


def spent(db: sqlite3.Connection, day: str) -> Spending:
    query = "SELECT currency, sum(tokens_in + tokens_out), sum(cost) FROM spending WHERE day = ? GROUP BY currency"
    rows = db.execute(query, (day,)).fetchall()
    return Spending(sum(tokens for _, tokens, _ in rows), {currency: cost for currency, _, cost in rows})


def spend(
    db: sqlite3.Connection, day: str, model: str, tokens_in: int, tokens_out: int, cost: float, currency: str
) -> None:
    query = (
        "INSERT INTO spending (day, model, currency, tokens_in, tokens_out, cost) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (day, model, currency) DO UPDATE SET tokens_in = tokens_in + excluded.tokens_in,"
        " tokens_out = tokens_out + excluded.tokens_out, cost = cost + excluded.cost"
    )
    db.execute(query, (day, model, currency, tokens_in, tokens_out, cost))


def get(db: sqlite3.Connection, key: str, now: float) -> str | None:
    # One from the future was put before the clock was set back: nobody knows how old it is.
    query = "SELECT body FROM answers WHERE key = ? AND at > ? AND at <= ?"
    row = db.execute(query, (key, now - ANSWER_SECONDS, now)).fetchone()
    return str(row[0]) if row else None


def put(db: sqlite3.Connection, key: str, text: str, now: float, most: int = ANSWER_BYTES) -> None:
    body = plain(text)
    size = len(body.encode())
    if size > most:
        return
    db.execute("INSERT OR REPLACE INTO answers (key, at, size, body) VALUES (?, ?, ?, ?)", (key, now, size, body))
    db.execute("DELETE FROM answers WHERE at <= ?", (now - ANSWER_SECONDS,))
    over = (
        "DELETE FROM answers WHERE key IN (SELECT key FROM"
        " (SELECT key, sum(size) OVER (ORDER BY at DESC, key) AS total FROM answers) WHERE total > ?)"
    )
    db.execute(over, (most,))


def forget(db: sqlite3.Connection, before: float) -> int:
    """Delete what was spent on days before an instant."""
    day = datetime.fromtimestamp(before, UTC).date().isoformat()
    return db.execute("DELETE FROM spending WHERE day < ?", (day,)).rowcount

"""The SQLite file and its schema."""

import sqlite3
from pathlib import Path

from toolkit import database

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
SECONDS = 5.0  # that are waited for another who writes


def connect(file: Path, create: bool, upgrade: bool = True) -> sqlite3.Connection:
    """Open the file; `create`: make it if there is none; `upgrade`: bring it to this release's schema.

    sqlite3.Error and OSError say why not.
    """
    return database.connect(file, create, SECONDS, lambda db: database.upgrade(db, STEPS, upgrade))

"""A copy of a storage that is in use: what was answered before it is in it, and a program goes on from there."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.analyzer import program as analyzer
from tests.program import ROOT, running
from toolkit.backup import CannotCopy, backup

HEARTBEATS = "heartbeats: [{id: nightly, host: nas, every: 1d}]\n"
LINES = "Nov 21 10:00:00 web sshd[1]: Accepted publickey for root from 192.0.2.1 port 22 ssh2\n"


def test_pings_answered_before_the_copy_are_there_after_it_and_urls_stay(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    after.mkdir()
    with running(before, HEARTBEATS) as program:
        url = f"/ping/{program.tokens['nightly']}"
        assert {program.get(url).status for _ in range(30)} == {200}
        assert backup(program.storage, after / "storage") == ["heartbeats.db", "secret.key"]
        assert program.get(url).status == 200
    with running(after, HEARTBEATS) as restored:
        assert restored.sample('heartbeat_receipts_total{heartbeat="nightly",host="nas",kind="success"}') == 30
        assert restored.get(url).status == 200


def test_reviews_before_the_copy_are_there_after_it(tmp_path: Path) -> None:
    before, after, log = tmp_path / "before", tmp_path / "after", tmp_path / "auth.log"
    before.mkdir()
    after.mkdir()
    log.write_text(LINES * 3)
    config = f"hosts: [{{host: web, method: local, sources: [{{name: auth, files: [{log}]}}]}}]\n"
    with analyzer.running(before, config) as program:
        first = program.runs("web")[0]
        assert {"analyzer.db", "relay.db", "secret.key"} <= set(backup(before / "storage", after / "storage"))
    with analyzer.running(after, config) as restored:
        assert restored.runs("web") == [first]


def test_a_copy_is_nobody_elses_and_stands_on_its_own(tmp_path: Path) -> None:
    storage, to = tmp_path / "storage", tmp_path / "backups" / "today"
    storage.mkdir()
    with closing(sqlite3.connect(storage / "x.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE t (a)")
        database.execute("INSERT INTO t VALUES (7)")
        database.commit()
        assert (storage / "x.db-wal").stat().st_size > 0
        assert backup(storage, to) == ["x.db"]
    assert [(file.name, file.stat().st_mode & 0o777) for file in to.iterdir()] == [("x.db", 0o600)]
    assert to.stat().st_mode & 0o777 == 0o700
    with closing(sqlite3.connect(to / "x.db")) as copy:
        assert copy.execute("SELECT a FROM t").fetchall() == [(7,)]


def test_what_is_there_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()
    with pytest.raises(CannotCopy, match="is there already"):
        backup(tmp_path, tmp_path / "to")


def test_of_a_storage_that_is_broken_there_is_no_half_a_copy(tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    storage.mkdir()
    (storage / "a.key").write_text("key")
    (storage / "b.db").write_bytes(b"SQLite format 3\0" + b"nonsense" * 100)
    with pytest.raises(CannotCopy):
        backup(storage, tmp_path / "to")
    assert [file.name for file in tmp_path.iterdir()] == ["storage"]


def test_as_a_command_it_says_in_a_line_what_it_did_or_why_not(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "toolkit.backup", str(tmp_path / "nowhere"), str(tmp_path / "to")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, f"backup: {tmp_path}/nowhere is no folder\n")

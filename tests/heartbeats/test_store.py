"""The store alone: a log, states, and one program at a time."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from exporter.heartbeats.receipt import SUCCESS, Receipt
from exporter.heartbeats.store import FILE, ClockEvent, Entry, StorageError, StorageInUse, Store, Stored
from tests.program import ROOT, ran

ALIVE = {"wall": 1.0, "up": 1.0, "boot": "a"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    store.load()
    yield store
    store.close()


def chain(numbers: range, heartbeat: int = 1, previous: int = 0, body: bytes = b"") -> list[Entry]:
    """Receipts of one heartbeat, each naming the one before it; received at the second of their number."""
    entries = []
    for number in numbers:
        entries.append(Entry(number, previous, heartbeat, Receipt(float(number), SUCCESS, body=body)))
        previous = number
    return entries


def numbers(store: Store) -> list[int]:
    return [entry.id for entry in store.replay(0, 100_000)]


def heartbeat(key: int) -> Stored:
    return Stored(key, f"id{key}", None, 0, "{}", None)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 15, 63, 64, 255, 256, 257, 700])
def test_a_group_of_any_size_is_kept_in_order(store: Store, size: int) -> None:
    entries = chain(range(1, size + 1))
    store.append(entries)
    assert store.replay(0, 1000) == entries


def test_a_group_is_kept_whole_or_not_at_all(store: Store) -> None:
    store.append(chain(range(1, 4)))
    with pytest.raises(StorageError):
        store.append([*chain(range(4, 400)), *chain(range(3, 4))])
    assert numbers(store) == [1, 2, 3]
    store.append(chain(range(4, 6)))
    assert numbers(store) == [1, 2, 3, 4, 5]


def test_everything_a_receipt_tells_comes_back(store: Store) -> None:
    told = Receipt(1.25, SUCCESS, 7, "rid", 0.5, "2001:db8::1", "curl/8 \N{SNOWMAN}", b"\x00\xff body", True)
    store.append([Entry(1, 0, 5, told)])
    assert store.recent(1, 10) == [Entry(1, 0, 5, told)]
    assert store.replay(0, 10) == [Entry(1, 0, 5, told._replace(body=b""))]


def test_a_header_that_is_no_text_fails_no_commit(store: Store) -> None:
    store.append([Entry(1, 0, 1, Receipt(1.0, SUCCESS, agent="\udcff\udc00agent"))])
    assert store.recent(1, 1)[0].receipt.agent.endswith("agent")


def test_the_latest_receipts_are_a_walk_from_the_last_one(store: Store) -> None:
    mine, others = chain(range(1, 20, 2), 1, body=b"mine"), chain(range(2, 21, 2), 2, body=b"other")
    store.append(sorted([*mine, *others]))
    assert store.recent(mine[-1].id, 4) == mine[:-5:-1]
    assert store.recent(mine[-1].id, 100) == mine[::-1]
    assert store.recent(0, 100) == []


def test_pruning_by_count_keeps_the_latest_of_each_and_their_chain(store: Store) -> None:
    mine, others = chain(range(1, 20, 2), 1, body=b"mine"), chain(range(2, 21, 2), 2)
    store.append(sorted([*mine, *others]))
    store.declare([heartbeat(1), heartbeat(2)])
    store.folded(20)
    store.drop(store.expired(keep=3, before=0))
    assert numbers(store) == sorted(entry.id for entry in (*mine[-3:], *others[-3:]))
    assert store.recent(mine[-1].id, 100) == mine[:-4:-1]


def test_pruning_by_age_and_of_heartbeats_that_are_gone(store: Store) -> None:
    store.append([*chain(range(1, 6), 1, body=b"old"), *chain(range(6, 9), 7, body=b"of nobody")])
    store.declare([heartbeat(1)])
    store.folded(8)
    store.drop(store.expired(keep=100, before=4))
    assert numbers(store) == [4, 5]
    with closing(sqlite3.connect(store.path / FILE)) as db:
        assert db.execute("SELECT receipt FROM bodies ORDER BY receipt").fetchall() == [(4,), (5,)]


def test_what_no_state_includes_yet_is_not_pruned(store: Store) -> None:
    store.append(chain(range(1, 10)))
    assert store.expired(keep=1, before=100) == []
    store.folded(4)
    assert store.expired(keep=1, before=100) == [1, 2, 3, 4]


def test_old_clock_events_go_and_the_latest_stay(store: Store) -> None:
    store.note([ClockEvent(n, "down", n, n + 1) for n in range(1, 11)], ALIVE)
    store.folded(9)
    store.drop_absent(before=1e9, keep=3)
    assert [event.id for event in store.load().clock] == [8, 9, 10]


def test_clock_events_and_the_reading_behind_them_are_kept_together(store: Store) -> None:
    with pytest.raises(StorageError):
        store.note([ClockEvent(1, "down", 1, 2), ClockEvent(1, "down", 2, 3)], ALIVE)
    assert store.load().alive is None
    store.note([ClockEvent(1, "step", 1, 2)], ALIVE)
    loaded = store.load()
    assert (loaded.alive, len(loaded.clock), loaded.last) == (ALIVE, 1, 1)


def test_the_last_number_outlives_the_receipt_that_had_it(store: Store) -> None:
    store.append(chain(range(1, 10)))
    store.folded(9)
    store.drop(list(range(1, 10)))
    assert store.load().last == 9


def test_a_file_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("PRAGMA user_version = 2")
    store = Store(tmp_path)
    with pytest.raises(StorageError, match="newer release"):
        store.load()
    store.close()


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_corrupt_file_is_a_storage_error_and_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    store = Store(tmp_path)
    with pytest.raises(StorageError, match=FILE):
        store.load()
    assert (tmp_path / FILE).read_bytes() == content
    store.close()


def test_a_file_cut_short_is_a_storage_error(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.load()
    store.append(chain(range(1, 2000), body=b"x" * 50))
    store.close()
    size = (tmp_path / FILE).stat().st_size
    os.truncate(tmp_path / FILE, size // 2)
    store = Store(tmp_path)
    with pytest.raises(StorageError):
        loaded_numbers(store)
    store.close()


def loaded_numbers(store: Store) -> list[int]:
    store.load()
    return numbers(store)


def test_a_file_that_was_replaced_takes_no_receipts(store: Store) -> None:
    store.append(chain(range(1, 4)))
    file = store.path / FILE
    file.rename(store.path / "good")
    with pytest.raises(StorageError):
        store.append(chain(range(4, 5)))
    assert not file.exists()  # a new one would be under the mount point of the disk that is missing
    file.write_bytes(b"")
    with pytest.raises(StorageError):
        store.append(chain(range(4, 5)))
    (store.path / "good").rename(file)
    store.append(chain(range(4, 5)))
    assert numbers(store) == [1, 2, 3, 4]


def test_a_log_without_its_file_is_not_thrown_away(store: Store) -> None:
    store.append(chain(range(1, 4)))
    file, log = store.path / FILE, store.path / (FILE + "-wal")
    kept = log.read_bytes()
    file.rename(store.path / "good")
    store.close()
    anew = Store(store.path)
    for content in (None, b""):
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(StorageError, match="put back"):
            anew.load()
    assert log.read_bytes() == kept
    (store.path / "good").rename(file)
    assert loaded_numbers(anew) == [1, 2, 3]
    anew.close()


def test_an_older_file_is_not_gone_on_with(store: Store) -> None:
    store.append(chain(range(1, 4)))
    with closing(sqlite3.connect(store.path / FILE)) as db, closing(sqlite3.connect(store.path / "backup")) as copy:
        db.backup(copy)
    store.append(chain(range(4, 8)))
    with closing(sqlite3.connect(store.path / FILE)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (store.path / "backup").rename(store.path / FILE)
    for _ in range(2):
        with pytest.raises(StorageError):
            store.append(chain(range(8, 9)))


def test_a_commit_that_failed_and_had_happened_is_undone(store: Store) -> None:
    store.append(chain(range(1, 4)))
    store.declare([heartbeat(1)])
    with closing(sqlite3.connect(store.path / FILE)) as db:
        # What a failed fsync may leave: in the log, but nobody was told.
        db.execute("INSERT INTO receipts SELECT 4, 3, 1, 4.0, 0, NULL, NULL, NULL, '', '', 0")
        db.execute("INSERT INTO heartbeats VALUES (9, 'id9', NULL, 3, '{}', NULL)")
        db.commit()
    with pytest.raises(StorageError):
        store.append(chain(range(4, 5)))
    store.append(chain(range(4, 5), previous=3, body=b"told"))
    assert store.recent(4, 1)[0].receipt.body == b"told"
    store.declare([Stored(10, "id9", None, 4, "{}", None)])
    assert {row.key for row in store.load().heartbeats} == {1, 10}


def test_nobody_else_may_read_what_is_stored(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        store = Store(tmp_path / "new")
        store.load()
        store.append(chain(range(1, 4)))
        modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "new").iterdir()}
        store.close()
    finally:
        os.umask(old)
    assert set(modes) >= {FILE, FILE + "-wal", "lock"}
    assert set(modes.values()) == {0o600}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_a_second_program_on_the_path_is_told_who_holds_it(store: Store) -> None:
    with pytest.raises(StorageInUse, match=f"process {os.getpid()}$"):
        Store(store.path)
    (store.path.parent / "exporter.yml").write_text("heartbeats: []\n")
    config = store.path / "exporter.yml"
    config.write_text("heartbeats: []\n")
    (store.path / "storage").symlink_to(store.path)
    second = ran(store.path, "--web.listen-address=127.0.0.1:0")
    assert second.returncode == 1
    assert f"in use by process {os.getpid()}" in second.stderr


def test_a_lock_ends_with_the_process_that_held_it(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from exporter.heartbeats.store import Store;"
        "s = Store(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], cwd=ROOT, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StorageInUse, match=str(holder.pid)):
            Store(tmp_path)
        holder.send_signal(signal.SIGKILL)
    Store(tmp_path).close()

"""Looks at a small machine below a folder."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from analyzer.baseline import look, of_json, render, to_json
from analyzer.baseline.compare import compare
from analyzer.baseline.kinds import NAMES
from analyzer.finding import Finding
from analyzer.record import Baseline
from tests.analyzer.baseline.rootway import FOUND, KEY, SECRET, SOCKET, STATUS, TCP, RootWay, machine, write

DAY = 86_400.0


def seen(way: RootWay, previous: Any = None, accepted: Any = None, now: float = 1e9) -> tuple[Baseline, list[Finding]]:
    return asyncio.run(look(way, "web01", b"k" * 32, previous, accepted, now))


@pytest.fixture
def way(tmp_path: Path) -> RootWay:
    machine(tmp_path)
    return RootWay(tmp_path, {"find": FOUND})


def later(way: RootWay, first: Baseline, now: float = 1e9 + 900) -> tuple[Baseline, list[Finding]]:
    stored = json.loads(json.dumps(first.snapshot))
    return seen(way, stored, stored, now)


def test_the_first_look_learns_every_kind_and_finds_nothing(way: RootWay) -> None:
    first, found = seen(way)
    assert (set(first.looked), found) == (set(NAMES), [])


def test_a_second_look_at_the_same_machine_finds_nothing(way: RootWay) -> None:
    second, found = later(way, seen(way)[0], 1e9 + 8 * DAY)
    assert (found, set(second.changes.values())) == ([], {0})


def test_no_secret_and_no_comment_is_in_a_snapshot(way: RootWay) -> None:
    stored = json.dumps(seen(way)[0].snapshot)
    assert not [word for word in (SECRET, KEY, "hunter2", "Alice A", "laptop") if word in stored]


CHANGES = [
    ("users", "/etc/passwd", "root:x:0:0::/root:/bin/bash\neve:x:0:0::/root:/bin/sh\n", "New user account", "critical"),
    ("passwords", "/etc/shadow", "root:*:1:0:::::\nalice:$6$other:1:0:::::\n", "Password changed", "info"),
    ("groups", "/etc/group", "root:x:0:\nsudo:x:27:alice,eve\n", "Group changed", "critical"),
    ("sudoers", "/etc/sudoers.d/eve", "eve ALL=(ALL) NOPASSWD: ALL\n", "Sudo rule added", "critical"),
    ("authorized_keys", "/root/.ssh/authorized_keys", f"ssh-rsa {KEY}x eve\n", "New login key", "critical"),
    ("listeners", "/proc/net/tcp", TCP + SOCKET.format("00000000", "1F90", "0A"), "Listening port opened", "warning"),
    ("packages", "/var/lib/dpkg/status", STATUS.format("2.0"), "Package version changed", "info"),
    ("units", "/etc/systemd/system/timers.target.wants/x.timer", "", "Unit enabled", "warning"),
    ("cron", "/etc/cron.d/x", "* * * * * root sh\n", "Cron job added", "warning"),
    ("crontabs", "/var/spool/cron/crontabs/eve", "* * * * * sh\n", "User's cron job added", "warning"),
    ("kernel", "/proc/sys/kernel/random/boot_id", "2222\n", "Kernel or boot changed", "info"),
    ("etc", "/etc/app.conf", "token=another\n", "File in /etc changed", "warning"),
]


@pytest.mark.parametrize(("kind", "path", "text", "title", "severity"), CHANGES, ids=[c[0] for c in CHANGES])
def test_a_change_of_each_kind_is_found(
    way: RootWay, kind: str, path: str, text: str, title: str, severity: str
) -> None:
    first, _ = seen(way)
    write(way.root, path, text)
    second, found = later(way, first)
    assert (title, severity) in [(f.title, f.severity) for f in found if f.rule == kind]
    assert second.changes[kind] >= 1


def test_a_new_set_uid_file_is_found_a_day_later_and_not_before(way: RootWay) -> None:
    first, _ = seen(way)
    way.printed = {"find": FOUND + b"4755 0 0 9 /tmp/a\n\x1b[31mb\0"}
    assert later(way, first)[1] == []
    (found,) = later(way, first, 1e9 + DAY)[1]
    assert (found.title, found.severity) == ("New set-uid file", "critical")
    assert found.evidence[0].text.isprintable()


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("users", "/etc/passwd"),
        ("passwords", "/etc/shadow"),
        ("sudoers", "/etc/sudoers.d"),
        ("etc", "/etc"),
        ("authorized_keys", "/root/.ssh"),
        ("crontabs", "/var/spool/cron"),
        ("packages", "/var/lib/dpkg/status"),
    ],
)
def test_what_is_closed_is_neither_unchanged_nor_removed(way: RootWay, kind: str, path: str) -> None:
    first, _ = seen(way)
    way.closed = {path}
    second, found = later(way, first)
    assert kind not in second.looked
    assert kind not in second.changes
    assert [f for f in found if f.rule == kind] == []


def test_sftp_alone_sees_all_but_set_uid_files(way: RootWay) -> None:
    way.printed = {}
    first, _ = seen(way)
    assert set(NAMES) - set(first.looked) == {"suid"}
    assert "could not look: no shell" in render(of_json(first.snapshot), [])


def test_what_could_not_be_looked_at_before_is_learnt_when_it_can(way: RootWay) -> None:
    way.closed = {"/etc/shadow"}
    first, _ = seen(way)
    way.closed = ()
    second, found = later(way, first)
    assert found == []
    assert second.accepted is not None
    write(way.root, "/etc/shadow", "root::1:0:::::\n")
    third = seen(way, second.snapshot, second.accepted, 1e9 + 1800)[1]
    assert ("Password changed", "critical") in [(f.title, f.severity) for f in third]


def test_a_package_explains_the_file_that_changed_with_it(way: RootWay) -> None:
    first, _ = seen(way)
    write(way.root, "/var/lib/dpkg/status", STATUS.format("2.0"))
    write(way.root, "/etc/app.conf", "token=another\n")
    (of_etc,) = [f for f in later(way, first)[1] if f.rule == "etc"]
    assert of_etc.severity == "info"
    assert "nginx:amd64" in of_etc.text


def test_a_package_does_not_explain_what_changed_days_later(way: RootWay) -> None:
    first, _ = seen(way)
    write(way.root, "/var/lib/dpkg/status", STATUS.format("2.0"))
    second, _ = later(way, first)
    write(way.root, "/etc/app.conf", "token=another\n")
    found = seen(way, second.snapshot, first.snapshot, 1e9 + 3 * DAY)[1]
    assert [f.severity for f in found if f.rule == "etc"] == ["warning"]


def test_a_package_never_explains_a_new_root_or_what_opens_a_door(way: RootWay) -> None:
    first, _ = seen(way)
    write(way.root, "/var/lib/dpkg/status", STATUS.format("2.0"))
    write(way.root, "/etc/passwd", "root:x:0:0::/root:/bin/bash\neve:x:0:0::/:/usr/sbin/nologin\n")
    write(way.root, "/etc/ssh/sshd_config", "PermitRootLogin yes\n")
    found = {(f.title, f.severity) for f in later(way, first)[1]}
    assert {("New user account", "critical"), ("New file in /etc", "warning")} <= found


def test_only_files_whose_stat_changed_are_read_and_all_of_them_after_a_week(way: RootWay) -> None:
    first, _ = seen(way)
    way.read.clear()
    later(way, first)
    assert "/etc/app.conf" not in way.read
    later(way, first, 1e9 + 7 * DAY)
    assert "/etc/app.conf" in way.read


def test_a_forged_stat_is_found_after_a_week(way: RootWay) -> None:
    first, _ = seen(way)
    file = way.root / "etc/app.conf"
    before = file.stat()
    file.write_text("token=hunter3\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert later(way, first)[1] == []
    assert [f.rule for f in later(way, first, 1e9 + 7 * DAY)[1]] == ["etc"]


def test_hostile_names_and_contents_stay_one_printable_row(way: RootWay) -> None:
    first, _ = seen(way)
    write(way.root, "/etc/a\n\x1b[2Jb\t\udcff", "x")
    write(way.root, "/etc/passwd", "e\x1b[31m\tve:x:0:0::/root:" + "/" * 100_000 + "\n\x00\x00\n:::\n")
    second, found = later(way, first)
    assert {f.rule for f in found} >= {"etc", "users"}
    assert all(len(e.text) <= 300 and e.text.isprintable() for f in found for e in f.evidence)
    shown = render(of_json(second.snapshot), compare(of_json(first.snapshot), of_json(second.snapshot)))
    assert all(line.isprintable() for line in shown.split("\n"))


def test_a_file_beyond_the_cap_is_not_looked_at(way: RootWay) -> None:
    write(way.root, "/etc/group", "x" * (5 << 20))
    assert "groups" not in seen(way)[0].looked


def test_many_changes_of_a_kind_are_a_few_findings_and_one_that_counts_the_rest(way: RootWay) -> None:
    first, _ = seen(way)
    for number in range(50):
        write(way.root, f"/etc/new{number}", "")
    found = [f for f in later(way, first)[1] if f.rule == "etc"]
    assert (len(found), found[-1].count, len({f.fingerprint for f in found})) == (21, 30, 21)


def test_a_finding_has_the_same_fingerprint_in_the_next_look(way: RootWay) -> None:
    first, _ = seen(way)
    write(way.root, "/etc/app.conf", "token=another\n")
    second, found = later(way, first)
    again = seen(way, second.snapshot, first.snapshot, 1e9 + 1800)[1]
    assert [f.fingerprint for f in again] == [f.fingerprint for f in found]


def test_a_snapshot_comes_back_from_json_as_it_was(way: RootWay) -> None:
    snapshot = of_json(seen(way)[0].snapshot)
    assert of_json(json.loads(json.dumps(to_json(snapshot)))) == snapshot


@pytest.mark.parametrize("stored", [[], {"version": 2}, {"version": 1}, {"version": 1, "at": 0, "kinds": {"etc": 3}}])
def test_what_is_no_snapshot_is_refused(stored: Any) -> None:
    with pytest.raises(ValueError, match="no "):
        of_json(stored)

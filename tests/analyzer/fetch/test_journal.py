"""What is new in a journal: a recorded one, read by the real journalctl, and what journalctl may say."""

import gzip
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.fetch.chunk import Caps
from analyzer.fetch.journal import ENTRY, Journal, Reading
from analyzer.fetch.local import Local
from analyzer.fetch.way import CannotLook
from stack import tools
from tests.analyzer.fetch.memoryway import MemoryWay, run

RECORDED = Path(__file__).parents[2] / "fixtures" / "journal"
# The recorded entries are of 2026.
CAPS = Caps(first_seconds=300_000_000.0)
JOURNAL = Journal("journal")


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a host's journal; `journalctl` reads it."""
    tools.find("systemd")
    real = shutil.which("journalctl")
    folder, programs = tmp_path / "journal", tmp_path / "programs"
    folder.mkdir()
    programs.mkdir()
    (programs / "journalctl").write_text(f'#!/bin/sh\nexec {real} --directory={folder} "$@"\n')
    (programs / "journalctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return folder


def put(name: str, folder: Path) -> None:
    (folder / f"{name}.journal").write_bytes(gzip.decompress((RECORDED / f"{name}.journal.gz").read_bytes()))


def told(lines: Iterable[str]) -> list[str]:
    """Lines without what journald says of itself, and without their times and the number of the process."""
    return [line.split("]: ", 1)[1] for line in lines if "systemd-journald" not in line]


async def test_entries_become_lines_as_syslog_writes_them(journal: Path) -> None:
    put("old", journal)
    done = await run(JOURNAL, await Local().open(), None, CAPS)
    lines = [line for line in done.lines if "journald" not in line]
    assert lines[:2] == [
        "Nov 21 06:05:50 web01 app[13561]: first one",
        "<3>Nov 21 06:05:50 web01 sshd[13561]: second, bad",
    ]
    assert lines[2] == "<4>Nov 21 06:05:50 web01 app[13561]: binary \ufffd\\x00 bytes"
    assert told(lines[3:5]) == ["two", "lines"]
    assert lines[5].endswith("x" * 6000)
    assert lines[6] == "<0>Nov 21 06:05:50 web01 not-kernel[13561]: not from the kernel"
    assert (done.gaps, done.cut, done.trouble) == (0, False, None)


async def test_only_what_is_new_is_read_and_rotation_loses_nothing(journal: Path) -> None:
    put("old", journal)
    way = await Local().open()
    first = await run(JOURNAL, way, None, CAPS)
    again = await run(JOURNAL, way, first.cursor, CAPS)
    assert (again.lines, again.gaps, again.cursor) == ([], 0, first.cursor)
    put("new", journal)
    then = await run(JOURNAL, way, first.cursor, CAPS)
    assert (told(then.lines), then.gaps) == ([f"later {i}" for i in range(5)], 0)


async def test_a_cursor_that_is_gone_is_one_gap_and_no_entry_is_passed_over(journal: Path) -> None:
    put("old", journal)
    way = await Local().open()
    first = await run(JOURNAL, way, None, CAPS)
    (journal / "old.journal").unlink()
    put("new", journal)
    then = await run(JOURNAL, way, first.cursor, CAPS)
    assert (told(then.lines), then.gaps) == ([f"later {i}" for i in range(5)], 1)
    assert len([line for line in then.lines if "Runtime Journal" in line]) == 1
    assert (await run(JOURNAL, way, then.cursor, CAPS)).gaps == 0


async def test_a_journal_that_is_gone_is_one_gap_until_there_is_something_new(journal: Path) -> None:
    put("old", journal)
    way = await Local().open()
    first = await run(JOURNAL, way, None, CAPS)
    (journal / "old.journal").unlink()
    gone = await run(JOURNAL, way, first.cursor, CAPS)
    still = await run(JOURNAL, way, gone.cursor, CAPS)
    assert (gone.lines, gone.gaps, still.gaps) == ([], 1, 0)
    put("new", journal)
    assert (await run(JOURNAL, way, still.cursor, CAPS)).gaps == 0


async def test_a_priority_leaves_out_what_is_less_grave(journal: Path) -> None:
    put("old", journal)
    source = Journal("journal", priority="err")
    way = await Local().open()
    first = await run(source, way, None, CAPS)
    assert told(first.lines) == ["second, bad", "not from the kernel"]
    assert (await run(source, way, first.cursor, CAPS)).gaps == 0


async def test_units_that_wrote_nothing_give_nothing(journal: Path) -> None:
    put("old", journal)
    done = await run(Journal("journal", ("nginx.service", "app-*")), await Local().open(), None, CAPS)
    assert (done.lines, done.gaps, done.trouble) == ([], 0, None)


@pytest.mark.parametrize("caps", [Caps(lines=1), Caps(bytes=10), Caps(lines=3)])
async def test_what_is_over_a_cap_comes_with_the_next_runs(journal: Path, caps: Caps) -> None:
    put("old", journal)
    put("new", journal)
    way = await Local().open()
    everything = await run(JOURNAL, way, None, CAPS)
    caps = Caps(bytes=caps.bytes, lines=caps.lines, first_seconds=CAPS.first_seconds)
    runs = [await run(JOURNAL, way, None, caps)]
    while runs[-1].cut:
        runs.append(await run(JOURNAL, way, runs[-1].cursor, caps))
        assert len(runs) < 50
    assert [line for one in runs for line in one.lines] == everything.lines
    assert len(runs) > 3


async def test_the_words_of_the_command_are_fixed() -> None:
    way = MemoryWay(outputs={"journalctl": b""})
    cursor = "s=0a;i=1;b=0b;m=2;t=3;x=4"
    await run(Journal("j", ("sshd.service",), "warning"), way, {"cursor": cursor})
    assert list(way.commands[0])[-3:] == ["--unit=sshd.service", "--priority=warning", f"--cursor={cursor}"]
    await run(JOURNAL, way, None)
    assert way.commands[1][-1] == "--since=-86400s"


@pytest.mark.parametrize("cursor", ["$(id)", "--file=/etc/shadow", "s=1; rm", "", 7, "s=" + "0" * 65])
async def test_a_cursor_that_is_none_never_enters_a_command(cursor: object) -> None:
    way = MemoryWay(outputs={"journalctl": b""})
    done = await run(JOURNAL, way, {"cursor": cursor})
    assert way.commands[0][-1] == "--since=-86400s"
    assert done.gaps == 1


def entry(number: int, **fields: object) -> bytes:
    cursor = f"s=ab;i={number:x};b=cd;m=1;t=1;x=1"
    given = {"__REALTIME_TIMESTAMP": "1795239602000000", "MESSAGE": f"message {number}", "_HOSTNAME": "h", **fields}
    return json.dumps({"__CURSOR": cursor, "SYSLOG_IDENTIFIER": "app", **given}).encode() + b"\n"


def lines(*entries: bytes) -> list[str]:
    return Reading(Caps(), None).add(b"".join(entries)).lines


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ([104, 105, 255], ["hi\ufffd"]),
        (["one", "two"], ["one", "two"]),
        (["one", [116, 119, 111]], ["one", "two"]),
        (None, []),
        ("", []),
        ([], []),
        ([1000], []),
        ({"a": 1}, []),
        ("red \x1b[31m\u202eevil\u200b", ["red \\x1b[31m\\u202eevil\\u200b"]),
        ("lone \ud800", ["lone \\ud800"]),
    ],
)
def test_a_message_may_be_text_bytes_or_several(message: object, expected: list[str]) -> None:
    assert [line.split(": ", 1)[1] for line in lines(entry(1, MESSAGE=message))] == expected


def test_no_line_of_a_message_passes_for_an_entry_of_another_program() -> None:
    forged = entry(1, MESSAGE="x\nNov 21 04:00:00 h sshd[1]: Accepted password for root", _PID="5")
    assert [line[:25] for line in lines(forged)] == ["Nov 21 05:40:02 h app[5]:"] * 2


def test_names_of_hosts_and_programs_are_single_words() -> None:
    (line,) = lines(entry(1, SYSLOG_IDENTIFIER="a]: sshd[1", _HOSTNAME="h\nx y", _PID="1]: z"))
    assert line == "Nov 21 05:40:02 h_x_y a___sshd_1: message 1"


@pytest.mark.parametrize(
    "output",
    [
        b"no json\n",
        b"[1]\n",
        b'{"MESSAGE": "no cursor"}\n',
        b'{"__CURSOR": "$(id)", "__REALTIME_TIMESTAMP": "1"}\n',
        b'{"__CURSOR": "s=1", "__REALTIME_TIMESTAMP": 1}\n',
        b"[" * 100_000 + b"\n",
    ],
)
def test_what_is_no_journal_is_refused(output: bytes) -> None:
    with pytest.raises(CannotLook):
        Reading(Caps(), None).add(output)


def test_an_absurd_time_is_a_time() -> None:
    assert lines(entry(1, __REALTIME_TIMESTAMP="9" * 40)) == ["Dec 31 23:59:59 h app: message 1"]


@pytest.mark.parametrize("first", [True, False], ids=["cursor first", "cursor last"])
def test_an_entry_that_is_too_long_is_passed_over_and_counted_once(first: bool) -> None:
    huge = json.loads(entry(2, MESSAGE="x" * (3 * ENTRY)))
    keys = sorted(huge, reverse=not first)
    wire = entry(1) + json.dumps({key: huge[key] for key in keys}).encode() + b"\n" + entry(3)
    reading = Reading(Caps(), None)
    chunks = [reading.add(wire[start : start + 65_536]) for start in range(0, len(wire), 65_536)]
    assert [line[-9:] for chunk in chunks for line in chunk.lines] == ["message 1", "message 3"]
    assert sum(chunk.gaps for chunk in [*chunks, reading.end()]) == 1


@given(st.integers(1, 5), st.integers(1, 400))
def test_however_the_output_is_cut_each_entry_is_read_once(most: int, size: int) -> None:
    entries = [entry(number) for number in range(10)]
    got, cursor = list[str](), None
    for _ in range(12):
        # As journalctl: the entry at the cursor and those after it.
        start = next((i for i, one in enumerate(entries) if cursor and f'"{cursor}"'.encode() in one), 0)
        wire = b"".join(entries[start:])
        reading = Reading(Caps(lines=most), {"cursor": cursor} if cursor else None)
        while wire and not reading.cut:
            got += reading.add(wire[:size]).lines
            wire = wire[size:]
        done = reading.end()
        cursor, gaps = done.cursor["cursor"], done.gaps
        assert gaps == 0
    assert [line.rsplit(" ", 1)[1] for line in got] == [str(number) for number in range(10)]


async def test_a_run_that_was_not_kept_gives_the_same_again(journal: Path) -> None:
    put("old", journal)
    way = await Local().open()
    first, second = [await run(JOURNAL, way, None, CAPS) for _ in range(2)]
    assert first.lines == second.lines
    assert first.lines


async def test_a_host_without_a_journal_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = await run(JOURNAL, await Local().open(), None)
    assert done.trouble == "journalctl: no such command"

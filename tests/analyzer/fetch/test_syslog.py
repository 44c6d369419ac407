"""Messages of devices that can do nothing but syslog."""

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.fetch import declare_syslog
from analyzer.fetch.declare_syslog import Syslog, spool
from analyzer.fetch.local import Local
from analyzer.fetch.spool import Spool
from analyzer.fetch.syslog import CannotListen, Receiver
from analyzer.fetch.syslog_message import MOST, Frames, NoFrames, parse
from tests.analyzer.fetch.memoryway import run
from toolkit.strict import ConfigError, load

NOW = datetime(2026, 11, 21, 4, 0, 0, tzinfo=UTC)
ANY = ("127.0.0.1", 0)
SYSLOG = Syslog(ANY, ANY, {"switch01": (ip_network("127.0.0.1"),), "ups": (ip_network("127.0.0.7"),)})


class Unable(Exception):
    """What a redactor says that cannot."""


def hidden(lines: list[str], carry: list[str]) -> list[str]:
    """A redactor with a memory of one host."""
    carry += lines
    if any("unspeakable" in line for line in lines):
        raise Unable("unspeakable")
    return [line.replace("hunter2", "<SECRET>") for line in lines]


@asynccontextmanager
async def receiving(folder: Path, syslog: Syslog = SYSLOG) -> AsyncIterator[Receiver[list[str]]]:
    receiver = Receiver(syslog, folder, hidden, list, Unable, lambda: NOW.timestamp())
    await receiver.open()
    try:
        yield receiver
    finally:
        await receiver.close()


def send(port: int, *messages: bytes, address: str = "127.0.0.1") -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((address, 0))
        for message in messages:
            sender.sendto(message, ("127.0.0.1", port))


async def stream(port: int, data: bytes, address: str = "127.0.0.1") -> None:
    """Send it and wait until the receiver has closed its side."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    writer.write(data)
    if writer.can_write_eof():
        writer.write_eof()
    # Closed with something unread in front of it is reset.
    with suppress(ConnectionResetError):
        await reader.read()
    writer.close()


async def until(condition: Callable[[], bool], also: Callable[[], Awaitable[None]] | None = None) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)
            if also is not None:
                await also()


def kept(folder: Path, host: str = "switch01") -> list[str]:
    return spool(folder, host).read_text().splitlines()


async def test_datagrams_and_streams_are_kept_redacted_under_the_hosts_own_name(tmp_path: Path) -> None:
    async with receiving(tmp_path) as receiver:
        send(receiver.ports["udp"], b"<187>Nov 21 03:59:58 liar sshd[42]: password hunter2")
        await until(lambda: receiver.taken["switch01"] == 1, receiver.flush)
        await stream(receiver.ports["tcp"], b"<14>1 2026-11-21T04:59:59+01:00 liar app 7 - - ready\n")
        await until(lambda: receiver.taken["switch01"] == 2, receiver.flush)
    assert kept(tmp_path) == [
        "<3>Nov 21 03:59:58 switch01 sshd[42]: password <SECRET>",
        "Nov 21 03:59:59 switch01 app[7]: ready",
    ]
    assert stat.S_IMODE(spool(tmp_path, "switch01").stat().st_mode) == 0o600


async def test_what_was_kept_is_an_ordinary_source(tmp_path: Path) -> None:
    async with receiving(tmp_path) as receiver:
        source, way = declare_syslog.source(tmp_path, "switch01"), await Local().open()
        first = await run(source, way, None)
        assert (first.lines, first.trouble) == ([], None)
        await stream(receiver.ports["tcp"], b"<14>app: one\n<14>app: two")
        await receiver.flush()
        assert (await run(source, way, first.cursor)).lines == [
            "Nov 21 04:00:00 switch01 app: one",
            "Nov 21 04:00:00 switch01 app: two",
        ]


async def test_other_addresses_are_dropped_and_counted(tmp_path: Path) -> None:
    async with receiving(tmp_path) as receiver:
        send(receiver.ports["udp"], b"<14>app: no", b"<14>app: no", address="127.0.0.2")
        await until(lambda: receiver.dropped["address"] == 2)
        await stream(receiver.ports["tcp"], b"<14>app: no\n", address="127.0.0.2")
        assert receiver.dropped["address"] == 3
    assert kept(tmp_path) == kept(tmp_path, "ups") == []


async def test_one_host_over_its_rate_takes_nothing_from_another(tmp_path: Path) -> None:
    async with receiving(tmp_path, replace(SYSLOG, rate=0.1, burst=3)) as receiver:
        await stream(receiver.ports["tcp"], b"<14>app: again\n" * 10)
        await stream(receiver.ports["tcp"], b"<14>app: heard\n", address="127.0.0.7")
        assert receiver.dropped["rate"] == 7
    assert len(kept(tmp_path)) == 3
    assert len(kept(tmp_path, "ups")) == 1


async def test_too_many_connections_of_one_host_are_closed_and_another_is_let_in(tmp_path: Path) -> None:
    async with receiving(tmp_path) as receiver:
        port = receiver.ports["tcp"]
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(17)]
        await until(lambda: receiver.dropped["connections"] == 1)
        await stream(port, b"<14>app: heard\n", address="127.0.0.7")
        for _, writer in opened:
            writer.close()
    assert len(kept(tmp_path, "ups")) == 1


async def test_what_cannot_be_redacted_is_not_stored(tmp_path: Path) -> None:
    async with receiving(tmp_path) as receiver:
        await stream(receiver.ports["tcp"], b"<14>app: unspeakable\n")
        await receiver.flush()
        assert receiver.dropped["redaction"] == 1
        await stream(receiver.ports["tcp"], b"<14>app: fine\n")
    assert kept(tmp_path) == ["Nov 21 04:00:00 switch01 app: fine"]


async def test_a_disk_that_cannot_be_written_is_counted_and_outlived(tmp_path: Path) -> None:
    async with receiving(tmp_path) as receiver:
        path = spool(tmp_path, "switch01")
        path.unlink()
        path.mkdir()
        await stream(receiver.ports["tcp"], b"<14>app: lost\n")
        await receiver.flush()
        assert receiver.dropped["storage"] == 1
        path.rmdir()
        await stream(receiver.ports["tcp"], b"<14>app: fine\n")
    assert kept(tmp_path) == ["Nov 21 04:00:00 switch01 app: fine"]


async def test_nonsense_on_a_stream_ends_it_and_is_counted(tmp_path: Path) -> None:
    async with receiving(tmp_path) as receiver:
        await stream(receiver.ports["tcp"], b"99999999999999999999 <14>app: no\n")
        assert receiver.dropped["framing"] == 1


async def test_what_waits_is_bounded_and_the_rest_counted(tmp_path: Path) -> None:
    async with receiving(tmp_path, replace(SYSLOG, burst=1_000_000)) as receiver:
        await stream(receiver.ports["tcp"], (b"<14>app: " + b"x" * 7000 + b"\n") * 2000)
        assert 500 < receiver.dropped["backlog"] < 1500
        await receiver.flush()
        assert receiver.taken["switch01"] + receiver.dropped["backlog"] == 2000


async def test_what_came_before_the_end_is_written(tmp_path: Path) -> None:
    receiver = Receiver(SYSLOG, tmp_path, hidden, list, Unable, lambda: NOW.timestamp())
    await receiver.open()
    task = asyncio.create_task(receiver.forever())
    await stream(receiver.ports["tcp"], b"<14>app: last\n")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(kept(tmp_path)) == 1
    assert receiver.ports == {}


async def test_an_address_in_use_is_said_at_the_start(tmp_path: Path) -> None:
    async with receiving(tmp_path) as receiver:
        taken = replace(SYSLOG, udp=None, tcp=("127.0.0.1", receiver.ports["tcp"]))
        with pytest.raises(CannotListen):
            await Receiver(taken, tmp_path, hidden, list, Unable, lambda: 0.0).open()


def test_a_spool_is_rotated_and_bounded(tmp_path: Path) -> None:
    kept = Spool(tmp_path / "a.log", 100, 2)
    for i in range(20):
        kept.append([f"{i:02} {'x' * 40}"])
    assert sorted(os.listdir(tmp_path)) == ["a.log", "a.log.1", "a.log.2"]
    assert all(path.stat().st_size <= 100 for path in tmp_path.iterdir())
    assert (tmp_path / "a.log").read_text().startswith("18")


def test_a_line_that_a_crash_cut_gets_an_end(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("whole\nhal")
    spool = Spool(tmp_path / "a.log", 1000, 2)
    spool.open()
    spool.append(["new"])
    assert (tmp_path / "a.log").read_text() == "whole\nhal\nnew\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("<34>Oct 11 22:14:15 mymachine su: 'su root' failed", ("su", "", 2, "'su root' failed")),
        ("<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!", ("", "", 5, "10.0.0.99 Use the BFG!")),
        ("<165>1 2003-10-11T22:14:15.003Z h evntslog - ID47 - \ufeffAn event", ("evntslog", "", 5, "An event")),
        (
            '<165>1 2003-10-11T22:14:15.003Z h app 9 ID47 [ex@1 a="b\\]c"][x y="z"] text',
            ("app", "9", 5, '[ex@1 a="b\\]c"][x y="z"] text'),
        ),
        ("<0>1 - - - - - - nothing known", ("", "", 0, "nothing known")),
        ("<189>45: *Mar  1 00:00:10.123: %SYS-5-RESTART: up", ("", "", 5, "%SYS-5-RESTART: up")),
        ("<14>2026-11-21T03:00:00Z host dnsmasq[12]: query", ("dnsmasq", "12", 6, "query")),
        ("kernel: no priority", ("kernel", "", None, "no priority")),
        ("<999>app: no such priority", ("", "", None, "<999>app: no such priority")),
        ("", ("", "", None, "")),
    ],
)
def test_a_message_of_either_kind_is_read(data: str, expected: tuple[str, str, int | None, str]) -> None:
    message = parse(data.encode(), NOW)
    assert (message.program, message.pid, message.level, message.text) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("<34>Oct 11 22:14:15 h su: x", "2026-10-11T22:14:15"),
        ("<34>Jan  1 00:00:01 h su: x", "2027-01-01T00:00:01"),
        ("<34>Feb 31 00:00:01 h su: x", "2026-11-21T04:00:00"),
        ("<34>1 2003-10-11T22:14:15.003-07:00 h a - - - x", "2003-10-12T05:14:15.003000"),
        ("<34>1 9999-99-99T22:14:15Z h a - - - x", "2026-11-21T04:00:00"),
        ("<34>su: x", "2026-11-21T04:00:00"),
    ],
)
def test_the_time_is_the_messages_where_it_says_one(data: str, expected: str) -> None:
    assert parse(data.encode(), NOW).at == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message(data: bytes) -> None:
    parse(data, NOW)
    parse(b"<14>1 2003-10-11T22:14:15Z a b c d " + data, NOW)


@given(st.lists(st.binary(min_size=1, max_size=50).filter(lambda m: b"\n" not in m and not m[:1].isdigit())), st.data())
def test_messages_come_out_of_a_stream_whole_however_it_is_cut(messages: Sequence[bytes], data: st.DataObject) -> None:
    wire = b"".join(
        b"%d %s" % (len(message), message) if data.draw(st.booleans()) else message + b"\n" for message in messages
    )
    frames, got = Frames(), list[bytes]()
    while wire:
        size = data.draw(st.integers(1, len(wire)))
        got += frames.add(wire[:size])
        wire = wire[size:]
    assert [*got, *frames.end()] == messages


def test_of_an_overlong_message_the_beginning_is_taken_and_the_next_one_is_whole() -> None:
    for wire in (b"20000 " + b"x" * 20_000 + b"next\n", b"x" * 20_000 + b"\nnext\n"):
        frames, got = Frames(), list[bytes]()
        for start in range(0, len(wire), 1000):
            got += frames.add(wire[start : start + 1000])
        assert [len(message) for message in got] == [MOST, 4]


@pytest.mark.parametrize("data", [b"0 x", b"12345678 x", b"1234567890123", b"12x34 y"])
def test_a_length_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(NoFrames):
        Frames().add(data)


def test_what_is_declared_is_read() -> None:
    text = 'udp: "127.0.0.1:5514"\ntcp: "[::1]:5515"\nhosts: {sw: ["10.0.0.2", "10.1.0.0/16"]}\nrate: 5\nspools: 2\n'
    declared = declare_syslog.syslog(load(text, "x"))
    networks = (ip_network("10.0.0.2"), ip_network("10.1.0.0/16"))
    assert declared == Syslog(("127.0.0.1", 5514), ("::1", 5515), {"sw": networks}, rate=5.0, spools=2)
    assert declare_syslog.syslog(None) is None


@pytest.mark.parametrize(
    "text",
    [
        'hosts: {a: ["10.0.0.1"]}',
        'udp: "127.0.0.1:1"',
        'udp: "localhost:1"\nhosts: {a: ["10.0.0.1"]}',
        'udp: "127.0.0.1:99999"\nhosts: {a: ["10.0.0.1"]}',
        'udp: "127.0.0.1:1"\nhosts: {"../a": ["10.0.0.1"]}',
        'udp: "127.0.0.1:1"\nhosts: {a: []}',
        'udp: "127.0.0.1:1"\nhosts: {a: ["10.0.0.300"]}',
        'udp: "127.0.0.1:1"\nhosts: {a: ["10.0.0.0/24"], b: ["10.0.0.1"]}',
        'udp: "127.0.0.1:1"\nhosts: {a: ["10.0.0.1"]}\nport: 3',
    ],
)
def test_what_is_wrong_stops_the_start(text: str) -> None:
    with pytest.raises(ConfigError):
        declare_syslog.syslog(load(text, "x"))

"""The throughput probe against a server that gives and takes."""

import asyncio

import pytest

from tests.probes.partners import Conversation, module, outcome, page, reading, saying, serving, silent, steps

UPLOAD = module("{prober: throughput, throughput: {direction: upload, bytes: 300kB}}")
DOWNLOAD = module("{prober: throughput, throughput: {bytes: 300kB}}")


def taking(answer: bytes, taken: list[bytes]) -> Conversation:
    """Read a request with its whole body, then say this."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
        taken.extend((head, await reader.readexactly(length)))
        writer.write(answer)
        await writer.drain()

    return talk


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A download that nobody has ever finished."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(bytes(10_000))
        await writer.drain()
        await asyncio.sleep(0)


async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n12345")
    await asyncio.sleep(60)


async def test_a_download_is_timed_and_its_bytes_are_counted() -> None:
    async with serving(saying(page(bytes(100_000)))) as port:
        found = await outcome(f"http://127.0.0.1:{port}/file", DOWNLOAD)
    assert found.success, steps(found)
    assert reading(found, "probe_throughput_bytes", direction="download") == 100_000
    assert reading(found, "probe_throughput_bytes_per_second", direction="download") > 0


async def test_no_more_is_downloaded_than_the_module_wants() -> None:
    async with serving(endless) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", DOWNLOAD)
    assert found.success, steps(found)
    # What has arrived together with the last wanted byte is counted as well.
    assert 300_000 <= reading(found, "probe_throughput_bytes", direction="download") < 1_000_000


async def test_an_upload_is_timed_until_the_other_side_says_that_it_is_through() -> None:
    taken: list[bytes] = []
    async with serving(taking(page(), taken)) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", UPLOAD)
    assert found.success, steps(found)
    assert taken[0].startswith(b"POST / HTTP/1.1\r\n")
    assert len(taken[1]) == 300_000
    assert reading(found, "probe_throughput_bytes", direction="upload") == 300_000
    assert reading(found, "probe_throughput_bytes_per_second", direction="upload") > 0


async def test_a_slow_link_has_a_rate_and_is_no_failure() -> None:
    async with serving(dripping) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", DOWNLOAD, seconds=0.7)
    assert found.success, steps(found)
    assert reading(found, "probe_throughput_bytes", direction="download") == 5
    assert 0 < reading(found, "probe_throughput_bytes_per_second", direction="download") < 1000


@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        (saying(page(status="500 Oops")), "status"),
        (saying(page(status="302 Found", Location="http://10.0.0.1/")), "status"),
        (saying(page(b"")), "closed"),
        (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), "closed"),
        (silent, "timeout"),
    ],
)
async def test_a_failure_has_its_reason(talk: Conversation, reason: str) -> None:
    async with serving(talk) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", DOWNLOAD, seconds=0.7)
    assert found.reason == reason, steps(found)


async def test_the_gate_stands_before_the_first_byte() -> None:
    assert (await outcome("http://10.0.0.1/", DOWNLOAD)).reason == "refused_target"


async def test_a_refused_connection_is_told_as_such() -> None:
    async with serving(silent) as port:
        url = f"http://127.0.0.1:{port}/"
    assert (await outcome(url, UPLOAD)).reason == "connect_refused"

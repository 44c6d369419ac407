"""Connections of all manners: pipelined, old, slow, greedy or broken. Nobody holds one for ever, and none is harmed."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from tests.program import Program, running
from toolkit.gate import Gate
from toolkit.web import Server, Site
from toolkit.web_entrance import Entrance
from toolkit.web_parts import read_body
from toolkit.webconfig import NOTHING


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running(tmp_path_factory.mktemp("connections"), "heartbeats: [{id: job, every: 5m}]") as program:
        yield program


def request(program: Program, *headers: str, version: str = "1.1", more: str = "") -> bytes:
    lines = [f"GET /ping/{program.tokens['job']}{more} HTTP/{version}", "Host: x", *headers, "", ""]
    return "\r\n".join(lines).encode()


def test_pipelined_requests_are_answered_in_order(program: Program) -> None:
    before = program.manage("GET", "/job").json["receipts"]["log"]
    several = request(program, more="/log") * 20 + request(program, more="/256")
    answer = program.raw(several + request(program, "Connection: close", more="/log"))
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200"] * 20 + [b"400", b"200"]
    assert program.manage("GET", "/job").json["receipts"]["log"] == before + 21


def test_http_1_0_and_connection_close_end_with_the_answer(program: Program) -> None:
    assert program.raw(request(program, version="1.0")).startswith(b"HTTP/1.0 200 OK\r\n")
    assert b"\r\nConnection: close\r\n" in program.raw(request(program, "Connection: close"))


def test_http_1_0_may_keep_its_connection(program: Program) -> None:
    kept = request(program, "Connection: keep-alive", version="1.0")
    answer = program.raw(kept + request(program, version="1.0"))
    assert answer.count(b"HTTP/1.0 200 OK\r\n") == 2
    assert answer.count(b"\r\nConnection: keep-alive\r\n") == 1


def test_a_client_that_wants_another_protocol_is_answered_in_this_one(program: Program) -> None:
    upgrade = request(program, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    assert program.raw(upgrade).startswith(b"HTTP/1.1 200 OK\r\n")


def test_the_form_that_proxies_are_asked_in_is_understood(program: Program) -> None:
    line = f"GET http://heartline.example/ping/{program.tokens['job']} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert program.raw(line.encode()).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    "header",
    [
        "X: " + "x" * 9000,
        "X" * 9000 + ": x",
        "\r\n".join(f"X-{i}: {'x' * 100}" for i in range(10_000)),
        "X: " + "x" * 1_000_000,
        "X Y: z",
        "no header",
        "Content-Length: x",
        "Content-Length: 1\r\nContent-Length: 2",
        "Transfer-Encoding: chunked\r\nContent-Length: 1",
    ],
    ids=["long value", "long name", "many", "huge", "space", "no colon", "no length", "two lengths", "smuggled"],
)
def test_headers_beyond_reason_are_refused(program: Program, header: str) -> None:
    try:
        answer = program.raw(request(program, header))
    except ConnectionError:
        answer = b""  # it closed while we were still sending
    assert answer == b"" or answer.startswith(b"HTTP/1.0 400 Bad Request\r\n")
    assert program.get(f"/ping/{program.tokens['job']}").status == 200
    assert "Traceback" not in program.log


def test_many_clients_that_say_nothing_do_not_keep_others_out(program: Program) -> None:
    silent = [socket.create_connection(("127.0.0.1", program.port)) for _ in range(200)]
    try:
        assert program.get(f"/ping/{program.tokens['job']}").status == 200
    finally:
        for connection in silent:
            connection.close()


async def echo(request: web.BaseRequest, path: str, query: str) -> web.StreamResponse:
    """A page that tells how its body came."""
    body, cut = await read_body(request, 1000, seconds=0.2)
    return web.json_response([len(body), cut])


@asynccontextmanager
async def server(most: int = 100, silent_seconds: float = 10.0) -> AsyncIterator[int]:
    """Our server around one page, with less patience than in earnest."""
    gate = Gate(lambda: {}, b"key")
    entrance = Entrance(lambda: NOTHING, gate, lambda request: "", asyncio.get_running_loop().time)
    runner = web.ServerRunner(Server(Site({}, {}, entrance, ("/ping/", echo)), most, lambda: NOTHING, silent_seconds))
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
        gate.close()


async def test_a_body_that_drips_is_cut_at_the_end_of_patience() -> None:
    async with server() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /ping/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        dripping = asyncio.create_task(drip(writer))
        await reader.readuntil(b"\r\n\r\n")
        size, cut = json.loads(await reader.readuntil(b"]"))
        dripping.cancel()
        writer.close()
    assert cut
    assert size >= 1


async def drip(writer: asyncio.StreamWriter) -> None:
    for _ in range(1000):
        writer.write(b"1\r\nx\r\n")
        await asyncio.sleep(0.02)


async def test_a_body_that_never_comes_is_not_waited_for() -> None:
    async with server() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /ping/x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
        assert (await reader.readuntil(b"[0, true]")).startswith(b"HTTP/1.1 200 OK")
        writer.close()


@pytest.mark.parametrize("beginning", [b"", b"GET", b"GET /ping/x HTTP/1.1\r\nHost: x\r\nX: "])
async def test_who_does_not_finish_a_first_request_is_dropped(beginning: bytes) -> None:
    async with server(silent_seconds=0.1) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(beginning)
        assert await ended(reader)
        writer.close()


async def test_who_has_asked_something_may_stay() -> None:
    async with server(silent_seconds=0.1) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(b"GET /ping/x HTTP/1.1\r\nHost: x\r\n\r\n")
            await reader.readuntil(b"[0, false]")
            await asyncio.sleep(0.15)
        writer.close()


async def test_no_more_connections_are_kept_than_there_is_room_for() -> None:
    async with server(most=2) as port:
        kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await ended(reader)
        kept[0][1].write(b"GET /ping/x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await kept[0][0].readuntil(b"[0, false]")
        for _, other in kept:
            other.close()
        writer.close()


async def ended(reader: asyncio.StreamReader) -> bool:
    """Has the other side ended the connection, without a word?"""
    try:
        return await reader.read() == b""
    except ConnectionError:
        return True

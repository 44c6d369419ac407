"""The lean client, against a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import pytest
from aiohttp import web

from bench import client
from bench.client import Lost, parse, request
from stack.layout import HOST


@asynccontextmanager
async def server() -> AsyncIterator[tuple[int, list[str]]]:
    """Its port, and what it was asked for; /bad is answered 503, /gone with the end of the connection."""
    asked: list[str] = []

    async def answer(told: web.BaseRequest) -> web.Response:
        asked.append(f"{told.method} {told.path} {await told.text()}".strip())
        if told.path == "/gone" and told.transport is not None:
            told.transport.abort()
        return web.Response(status=503 if told.path == "/bad" else 200, text="OK")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    try:
        yield runner.addresses[0][1], asked
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK", 200),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nO", 0),
        (b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n", 202),
        (b"HTTP/1.1 200 OK\r\nContent-Le", 0),
        (b"", 0),
    ],
)
def test_an_answer_counts_when_it_is_whole(text: bytes, status: int) -> None:
    assert parse(text) == status


async def test_every_request_is_sent_once_and_the_good_answers_are_counted() -> None:
    async with server() as (port, asked):
        requests = [request("PUT", f"/{n}", b"x") for n in range(20)] + [request("GET", "/bad")]
        assert await client.send_all(port, requests, 3) == 20
    assert sorted(asked) == sorted([f"PUT /{n} x" for n in range(20)] + ["GET /bad"])


async def test_a_connection_that_ends_before_the_answer_loses_it_and_every_later_one() -> None:
    async with server() as (port, _):
        connection = await client.connect(port)
        for _ in range(2):
            with pytest.raises(Lost):
                await connection.ask(request("GET", "/gone"))


async def test_a_paced_load_waits_for_every_answer_that_it_asked_for() -> None:
    async with server() as (port, asked):
        asks = count()
        pace = await client.paced(port, lambda: request("GET", "/ok"), 1000, lambda: next(asks) > 20, 4)
    assert len(pace.acks) == len(asked) > 0
    assert pace.bad == 0
    assert min(pace.acks) > 0


async def test_a_paced_load_whose_server_is_gone_says_so() -> None:
    async with server() as (port, _):
        with pytest.raises(Lost):
            await asyncio.wait_for(client.paced(port, lambda: request("GET", "/gone"), 1000, lambda: False, 2), 10)

"""What does a Docker-compatible engine answer?"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import aiohttp

AT_ONCE = 8


class Unanswered(Exception):
    """There is no answer that could be read; `gone`: the engine does not know (any more) what it was asked for."""

    def __init__(self, path: str, words: str, gone: bool = False) -> None:
        super().__init__(f"{path}: {words[:200]}")
        self.gone = gone


def open_socket(path: str) -> aiohttp.ClientSession:
    """A session over the engine's Unix socket; how much is asked at once is for `Turns` to say."""
    return aiohttp.ClientSession("http://engine", connector=aiohttp.UnixConnector(path, limit=0))


async def ask(session: aiohttp.ClientSession, path: str, most: int) -> Any:
    """The JSON document at a path, of at most so many bytes; Unanswered without one."""
    try:
        async with session.get(path) as answer:
            body = await _read(answer, path, most)
        if answer.status != 200:
            raise Unanswered(path, f"{answer.status} {body.decode(errors='replace')}", answer.status == 404)
        return json.loads(body)
    # json's recursion ends where brackets are nested too deep.
    except (aiohttp.ClientError, ValueError, RecursionError) as e:
        raise Unanswered(path, f"{type(e).__name__}: {e}") from e


async def _read(answer: aiohttp.ClientResponse, path: str, most: int) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > most:
            raise Unanswered(path, f"more than {most} bytes")
    return bytes(body)


class Turns:
    """Lets `AT_ONCE` ask at once; who is slow (in seconds) makes room for the next, and waits on."""

    def __init__(self, slow: float) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)
        self._slow = slow

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        await self._places.acquire()
        place = ExitStack()
        place.callback(self._places.release)
        # Otherwise a few that hang would keep all that stand behind them from being asked in time.
        timer = asyncio.get_running_loop().call_later(self._slow, place.close)
        try:
            yield
        finally:
            timer.cancel()
            place.close()

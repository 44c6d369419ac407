"""How many hosts are connected to, and read, at once; those that hang wait among themselves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol

from analyzer.fetch.way import Way


class Declared(Protocol):
    """A way that can be opened: Ssh or Local."""

    @property
    def behind(self) -> str | None:
        """The jump host in front of it."""

    async def open(self, jumping: AbstractAsyncContextManager[object]) -> Way:
        """Connect; `jumping` is held while logging in to the jump host."""


class AtOnce:
    """At most `reading` hosts are read at once, at most `opening` are being opened or wait, opened, to be read.

    A host that accepts and never speaks takes a place among the opening, of which there are more, and none of those
    who read. Behind each jump host there are as many places again, so that a dead one delays only those behind it;
    at most `logins` log in to it at once, because sshd drops logins beyond its MaxStartups.
    """

    def __init__(self, reading: int = 16, opening: int = 64, logins: int = 4) -> None:
        self._reading = asyncio.Semaphore(reading)
        self._places, self._logins = opening, logins
        self._opening: dict[str | None, asyncio.Semaphore] = {}
        self._jumping: dict[str | None, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def way(self, declared: Declared) -> AsyncIterator[Way]:
        """The opened way once it is this host's turn, closed afterwards; raises Unreachable."""
        opening = self._opening.setdefault(declared.behind, asyncio.Semaphore(self._places))
        jumping = self._jumping.setdefault(declared.behind, asyncio.Semaphore(self._logins))
        async with AsyncExitStack() as held:
            async with opening:
                way = await declared.open(jumping)
                held.push_async_callback(way.close)
                await held.enter_async_context(self._reading)
            yield way

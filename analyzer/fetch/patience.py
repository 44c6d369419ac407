"""How long we still wait for somebody: only our waiting counts, not what the caller does between two pieces."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Patience:
    """A number of seconds, used up by waiting."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    async def wait(self, awaited: Awaitable[T]) -> T:
        """What is awaited; TimeoutError once the seconds of all waits together are over."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._left):
                return await awaited
        finally:
            self._left -= loop.time() - began

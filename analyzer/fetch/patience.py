"""How long we still wait for somebody: only our waiting counts, not what the caller does between two pieces."""

import asyncio
import math
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Patience:
    """A number of seconds, used up by waiting; `each` is the most that one wait may take of them."""

    def __init__(self, seconds: float, each: float = math.inf) -> None:
        self._left, self._each = seconds, each

    async def wait(self, awaited: Awaitable[T]) -> T:
        """What is awaited; TimeoutError once the seconds of all waits together are over."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(min(self._left, self._each)):
                return await awaited
        finally:
            self._left -= loop.time() - began

"""Hold what comes piece by piece only as long as it is read."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def closing(pieces: AsyncIterator[bytes]) -> AsyncGenerator[AsyncIterator[bytes], None]:
    """The pieces; what gives them is closed at the end, where it can be."""
    try:
        yield pieces
    finally:
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()

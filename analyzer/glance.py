"""What do a host's newest lines say? A run out of turn, for a message that can wait a few seconds for it."""

import asyncio
from collections.abc import Callable, Sequence

from analyzer.finding import Finding


class Glances:
    """`now` lets a host's run begin at once, or says that it does not. Nobody waits for a model: rules speak first."""

    def __init__(self, now: Callable[[str], bool]) -> None:
        self._now = now
        self._waiting: dict[str, list[asyncio.Future[Sequence[Finding]]]] = {}

    async def look(self, host: str, seconds: float) -> Sequence[Finding]:
        """What the rules found in lines not seen before; nothing where that takes longer, or it is not the time."""
        asked: asyncio.Future[Sequence[Finding]] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(host, []).append(asked)
        try:
            if not self._now(host):
                return ()
            async with asyncio.timeout(seconds):
                return await asked
        except TimeoutError:
            return ()
        finally:
            self._waiting[host].remove(asked)
            if not self._waiting[host]:
                del self._waiting[host]

    def found(self, host: str, findings: Sequence[Finding]) -> None:
        """The rules are through with a host's new lines; or its run is over, and there is nothing to wait for."""
        for asked in self._waiting.get(host, ()):
            if not asked.done():
                asked.set_result(findings)

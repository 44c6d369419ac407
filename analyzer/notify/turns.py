"""Whose turn is it? Groups wait in the order in which they came; one that failed waits a while, and keeps its place."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

SOONEST = 0.5  # seconds until the second try
LONGEST, LONGEST_BROKEN = 30.0, 300.0
SHARE = 0.1


def patience(failing: float, longest: float) -> float:
    """Seconds until the next try, after it has failed for `failing`: so an outage lasts a tenth longer at most."""
    return min(longest, max(SOONEST, SHARE * failing))


@dataclass
class Turns:
    """The groups that one service has yet to hear of. `clock` is monotonic, in seconds."""

    clock: Callable[[], float]
    _at: dict[str, float] = field(default_factory=dict)  # by key, from when it may be tried, in the order of arrival
    _failing: dict[str, float] = field(default_factory=dict)  # by key, since when it fails
    _again: set[str] = field(default_factory=set)  # put since their turn began
    _all_fail_since: float | None = None
    _free_at: float = 0.0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __len__(self) -> int:
        return len(self._at)

    def put(self, key: str, after: float = 0.0) -> None:
        """It has something to hear, `after` seconds from now or, where it waits already, when its turn comes."""
        self._at.setdefault(key, self.clock() + after)
        self._again.add(key)
        self._changed.set()

    def hurry(self, key: str) -> None:
        """What it waited for is there."""
        if key in self._at and key not in self._failing:
            self._at[key] = self.clock()
            self._changed.set()

    async def next(self) -> str:
        """The first that may be tried now; waits for it."""
        while True:
            self._changed.clear()
            now = self.clock()
            if self._free_at <= now:
                ready = next((key for key, at in self._at.items() if at <= now), None)
                if ready is not None:
                    # What is put from here on may not be part of what is told now.
                    self._again.discard(ready)
                    return ready
            await self._wait(max(self._free_at, min(self._at.values())) - now if self._at else None)

    def told(self, key: str, more: bool) -> None:
        """It was accepted; with `more`, or put meanwhile, it waits again, behind the others."""
        self._all_fail_since = None
        self._failing.pop(key, None)
        self._at.pop(key, None)
        if more or key in self._again:
            self.put(key)

    def failed(self, key: str, broken: bool) -> None:
        """It was not. A single failure is this message's; after a second one in a row, everybody waits a while."""
        now = self.clock()
        since = self._failing.setdefault(key, now)
        self._at[key] = now + patience(now - since, LONGEST_BROKEN if broken else LONGEST)
        if self._all_fail_since is None:
            self._all_fail_since = now
        else:
            self._free_at = now + patience(now - self._all_fail_since, LONGEST)

    async def _wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

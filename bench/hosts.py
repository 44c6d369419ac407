"""Hosts that report: each pings at its own cadence and phase, over a new connection each time, and without a retry."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

from bench import client
from bench.client import Lost, request


@dataclass
class Host:
    """A heartbeat's sender; `phase` is a Unix time, it pings there and every `every` seconds before and after."""

    id: str
    path: str
    every: float
    phase: float
    answered: list[float] = field(default_factory=list)  # Unix times of the pings that were answered 200
    lost: int = 0

    async def report(self, port: int) -> None:
        """Ping until cancelled."""
        while True:
            await asyncio.sleep(self.every - (time.time() - self.phase) % self.every)
            await self.ping(port)

    async def ping(self, port: int) -> None:
        """Once; a refused or lost connection counts as lost."""
        status = 0
        with contextlib.suppress(OSError, Lost):
            status = await client.once(port, request("GET", self.path))
        if status == 200:
            self.answered.append(time.time())
        else:
            self.lost += 1

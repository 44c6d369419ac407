"""When is whose turn? Each host is reviewed in its own time, and none waits for a dead one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random

from analyzer.config import Host
from analyzer.fetch.breaker import Breaker

log = logging.getLogger(__name__)

SPREAD = 0.05  # of the interval: hosts that were started together drift apart


@dataclass(frozen=True, slots=True)
class Went:
    """Was the host reached, and if not, does that take a person's hand?"""

    reached: bool
    permanent: bool = False


Review = Callable[[Host], Awaitable[Went]]


class Rounds:
    """One task for each host. `review` lets no error of a host out."""

    def __init__(self, review: Review, clock: Callable[[], float], chance: Random) -> None:
        self._review, self._clock, self._chance = review, clock, chance
        self._tasks: dict[str, tuple[Host, asyncio.Task[None]]] = {}
        self.running: set[str] = set()

    def use(self, hosts: Iterable[Host], last: Mapping[str, float]) -> None:
        """From now on these hosts; `last` has the end of each one's latest run. Those that stay as they are go on."""
        wanted = {host.name: host for host in hosts}
        for name, (host, task) in list(self._tasks.items()):
            if wanted.get(name) != host:
                task.cancel()
                del self._tasks[name]
        for name, host in wanted.items():
            if name not in self._tasks:
                self._tasks[name] = host, asyncio.create_task(self._rounds(host, last.get(name)), name=f"review {name}")

    async def forever(self) -> None:
        """Until cancelled; then every host's task has ended as well."""
        try:
            await asyncio.Event().wait()
        finally:
            tasks = [task for _, task in self._tasks.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _rounds(self, host: Host, last: float | None) -> None:
        breaker = Breaker(self._chance.random)
        due = self._clock() if last is None else last + host.every
        while True:
            # Not all of the wait at once: the wall clock may be set meanwhile.
            while (wait := due - self._clock()) > 0:  # noqa: ASYNC110 (nobody says when a clock is set)
                await asyncio.sleep(min(wait, 60.0, host.every))
            self.running.add(host.name)
            try:
                went = await self._review(host)
            finally:
                self.running.discard(host.name)
            due = self._clock() + self._pause(host, breaker, went)

    def _pause(self, host: Host, breaker: Breaker, went: Went) -> float:
        if went.reached:
            breaker.succeeded()
            return host.every * (1 + SPREAD * (self._chance.random() - 0.5))
        now = self._clock()
        breaker.failed(now, went.permanent)
        return min(host.every, breaker.wait(now))

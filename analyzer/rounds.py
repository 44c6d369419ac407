"""When is whose turn? Each host is reviewed in its own time, and none waits for a dead one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from analyzer.config import Host
from analyzer.fetch.breaker import Breaker

log = logging.getLogger(__name__)

SPREAD = 0.05  # of the interval: hosts that were started together drift apart
REST_SECONDS = 60.0  # between the end of a run and one that somebody asks for: alerts come in swarms


@dataclass(frozen=True, slots=True)
class Went:
    """Was the host reached, and if not, does that take a person's hand?"""

    reached: bool
    permanent: bool = False


Review = Callable[[Host], Awaitable[Went]]


@dataclass(slots=True)
class Turn:
    """Where one host stands; `ended` is when its latest run did, if it was reached."""

    host: Host
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    ended: float | None = None
    reached: bool = True


class Rounds:
    """One task for each host. `review` lets no error of a host out."""

    def __init__(self, review: Review, clock: Callable[[], float], chance: Random) -> None:
        self._review, self._clock, self._chance = review, clock, chance
        self._tasks: dict[str, tuple[Turn, asyncio.Task[None]]] = {}
        self.running: set[str] = set()

    def use(self, hosts: Iterable[Host], last: Mapping[str, float]) -> None:
        """From now on these hosts; `last` has the end of each one's latest run. Those that stay as they are go on."""
        wanted = {host.name: host for host in hosts}
        for name, (turn, task) in list(self._tasks.items()):
            if wanted.get(name) != turn.host:
                task.cancel()
                del self._tasks[name]
        for name, host in wanted.items():
            if name not in self._tasks:
                turn = Turn(host, ended=last.get(name))
                self._tasks[name] = turn, asyncio.create_task(self._rounds(turn), name=f"review {name}")

    def now(self, name: str) -> bool:
        """Let a host's run begin at once. False where there is no such host, it did not answer last time, or has just
        been reviewed; True also when its run is under way."""
        if name not in self._tasks:
            return False
        turn, _ = self._tasks[name]
        if name in self.running:
            return True
        if not turn.reached or (turn.ended is not None and 0 <= self._clock() - turn.ended < REST_SECONDS):
            return False
        turn.wake.set()
        return True

    async def forever(self) -> None:
        """Until cancelled; then every host's task has ended as well."""
        try:
            await asyncio.Event().wait()
        finally:
            tasks = [task for _, task in self._tasks.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _rounds(self, turn: Turn) -> None:
        host, breaker = turn.host, Breaker(self._chance.random)
        due = self._clock() if turn.ended is None else turn.ended + host.every
        while True:
            await self._until(due, turn)
            self.running.add(host.name)
            try:
                went = await self._review(host)
            finally:
                self.running.discard(host.name)
            turn.ended, turn.reached = self._clock(), went.reached
            due = turn.ended + self._pause(host, breaker, went)

    async def _until(self, due: float, turn: Turn) -> None:
        # Not all of the wait at once: the wall clock may be set meanwhile.
        while (wait := due - self._clock()) > 0 and not turn.wake.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(min(wait, 60.0, turn.host.every)):
                    await turn.wake.wait()
        turn.wake.clear()

    def _pause(self, host: Host, breaker: Breaker, went: Went) -> float:
        if went.reached:
            breaker.succeeded()
            return host.every * (1 + SPREAD * (self._chance.random() - 0.5))
        now = self._clock()
        breaker.failed(now, went.permanent)
        return min(host.every, breaker.wait(now))

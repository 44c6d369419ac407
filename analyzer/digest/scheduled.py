"""Send the digest when it is due: to each service once per period, also after a restart, and later if need be.

Up to when each service was told is in the store. A digest that could not be delivered is tried again, and covers the
time until then as well, so nothing is left untold and nothing is told in two.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from analyzer.digest.declare import DigestConfig
from analyzer.digest.period import LATE_SECONDS, Period, due, period
from analyzer.digest.report import Digest
from analyzer.digest.send import send
from analyzer.notify.counts import Counts
from analyzer.notify.deliver import TWICE
from analyzer.notify.service import Service, Undelivered
from analyzer.store import StorageError, Store
from analyzer.store_digest import Told

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0  # between two looks at the clock, which may be set meanwhile
STOP_SECONDS = 8.0
SOONEST, LONGEST = 60.0, 1800.0  # seconds until the next try
LATE = "Told late: it could not be delivered when it was due."
WRONG_SECONDS = 3600.0  # that a clock may be set back without anybody thinking that it was wrong before

Gather = Callable[[Period], Awaitable[Digest]]


@dataclass
class Failing:
    """How often a digest could not be delivered, and from when on it is tried again."""

    slot: float
    times: int
    again: float


@dataclass
class Scheduled:
    """`gather` makes the digest of a period; `clock` tells seconds since 1970; `look`: seconds between two looks."""

    store: Store
    counts: Counts
    gather: Gather
    clock: Callable[[], float]
    look: float = LOOK_SECONDS
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _config: DigestConfig | None = None
    _services: Sequence[Service] = ()
    _failing: dict[str, Failing] = field(default_factory=dict)
    _made: dict[Period, Digest] = field(default_factory=dict)
    _have: dict[str, float] = field(default_factory=dict)  # up to when each was told, also while that cannot be stored

    def use(self, config: DigestConfig | None, services: Sequence[Service]) -> None:
        """From now on this one, to these services."""
        self._config, self._services = config, services
        self._made.clear()

    async def forever(self) -> None:
        """Look at the clock until cancelled; what goes wrong is logged, and tried again."""
        while True:
            async with self._turn:
                try:
                    await self.tick()
                except StorageError as e:
                    log.error("no digest: %s", e)
            await asyncio.sleep(self.look)

    async def close(self) -> None:
        """Let what is being sent end, and that it has arrived be kept; begin nothing any more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._turn.acquire()

    async def tick(self) -> None:
        """Deliver what is due now; StorageError where it cannot be known what is."""
        config, now = self._config, self.clock()
        if config is None:
            return
        slot = due(config.every, config.at, config.zone, now)
        told = await asyncio.to_thread(self.store.digests)
        for service in list(self._services):
            name, its = service.name, told.get(service.name)
            # Whoever is new hears of the time from now on, and not at once of a day that nobody watched; and what was
            # told in the future was told before the clock was set right.
            if its is None or its.until > now + WRONG_SECONDS:
                self._have.pop(name, None)
                await asyncio.to_thread(self.store.digest_told, name, slot)
            elif self._have.get(name, 0.0) > its.until:
                await asyncio.to_thread(self.store.digest_told, name, self._have[name])
            elif its.until < slot and self._may(name, slot, now):
                await self._deliver(
                    service, its, period(config.every, config.at, config.zone, slot, its.until, now), slot
                )
        self._made.clear()

    def _may(self, name: str, slot: float, now: float) -> bool:
        failing = self._failing.get(name)
        # A clock that was set back must not make it wait for long.
        return failing is None or failing.slot != slot or not now < failing.again <= now + LONGEST

    async def _deliver(self, service: Service, told: Told, its: Period, slot: float) -> None:
        name = service.name
        try:
            digest = self._made[its] = self._made.get(its) or await self.gather(its)
            # Kept before it is sent: whoever finds this mark after a crash knows that it may have arrived.
            await asyncio.to_thread(self.store.digest_begun, name, slot)
            await send(service, replace(digest, notes=(*digest.notes, *self._notes(told, slot))))
        except Undelivered as e:
            await self._failed(name, told, slot, e)
        except StorageError:
            raise
        except Exception:  # a digest that cannot be shown must not end the reviews
            log.exception("%s: the digest failed", name)
            await self._failed(name, told, slot, Undelivered("it could not be made", "failed"))
        else:
            await self._accepted(name, its.end)

    def _notes(self, told: Told, slot: float) -> list[str]:
        twice = [TWICE] if told.begun == slot else []
        return twice + ([LATE] if self.clock() - slot > LATE_SECONDS else [])

    async def _accepted(self, name: str, until: float) -> None:
        now = self.clock()
        self.counts.outcomes[name, "delivered"] += 1
        self.counts.successes[name] = now
        self._failing.pop(name, None)
        self._have[name] = until
        await asyncio.to_thread(self.store.digest_told, name, until)
        log.info("%s: the digest was delivered", name)

    async def _failed(self, name: str, told: Told, slot: float, error: Undelivered) -> None:
        self.counts.outcomes[name, error.outcome] += 1
        before = self._failing.get(name)
        times = before.times + 1 if before is not None and before.slot == slot else 1
        wait = min(LONGEST, SOONEST * 2.0 ** (times - 1))
        self._failing[name] = Failing(slot, times, self.clock() + wait)
        log.warning("%s: the digest was not delivered, next try in %.0f s: %s", name, wait, error)
        # That this try has surely not arrived says nothing of one before it.
        if not error.unsure and told.begun != slot:
            await asyncio.to_thread(self.store.digest_begun, name, 0.0)

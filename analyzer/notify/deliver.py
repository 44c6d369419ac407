"""Tell one service, one group after the other, until it has accepted all."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from analyzer.notify import incident
from analyzer.notify.counts import Counts
from analyzer.notify.incident import Incident, Step, step
from analyzer.notify.message import compose
from analyzer.notify.service import Service, Undelivered
from analyzer.notify.store import Store, StoreError
from analyzer.notify.turns import Turns

log = logging.getLogger(__name__)

STORE_SECONDS = 5.0  # until the store is tried again
LATE_SECONDS = 60.0  # after which a message says that it is late
TWICE = "Sent again after an interruption, so this may be here twice."
LATE = "Told late: this service could not be reached, or asked to slow down."


@dataclass
class Delivering:
    """`settled` hears of each group as it is kept after its delivery; `waited_for`: does somebody wait for it?"""

    service: Service
    store: Store
    turns: Turns
    counts: Counts
    clock: Callable[[], float]
    waited_for: Callable[[str], bool]
    settled: Callable[[str, Incident], None]
    stopping: bool = False
    busy: bool = False

    async def forever(self) -> None:
        """Until `stopping` is seen, between two deliveries."""
        while not self.stopping:
            await self.turns.next()
            await asyncio.sleep(self.service.wait())
            # Asked for once more after the wait: whoever came first is the first, and is told as it is now.
            key = await self.turns.next()
            self.busy = True
            kept = await self._kept(key)
            self.busy = False
            if not kept:
                await asyncio.sleep(STORE_SECONDS)

    async def _kept(self, key: str) -> bool:
        """Deliver it, whatever is wrong with it; False: the store is out of order."""
        try:
            await self._deliver(key)
        except StoreError as e:
            log.error("%s: nothing can be delivered, for it could not be kept: %s", self.service.name, e)
            return False
        except Exception:  # whatever is wrong with one group, the others are told
            log.exception("%s: a message failed", self.service.name)
            self.counts.outcomes[self.service.name, "failed"] += 1
            self.turns.failed(key, broken=True)
        return True

    async def _deliver(self, key: str) -> None:
        name, began = self.service.name, self.clock()
        before = await asyncio.to_thread(self.store.incident, name, key)
        if before is None or before.settled:
            self.turns.told(key, more=False)
            return
        what = step(before, began)
        # Kept before it is sent: whoever finds this mark after a crash knows that it may have arrived.
        await self._change(key, lambda now: replace(now, begun=began))
        try:
            messages = await self._tell(before, what, began)
        except Undelivered as e:
            await self._failed(key, e)
            return
        at = self.clock()
        confirmed = self.waited_for(key)
        kept = await self._change(key, lambda now: incident.told(now, before, what, messages, at, confirmed))
        if what != "nothing":
            self.counts.accepted(name, at, max(0.0, at - before.since))
            await asyncio.to_thread(self.store.succeeded, name, at)
        self.turns.told(key, more=not kept.settled)
        self.settled(key, kept)

    async def _tell(self, told: Incident, what: Step, now: float) -> tuple[str, ...]:
        if what == "nothing":
            return told.messages
        notes = [TWICE] if told.begun and what == "post" else []
        if now - told.since > LATE_SECONDS:
            notes.append(LATE)
        # In a thread: twenty thousand alerts take a second, and others wait for the event loop.
        message = await asyncio.to_thread(compose, told.wanted, told.context, notes)
        return await self.service.tell(message, what, told.messages)

    async def _failed(self, key: str, error: Undelivered) -> None:
        name = self.service.name
        self.counts.outcomes[name, error.outcome] += 1
        log.warning("%s: not delivered: %s", name, error)
        if not error.unsure:
            await self._change(key, lambda now: replace(now, begun=0.0))
        # A limit is nobody's failure: the service itself says how long to wait.
        if error.outcome != "limited":
            self.turns.failed(key, error.broken)

    async def _change(self, key: str, change: Callable[[Incident], Incident]) -> Incident:
        name = self.service.name

        def changed(now: Incident | None) -> Incident:
            if now is None:
                raise StoreError("an incident is gone from the store")
            return change(now)

        after = (await asyncio.to_thread(self.store.change, key, {name: changed}))[name]
        assert after is not None
        return after

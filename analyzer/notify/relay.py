"""Take what Alertmanager says, keep it, have it delivered, and say when everybody it is for has it.

Nothing is answered well until every service it is for has accepted it, so Alertmanager keeps it too, and says it again.
What is kept here as well survives this program, waits for limits and outages, and is told even where Alertmanager has
meanwhile seen it end.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analyzer.notify import context
from analyzer.notify.context import LookAtLogs
from analyzer.notify.counts import Counts
from analyzer.notify.deliver import Delivering
from analyzer.notify.incident import Incident, abandoned, heard, without
from analyzer.notify.panels import linked
from analyzer.notify.payload import Group
from analyzer.notify.present import Missing
from analyzer.notify.service import Service
from analyzer.notify.store import Change, Store, StoreError
from analyzer.notify.turns import Turns

log = logging.getLogger(__name__)

SWEEP_SECONDS = 60.0
KEPT_SECONDS = 30 * 86_400.0
STOP_SECONDS = 8.0
Present = Callable[[str], Awaitable[frozenset[str] | None]]
"""The fingerprints of what the Alertmanager at a URL has; None: it does not say."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All times in seconds."""

    hold: float = 8.0  # Alertmanager waits 10 s for an answer where group_interval is not longer
    remind_after: float = 1800.0  # what is said again sooner is a repetition, not a reminder
    confirm_within: float = 900.0  # in which Alertmanager comes back for what it was not answered
    grafana: str = ""  # whose panels messages lead to, as the reader's browser finds it; empty: none
    alertmanager: str = ""  # where it is asked what it still has; empty: where its messages say that it is


@dataclass(eq=False)
class Watch:
    """Somebody who waits until a group is told as far as a revision."""

    done: int = 0
    over: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, revision: int) -> None:
        while self.done < revision and not self.over:
            self.changed.clear()
            await self.changed.wait()


class Relay:
    """`clock` tells seconds since the epoch, `monotonic` seconds; `at_logs` None: no logs are looked at."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
        at_logs: LookAtLogs | None = None,
        present: Present | None = None,
    ) -> None:
        self._store, self._clock, self._monotonic, self._at_logs = store, clock, monotonic, at_logs
        self._present, self._missing = present, Missing(clock)
        self._settings = Settings()
        self.counts = Counts(successes=store.successes())
        self._delivering: dict[str, Delivering] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._looking: set[asyncio.Task[None]] = set()
        self._watches: dict[tuple[str, str], set[Watch]] = {}
        self._stopping = False

    @property
    def names(self) -> Collection[str]:
        return self._delivering.keys()

    @property
    def pending(self) -> Mapping[str, int]:
        """By service, how many groups it has yet to hear of."""
        return {name: len(one.turns) for name, one in self._delivering.items()}

    def use(self, services: Sequence[Service], settings: Settings) -> None:
        """Deliver to these from now on, beginning with what is left from before; needs the running loop."""
        self._settings = settings
        wanted = {service.name: service for service in services}
        for name in self._tasks.keys() - wanted.keys():
            self._tasks.pop(name).cancel()
            del self._delivering[name]
        for name, service in wanted.items():
            if name in self._delivering:
                self._delivering[name].service = service
            else:
                self._begin(name, service)

    def _begin(self, name: str, service: Service) -> None:
        turns = Turns(self._monotonic)
        for key in self._store.unsettled(name):
            turns.put(key)

        def settled(key: str, kept: Incident) -> None:
            for watch in self._watches.get((name, key), ()):
                watch.done = max(watch.done, kept.done)
                watch.changed.set()

        one = self._delivering[name] = Delivering(
            service, self._store, turns, self.counts, self._clock, lambda key: (name, key) in self._watches, settled
        )
        self._tasks[name] = asyncio.create_task(one.forever())

    async def forever(self) -> None:
        """Look after what nobody came back for, until `close`; ends with the error of a delivery that fails."""
        while not self._stopping:
            tick = asyncio.create_task(asyncio.sleep(SWEEP_SECONDS))
            try:
                done, _ = await asyncio.wait({tick, *self._tasks.values()}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                tick.cancel()
            for task in done:
                if not task.cancelled():
                    task.result()
            try:
                await self.sweep()
            except StoreError as e:
                log.error("the relay's store: %s", e)

    async def take(self, group: Group, only: str | None = None) -> list[str]:
        """Keep it, and wait a while until it is told; the services that it is not told to yet. StoreError: not kept."""
        names = [only] if only is not None else list(self._delivering)
        watches = {name: Watch() for name in names}
        for name, watch in watches.items():
            self._watches.setdefault((name, group.key), set()).add(watch)
        try:
            return await self._taken(group, watches)
        finally:
            for name, watch in watches.items():
                rest = self._watches[name, group.key]
                rest.discard(watch)
                if not rest:
                    del self._watches[name, group.key]

    async def _taken(self, group: Group, watches: Mapping[str, Watch]) -> list[str]:
        now = self._clock()
        group = linked(group, self._settings.grafana)
        changes = {name: self._hearing(name, group, now) for name in watches}
        kept = await asyncio.to_thread(self._store.change, group.key, changes)
        # A reload may have taken a service away meanwhile.
        there = {name: found for name, found in kept.items() if found is not None and name in self._delivering}
        open_ones = {name: found for name, found in there.items() if not found.settled}
        self._line_up(group, open_ones)
        waits = {name: asyncio.create_task(watches[name].until(found.revision)) for name, found in open_ones.items()}
        if not waits:
            return []
        try:
            await asyncio.wait(waits.values(), timeout=0 if self._stopping else self._settings.hold)
        finally:
            for wait in waits.values():
                wait.cancel()
        return [name for name, found in open_ones.items() if watches[name].done < found.revision]

    def _hearing(self, name: str, group: Group, now: float) -> Change:
        severities = self._delivering[name].service.severities
        its = not severities or any(alert.labels.get("severity", "") in severities for alert in group.alerts)

        def hearing(before: Incident | None) -> Incident | None:
            # Whoever heard the beginning hears the end, whatever severity is left by then.
            if its or (before is not None and (before.is_open or not before.settled)):
                return heard(before, group, now, self._settings.remind_after)
            return None

        return hearing

    def _line_up(self, group: Group, open_ones: Mapping[str, Incident]) -> None:
        fresh = [name for name, found in open_ones.items() if not found.told and found.since == found.heard]
        look = bool(fresh) and self._at_logs is not None and bool(context.hosts(group))
        for name in open_ones:
            wait = context.SECONDS if look and name in fresh else 0.0
            self._delivering[name].turns.put(group.key, wait)
        if look and self._at_logs is not None:
            task = asyncio.create_task(self._look(group, fresh, self._at_logs))
            self._looking.add(task)
            task.add_done_callback(self._looking.discard)

    async def _look(self, group: Group, names: Sequence[str], at_logs: LookAtLogs) -> None:
        """Put what the logs say beside the group, and let it go."""
        text = await context.look(group, at_logs)

        def told(now: Incident | None) -> Incident | None:
            return None if now is None else replace(now, context=text)

        try:
            if text:
                await asyncio.to_thread(self._store.change, group.key, dict.fromkeys(names, told))
        except StoreError as e:
            log.error("what logs say could not be kept: %s", e)
        for name in names:
            if name in self._delivering:
                self._delivering[name].turns.hurry(group.key)

    async def sweep(self) -> None:
        """End what Alertmanager never came back for, and forget what ended long ago."""
        now = self._clock()
        before = now - self._settings.confirm_within
        for name, key in await asyncio.to_thread(self._store.unconfirmed, before):
            if name in self._delivering:
                changes = {name: _abandoning(before, now)}
                await asyncio.to_thread(self._store.change, key, changes)
                self._delivering[name].turns.put(key)
        if self._present is not None:
            await self._end_missing(self._present)
        await asyncio.to_thread(self._store.forget, now - KEPT_SECONDS, list(self._delivering))

    async def _end_missing(self, present: Present) -> None:
        """End what ended while Alertmanager muted it, of which it never says a word."""
        there: dict[str, frozenset[str] | None] = {}
        known: set[str] = set()
        for name, key in await asyncio.to_thread(self._store.open_ones):
            found = await asyncio.to_thread(self._store.incident, name, key)
            url = found and (self._settings.alertmanager or found.wanted.external_url)
            if found is None or name not in self._delivering or not url:
                continue
            known |= {alert.fingerprint for alert in found.wanted.alerts}
            if url not in there:
                there[url] = await present(url)
            has = there[url]
            gone = self._missing.gone(found, has) if has is not None else {}
            if gone:
                await asyncio.to_thread(self._store.change, key, {name: _ending(gone, self._clock())})
                self._delivering[name].turns.put(key)
        self._missing.keep(known)

    async def close(self) -> None:
        """Answer those who wait, let what is under way end, and stop."""
        self._stopping = True
        for watch in [watch for watches in self._watches.values() for watch in watches]:
            watch.over = True
            watch.changed.set()
        for one in self._delivering.values():
            one.stopping = True
        busy = [self._tasks[name] for name, one in self._delivering.items() if one.busy]
        if busy:
            await asyncio.wait(busy, timeout=STOP_SECONDS)
        for task in [*self._tasks.values(), *self._looking]:
            task.cancel()
        await asyncio.gather(*self._tasks.values(), *self._looking, return_exceptions=True)


def _abandoning(before: float, now: float) -> Change:
    def abandoning(found: Incident | None) -> Incident | None:
        # Looked at once more: Alertmanager may have come back just now.
        if found is None or found.confirmed or not found.is_open or not found.settled or found.heard >= before:
            return None
        return abandoned(found, now)

    return abandoning


def _ending(gone: Mapping[str, float], now: float) -> Change:
    def ending(found: Incident | None) -> Incident | None:
        # Looked at once more: Alertmanager may have spoken just now.
        return without(found, gone, now) if found is not None and found.settled and found.is_open else None

    return ending

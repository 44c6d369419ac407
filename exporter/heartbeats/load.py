"""Brings the receiver to what the store and the configuration file say, at start and at each reload."""

import asyncio
import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace

from exporter.clock import Clock, Reading, between
from exporter.heartbeats.declare import Calendar, heartbeat_of
from exporter.heartbeats.heartbeat import Definition, Heartbeat
from exporter.heartbeats.ledger import SLICE, Ledger
from exporter.heartbeats.receiver import Receiver, Unavailable, row
from exporter.heartbeats.schedules import Every, Gap, Plan
from exporter.heartbeats.store import ClockEvent, Loaded, StorageError, Stored
from exporter.heartbeats.timeline import Timeline

CHUNK = 2_000  # receipts that are replayed at once
NOTHING_EXPECTED = Plan(Every(86_400.0), 0.0)

Definitions = Mapping[str, Definition]


class Past:
    """What the log makes of the heartbeats; apart from the receiver, until nothing can fail any more."""

    def __init__(self, heartbeats: Mapping[int, Heartbeat]) -> None:
        self.heartbeats = heartbeats
        self.timeline = Timeline()
        self.gap_seconds = 0.0

    async def replay(self, ledger: Ledger, loaded: Loaded) -> None:
        """Apply the log behind the saved states, receipts and clock events in their one order."""
        events = deque(loaded.clock)
        entries = await ledger.replay(loaded.folded, CHUNK)
        while entries:
            for entry in entries:
                while events and events[0].id < entry.id:
                    self.reckon(events.popleft())
                heartbeat = self.heartbeats.get(entry.heartbeat)
                if heartbeat is not None and entry.id > heartbeat.applied:
                    heartbeat.apply(entry.id, entry.receipt)
            entries = await ledger.replay(entries[-1].id, CHUNK)
        for event in events:
            self.reckon(event)

    def reckon(self, event: ClockEvent) -> None:
        self.timeline.take(event)
        for heartbeat in self.heartbeats.values():
            if event.id > heartbeat.applied:
                heartbeat.reckon(event.id, Gap(event.start, event.end), event.kind == "step")


async def load(receiver: Receiver, definitions: Definitions, calendar: Calendar, clock: Clock) -> None:
    """Restore every heartbeat, replay what was not folded in, credit the time since we last listened.

    StorageError: nothing has been placed, try again. ConfigError: a heartbeat registered through the API refers to
    something that the file no longer defines.
    """
    async with receiver.changing:
        loaded = await receiver.ledger.load()
        reading = clock.read()
        past = Past(await _restored(loaded.heartbeats, definitions, calendar, reading.wall))
        await past.replay(receiver.ledger, loaded)
        changes = between(Reading(**loaded.alive), reading, stall=0.0) if loaded.alive is not None else ()
        for event in await receiver.ledger.note(changes, reading):
            past.reckon(event)
            past.gap_seconds += event.end - event.start if event.kind == "down" else 0.0
        await _take_over(receiver, past, loaded, definitions, reading)


async def _take_over(
    receiver: Receiver, past: Past, loaded: Loaded, definitions: Definitions, reading: Reading
) -> None:
    rows, present, absent = _sorted_out(past, loaded, reading.wall)
    known = {heartbeat.definition.id for heartbeat in present}
    new = [_new(receiver, d, reading.wall) for d in definitions.values() if d.id not in known]
    rows += [row(heartbeat, heartbeat.definition) for heartbeat in new]
    if rows:
        await receiver.ledger.declare(rows)
    # From here on nothing fails.
    receiver.reckoning.restart(past.timeline, reading, past.gap_seconds)
    receiver.loaded = True
    receiver.absent = absent
    for heartbeat in past.heartbeats.values():
        receiver.unsaved.note(heartbeat)
    await _place(receiver, [(heartbeat, heartbeat.definition) for heartbeat in (*present, *new)])
    # With very many heartbeats that took so long that it was downtime itself; the first scrape is not to wait for it.
    await receiver.reckoning.watch()
    await receiver.refresh()
    receiver.lines.trim()
    receiver.ready = True


def _sorted_out(past: Past, loaded: Loaded, now: float) -> tuple[list[Stored], list[Heartbeat], dict[str, Heartbeat]]:
    """Rows that are to be written anew, heartbeats that somebody defines, and by id those that nobody does."""
    rows, present, absent = [], [], {}
    for stored in loaded.heartbeats:
        heartbeat = past.heartbeats[stored.key]
        definition = heartbeat.definition
        if definition.plan is NOTHING_EXPECTED:
            absent[stored.id] = heartbeat
            if stored.absent is None:
                rows.append(row(heartbeat, definition, now))
            continue
        present.append(heartbeat)
        if stored.absent is not None:
            heartbeat.since = now  # out of the file for a while: nobody expected anything of it
        if stored.absent is not None or stored.definition != definition.spec:
            rows.append(row(heartbeat, definition))
    return rows, present, absent


async def adopt(receiver: Receiver, definitions: Definitions, calendar: Calendar) -> None:
    """Take another configuration over. ConfigError, StorageError: nothing has changed."""
    async with receiver.changing:
        if not receiver.loaded:
            return  # the next try to load will take it
        wanted: dict[str, Definition] = dict(definitions)
        for heartbeat in receiver.register:
            spec = heartbeat.definition.spec
            if spec is not None and heartbeat.definition.id not in wanted:
                wanted[heartbeat.definition.id] = heartbeat_of(spec, calendar, "registered through the API")
        gone = [heartbeat for heartbeat in receiver.register if heartbeat.definition.id not in wanted]
        pairs = [(receiver.known_as(definition), definition) for definition in wanted.values()]
        changed = [(h, d) for h, d in pairs if receiver.register.by_id(d.id) is not h or h.definition != d]
        rows = [row(heartbeat, heartbeat.definition, receiver.now()) for heartbeat in gone]
        rows += [row(h, d) for h, d in changed if receiver.register.by_id(d.id) is not h or h.definition.spec != d.spec]
        try:
            if rows:
                await receiver.kept(receiver.ledger.declare, rows)
        except Unavailable as e:
            raise StorageError(str(e)) from e
        for heartbeat in gone:
            receiver.withdraw(heartbeat)
            receiver.absent[heartbeat.definition.id] = heartbeat
        await _place(receiver, changed)


async def _restored(
    rows: list[Stored], definitions: Definitions, calendar: Calendar, now: float
) -> dict[int, Heartbeat]:
    """All heartbeats of the store by key, also those that nobody defines now, since the log has receipts of theirs."""
    found = {}
    for number, stored in enumerate(rows):
        found[stored.key] = heartbeat = Heartbeat(stored.key, _definition(stored, definitions, calendar), now)
        try:
            heartbeat.restore(json.loads(stored.state), stored.applied, now)
        except (LookupError, TypeError, ValueError) as e:
            raise StorageError(f"the state of heartbeat {stored.id!r} makes no sense: {e!r}") from e
        rows[number] = replace(stored, state="")  # read, and at 100,000 heartbeats 40 MB
        if number % SLICE == SLICE - 1:
            await asyncio.sleep(0)
    return found


def _definition(stored: Stored, definitions: Definitions, calendar: Calendar) -> Definition:
    definition = definitions.get(stored.id)
    if definition is None and stored.definition is not None:
        return heartbeat_of(stored.definition, calendar, f"heartbeat {stored.id}, registered through the API")
    return definition or Definition(stored.id, stored.id, stored.id, (), NOTHING_EXPECTED, "", "UTC", float("inf"))


def _new(receiver: Receiver, definition: Definition, now: float) -> Heartbeat:
    heartbeat = Heartbeat(receiver.ledger.new_key(), definition, now)
    heartbeat.applied = receiver.ledger.last
    return heartbeat


async def _place(receiver: Receiver, heartbeats: Sequence[tuple[Heartbeat, Definition]]) -> None:
    for number, (heartbeat, definition) in enumerate(heartbeats):
        receiver.place(heartbeat, definition)
        if number % SLICE == SLICE - 1:
            await asyncio.sleep(0)

"""Brings the receiver to what the store and the configuration file say, at start and at each reload."""

import asyncio
from collections import deque
from collections.abc import Mapping

from exporter.clock import Clock, Reading, between
from exporter.heartbeats.declare import Calendar, heartbeat_of
from exporter.heartbeats.heartbeat import Definition, Heartbeat
from exporter.heartbeats.receiver import SLICE, Receiver, row
from exporter.heartbeats.schedules import Gap
from exporter.heartbeats.store import ClockEvent, Loaded, Stored

CHUNK = 10_000  # receipts that are replayed at once

Definitions = Mapping[str, Definition]


async def load(receiver: Receiver, definitions: Definitions, calendar: Calendar, clock: Clock) -> None:
    """Restore every heartbeat, replay what was not folded in, credit the time since we last listened.

    StorageError: nothing has been placed, try again. ConfigError: a heartbeat registered through the API refers to
    something that the file no longer defines.
    """
    loaded = await receiver.ledger.load()
    restored = {stored.key: _restored(stored, definitions, calendar, receiver.now()) for stored in loaded.heartbeats}
    known = {key: heartbeat for key, heartbeat in restored.items() if heartbeat is not None}
    await _replay(receiver, known, loaded)
    for heartbeat in known.values():
        receiver.register.add(heartbeat)
    if loaded.alive is not None:
        for change in between(Reading(**loaded.alive), clock.read(), stall=0.0):
            await receiver.take(change)
    await _mark_absent(receiver, [stored for stored in loaded.heartbeats if restored[stored.key] is None])
    await _show(receiver, list(known.values()))
    await _declare_new(receiver, definitions)
    receiver.ready = True


async def adopt(receiver: Receiver, definitions: Definitions, calendar: Calendar) -> None:
    """Take another configuration over. ConfigError before anything has changed, StorageError maybe half-way."""
    wanted: dict[str, Definition] = dict(definitions)
    for heartbeat in receiver.register:
        spec = heartbeat.definition.spec
        if spec is not None and heartbeat.definition.id not in wanted:
            wanted[heartbeat.definition.id] = heartbeat_of(spec, calendar, "registered through the API")
    gone = [heartbeat for heartbeat in receiver.register if heartbeat.definition.id not in wanted]
    await receiver.ledger.declare([row(h, h.definition, receiver.now()) for h in gone])
    for heartbeat in gone:
        receiver.withdraw(heartbeat)
    for number, heartbeat in enumerate(list(receiver.register)):
        definition = wanted[heartbeat.definition.id]
        if definition != heartbeat.definition:
            await receiver.declare(definition)
        if number % SLICE == SLICE - 1:
            await asyncio.sleep(0)
    await _declare_new(receiver, definitions)


def _restored(stored: Stored, definitions: Definitions, calendar: Calendar, now: float) -> Heartbeat | None:
    definition = definitions.get(stored.id)
    if definition is None and stored.definition is not None:
        definition = heartbeat_of(stored.definition, calendar, f"heartbeat {stored.id}, registered through the API")
    if definition is None:
        return None
    heartbeat = Heartbeat(stored.key, definition, now)
    heartbeat.restore(stored.state, stored.applied)
    if stored.absent is not None:
        heartbeat.since = now  # it was out of the file for a while: nobody expected anything of it
    return heartbeat


async def _replay(receiver: Receiver, known: Mapping[int, Heartbeat], loaded: Loaded) -> None:
    """Apply the log behind the saved states, receipts and clock events in their one order."""
    events = deque(loaded.clock)
    after, entries = loaded.folded, await receiver.ledger.replay(loaded.folded, CHUNK)
    while entries:
        for entry in entries:
            while events and events[0].id < entry.id:
                _reckon(receiver, known, events.popleft())
            heartbeat = known.get(entry.heartbeat)
            if heartbeat is not None and entry.id > heartbeat.applied:
                heartbeat.apply(entry.id, entry.receipt)
                receiver.note_unsaved(heartbeat)
        after = entries[-1].id
        entries = await receiver.ledger.replay(after, CHUNK)
    for event in events:
        _reckon(receiver, known, event)


def _reckon(receiver: Receiver, known: Mapping[int, Heartbeat], event: ClockEvent) -> None:
    receiver.timeline.take(event)
    for heartbeat in known.values():
        if event.id > heartbeat.applied:
            heartbeat.reckon(event.id, Gap(event.start, event.end), event.kind == "step")
            receiver.note_unsaved(heartbeat)


async def _mark_absent(receiver: Receiver, rows: list[Stored]) -> None:
    now = receiver.now()
    newly = [Stored(r.key, r.id, r.definition, r.applied, r.state, now) for r in rows if r.absent is None]
    if newly:
        await receiver.ledger.declare(newly)


async def _show(receiver: Receiver, heartbeats: list[Heartbeat]) -> None:
    for number, heartbeat in enumerate(heartbeats):
        receiver.place(heartbeat, heartbeat.definition)
        if number % SLICE == SLICE - 1:
            await asyncio.sleep(0)


async def _declare_new(receiver: Receiver, definitions: Definitions) -> None:
    """Keep and place what the file defines and nobody knew; thousands at once make one commit."""
    new = []
    for definition in definitions.values():
        if receiver.register.by_id(definition.id) is None:
            heartbeat = Heartbeat(receiver.ledger.new_key(), definition, receiver.now())
            heartbeat.applied = receiver.ledger.last
            new.append(heartbeat)
    if new:
        await receiver.ledger.declare([row(heartbeat, heartbeat.definition) for heartbeat in new])
        await _show(receiver, new)

"""A receiver on a real store, with a clock that tests can move."""

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from exporter.clock import Reading
from exporter.heartbeats.declare import Calendar, heartbeat_of
from exporter.heartbeats.heartbeat import Definition, Heartbeat
from exporter.heartbeats.ledger import Ledger
from exporter.heartbeats.load import load
from exporter.heartbeats.receipt import SUCCESS, Receipt
from exporter.heartbeats.receiver import Receiver
from exporter.heartbeats.register import Keys
from exporter.heartbeats.store import FILE, Store
from exporter.scrape import stream
from toolkit.negotiate import Form

NOON = 1_700_000_000.0 - 1_700_000_000.0 % 86_400 + 43_200  # 12:00 UTC


class FakeClock:
    """Wall and up move together, or the wall alone."""

    def __init__(self, wall: float = NOON) -> None:
        self.reading = Reading(wall, 1000.0, "boot")

    def read(self) -> Reading:
        return self.reading

    def up(self) -> float:
        return self.reading.up

    def go(self, seconds: float) -> None:
        self.reading = replace(self.reading, wall=self.reading.wall + seconds, up=self.reading.up + seconds)

    def step(self, seconds: float) -> None:
        self.reading = replace(self.reading, wall=self.reading.wall + seconds)

    def boot(self, away: float) -> None:
        self.reading = Reading(self.reading.wall + away, 7.0, self.reading.boot + "'")


def defined(id: str, calendar: Calendar | None = None, **spec: Any) -> Definition:
    """A heartbeat of the configuration file, every minute with ten seconds of grace unless told otherwise."""
    if not {"every", "cron"} & spec.keys():
        spec["every"] = "60s"
    return replace(heartbeat_of({"id": id, "grace": "10s"} | spec, calendar or Calendar()), spec=None)


def several(definitions: Iterable[Definition]) -> dict[str, Definition]:
    return {definition.id: definition for definition in definitions}


def made(path: Path, clock: FakeClock) -> Receiver:
    return Receiver(Ledger(Store(path), clock.up), Keys(b"a secret of some length"), clock)


@asynccontextmanager
async def started(
    path: Path, clock: FakeClock, *definitions: Definition, calendar: Calendar | None = None
) -> AsyncIterator[Receiver]:
    """A loaded receiver that in the end dies at once: nothing is saved, only the store let go of."""
    receiver = made(path, clock)
    try:
        await load(receiver, several(definitions), calendar or Calendar(), clock)
        yield receiver
    finally:
        await receiver.ledger.close()


async def ping(receiver: Receiver, id: str, kind: int = SUCCESS, **more: Any) -> None:
    """A committed receipt of now; Unavailable as the client would hear it."""
    promise = receiver.submit(found(receiver, id), Receipt(receiver.now(), kind, **more))
    await receiver.commit()
    await promise


def found(receiver: Receiver, id: str) -> Heartbeat:
    heartbeat = receiver.register.by_id(id)
    assert heartbeat is not None
    return heartbeat


async def exposition(receiver: Receiver) -> str:
    """What a scrape shows of the heartbeats, after its look at the clocks."""
    await receiver.look()
    return text(receiver)


def text(receiver: Receiver) -> str:
    pieces = receiver.lines.pieces(False, range(16))
    return b"".join(piece if isinstance(piece, bytes) else bytes(piece.text) for piece in pieces).decode()


async def shown(receiver: Receiver, family: str, id: str, more: str = "") -> float:
    """A heartbeat's value as a scrape shows it now."""
    pattern = rf'^heartbeat_{family}{{heartbeat="{id}",[^}}]*{more}}} (.*)$'
    values = re.findall(pattern, await exposition(receiver), re.MULTILINE)
    assert len(values) == 1, f"{family} of {id}: {values}"
    return float(values[0])


async def late(receiver: Receiver, clock: FakeClock) -> set[str]:
    """Whom the rule would call late: the deadline as shown lies behind the time of the clock on the wall."""
    lines = re.findall(
        r'^heartbeat_deadline_timestamp_seconds{heartbeat="([^"]+)"[^}]*} (.*)$',
        await exposition(receiver),
        re.MULTILINE,
    )
    return {id for id, deadline in lines if clock.reading.wall > float(deadline)}


def away(path: Path) -> None:
    """Take the store's file away, as a disk does that is not mounted."""
    (path / FILE).rename(path / "elsewhere")


def back(path: Path) -> None:
    (path / "elsewhere").rename(path / FILE)


__all__ = [
    "NOON", "FakeClock", "Form", "away", "back", "defined", "exposition", "found", "late", "made", "ping", "several",
    "shown", "started", "stream", "text",
]  # fmt: skip

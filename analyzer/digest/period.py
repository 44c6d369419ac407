"""When is a digest due, and what time does it cover? Calendars in local time, answers in UTC; pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Every = Literal["day", "week"]

DAYS: dict[Every, int] = {"day": 1, "week": 7}
MINUTE = timedelta(minutes=1)
LONGEST = timedelta(days=35)
"""A digest goes back to the last one that was told, but not further."""
LATE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Period:
    """From `begin` on and before `end`, both in seconds since 1970."""

    every: Every
    zone: ZoneInfo
    begin: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.begin

    def local(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self.zone)


def due(every: Every, at: time, zone: ZoneInfo, now: float) -> float:
    """The latest instant up to now at which a digest was due. A week's is due on Monday."""
    day = datetime.fromtimestamp(now, zone).date()
    if every == "week":
        day -= timedelta(days=day.weekday())
    slot = instant(day, at, zone)
    return slot if slot <= now else instant(day - timedelta(days=DAYS[every]), at, zone)


def period(every: Every, at: time, zone: ZoneInfo, slot: float, told: float | None, now: float) -> Period:
    """What the digest of a slot covers: from where the last one that was `told` ended, or else from the slot before.

    It ends when it was due. One that is late ends now: what it says of now would not fit to what it says of then.
    """
    day = datetime.fromtimestamp(slot, zone).date() - timedelta(days=DAYS[every])
    end = now if now - slot > LATE_SECONDS else slot
    begin = instant(day, at, zone) if told is None else max(told, slot - LONGEST.total_seconds())
    return Period(every, zone, begin, end)


def up_to(every: Every, zone: ZoneInfo, now: float) -> Period:
    """The day or week that ends now, by the calendar: at the same time of the day."""
    local = datetime.fromtimestamp(now, zone)
    begin = instant(local.date() - timedelta(days=DAYS[every]), local.time(), zone)
    return Period(every, zone, begin, now)


def instant(day: date, at: time, zone: ZoneInfo) -> float:
    """When a clock of the zone shows that time: the first of two, and of a time that is skipped, the jump."""
    local = datetime.combine(day, at.replace(fold=0), zone)
    found = local.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return found.timestamp()
    # Skipped: with fold=1 it is read as before the jump. Jumps happen at whole minutes.
    jump = local.replace(fold=1).astimezone(UTC).replace(second=0, microsecond=0)
    before = jump.astimezone(zone).utcoffset()
    while jump.astimezone(zone).utcoffset() == before:
        jump += MINUTE
    return jump.timestamp()

"""When is a named window schedule open?"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from exporter.heartbeats.schedules import holiday, wall
from exporter.heartbeats.schedules.slots import HORIZON

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """On `weekday` (Monday is 0) from minute `start` to minute `end` of the day; beyond 1440 it is the day after."""

    weekday: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Windows:
    """Weekly windows on the wall clock of a zone, closed on holidays and excepted dates.

    A window belongs to the day on which it starts. Its edges are local times: a skipped one means the jump, a doubled
    one the first time, so that a window that ends within a doubled hour ends in the first pass and opens no second
    time, and one that reaches past the doubled hour is an hour longer.
    """

    name: str
    zone: str
    windows: tuple[Window, ...]
    holidays: str | None
    excepted: frozenset[date]
    clock: ZoneInfo

    def __hash__(self) -> int:
        # Asked for with every look into the years below; that of all fields takes longer than the look.
        return hash((self.name, self.zone))

    @classmethod
    def parse(
        cls, name: str, zone: str, windows: Sequence[str], holidays: str | None = None, except_: Sequence[date] = ()
    ) -> Self:
        """From texts such as "Mon-Fri 08:00-18:00", "22:00-06:00", "Sat,Sun"; ValueError names what is wrong."""
        parsed = tuple(window for text in windows for window in _windows(text))
        if not parsed:
            raise ValueError(f"the schedule {name!r} has no windows: it would never open")
        if holidays is not None:
            holiday.days(holidays, 2025)  # any year: an unknown place is to be found now, not at the first receipt
        return cls(name, zone, parsed, holidays, frozenset(except_), wall.zone(zone))

    def active(self, at: float) -> bool:
        """Is it open at `at`?"""
        return self.next_open(at)[0] <= at

    def next_open(self, after: float) -> tuple[float, float]:
        """Start and end of the first open interval that ends after `after`; twice infinity: none within a year.

        The end is infinite when nothing closes it within a year. An interval that is open at `after` may have begun
        before the start given here.
        """
        if after >= HORIZON:
            return math.inf, math.inf
        starts, ends = _intervals(self, wall.local(after, self.clock).year)
        index = bisect_right(ends, after)
        return (starts[index], ends[index]) if index < len(ends) else (math.inf, math.inf)

    def next_change(self, at: float) -> float:
        """The instant of the next opening or closing after `at`, or infinity."""
        start, end = self.next_open(at)
        return end if start <= at else start

    def offset(self, at: float) -> float:
        """Seconds that the wall clock of the zone is ahead of UTC at `at`."""
        return wall.offset(at, self.clock)

    def closed_on(self, day: date) -> bool:
        """Does no window start on this day, although its weekday has one?"""
        return day in self.excepted or (self.holidays is not None and day in holiday.days(self.holidays, day.year))


@lru_cache(maxsize=256)
def _intervals(windows: Windows, year: int) -> tuple[list[float], list[float]]:
    """Starts and ends of all open intervals in `year` and the year after it, overlapping and adjacent ones merged."""
    starts: list[float] = []
    ends: list[float] = []
    # From the day before: its windows reach into the year by up to a day.
    for start, end in sorted(_edges(windows, date(year - 1, 12, 31), date(year + 2, 1, 1))):
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        elif start < end:
            starts.append(start)
            ends.append(end)
    if ends and ends[-1] >= wall.instant(datetime(year + 2, 1, 1), windows.clock):  # noqa: DTZ001 - local time
        ends[-1] = math.inf
    return starts, ends


def _edges(windows: Windows, first: date, end: date) -> Iterator[tuple[float, float]]:
    for number in range((end - first).days):
        day = first + timedelta(days=number)
        todays = [window for window in windows.windows if window.weekday == day.weekday()]
        if todays and not windows.closed_on(day):
            midnight = datetime.combine(day, time())
            for window in todays:
                edges = (midnight + timedelta(minutes=edge) for edge in (window.start, window.end))
                start, close = (wall.instant(edge, windows.clock) for edge in edges)
                yield start, close


def _windows(text: str) -> Iterator[Window]:
    words = text.split()
    hours = words.pop() if words and ":" in words[-1] else "00:00-24:00"
    if len(words) > 1 or not text.strip():
        raise ValueError(f'a window is written "Mon-Fri 08:00-18:00", "22:00-06:00" or "Sat,Sun", not {text!r}')
    start, end = _hours(hours)
    for weekday in _weekdays(words[0] if words else "Mon-Sun"):
        yield Window(weekday, start, end)


def _hours(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    start, end = _minute(first), _minute(last)
    if not dash or start in (_DAY, end):
        raise ValueError(f'the hours of a window are written "08:00-18:00" and are not empty, unlike {text!r}')
    return start, end if end > start else end + _DAY


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    if not (len(minute) == 2 and (hour + minute).isdecimal() and int(minute) < 60):
        raise ValueError(f'a time of day is written "08:00", not {text!r}')
    number = int(hour) * 60 + int(minute)
    if number > _DAY:
        raise ValueError(f"a day ends at 24:00, before {text!r}")
    return number


def _weekdays(text: str) -> list[int]:
    days: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        start = _weekday(first)
        length = (_weekday(last) - start) % 7 if dash else 0
        days += [(start + number) % 7 for number in range(length + 1)]
    return days


def _weekday(text: str) -> int:
    if text.lower() not in DAYS:
        raise ValueError(f"{text!r} is no day of the week: Mon, Tue, Wed, Thu, Fri, Sat, Sun")
    return DAYS.index(text.lower())

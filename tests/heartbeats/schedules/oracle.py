"""What is right, found the slow way: by walking over the wall clock minute by minute.

Nothing here knows how the schedules are computed; the rules of skipped and doubled hours are written out by hand.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
Matches = Callable[[datetime], bool]


@dataclass(frozen=True)
class Tick:
    """One minute that really passed: what the clock showed, what it left out before, and whether it shows it again."""

    at: float
    shows: datetime
    skipped: tuple[datetime, ...]
    again: bool


@lru_cache(maxsize=64)
def minutes(start: float, end: float, zone: str) -> tuple[Tick, ...]:
    """All minutes of [start, end), which begin on whole minutes of UTC."""
    return tuple(_walk(start, end, ZoneInfo(zone)))


def _walk(start: float, end: float, clock: ZoneInfo) -> Iterator[Tick]:
    # Three hours ahead, so that it is known at `start` what has been shown already.
    latest = datetime.fromtimestamp(start - 181 * 60, clock).replace(tzinfo=None, fold=0)
    for number in range(-180, int(end - start) // 60):
        at = start + 60 * number
        shows = datetime.fromtimestamp(at, clock).replace(tzinfo=None, fold=0)
        left_out = range(1, int((shows - latest) / MINUTE))
        if number >= 0:
            yield Tick(at, shows, tuple(latest + minute * MINUTE for minute in left_out), shows <= latest)
        latest = max(latest, shows)


def slots(matches: Matches, start: float, end: float, zone: str, *, repeats: bool) -> list[float]:
    """Every slot in [start, end)."""
    walk = minutes(start, end, zone)
    if repeats:
        return [tick.at for tick in walk if matches(tick.shows)]
    return [
        tick.at
        for tick in walk
        if not tick.again and (matches(tick.shows) or any(matches(minute) for minute in tick.skipped))
    ]


def open_minutes(inside: Matches, start: float, end: float, zone: str) -> list[bool]:
    """Minute by minute of [start, end): is it open, when `inside` tells it of local minutes?

    A window has passed its edges the first time that the clock shows them. So while the clock repeats itself, it stays
    as it was in the last minute before it was put back.
    """
    answers = []
    before = False
    for tick in minutes(start, end, zone):
        before = before if tick.again else inside(tick.shows)
        answers.append(before)
    return answers


def runs(answers: list[bool], start: float) -> list[tuple[float, float]]:
    """The stretches of open minutes, as instants."""
    found: list[tuple[float, float]] = []
    for number, is_open in enumerate(answers):
        at = start + 60 * number
        if is_open and found and found[-1][1] == at:
            found[-1] = (found[-1][0], at + 60)
        elif is_open:
            found.append((at, at + 60))
    return found


def wait(
    stretches: list[tuple[float, float]], since: float, period: int, grace: int, end: float
) -> tuple[float, float] | None:
    """Due and late for a receipt every `period`, stepping through open minutes; None when it is not before `end`."""
    due, waited = 0.0, 0
    for opens, closes in stretches:
        if opens > since and closes - opens >= period + grace:
            waited = 0
        at = max(opens, since)
        while at < closes and at < end:
            at, waited = at + 60, waited + 60
            due = at if waited == period else due
            if waited == period + grace:
                return due, at
    return None

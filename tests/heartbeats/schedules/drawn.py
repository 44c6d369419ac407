"""Days, expressions and windows at random, each with what it means."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.heartbeats.schedules.oracle import Matches
from tests.heartbeats.schedules.times import at

DAY = 86400
FIRST, LAST = at("2025-01-01", "UTC"), at("2027-01-01", "UTC")


def changes(zone: str) -> list[float]:
    """The days of two years on which the clock is changed; for Apia also the one that was left out."""
    clock = ZoneInfo(zone)
    days = [*range(int(FIRST), int(LAST), DAY), *range(int(at("2011-12-20", "UTC")), int(at("2012-01-10", "UTC")), DAY)]
    offsets = [(day, datetime.fromtimestamp(day, clock).utcoffset()) for day in days]
    return [float(day) for (day, before), (_, after) in pairwise(offsets) if before != after]


def change_days(zone: str) -> st.SearchStrategy[float]:
    """Mostly days on which the clock is changed, and any others of the two years."""
    others = st.integers(0, 23).map(lambda month: FIRST + 31 * DAY * month)
    return st.one_of(st.sampled_from(found), others) if (found := changes(zone)) else others


@dataclass(frozen=True)
class Field:
    """A part of an expression: its text, the numbers it stands for, and whether the text begins with a star."""

    text: str
    numbers: frozenset[int]
    star: bool


@dataclass(frozen=True)
class Expression:
    """A text in either language, the local minutes it matches, and whether it runs all day long."""

    text: str
    matches: Matches
    repeats: bool


def _fields(low: int, high: int, separator: str = "-") -> st.SearchStrategy[Field]:
    numbers = range(low, high + 1)
    lists = st.sets(st.sampled_from(numbers), min_size=1, max_size=4).map(
        lambda chosen: Field(",".join(str(number) for number in sorted(chosen)), frozenset(chosen), star=False)
    )
    ranges = st.tuples(st.sampled_from(numbers), st.sampled_from(numbers)).map(
        lambda ends: Field(f"{min(ends)}{separator}{max(ends)}", frozenset(range(min(ends), max(ends) + 1)), star=False)
    )
    return st.one_of(lists, ranges)


def _star(low: int, high: int) -> Field:
    return Field("*", frozenset(range(low, high + 1)), star=True)


def _cron_fields(low: int, high: int) -> st.SearchStrategy[Field]:
    steps = st.integers(2, (high - low) // 2).map(
        lambda step: Field(f"*/{step}", frozenset(range(low, high + 1, step)), star=True)
    )
    return st.one_of(_fields(low, high), st.just(_star(low, high)), steps)


@st.composite
def crons(draw: st.DrawFn) -> Expression:
    """Five fields as Debian's cron reads them."""
    # Hours around which clocks are changed, so that most examples meet a change.
    minute, hour = draw(_cron_fields(0, 59)), draw(st.one_of(_cron_fields(0, 4), _cron_fields(0, 23)))
    if hour.star:
        hour = draw(st.sampled_from([_star(0, 23), Field("*/2", frozenset(range(0, 24, 2)), star=True)]))
    day, weekday = draw(_cron_fields(1, 28)), draw(_cron_fields(0, 6))
    day = _star(1, 31) if day.text == "*" else Field(day.text, _days(day), day.star)

    def matches(time: datetime) -> bool:
        on_day, on_weekday = time.day in day.numbers, time.isoweekday() % 7 in weekday.numbers
        both = day.star or weekday.star
        today = (on_day and on_weekday) if both else (on_day or on_weekday)
        return today and time.hour in hour.numbers and time.minute in minute.numbers

    text = f"{minute.text} {hour.text} {day.text} * {weekday.text}"
    return Expression(text, matches, repeats=minute.star or hour.star)


def _days(day: Field) -> frozenset[int]:
    step = int(day.text.removeprefix("*/")) if day.star else 0
    return frozenset(range(1, 32, step)) if step else day.numbers


WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@st.composite
def oncalendars(draw: st.DrawFn) -> Expression:
    """Weekdays, days of the month, hours and minutes as systemd reads them."""
    minute = draw(st.one_of(_fields(0, 59, ".."), st.just(_star(0, 59))))
    hour = draw(st.one_of(_fields(0, 4, ".."), _fields(0, 23, ".."), st.just(_star(0, 23))))
    day = draw(st.one_of(_fields(1, 31, ".."), st.just(_star(1, 31))))
    weekdays = draw(st.sets(st.sampled_from(range(7)), min_size=1, max_size=7))

    def matches(time: datetime) -> bool:
        today = time.weekday() in weekdays and time.day in day.numbers
        return today and time.hour in hour.numbers and time.minute in minute.numbers

    names = ",".join(WEEKDAYS[weekday] for weekday in sorted(weekdays))
    text = f"{names} *-*-{day.text} {hour.text}:{minute.text}"
    return Expression(text, matches, repeats=len(hour.numbers) == 24 or len(minute.numbers) == 60)


Drawn = tuple[str, frozenset[int], int, int]


def _drawn(weekdays: set[int], start: int, length: int) -> Drawn:
    names = ",".join(WEEKDAYS[weekday] for weekday in weekdays)
    end = (start + length) % 1440
    return f"{names} {start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}", frozenset(weekdays), start, length


# Edges around the hours at which clocks are changed, and any others.
_MINUTES = st.one_of(st.integers(0, 16).map(lambda quarter: 15 * quarter), st.integers(0, 1439))
WINDOWS = st.builds(_drawn, st.sets(st.sampled_from(range(7)), min_size=1), _MINUTES, st.integers(1, 1439))


def inside(drawn: list[Drawn], excepted: set[date]) -> Matches:
    """Is a local minute in a window of its day, or in one of the day before that has not ended yet?"""

    def within(time: datetime) -> bool:
        minute = time.hour * 60 + time.minute
        return any(
            start <= minute + 1440 * back < start + length and opened(time.date() - timedelta(days=back), weekdays)
            for _, weekdays, start, length in drawn
            for back in (0, 1)
        )

    def opened(day: date, weekdays: frozenset[int]) -> bool:
        return day.weekday() in weekdays and day not in excepted

    return within


def date_of(instant: float) -> date:
    return date(1970, 1, 1) + timedelta(seconds=instant)

"""When is a systemd timer with OnCalendar= due?"""

from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from oncalendar import BaseIterator, OnCalendarError

from exporter.heartbeats.schedules import slots, wall

_FIRST = datetime(1970, 1, 1)  # noqa: DTZ001 - naive on purpose: only the fields are taken from oncalendar


@dataclass(frozen=True, slots=True)
class _Line:
    matcher: BaseIterator
    clock: ZoneInfo

    def step(self, time: datetime) -> datetime | None:
        # A copy costs a tenth of parsing the expression anew; the sets of fields are shared and never changed.
        matcher = copy(self.matcher)
        matcher.dt = time.replace(microsecond=0, fold=0)
        return next(matcher, None)

    def next(self, after: float) -> float:
        # What is a star in cron is a full set here: `*:0/5` and `0/1:00` alike run all day long.
        repeats = len(self.matcher.hours) == 24 or len(self.matcher.minutes) == 60
        return slots.following(self.step, after, self.clock, repeats=repeats)


@dataclass(frozen=True, slots=True)
class OnCalendar:
    """Calendar expressions of systemd, one per line, on the wall clock of `zone` unless a line names its own.

    Raises ValueError for a bad expression, one that never fires, and an unknown zone.
    """

    calendar: ClassVar[bool] = True
    expression: str
    zone: str
    _lines: tuple[_Line, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        clock = wall.zone(self.zone)
        lines = tuple(_line(text, clock) for text in self.expression.splitlines() if text.strip())
        if not lines:
            raise ValueError("an OnCalendar expression must not be empty")
        object.__setattr__(self, "_lines", lines)

    def next(self, after: float) -> float:
        """The first slot of any line strictly after `after`, or infinity when all are over."""
        return min(line.next(after) for line in self._lines)

    def interval(self, at: float) -> float:
        """The distance between the next two slots, or infinity."""
        return slots.interval(self.next, at)


def _line(text: str, clock: ZoneInfo) -> _Line:
    *head, last = text.split()
    if head and last[0].isalpha():  # a date or a time begins with a digit or a star, weekdays stand first
        clock, text = wall.zone(last), " ".join(head)
    try:
        line = _Line(BaseIterator(text, _FIRST), clock)
    except OnCalendarError as e:
        raise ValueError(f"the OnCalendar expression {text!r} is wrong: {e}") from e
    if line.step(_FIRST) is None:
        raise ValueError(f"the OnCalendar expression {text!r} never fires")
    return line

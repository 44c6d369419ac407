"""At which instant is the next slot of an expression that is written in local time?

As Debian's cron does it: an expression of fixed times runs once per local time (a skipped one at the jump, a doubled
one the first time); one that repeats all day long (a star in its hours or minutes) follows the time that really passes.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from exporter.heartbeats.schedules import wall

Step = Callable[[datetime], datetime | None]
"""The first naive local time after the given one that matches, or None."""

HORIZON = 7_258_118_400.0
"""The start of the year 2200, where systemd stops as well: nothing is due after it."""

_SECOND = timedelta(seconds=1)


def following(step: Step, after: float, clock: ZoneInfo, *, repeats: bool) -> float:
    """The first slot strictly after `after`, or infinity."""
    if after >= HORIZON:
        return math.inf
    return (_repeated if repeats else _fixed)(step, after, clock)


def interval(following: Callable[[float], float], at: float) -> float:
    """The distance between the next two slots after `at`, or infinity."""
    slot = following(at)
    return following(slot) - slot if slot < math.inf else math.inf


def _fixed(step: Step, after: float, clock: ZoneInfo) -> float:
    time = step(wall.local(after, clock))
    # In the second pass of a doubled hour its slots are over: each was due in the first.
    while time is not None and wall.instant(time, clock) <= after:
        time = step(time)
    return math.inf if time is None else wall.instant(time, clock)


def _repeated(step: Step, after: float, clock: ZoneInfo) -> float:
    here = wall.local(after, clock)
    slot = _shown(step, here, after, clock)
    first, second = wall.passes(here, clock)
    if here.fold == 0 and first < second:
        # The clock will be put back: times that it shows already will come again.
        again = wall.local(wall.transition(here, clock), clock) - _SECOND
        slot = min(slot, _shown(step, again, after, clock, second_pass=True))
    return slot


def _shown(step: Step, time: datetime, after: float, clock: ZoneInfo, *, second_pass: bool = False) -> float:
    found = step(time)
    if found is None:
        return math.inf
    first, second = wall.passes(found, clock)
    if first > second:
        end_of_gap = wall.local(wall.transition(found, clock), clock)
        return _shown(step, end_of_gap - _SECOND, after, clock)
    return second if second_pass or first <= after else first

"""When is a job of a crontab due?"""

from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from exporter.heartbeats.schedules import slots, wall

_ANY = datetime(2024, 1, 1)  # noqa: DTZ001 - naive on purpose: only the fields are taken from cronsim


@dataclass(frozen=True, slots=True)
class Cron:
    """The five fields of a crontab line as Debian's cron reads them, on the wall clock of `zone`.

    Raises ValueError for a bad expression, one that never fires, and an unknown zone.
    """

    calendar: ClassVar[bool] = True
    expression: str
    zone: str
    _clock: ZoneInfo = field(init=False, repr=False, compare=False)
    _matcher: CronSim = field(init=False, repr=False, compare=False)
    _repeats: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        minutes, hours = _five_fields(self.expression)[:2]
        object.__setattr__(self, "_clock", wall.zone(self.zone))
        object.__setattr__(self, "_matcher", _parsed(self.expression))
        object.__setattr__(self, "_repeats", minutes.startswith("*") or hours.startswith("*"))
        if self._step(_ANY) is None:
            raise ValueError(f"the cron expression {self.expression!r} never fires")

    def next(self, after: float) -> float:
        """The first slot strictly after `after`."""
        return slots.following(self._step, after, self._clock, repeats=self._repeats)

    def interval(self, at: float) -> float:
        """The distance between the next two slots."""
        return slots.interval(self.next, at)

    def _step(self, time: datetime) -> datetime | None:
        # A copy costs a tenth of parsing the expression anew; the sets of fields are shared and never changed.
        matcher = copy(self._matcher)
        matcher.dt = time.replace(microsecond=0, fold=0)
        return next(matcher, None)


def _five_fields(expression: str) -> list[str]:
    fields = expression.split()
    if len(fields) != 5:
        raise ValueError(f"the cron expression {expression!r} has {len(fields)} fields instead of five")
    return fields


def _parsed(expression: str) -> CronSim:
    try:
        return CronSim(expression, _ANY)
    except CronSimError as e:
        raise ValueError(f"the cron expression {expression!r} is wrong or never fires: {e}") from e

"""When is work announced, so that nothing is expected?"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Protocol, Self

from exporter.heartbeats.schedules import wall
from exporter.heartbeats.schedules.cron import Cron


class Starts(Protocol):
    """Instants at which the work begins."""

    def next(self, after: float) -> float:
        """The first start strictly after `after`, or infinity."""


@dataclass(frozen=True, slots=True)
class Once:
    """A single start."""

    at: float

    def next(self, after: float) -> float:
        """The start, unless it is over."""
        return self.at if self.at > after else math.inf


@dataclass(frozen=True, slots=True)
class Maintenance:
    """`duration` seconds from each start, for everything whose labels match all globs."""

    matchers: tuple[tuple[str, str], ...]
    starts: Starts
    duration: float

    @classmethod
    def parse(
        cls,
        matchers: Mapping[str, str],
        zone: str,
        duration: float,
        *,
        start: str | None = None,
        cron: str | None = None,
    ) -> Self:
        """From globs by label, and either a local start ("2026-12-01 22:00") or a cron expression; else ValueError."""
        if not matchers:
            raise ValueError('maintenance names what it is for: {host: "*"} is everything')
        if not 0 < duration < math.inf:
            raise ValueError(f"maintenance must last longer than 0 seconds and end, not {duration}")
        return cls(tuple(sorted(matchers.items())), _starts(zone, start, cron), duration)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Is it for what carries these labels? A missing label is an empty one; upper and lower case differ."""
        return all(fnmatchcase(labels.get(label, ""), glob) for label, glob in self.matchers)

    def active(self, at: float) -> bool:
        """Is the work under way at `at`?"""
        return self.next_open(at)[0] <= at

    def next_open(self, after: float) -> tuple[float, float]:
        """Start and end of the first maintenance that ends after `after`; twice infinity: none any more."""
        start = self.starts.next(after - self.duration)
        return start, start + self.duration


def _starts(zone: str, start: str | None, cron: str | None) -> Starts:
    if (start is None) == (cron is None):
        raise ValueError("maintenance has either a start or a cron expression")
    return Once(_local(start or "", zone)) if cron is None else Cron(cron, zone)


def _local(text: str, zone: str) -> float:
    try:
        start = datetime.fromisoformat(text)
    except ValueError as e:
        raise ValueError(f'a start is written "2026-12-01 22:00", not {text!r}') from e
    if start.tzinfo is not None:
        raise ValueError(f"the start {text!r} is a local time of the time zone and has no offset of its own")
    return wall.instant(start, wall.zone(zone))

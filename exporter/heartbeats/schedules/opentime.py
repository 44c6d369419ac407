"""Which time counts? That inside the windows, and outside maintenance."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from exporter.heartbeats.schedules.maintenance import Maintenance
from exporter.heartbeats.schedules.windows import Windows

SEARCH = 400
"""So many closed days in a row, more than a year of them, are taken for "never again"."""


class Span(Protocol):
    """A stretch of time, from `start` up to but not including `end`."""

    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...


@dataclass(frozen=True, slots=True)
class OpenTime:
    """Windows (None: always) less maintenance."""

    windows: Windows | None
    maintenance: tuple[Maintenance, ...]

    def next_open(self, after: float) -> tuple[float, float]:
        """The first open interval from `after` on, cut off there; twice infinity: never."""
        start = after
        for _ in range(SEARCH):
            opens, closes = self.windows.next_open(start) if self.windows else (start, math.inf)
            start = max(start, opens)
            if start == math.inf:
                break
            works = [work.next_open(start) for work in self.maintenance]
            under_way = [end for begin, end in works if begin <= start]
            if not under_way:
                return start, min(closes, *(begin for begin, _ in works), math.inf)
            start = max(under_way)
        return math.inf, math.inf


def running(start: float, end: float, stops: Sequence[Span]) -> Iterator[tuple[float, float]]:
    """What is left of [start, end) without the stops, which come in order of their starts."""
    for stop in stops:
        if stop.start >= end:
            break
        if stop.end > start:
            if stop.start > start:
                yield start, stop.start
            start = stop.end
    if start < end:
        yield start, end

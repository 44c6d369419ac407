"""What happened to time between two readings of the clocks: nobody listened, or the wall clock was set."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

STEP = 1.0  # seconds; smaller differences are NTP's ordinary slewing, and are simply followed
STALL = 5.0  # seconds between two looks of a loop that looks each second: longer, and it was not running


@dataclass(frozen=True, slots=True)
class Reading:
    """Seconds. `wall` can be set by anybody; `up` counts since boot and goes on in a suspended machine."""

    wall: float
    up: float
    boot: str  # the kernel's id of this boot: `up` of another one cannot be compared

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Change:
    """`down`: nobody listened from start to end. `step`: the wall clock was set from start to end."""

    kind: str
    start: float
    end: float


class Clock(Protocol):
    """Where time comes from."""

    def read(self) -> Reading:
        """All clocks at once."""

    def up(self) -> float:
        """`Reading.up` alone; asked for with every ping."""


class SystemClock:
    """The machine's clocks."""

    def __init__(self, boot_id: Path = Path("/proc/sys/kernel/random/boot_id")) -> None:
        self._boot = boot_id.read_text().strip()

    def read(self) -> Reading:
        return Reading(time.time(), self.up(), self._boot)

    def up(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)


def between(before: Reading, now: Reading, stall: float = STALL) -> Sequence[Change]:
    """The changes from one reading to a later one, in the order in which they are to be taken in.

    `stall` is the longest time between the readings in which the program may still have listened throughout.
    """
    wall = now.wall - before.wall
    # Two boots share only the wall clock: what it moved forward counts as downtime, backward as a step.
    passed = now.up - before.up if now.boot == before.boot else max(0.0, wall)
    changes = []
    if passed > stall:
        changes.append(Change("down", before.wall, before.wall + passed))
    if abs(wall - passed) >= STEP:
        changes.append(Change("step", before.wall + passed, now.wall))
    return changes

"""Which instant is meant by a time on the wall clock of a zone?

One answer everywhere (slots, window edges, maintenance): a local time that was skipped means the jump, one that came
twice means the first time. So the order of local times is the order of instants, and adjacent windows stay adjacent.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - subtracted from naive local times


def zone(name: str) -> ZoneInfo:
    """The time zone called `name`; ValueError when there is none."""
    try:
        return ZoneInfo(name)
    # A folder of the database ("Europe") is an OSError, a path ("../x") a ValueError, all else a KeyError.
    except (KeyError, ValueError, OSError) as e:
        raise ValueError(f"there is no time zone {name!r}") from e


def local(at: float, clock: ZoneInfo) -> datetime:
    """What the wall clock shows at `at`: naive, but with `fold` 1 in the second pass of a doubled hour."""
    return datetime.fromtimestamp(at, clock).replace(tzinfo=None)


def instant(time: datetime, clock: ZoneInfo) -> float:
    """The instant meant by the naive local `time`, in seconds since the epoch."""
    first, second = passes(time, clock)
    return first if first <= second else transition(time, clock)


def passes(time: datetime, clock: ZoneInfo) -> tuple[float, float]:
    """The instants of `time` by the offsets before and after the nearest transition.

    Ordinary: they are equal. Doubled: the first is earlier. Skipped: the first is later, and neither shows `time`.
    """
    before = time.replace(tzinfo=clock, fold=0).utcoffset() or timedelta()
    after = time.replace(tzinfo=clock, fold=1).utcoffset() or timedelta()
    shown = (time - _EPOCH).total_seconds()
    return shown - before.total_seconds(), shown - after.total_seconds()


def transition(time: datetime, clock: ZoneInfo) -> float:
    """The instant of the transition that doubled or skipped the local `time`."""
    low, high = (int(at) for at in sorted(passes(time, clock)))
    old = offset(low, clock)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(middle, clock) == old else (low, middle)
    return float(high)


def offset(at: float, clock: ZoneInfo) -> float:
    """Seconds that the wall clock is ahead of UTC at `at`."""
    return (datetime.fromtimestamp(at, UTC).astimezone(clock).utcoffset() or timedelta()).total_seconds()

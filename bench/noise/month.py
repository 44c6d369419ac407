"""The month: 31 days from 8 October 2026, minutes counted from its first, in the zone of who lives through it.

It begins on a Thursday as the epoch does, so that whoever counts weekdays from there counts right; clocks are set back
on 25 October.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
START = datetime(2026, 10, 8, tzinfo=UTC)
ORIGIN = START.timestamp()
DAY = 24 * 60
MINUTES = 31 * DAY
DST = int((datetime(2026, 10, 25, 1, tzinfo=UTC) - START).total_seconds()) // 60


def minute(text: str) -> int:
    """The minute of "10-25 02:30", a local time; the first of the doubled hour."""
    local = datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)
    return round((local.timestamp() - ORIGIN) / 60)


def local(at: int) -> datetime:
    """The clock on the wall in that minute."""
    return datetime.fromtimestamp(ORIGIN + at * 60, ZONE)


def shown(at: int) -> str:
    return f"{local(at):%d %b %H:%M}"


def hour(at: int) -> float:
    """Hours since local midnight."""
    return (at + (120 if at < DST else 60)) % DAY / 60


def weekday(at: int) -> int:
    """0 is Monday, by the clock on the wall."""
    return ((at + (120 if at < DST else 60)) // DAY + 3) % 7

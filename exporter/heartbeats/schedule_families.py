"""What the window schedules and time zones are like now, so that rules in PromQL can know."""

from collections.abc import Iterable

from exporter.heartbeats.declare import Calendar
from exporter.heartbeats.schedules import wall
from toolkit.families import Family, table


def collect(calendar: Calendar, zones: Iterable[str], now: float) -> list[Family]:
    """The schedule_* families; `zones` are those of the heartbeats, shown with an empty schedule."""
    schedules = calendar.schedules
    offsets = [([name, windows.zone], windows.offset(now)) for name, windows in schedules.items()]
    offsets += [(["", zone], wall.offset(now, wall.zone(zone))) for zone in sorted({calendar.timezone, *zones})]
    return [
        table(
            "schedule_active",
            "gauge",
            "Whether a window of the schedule is open.",
            ["schedule"],
            [([name], float(windows.active(now))) for name, windows in schedules.items()],
        ),
        table(
            "schedule_timezone_offset_seconds",
            "gauge",
            "What a zone's clocks are ahead of UTC now.",
            ["schedule", "timezone"],
            offsets,
        ),
        table(
            "schedule_next_change_timestamp_seconds",
            "gauge",
            "When the schedule opens or closes next: +Inf for never.",
            ["schedule"],
            [([name], windows.next_change(now)) for name, windows in schedules.items()],
        ),
    ]

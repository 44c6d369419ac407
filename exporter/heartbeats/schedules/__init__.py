"""When is the next receipt due, and when is a schedule open? Pure: no clock, no environment, nothing read or written.

All instants are seconds since the epoch. A kind of schedule is a class with the methods of `Rule`.
"""

from exporter.heartbeats.schedules.cron import Cron
from exporter.heartbeats.schedules.deadline import RETRIED, Deadline, Gap, Plan, deadline
from exporter.heartbeats.schedules.every import Every
from exporter.heartbeats.schedules.maintenance import Maintenance
from exporter.heartbeats.schedules.oncalendar import OnCalendar
from exporter.heartbeats.schedules.rule import Rule
from exporter.heartbeats.schedules.windows import Windows

KINDS: dict[str, type[Every] | type[Cron] | type[OnCalendar]] = {
    "every": Every,
    "cron": Cron,
    "oncalendar": OnCalendar,
}
"""By the key in the configuration. Those with `calendar` take an expression and a zone, the others seconds."""

__all__ = [
    "KINDS",
    "RETRIED",
    "Cron",
    "Deadline",
    "Every",
    "Gap",
    "Maintenance",
    "OnCalendar",
    "Plan",
    "Rule",
    "Windows",
    "deadline",
]

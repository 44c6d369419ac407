"""What a colour means, everywhere the same: the graver, the redder; pure.

Names are Grafana's own, which it shifts for the dark and the light theme.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Json = dict[str, object]

GOOD, NOTE, WARNING, CRITICAL = "green", "blue", "orange", "red"
"""Well; worth knowing, or under way; waits for the morning; wakes somebody."""
WORSE_WARNING, WORSE_CRITICAL = "dark-orange", "dark-red"
"""Where two kinds of the same gravity stand side by side."""
UNKNOWN = "#8e8e8e"
"""Nothing is known, or nothing is to be said: paused, closed, not there."""

SEVERITIES = {"critical": CRITICAL, "warning": WARNING, "info": NOTE}
BY_LABEL: Mapping[str, Mapping[str, str]] = {
    "severity": SEVERITIES,
    "outcome": {
        "accepted": GOOD,
        "delivered": GOOD,
        "answered": GOOD,
        "created": NOTE,
        "cached": NOTE,
        "limited": WARNING,
        "rate_limited": WARNING,
        "budget_exhausted": WARNING,
        "not_found": UNKNOWN,
        "malformed": UNKNOWN,
        "unauthorized": WORSE_WARNING,
        "failed": WORSE_CRITICAL,
        "refused": CRITICAL,
        "unavailable": CRITICAL,
        "unreachable": CRITICAL,
        "connection": CRITICAL,
    },
    "kind": {"success": GOOD, "start": NOTE, "log": UNKNOWN, "fail": CRITICAL},
    "phase": {
        "resolve": "light-blue",
        "connect": "blue",
        "tls": "purple",
        "processing": "yellow",
        "transfer": "light-yellow",
    },
    "mode": {"user": "blue", "system": "purple", "iowait": WARNING, "steal": WORSE_WARNING},
    "direction": {"in": "blue", "out": "purple", "download": "blue", "upload": "purple"},
}
"""What a label's values look like on every panel; values that are not here take what is left."""
BY_WORD: Mapping[str, str] = {
    "received": "blue",
    "sent": "purple",
    "read": "blue",
    "written": "purple",
    "allowed": UNKNOWN,
}
"""The same of names that panels give."""


@dataclass(frozen=True, slots=True)
class State:
    """A number that stands for a word."""

    value: int
    word: str
    colour: str


HEARTBEAT = (
    State(0, "on time", GOOD),
    State(1, "running", NOTE),
    State(2, "not expected", UNKNOWN),
    State(3, "never came", WARNING),
    State(4, "runs too long", WORSE_WARNING),
    State(5, "late", CRITICAL),
    State(6, "failed", WORSE_CRITICAL),
)
PROBE = (State(0, "fails", CRITICAL), State(1, "works", GOOD))
UP = (State(0, "down", CRITICAL), State(1, "up", GOOD))
READ = (State(0, "unreadable", WARNING), State(1, "readable", GOOD))
HEALTHY = (State(0, "failing", CRITICAL), State(1, "well", GOOD))
OPEN = (State(0, "closed", UNKNOWN), State(1, "open", GOOD))
INTERNET = (
    State(0, "reached", GOOD),
    State(1, "in part", WARNING),
    State(2, "down", CRITICAL),
)
FIRING = (State(1, "info", NOTE), State(2, "warning", WARNING), State(3, "critical", CRITICAL))


def mappings(states: Sequence[State]) -> list[Json]:
    """Grafana's value mappings for these states."""
    words = {str(one.value): {"text": one.word, "color": one.colour, "index": one.value} for one in states}
    return [{"type": "value", "options": words}] if words else []

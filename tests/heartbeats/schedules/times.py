"""Local times as instants, so that a test reads like the clock on the wall."""

from datetime import datetime
from zoneinfo import ZoneInfo

BERLIN = "Europe/Berlin"
ZONES = (
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "America/St_Johns",
)


def at(text: str, zone: str = BERLIN, *, fold: int = 0) -> float:
    """The instant of "2026-06-01 12:00" in `zone`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def shown(instant: float, zone: str = BERLIN) -> str:
    """What an instant is called in `zone`: "2026-06-01 12:00:00+02:00"."""
    return str(datetime.fromtimestamp(instant, ZoneInfo(zone)))

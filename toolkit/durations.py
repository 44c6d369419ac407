"""Write and read durations as Prometheus does, and write them as a person says them."""

import re
from functools import lru_cache

from toolkit.yamltree import ConfigError, quoted

# Milliseconds, from large to small: the order in which they must be written.
UNITS = {"y": 31_536_000_000, "w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
DURATION = re.compile("".join(rf"(?:(?P<{unit}>[0-9]{{1,15}}){unit})?" for unit in UNITS))
LONGEST = 292 * UNITS["y"]


# A hundred thousand heartbeats share a handful of durations.
@lru_cache(maxsize=1024)
def parse_duration(text: str) -> float:
    """Seconds of a duration as Prometheus writes it: 30s, 1h30m, 500ms, 1d, 1w, 1y, 0; else ConfigError."""
    if text == "0":
        return 0.0
    match = DURATION.fullmatch(text)
    if match is None or not text:
        raise ConfigError(_duration_trouble(text))
    milliseconds = sum(int(count) * UNITS[unit] for unit, count in match.groupdict().items() if count is not None)
    if milliseconds > LONGEST:
        raise ConfigError(f"the duration {quoted(text)} is longer than 292y")
    return milliseconds / 1000


def _duration_trouble(text: str) -> str:
    what = f"expected a duration like 30s, 5m or 1h30m, found {quoted(text)}"
    if re.fullmatch(r"[0-9]+", text):
        return f'{what}: the unit is missing, e.g. "{text[:10]}s"'
    if text.startswith("-"):
        return f"{what}: it cannot be negative"
    if re.search(r"[.,]", text):
        return f"{what}: whole numbers only, 1h30m instead of 1.5h"
    if re.fullmatch(r"([0-9]{1,15}(ms|[ywdhms]))+", text):
        return f"{what}: units from large to small, each once"
    return f"{what}: the units are y, w, d, h, m, s, ms"


def format_duration(seconds: float) -> str:
    """A duration as Prometheus writes it, rounded to milliseconds: 5400.0 -> 1h30m, 0 -> 0s."""
    rest = round(abs(seconds) * 1000)
    sign, parts = "-" if seconds < 0 and rest else "", []
    for unit, length in UNITS.items():
        # 90d stays 90d: weeks and years stand only where they come out even.
        if rest and (unit not in ("y", "w") or rest % length == 0):
            count, rest = divmod(rest, length)
            parts += [f"{count}{unit}"] if count else []
    return sign + "".join(parts) if parts else "0s"


def rough(seconds: float) -> str:
    """How long, by its two largest units: 3d4h, 27m5s; 0s for less than a second or for what is yet to come."""
    for large, small in ((86_400, 3600), (3600, 60), (60, 1)):
        if seconds >= large:
            return format_duration(seconds // small * small)
    return format_duration(max(0, int(seconds)))

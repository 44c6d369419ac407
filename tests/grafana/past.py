"""An hour of what was scraped once, moved as it would have moved, as OpenMetrics for Prometheus to take in."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.grafana.scenario import Scrape

HOUR = 3600.0
SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)")
TYPE = re.compile(r"# TYPE (\S+) (\S+)")
SHIFTED = re.compile("(heartbeat|log_review)_.*_timestamp_seconds|node_time_seconds")
"""Instants that go along with time."""
MOVING = re.compile(".*(duration_seconds|avail_bytes|MemAvailable.*|load[0-9]+|files_free|celsius|rtt.*|per_second)")
COUNTED = ("counter", "histogram", "untyped")


@dataclass(frozen=True, slots=True)
class Series:
    """One series: its name and labels as they are written, what it was in the end, and how it came there."""

    shown: str
    name: str
    value: float
    counted: bool

    def at(self, instants: Sequence[float]) -> list[float]:
        """The value so many seconds earlier, for each of them."""
        if not math.isfinite(self.value):
            return [self.value] * len(instants)
        if self.counted:
            # At the pace of ten hours, or of the whole time when that is longer; a little more and less by turns.
            pace = self.value / max(36_000, 2 * max(instants))
            return [self.value - pace * (before + 300 * math.sin(before / 600)) * 0.9 for before in instants]
        if SHIFTED.fullmatch(self.name):
            return [self.value - before if self.value > 0 else self.value for before in instants]
        if MOVING.fullmatch(self.name):
            # No faster than a tenth in an hour, and never below half.
            pace = 0.1 / max(HOUR, max(instants) / 4)
            return [self.value * (1 + pace * before + 0.05 * math.sin(before / 300)) for before in instants]
        return [self.value] * len(instants)


def series(scrapes: Iterable[Scrape], wanted: frozenset[str]) -> Iterator[Series]:
    """Of each target what it answered, and what Prometheus notes of a scrape; only names that are `wanted`."""
    for scrape in scrapes:
        types: dict[str, str] = {}
        count = 0
        for line in scrape.text.splitlines():
            if told := TYPE.match(line):
                types[told[1]] = told[2]
            elif (found := SAMPLE.fullmatch(line)) and found[1] in wanted:
                yield Series(
                    shown(found[1], found[2] or "", scrape.labels), found[1], float(found[3]), counted(found[1], types)
                )
            count += not line.startswith("#")
        own = {"up": scrape.up, "scrape_duration_seconds": 0.01, "scrape_samples_scraped": float(count)}
        for name, value in own.items() if scrape.labels else ():
            yield Series(shown(name, "", scrape.labels), name, value, False)


def counted(name: str, types: Mapping[str, str]) -> bool:
    family = re.sub("_(bucket|sum|count)$", "", name)
    return types.get(name, types.get(family, "")) in COUNTED


def shown(name: str, labels: str, more: Mapping[str, str]) -> str:
    """As a sample begins; where both have a label, the target's own word is exported_."""
    for key in more:
        labels = re.sub(rf'(^|,){key}="', rf'\1exported_{key}="', labels)
    added = [f'{key}="{value}"' for key, value in more.items()]
    return f"{name}{{{','.join([*filter(None, [labels]), *added])}}}"


def write(
    file: Path,
    found: Iterable[Series],
    end: float,
    length: float = HOUR,
    step: float = 30.0,
    seldomer: Mapping[str, float] | None = None,
) -> None:
    """All of them, from `length` seconds before `end` on, a sample each `step` seconds; of some names `seldomer`."""

    @cache
    def moments(step: float) -> tuple[list[float], list[str]]:
        instants = [length - n * step for n in range(int(length / step) + 1)]
        return instants, [f"{end - before:.3f}" for before in instants]

    with file.open("w") as out:
        for one in found:
            instants, times = moments((seldomer or {}).get(one.name, step))
            values = zip(one.at(instants), times, strict=True)
            out.writelines(f"{one.shown} {value!r} {time}\n" for value, time in values)
        out.write("# EOF\n")

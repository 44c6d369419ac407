"""What have the host's own scripts left to be served?"""

import glob
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

from prometheus_client.parser import text_string_to_metric_families

from exporter.host.root import Root, names, read
from toolkit.families import Family, Sample, Type, by, single

log = logging.getLogger(__name__)
LARGEST = 8_388_608
"""Bytes: a script that runs wild may fill the disk, not our memory."""
TYPES: dict[str, Type] = {
    "counter": "counter",
    "gauge": "gauge",
    "unknown": "untyped",
    "histogram": "histogram",
    "summary": "summary",
}


@dataclass(frozen=True, slots=True)
class File:
    path: str
    mtime: float
    families: tuple[Family, ...]


COUNTER = re.compile(r"^# *TYPE +(\S+) +counter", re.MULTILINE)


def parse(text: str) -> tuple[Family, ...]:
    """The families of one file, all or none: ValueError for a broken line, a foreign type or a timestamp."""
    parse_text: Any = text_string_to_metric_families
    counters = frozenset(COUNTER.findall(text))
    return tuple(_family(metric, counters) for metric in parse_text(text))


def _family(metric: Any, counters: frozenset[str]) -> Family:
    if metric.type not in TYPES:
        raise ValueError(f"{metric.name}: {metric.type} is not a type of the text format")
    if any(sample.timestamp is not None for sample in metric.samples):
        raise ValueError(f"{metric.name}: timestamps are not supported")
    # The parser takes _total from a counter's family and puts it on its samples, whatever the file says.
    total = "_total" if metric.type == "counter" else ""
    name = metric.name if metric.name in counters else metric.name + total
    keys = dict.fromkeys(key for sample in metric.samples for key in sample.labels if key not in ("le", "quantile"))
    samples = [
        Sample(
            tuple((dict.fromkeys(keys, "") | sample.labels).items()),
            sample.value,
            sample.name.removeprefix(metric.name).removeprefix(total),
        )
        for sample in metric.samples
    ]
    return Family(cast(str, name), TYPES[metric.type], metric.documentation, samples)


def collect(root: Root) -> Iterator[Family]:
    files, broken = _files(root.textfile)
    merged, odd = merge(files)
    yield from merged
    mtimes = {file.path: file.mtime for file in files}
    yield by("node_textfile_mtime_seconds", "gauge", "Unixtime mtime of textfiles successfully read.", "file", mtimes)
    error_help = "1 if there was an error opening or reading a file, 0 otherwise"
    yield single("node_textfile_scrape_error", "gauge", error_help, int(broken or odd))


def merge(files: list[File]) -> tuple[list[Family], bool]:
    """One family for each name, and whether something did not fit: another help or type, or a series twice."""
    merged: dict[str, Family] = {}
    paths: dict[str, list[str]] = {}
    odd = False
    for file in files:
        for family in file.families:
            first = merged.get(family.name, replace(family, samples=()))
            samples = {(sample.labels, sample.suffix): sample for sample in (*family.samples, *first.samples)}
            if (family.type, family.help or first.help) != (first.type, first.help or family.help):
                log.error("%s: another help or type of %s than in %s", file.path, family.name, paths[family.name])
                odd = True
                continue
            odd = odd or len(samples) < len(family.samples) + len(first.samples)
            merged[family.name] = replace(first, help=first.help or family.help, samples=list(samples.values()))
            paths.setdefault(family.name, []).append(file.path)
    described = [
        family if family.help else replace(family, help=f"Metric read from {', '.join(paths[name])}")
        for name, family in merged.items()
    ]
    return described, odd


def _file(path: str) -> File:
    stat = os.stat(path)
    if stat.st_size > LARGEST:
        raise ValueError(f"{stat.st_size} bytes, more than {LARGEST}")
    return File(path, int(stat.st_mtime), parse(read(path)))


def _files(patterns: tuple[str, ...]) -> tuple[list[File], bool]:
    """The files that could be read and parsed, and whether there were others."""
    files, broken = [], False
    for directory in (path for pattern in patterns for path in sorted(glob.glob(pattern)) or [pattern]):
        try:
            found = names(directory)
        except OSError as error:
            log.error("%s: %s", directory, error)
            broken = True
            continue
        for path in (f"{directory}/{name}" for name in found if name.endswith(".prom")):
            try:
                files.append(_file(path))
            except (OSError, ValueError) as error:
                log.error("%s: %s", path, error)
                broken = True
    return files, broken

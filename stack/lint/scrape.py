"""What prometheus.yml says that rules depend on: who is scraped, with which labels, and which rule files are read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from stack.lint.source import Source, child, mappings, named, pairs, text, texts
from toolkit.durations import parse_duration
from toolkit.yamltree import ConfigError, Entries, Scalar

# Of the exporter: what Prometheus is told to scrape there.
DISCOVERED = {"/sd/hosts": "node", "/sd/probes": "probe"}
PAGES = {"/metrics/heartbeats": "heartline", "/metrics/host": "node"}


@dataclass(frozen=True)
class Job:
    """`kind` is one of the catalogue's, or "" for targets of which nothing is known."""

    name: str
    line: int
    kind: str
    labels: frozenset[str]


@dataclass(frozen=True)
class Scraping:
    jobs: tuple[Job, ...]
    external: dict[str, str] = field(default_factory=dict)
    patterns: tuple[Scalar, ...] = ()
    retention: tuple[int, float] | None = None
    """Line and seconds of `storage.tsdb.retention.time`, which newer versions take from the file."""

    @property
    def foreign(self) -> bool:
        """Is anybody scraped whose metrics nobody knows?"""
        return any(not job.kind for job in self.jobs)


def scraping(source: Source, kinds: frozenset[str]) -> Scraping:
    """`kinds` are the catalogue's: a job of such a name is one."""
    root = source.root
    outside = child(child(root, "global"), "external_labels")
    return Scraping(
        tuple(_job(entry, kinds) for entry in mappings(root, "scrape_configs")),
        {name: value.text for name, _, value in pairs(child(root, "global"), "external_labels")} if outside else {},
        tuple(texts(root, "rule_files")),
        _retention(root),
    )


def rule_files(source: Source, patterns: tuple[Scalar, ...]) -> Iterator[tuple[Scalar, list[Path]]]:
    """Each pattern with the files that it names, relative to prometheus.yml."""
    for pattern in patterns:
        yield pattern, sorted(file.resolve() for file in named(pattern, source.path))


def _job(entry: Entries, kinds: frozenset[str]) -> Job:
    name = text(entry, "job_name")
    known = name.text if name else ""
    return Job(known, entry.line, _kind(entry, known, kinds), frozenset(_labels(entry)))


def _kind(entry: Entries, name: str, kinds: frozenset[str]) -> str:
    for url in (text(one, "url") for one in mappings(entry, "http_sd_configs")):
        if url and urlsplit(url.text).path in DISCOVERED:
            return DISCOVERED[urlsplit(url.text).path]
    path = text(entry, "metrics_path")
    if path and path.text in PAGES:
        return PAGES[path.text]
    return name if name in kinds else ""


def _labels(entry: Entries) -> Iterator[str]:
    for static in mappings(entry, "static_configs"):
        yield from (name for name, _, _ in pairs(static, "labels"))
    for relabel in (*mappings(entry, "relabel_configs"), *mappings(entry, "metric_relabel_configs")):
        target = text(relabel, "target_label")
        if target and not target.text.startswith("__") and "$" not in target.text:
            yield target.text


def _retention(root: object) -> tuple[int, float] | None:
    node = root if isinstance(root, Entries) else None
    told = text(child(child(child(node, "storage"), "tsdb"), "retention"), "time")
    if told is None:
        return None
    try:
        return told.line, parse_duration(told.text)
    except ConfigError:
        return None

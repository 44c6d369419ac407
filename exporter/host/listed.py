"""The hosts that the configuration file lists, read strictly and handed to Prometheus as http_sd wants them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from exporter import reach
from toolkit.durations import format_duration
from toolkit.strict import Section

ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):[0-9]{1,5}")
OWN_PATH = "/metrics/host"
OPTIONAL = ("schedule", "via", "every")  # labels that are left out where they say nothing
OFTEN = 30.0  # seconds; the rules give hosts that are read less often more time


@dataclass(frozen=True, slots=True)
class ListedHost:
    """Another machine's exporter, ours or node_exporter; `interval` in seconds, 0: Prometheus's own."""

    host: str
    address: str
    path: str = "/metrics"
    interval: float = 0.0
    schedule: str = ""
    scheme: str = "http"
    via: str = ""
    """`internet` when the host is on its other side; then an outage explains that it does not answer."""

    @property
    def every(self) -> str:
        """The interval of a host that is read so seldom that the rules must look further back."""
        return format_duration(self.interval) if self.interval > OFTEN else ""


def hosts(top: Section, schedules: frozenset[str]) -> tuple[ListedHost, ...]:
    """`hosts` of the file's top level."""
    found: dict[str, ListedHost] = {}
    for section in top.sections("hosts"):
        host = _host(section)
        if host.host in found:
            raise section.error("host", f"{host.host!r} is listed twice")
        if host.schedule and host.schedule not in schedules:
            raise section.error("schedule", f"there is no schedule {host.schedule!r}")
        found[host.host] = host
    return tuple(found.values())


def _host(section: Section) -> ListedHost:
    address = section.text("address")
    name, _, port = address.rpartition(":")
    if not ADDRESS.fullmatch(address) or int(port) > 65_535:
        raise section.error("address", f"{address!r}: expected host:port, as in web01:9100")
    via = section.choice("via", ("internet", "local"), reach.via(name.strip("[]")) or "local")
    found = ListedHost(
        section.text("host"),
        address,
        section.text("path", "/metrics"),
        # The rules look 5 minutes back, and a host must not be forgotten by one lost scrape.
        section.duration("interval", 0.0, low=1.0, high=120.0),
        section.text("schedule", ""),
        section.choice("scheme", ("http", "https"), "http"),
        "" if via == "local" else via,
    )
    section.end()
    return found


def targets(listed: Iterable[ListedHost], own_name: str, exporter: str, secure: bool = False) -> list[dict[str, Any]]:
    """http_sd's answer: this machine first, read through the exporter itself, unless the file lists its name."""
    listed = tuple(listed)
    if all(host.host != own_name for host in listed):
        listed = (ListedHost(own_name, exporter, OWN_PATH, scheme="https" if secure else "http"), *listed)
    return [{"targets": [host.address], "labels": _labels(host)} for host in listed]


def _labels(host: ListedHost) -> dict[str, str]:
    labels = {"host": host.host, "__metrics_path__": host.path}
    if host.scheme != "http":
        labels["__scheme__"] = host.scheme
    if host.interval:
        labels["__scrape_interval__"] = format_duration(host.interval)
        labels["__scrape_timeout__"] = format_duration(min(host.interval, 10.0))
    return labels | {key: value for key in OPTIONAL if (value := getattr(host, key))}

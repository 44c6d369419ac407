"""Which hosts have announced work now, so that whatever is said about them can be muted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from exporter.heartbeats.heartbeat import Definition
from exporter.heartbeats.schedules import Maintenance
from exporter.host.listed import ListedHost
from exporter.probes.listed import Listed
from toolkit.families import Family, by

WHOLE = {"host", "schedule"}  # matchers of work on whole hosts; any other narrows it to heartbeats
Named = tuple[str, str]
"""A host, and its schedule where it has one."""


@dataclass(frozen=True, slots=True)
class Maintained:
    """All hosts that work is ever announced for, in order, and each window with its own of them."""

    hosts: tuple[str, ...]
    windows: tuple[tuple[Maintenance, frozenset[str]], ...]


def named(
    own: str, heartbeats: Iterable[Definition], hosts: Iterable[ListedHost], probes: Iterable[Listed]
) -> frozenset[Named]:
    """The hosts that a configuration names, `own` for the machine it runs on."""
    # A heartbeat named like its host stands for the host; the schedule of another is not the host's.
    found = [(one.host, one.schedule if one.id == one.host else "") for one in heartbeats]
    found += [(one.host, one.schedule) for one in hosts]
    found += [(one.host, "") for one in probes]
    return frozenset((host, schedule) for host, schedule in ((own, ""), *found) if host)


def maintained(windows: Sequence[Maintenance], names: frozenset[Named]) -> Maintained:
    """The windows that are for whole hosts; what is announced for single heartbeats concerns them alone."""
    whole = [window for window in windows if {label for label, _ in window.matchers} <= WHOLE]
    found = [
        (window, frozenset(host for host, schedule in names if _matches(window, host, schedule))) for window in whole
    ]
    return Maintained(tuple(sorted(frozenset().union(*(hosts for _, hosts in found)))), tuple(found))


def _matches(window: Maintenance, host: str, schedule: str) -> bool:
    return window.matches({"host": host, "schedule": schedule})


def collect(found: Maintained, now: float) -> Family:
    """maintenance_active, of no host that no window is for."""
    under_way: frozenset[str] = frozenset().union(*(hosts for window, hosts in found.windows if window.active(now)))
    help = "Whether work on the host is announced for now: whatever is said about it is muted."
    return by("maintenance_active", "gauge", help, "host", {host: float(host in under_way) for host in found.hosts})

"""Reads which probes the configuration file lists, and with which modules."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from exporter.probes import module_file
from exporter.probes.internet import Internet, internet
from exporter.probes.modules import BUILT_IN, Modules
from exporter.probes.target import Gate
from exporter.strict import Section

INTERVAL, TIMEOUT = 30.0, 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Listed:
    """One probe that Prometheus is asked to make; seconds. `part` is its role in the internet group."""

    name: str
    target: str
    module: str
    interval: float = INTERVAL
    host: str = ""
    group: str = ""
    schedule: str = ""
    part: str = ""

    @property
    def timeout(self) -> float:
        return min(TIMEOUT, self.interval)


@dataclass(frozen=True, slots=True)
class Probes:
    """All that the file says of probes; ad hoc targets are admitted by `networks` and `names` alone."""

    modules: Modules
    listed: tuple[Listed, ...]
    networks: tuple[str, ...]
    names: tuple[str, ...]
    internet: Internet | None


def probes(top: Section, folder: Path, schedules: frozenset[str]) -> Probes:
    """`modules_file`, `probes`, `probe_targets` and `internet` of the file's top level; paths begin at `folder`."""
    file = top.text("modules_file", None)
    modules = BUILT_IN if file is None else module_file.load(folder / file)
    wanted = internet(top)
    modules = {**modules, **(wanted.modules if wanted else {})}
    listed = tuple(_listed(top, modules, schedules))
    networks, names = _admitted(top)
    return Probes(modules, listed, networks, names, wanted)


def _listed(top: Section, modules: Modules, schedules: frozenset[str]) -> Iterator[Listed]:
    seen: set[str] = set()
    for section in top.sections("probes"):
        probe = Listed(
            name=section.text("name"),
            target=section.text("target"),
            module=section.text("module", "http_2xx"),
            interval=section.duration("interval", INTERVAL, low=1.0),
            host=section.text("host", ""),
            group=section.text("group", ""),
            schedule=section.text("schedule", ""),
        )
        section.end()
        if probe.module not in modules:
            raise section.error("module", f"there is no module {probe.module!r}; known: {', '.join(sorted(modules))}")
        if probe.schedule and probe.schedule not in schedules:
            raise section.error("schedule", f"there is no schedule {probe.schedule!r}")
        if probe.name in seen:
            raise section.error("name", f"{probe.name!r} is listed twice")
        seen.add(probe.name)
        yield probe


def _admitted(top: Section) -> tuple[tuple[str, ...], tuple[str, ...]]:
    section = top.section("probe_targets")
    if section is None:
        return (), ()
    networks, names = section.texts("networks"), section.texts("names")
    section.end()
    for text in networks:
        try:
            ip_network(text)
        except ValueError as e:
            raise section.error("networks", f"{text!r} is no network such as 10.0.0.0/8") from e
    return tuple(networks), tuple(names)


def gate(probes: Probes, listed: tuple[Listed, ...]) -> Gate:
    """Who may be probed: what is listed, each with its module, and what the file admits beside."""
    pairs = frozenset((probe.target, probe.module) for probe in listed)
    return Gate(pairs, tuple(ip_network(text) for text in probes.networks), probes.names)

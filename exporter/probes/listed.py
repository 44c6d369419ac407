"""Reads which probes the configuration file lists, and with which modules."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from exporter import reach
from exporter.probes import module_file
from exporter.probes.internet import GROUP, Internet, internet
from exporter.probes.modules import BUILT_IN, Module, Modules
from exporter.probes.outcome import Failure
from exporter.probes.target import Gate, host_of
from toolkit import declared
from toolkit.durations import format_duration
from toolkit.limits import Network
from toolkit.strict import Section

INTERVAL, TIMEOUT, WAY_BACK = 30.0, 10.0, 1.0  # seconds
LONGEST = 12 * 3600.0  # seconds; the rules forget a probe that was not heard of for longer
SELDOM = 120.0  # seconds; whatever is probed less often is no continuous series to Prometheus


@dataclass(frozen=True, slots=True)
class Listed:
    """One probe that Prometheus is asked to make; seconds. `part` is its role in the internet group."""

    name: str
    target: str
    module: str
    interval: float = INTERVAL
    timeout: float = TIMEOUT
    host: str = ""
    group: str = ""
    schedule: str = ""
    part: str = ""
    via: str = ""
    """`internet` when the target is on its other side; then an outage explains the probe's failure."""

    @property
    def every(self) -> str:
        """The interval of a probe that is made so seldom that the rules must look further back."""
        return format_duration(self.interval) if self.interval > SELDOM else ""


@dataclass(frozen=True, slots=True)
class Probes:
    """All that the file says of probes; ad hoc targets are admitted by `networks` and `names` alone."""

    modules: Modules
    listed: tuple[Listed, ...]
    networks: tuple[Network, ...]
    names: tuple[str, ...]
    internet: Internet | None


def probes(top: Section, folder: Path, schedules: frozenset[str]) -> Probes:
    """`modules_file`, `probes`, `probe_targets` and `internet` of the file's top level; paths begin at `folder`."""
    file = top.text("modules_file", None)
    modules = BUILT_IN if file is None else module_file.load(folder / file)
    wanted = internet(top)
    # The file's own come last, so that it may replace what the internet monitor asks.
    modules = {**(wanted.modules if wanted else {}), **modules}
    listed = tuple(_listed(top, modules, schedules))
    networks, names = _admitted(top)
    return Probes(modules, listed, networks, names, wanted)


def _listed(top: Section, modules: Modules, schedules: frozenset[str]) -> Iterator[Listed]:
    seen: set[str] = set()
    for section in top.sections("probes"):
        probe = _probe(section, modules)
        if probe.schedule and probe.schedule not in schedules:
            raise section.error("schedule", f"there is no schedule {probe.schedule!r}")
        if probe.name in seen:
            raise section.error("name", f"{probe.name!r} is listed twice")
        if probe.group == GROUP:
            raise section.error("group", f"{GROUP!r} is the group of the internet monitor: choose another name")
        seen.add(probe.name)
        yield probe


def _probe(section: Section, modules: Modules) -> Listed:
    target, module = section.text("target"), section.text("module", "http_2xx")
    if module not in modules:
        raise section.error("module", f"there is no module {module!r}; known: {', '.join(sorted(modules))}")
    interval = section.duration("interval", INTERVAL, low=1.0, high=LONGEST)
    found = Listed(
        name=section.text("name"),
        target=target,
        module=module,
        interval=interval,
        timeout=timeout(modules[module], interval),
        host=section.text("host", ""),
        group=section.text("group", ""),
        schedule=section.text("schedule", ""),
        via=_via(section, target),
    )
    section.end()
    if not (found.name and target):
        raise section.error("name" if target else "target", "cannot be empty")
    return found


def timeout(module: Module, interval: float) -> float:
    """Seconds until Prometheus gives up: all that the module wants, but never longer than the interval."""
    return min(interval, max(TIMEOUT, (module.timeout or 0.0) + WAY_BACK))


def via(target: str) -> str:
    """`internet` when a target is on its other side, "" when it is near, by its address or name."""
    return reach.via(host_of(target))


def _via(section: Section, target: str) -> str:
    """The key `via`, or what the target says."""
    try:
        guess = via(target) or "local"
    except Failure as e:
        raise section.error("target", e.text) from e
    return {"internet": "internet", "local": ""}[section.choice("via", ("internet", "local"), guess)]


def _admitted(top: Section) -> tuple[tuple[Network, ...], tuple[str, ...]]:
    section = top.section("probe_targets")
    if section is None:
        return (), ()
    networks, names = declared.networks(section, "networks"), tuple(section.texts("names"))
    section.end()
    return networks, names


def gate(probes: Probes, listed: tuple[Listed, ...]) -> Gate:
    """Who may be probed: what is listed, each with its module, and what the file admits beside."""
    pairs = frozenset((probe.target, probe.module) for probe in listed)
    return Gate(pairs, probes.networks, probes.names)

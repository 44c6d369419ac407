"""Hands the listed probes to Prometheus, as http_sd wants them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from exporter.probes import gateway
from exporter.probes.internet import BY_ADDRESS, GROUP, RESOLVERS, Internet
from exporter.probes.listed import Listed, Probes, timeout, via
from exporter.probes.names import literal
from toolkit.durations import format_duration

OPTIONAL = ("host", "group", "schedule", "part", "via", "every")  # labels that are left out where they say nothing


def everything(probes: Probes, first: str | None, resolv_conf: str) -> tuple[Listed, ...]:
    """The listed probes, and those of the internet monitor for this machine's gateway, `first`, and resolvers."""
    return (*probes.listed, *(_internet(probes, probes.internet, first, resolv_conf) if probes.internet else ()))


def targets(probes: Iterable[Listed], exporter: str, secure: bool = False) -> list[dict[str, Any]]:
    """http_sd's answer: the exporter is scraped, once for each probe and as often as the probe wants."""
    scheme = {"__scheme__": "https"} if secure else {}
    return [
        {
            "targets": [exporter],
            "labels": {
                **scheme,
                "__metrics_path__": "/probe",
                "__param_target": probe.target,
                "__param_module": probe.module,
                "__scrape_interval__": format_duration(probe.interval),
                "__scrape_timeout__": format_duration(probe.timeout),
                "instance": probe.target,
                "probe": probe.name,
                **{key: value for key in OPTIONAL if (value := getattr(probe, key))},
            },
        }
        for probe in probes
    ]


def _internet(probes: Probes, wanted: Internet, first: str | None, resolv_conf: str) -> Iterator[Listed]:
    for part, module, asked, interval in _parts(wanted, first, resolv_conf):
        ends = timeout(probes.modules[module], interval)
        for number, target in enumerate(asked, 1):
            name = f"{GROUP}_{part}_{number}"
            yield Listed(name, target, module, interval, ends, group=GROUP, part=part, via=via(target))


def _parts(wanted: Internet, first: str | None, resolv_conf: str) -> Iterator[tuple[str, str, Sequence[str], float]]:
    """Part, module, targets and interval."""
    ip = literal(first) if first else None
    version = ip.version if ip else 4
    often = wanted.interval
    yield "gateway", "internet_gateway", [first] if first else [], often
    yield "resolver", "internet_dns", wanted.resolvers or RESOLVERS[version], often
    yield "system_resolver", "internet_dns", gateway.resolvers(resolv_conf)[:1], often
    yield "by_name", "internet_by_name", wanted.by_name, often
    yield "by_address", "internet_by_address", wanted.by_address or BY_ADDRESS[version], often
    timed = wanted.throughput
    if timed:
        yield "download", "internet_download", [timed.download] if timed.download else [], timed.interval
        yield "upload", "internet_upload", [timed.upload] if timed.upload else [], timed.interval

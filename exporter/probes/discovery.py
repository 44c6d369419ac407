"""Hands the listed probes to Prometheus, as http_sd wants them."""

from collections.abc import Iterable, Iterator
from typing import Any

from exporter.durations import format_duration
from exporter.probes import gateway
from exporter.probes.internet import GROUP, Internet
from exporter.probes.listed import Listed


def everything(listed: Iterable[Listed], internet: Internet | None, route: str, resolv_conf: str) -> tuple[Listed, ...]:
    """The listed probes, and those of the internet monitor for this machine's routes and resolvers."""
    return (*listed, *(_internet(internet, route, resolv_conf) if internet else ()))


def targets(probes: Iterable[Listed], exporter: str) -> list[dict[str, Any]]:
    """http_sd's answer: the exporter is scraped, once for each probe and as often as the probe wants."""
    return [
        {
            "targets": [exporter],
            "labels": {
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


OPTIONAL = ("host", "group", "schedule", "part")  # labels that are left out where they say nothing


def _internet(internet: Internet, route: str, resolv_conf: str) -> Iterator[Listed]:
    first = gateway.parse(route)
    parts = (
        ("gateway", "internet_gateway", [first] if first else []),
        ("resolver", "internet_dns", internet.resolvers),
        ("system_resolver", "internet_dns", gateway.resolvers(resolv_conf)[:1]),
        ("by_name", "internet_http", internet.by_name),
        ("by_address", "internet_http", internet.by_address),
    )
    for part, module, asked in parts:
        for number, target in enumerate(asked, 1):
            yield Listed(f"internet_{part}_{number}", target, module, internet.interval, group=GROUP, part=part)

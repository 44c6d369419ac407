"""Answers /probe, /probes and /sd: what Prometheus is to scrape, and the probes that it then asks for."""

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from exporter.config import Config
from exporter.host.listed import targets as host_targets
from exporter.probes import discovery, gateway
from exporter.probes import web as probe_pages
from exporter.probes.attempt import Means
from exporter.probes.echoes import Echoes
from exporter.probes.listed import Listed, gate
from exporter.probes.names import Names

ROUTE, IPV6_ROUTE, RESOLV_CONF = Path("net/route"), Path("net/ipv6_route"), Path("/etc/resolv.conf")


class Targets:
    """The probes and hosts of the configuration in force; `proc` is where the machine's routes are read."""

    def __init__(self, config: Config, clock: Callable[[], float], proc: Path) -> None:
        self._config = config
        self._proc = proc
        self._gateway: str | None = None
        self._means = Means(clock, Names(), Echoes(secrets.randbits(16), time.time_ns))
        self._listed = self._everything()
        modules = config.probes.modules
        self._probing = probe_pages.Probing(modules, gate(config.probes, self._listed), self._means, time.time)

    def use(self, config: Config) -> None:
        """Take another configuration over."""
        self._config = config
        self._renew()

    async def probe(self, request: web.BaseRequest, path: list[str], query: str) -> web.Response:
        """/probe"""
        return await probe_pages.probe(request, self._probing)

    async def results(self, request: web.BaseRequest, path: list[str], query: str) -> web.Response:
        """/probes"""
        return await probe_pages.results(request, self._probing)

    async def discover(self, request: web.BaseRequest, path: list[str], query: str) -> web.Response:
        """/sd/probes, /sd/hosts"""
        match path:
            case ["probes"]:
                self._renew()  # the gateway may be another one than at the last refresh
                return web.json_response(discovery.targets(self._listed, request.host, request.secure))
            case ["hosts"]:
                own = self._config.host or os.uname().nodename
                return web.json_response(host_targets(self._config.hosts, own, request.host, request.secure))
        return web.Response(status=404, text="there are /sd/probes and /sd/hosts\n")

    def close(self) -> None:
        self._means.names.close()
        self._means.echoes.close()

    def _renew(self) -> None:
        listed = self._everything()
        self._listed = listed
        self._probing = self._probing.reloaded(self._config.probes.modules, gate(self._config.probes, listed))

    def _everything(self) -> tuple[Listed, ...]:
        # A gateway that left the routing table, as with the link to it, is still the one to be missed.
        self._gateway = gateway.parse(_text(self._proc / ROUTE), _text(self._proc / IPV6_ROUTE)) or self._gateway
        return discovery.everything(self._config.probes, self._gateway, _text(RESOLV_CONF))


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""  # no network here, or none that /proc tells of

"""Answers /probe and shows the last results."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self

from aiohttp import web

from exporter.probes.attempt import Means
from exporter.probes.history import History
from exporter.probes.modules import HttpModule, Module, Modules, TlsConfig
from exporter.probes.page import debug_text, history_html
from exporter.probes.run import OFFSET, budget, run
from exporter.probes.target import Gate, Target
from toolkit.families import EOF, render
from toolkit.negotiate import OPENMETRICS, TEXT, negotiate
from toolkit.page import SECURITY

DEFAULT_MODULE = "http_2xx"
LONGEST_TARGET = 2000
PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Probing:
    """All that answering takes; after a reload a new one with the same means and history. `now` is Unix time."""

    modules: Modules
    gate: Gate
    means: Means
    now: Callable[[], float]
    history: History = field(default_factory=History)
    offset: float = OFFSET

    def reloaded(self, modules: Modules, gate: Gate) -> Self:
        return replace(self, modules=modules, gate=gate)


async def probe(request: web.BaseRequest, probing: Probing) -> web.Response:
    """?target=&module=[&hostname=][&debug=true]: 200 with metrics also for a failed probe, 400 where none was made."""
    asked = request.query
    name = asked.get("module") or DEFAULT_MODULE
    module = probing.modules.get(name)
    if module is None:
        known = ", ".join(sorted(probing.modules))
        return refusal(f"Unknown module {name[:100]!r}; known are: {known}")
    target = asked.get("target", "")
    if not 0 < len(target) <= LONGEST_TARGET:
        return refusal("Target parameter is missing" if not target else "Target parameter is too long")
    try:
        seconds = budget(request.headers.get("X-Prometheus-Scrape-Timeout-Seconds"), module.timeout, probing.offset)
        wanted = probing.gate.target(target, name)
        module = renamed(module, wanted, asked.get("hostname", ""))
    except ValueError as e:
        return refusal(str(e))
    outcome = await run(wanted, module, seconds, probing.means, probing.now)
    probing.history.add(outcome, module)
    if asked.get("debug") == "true":
        return web.Response(body=debug_text(outcome, module).encode(), headers={"Content-Type": PLAIN})
    openmetrics = negotiate(request.headers.get("Accept", ""), "").openmetrics
    body = render(outcome.families, openmetrics) + (EOF if openmetrics else b"")
    return web.Response(body=body, headers={"Content-Type": OPENMETRICS if openmetrics else TEXT})


async def results(request: web.BaseRequest, probing: Probing) -> web.Response:
    """The page of the last results; with ?id= the steps of one of them, 404 when it is gone."""
    wanted = request.query.get("id")
    if wanted is None:
        return web.Response(text=history_html(probing.history.entries()), content_type="text/html", headers=SECURITY)
    entry = probing.history.find(int(wanted)) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else None
    if entry is None:
        return web.Response(status=404, text="This result is no longer kept.\n")
    return web.Response(body=debug_text(entry.outcome, entry.module).encode(), headers={"Content-Type": PLAIN})


def refusal(text: str) -> web.Response:
    return web.Response(status=400, text=text + "\n")


def renamed(module: Module, target: Target, hostname: str) -> Module:
    """The module for ?hostname=: a request's Host, a certificate's name.

    ValueError where the module has another Host, and where a listed target may not be called so.
    """
    if not hostname:
        return module
    if not hostname.isprintable() or " " in hostname:
        raise ValueError("hostname is no host name")
    if not target.may_be_called(hostname):
        raise ValueError("the target is a configured one, and the allow-list does not admit this hostname for it")
    return replace(
        module,
        http=_with_host(module.http, hostname),
        tcp=replace(module.tcp, tls=_named(module.tcp.tls, hostname)),
        tls=replace(module.tls, tls=_named(module.tls.tls, hostname)),
    )


def _with_host(http: HttpModule, hostname: str) -> HttpModule:
    for name, value in http.headers:
        if name.lower() == "host" and value != hostname:
            raise ValueError("the module has a Host header of its own, other than the parameter hostname")
    others = tuple((name, value) for name, value in http.headers if name.lower() != "host")
    return replace(http, headers=(*others, ("Host", hostname)))


def _named(tls: TlsConfig, hostname: str) -> TlsConfig:
    return tls if tls.server_name else replace(tls, server_name=hostname)

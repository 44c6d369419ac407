"""Puts the exporter together and runs it until it is told to stop."""

import asyncio
import logging
import os
import resource
import secrets
import signal
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from exporter import collect, meta, web_pages, webconfig
from exporter import config as configuration
from exporter.clock import SystemClock
from exporter.config import Config
from exporter.flags import Flags
from exporter.gate import Gate
from exporter.heartbeats.ledger import Ledger
from exporter.heartbeats.load import adopt
from exporter.heartbeats.receiver import Receiver
from exporter.heartbeats.register import Keys
from exporter.heartbeats.store import StorageError, Store
from exporter.heartbeats.upkeep import keep_up
from exporter.heartbeats.web_manage import Management
from exporter.heartbeats.web_ping import Pings
from exporter.host import Host
from exporter.limits import Limit
from exporter.strict import ConfigError
from exporter.web import Server, Site, client
from exporter.web_sd import Targets

log = logging.getLogger(__name__)

SPARE_FILES = 100  # descriptors that connections leave to everything else
DRAIN_SECONDS = 10.0
WebConfig = Callable[[], webconfig.WebConfig]


class Exporter:
    """The parts, put together; `config` is the configuration in force."""

    def __init__(self, flags: Flags, config: Config, keys: Keys, base_url: str) -> None:
        self.flags, self.config = flags, config
        self.clock = SystemClock()
        self.reloads = meta.Reloads(True, time.time())
        self.receiver = Receiver(Ledger(Store(flags.storage), time.monotonic), keys, self.clock)
        address, wrong = client(lambda: self.config.trusted_proxies), Limit(1.0, 60, 10_000)
        self.pings = Pings(self.receiver, address, wrong, config.pace, config.creation)
        self.management = Management(self.receiver, address, wrong, base_url, config.name)
        self.targets = Targets(config, asyncio.get_running_loop().time, Path(flags.root.proc))
        self.host = Host(flags.root, flags.collectors)
        self._reloading = asyncio.Lock()
        self._use(config)

    def site(self, web_config: WebConfig) -> Site:
        outcomes = self.pings.outcomes
        sources = collect.Sources(self.receiver, self.host, lambda: self.config, outcomes, self.reloads)
        pages, targets = web_pages.Pages(sources, self.reload), self.targets
        gate = Gate(lambda: web_config().users, secrets.token_bytes(32))
        return Site(
            self.pings.healthchecks,
            {"api": self._api},
            {
                "": pages.landing,
                "metrics": pages.metrics,
                "-": pages.health,
                "probe": targets.probe,
                "probes": targets.results,
                "sd": targets.discover,
            },
            gate,
        )

    async def reload(self) -> str | None:
        """Take the configuration file over whole, or not at all and say why."""
        async with self._reloading:
            try:
                config = await asyncio.to_thread(configuration.load, self.flags.config_file, os.environ)
                await adopt(self.receiver, config.heartbeats, config.calendar)
            except (ConfigError, StorageError) as e:
                log.error("configuration not taken over: %s", e)
                self.reloads.successful = False
                return str(e)
            self._use(config)
            self.reloads.successful, self.reloads.at = True, time.time()
            log.info("configuration taken over: %d heartbeats", len(self.receiver.register))
            return None

    def _use(self, config: Config) -> None:
        self.config = config
        self.pings.calendar = self.management.calendar = config.calendar
        self.pings.creation, self.pings.pace = config.creation, config.pace
        self.targets.use(config)

    async def _api(self, request: web.BaseRequest, path: list[str], query: str) -> web.StreamResponse:
        match path:
            case ["push", token]:
                return await self.pings.kuma(request, token, query)
            case ["v1", "heartbeat", id]:
                return await self.pings.own(request, id, query)
            case ["v1", "heartbeats", *rest]:
                return await self.management.answer(request, rest, query)
        return web.Response(status=404, text="not found\n")


async def serve(flags: Flags, config: Config, keys: Keys, base_url: str) -> None:
    """Run until SIGTERM or SIGINT."""
    web_config, tls = _web_config(flags)
    exporter = Exporter(flags, config, keys, base_url)
    runner = web.ServerRunner(Server(exporter.site(web_config), _connections(), web_config))
    await runner.setup()
    site = web.TCPSite(runner, flags.host or None, flags.port, ssl_context=tls, shutdown_timeout=DRAIN_SECONDS)
    await site.start()
    log.info("listening on %s", ", ".join(f"{host}:{port}" for host, port, *_ in runner.addresses))
    tasks = [
        asyncio.create_task(exporter.receiver.commit_forever()),
        asyncio.create_task(keep_up(exporter.receiver, lambda: exporter.config, exporter.clock)),
    ]
    reloads: set[asyncio.Task[str | None]] = set()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, lambda: reloads.add(asyncio.create_task(exporter.reload())))
    await _stopped(loop, tasks)
    await runner.cleanup()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await exporter.receiver.drain()
    exporter.targets.close()
    log.info("stopped")


async def _stopped(loop: asyncio.AbstractEventLoop, tasks: "list[asyncio.Task[None]]") -> None:
    """Wait for a signal; a task that ends by itself is a fault of ours, and ends the program loudly."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    waiting = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    for task in done - {waiting}:
        task.result()


def _web_config(flags: Flags) -> tuple[WebConfig, ssl.SSLContext | None]:
    if flags.web_config is None:
        return lambda: webconfig.NOTHING, None
    watched = webconfig.Watched(flags.web_config, time.monotonic())
    return lambda: watched.current(time.monotonic()), watched.ssl_context(time.monotonic)


def _connections() -> int:
    """How many connections may be open: as many as the process may have files, less what it needs itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return max(SPARE_FILES, min(soft, 20_000) - SPARE_FILES)

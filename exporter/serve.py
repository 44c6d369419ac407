"""Puts the exporter together and runs it until it is told to stop."""

import asyncio
import logging
import os
import resource
import secrets
import signal
import ssl
import sys
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
from exporter.web_entrance import Entrance
from exporter.web_parts import problem
from exporter.web_sd import Targets

log = logging.getLogger(__name__)

SPARE_FILES = 100  # descriptors that connections leave to everything else
DRAIN_SECONDS = 10.0
SWITCH = (
    0.0003  # seconds for which the store's thread waits for the interpreter; Python's 5 ms would be felt in each commit
)
WebConfig = Callable[[], webconfig.WebConfig]


class Exporter:
    """The parts, put together; `config` is the configuration in force, `own_url` where we are without another."""

    def __init__(self, flags: Flags, config: Config, keys: Keys, own_url: str) -> None:
        self.flags, self.config, self.own_url = flags, config, own_url
        self.clock = SystemClock()
        self.reloads = meta.Reloads(True, time.time())
        self.receiver = Receiver(Ledger(Store(flags.storage), time.monotonic), keys, self.clock)
        self.address, wrong = client(lambda: self.config.trusted_proxies), Limit(1.0, 60, 10_000)
        self.pings = Pings(self.receiver, self.address, wrong, config.pace, config.creation)
        self.management = Management(self.receiver, self.address, wrong, config.name)
        self.targets = Targets(config, asyncio.get_running_loop().time, Path(flags.root.proc))
        self.host = Host(flags.root, flags.collectors)
        self._reloading = asyncio.Lock()
        self._use(config)

    def site(self, web_config: WebConfig) -> Site:
        outcomes = self.pings.outcomes
        sources = collect.Sources(self.receiver, self.host, lambda: self.config, outcomes, self.reloads)
        pages, targets = web_pages.Pages(sources, self.reload), self.targets
        gate = Gate(lambda: web_config().users, secrets.token_bytes(32))
        entrance = Entrance(web_config, gate, self.address, time.monotonic)
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
            entrance,
        )

    async def reload(self) -> str | None:
        """Take the configuration file over whole, or not at all and say why."""
        async with self._reloading:
            try:
                config = await asyncio.to_thread(configuration.load, self.flags.config_file, os.environ)
                self._refuse_new_secret(config)
                taken = [id for id in config.heartbeats if self._is_registered(id)]
                await adopt(self.receiver, config.heartbeats, config.calendar)
            except (ConfigError, StorageError) as e:
                log.error("configuration not taken over: %s", e)
                self.reloads.successful = False
                return str(e)
            self._use(config)
            for id in taken:
                log.warning("heartbeat %r was registered through the API; it is as %s says now", id, config.name)
            self.reloads.successful, self.reloads.at = True, time.time()
            log.info("configuration taken over: %d heartbeats", len(self.receiver.register))
            return None

    def _refuse_new_secret(self, config: Config) -> None:
        if config.secret_key != self.config.secret_key:
            raise ConfigError(f"{self.flags.config_file}: secret_key: all tokens change with it, that takes a restart")

    def _is_registered(self, id: str) -> bool:
        known = self.receiver.register.by_id(id)
        return known is not None and known.definition.spec is not None

    def _use(self, config: Config) -> None:
        self.config = config
        register = self.receiver.register
        register.keys = register.keys.renewed(config.ping_key, config.api_key)
        self.management.base_url = config.external_url or self.own_url
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
        return problem(404, "there is nothing at this address")


class Unreachable(OSError):
    """The address cannot be listened on."""


async def serve(flags: Flags, config: Config, keys: Keys, own_url: str) -> None:
    """Run until SIGTERM or SIGINT; Unreachable, ConfigError and StorageInUse before anything was taken in."""
    sys.setswitchinterval(SWITCH)
    web_config, tls = _web_config(flags)
    exporter = Exporter(flags, config, keys, own_url)
    runner = web.ServerRunner(Server(exporter.site(web_config), _connections(), web_config))
    await runner.setup()
    site = web.TCPSite(runner, flags.host or None, flags.port, ssl_context=tls, shutdown_timeout=DRAIN_SECONDS)
    try:
        await site.start()
    except OSError as e:
        raise Unreachable(f"cannot listen on {flags.host}:{flags.port}: {_reason(e)}") from e
    log.info("listening on %s", ", ".join(f"{host}:{port}" for host, port, *_ in runner.addresses))
    tasks = [
        asyncio.create_task(exporter.receiver.commit_forever()),
        asyncio.create_task(keep_up(exporter.receiver, lambda: exporter.config, exporter.clock)),
    ]
    reloads: set[asyncio.Task[str | None]] = set()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, lambda: _keep(reloads, asyncio.create_task(exporter.reload())))
    await _stopped(loop, tasks)
    await runner.cleanup()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if exporter.receiver.ready:
        await exporter.receiver.drain()
    else:  # to say now that we listened would hide how long nobody did
        await exporter.receiver.ledger.close()
    exporter.targets.close()
    log.info("stopped")


def _reason(error: OSError) -> str:
    # asyncio puts the address into the text once more; a name that cannot be resolved has a number of its own kind.
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)


def _keep(tasks: "set[asyncio.Task[str | None]]", task: "asyncio.Task[str | None]") -> None:
    """Hold a task until it is done: the loop itself would let it be collected."""
    tasks.add(task)
    task.add_done_callback(tasks.discard)


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

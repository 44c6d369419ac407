"""Puts the exporter together and runs it until it is told to stop."""

import asyncio
import logging
import os
import secrets
import sys
import time
from pathlib import Path

from aiohttp import web

from exporter import collect, web_pages
from exporter import config as configuration
from exporter.clock import SystemClock
from exporter.config import Config
from exporter.flags import Flags
from exporter.heartbeats.ledger import Ledger
from exporter.heartbeats.load import adopt
from exporter.heartbeats.receiver import Receiver
from exporter.heartbeats.register import Keys
from exporter.heartbeats.store import StorageError, Store
from exporter.heartbeats.upkeep import keep_up
from exporter.heartbeats.web_manage import Management
from exporter.heartbeats.web_ping import Pings
from exporter.host import Host
from exporter.web_sd import Targets
from toolkit.gate import Gate
from toolkit.limits import Limit
from toolkit.own import Reloads
from toolkit.strict import ConfigError
from toolkit.web import Server, Site, client
from toolkit.web_entrance import Entrance
from toolkit.web_health import Health
from toolkit.web_parts import problem
from toolkit.web_run import WebConfig, connections, listen, on_hangup, stopped, web_configuration

log = logging.getLogger(__name__)

# Seconds for which the store's thread waits for the interpreter; Python's 5 ms would be felt in each commit.
SWITCH = 0.0003


class Exporter:
    """The parts, put together; `config` is the configuration in force, `own_url` where we are without another."""

    def __init__(self, flags: Flags, config: Config, keys: Keys, own_url: str) -> None:
        self.flags, self.config, self.own_url = flags, config, own_url
        self.clock = SystemClock()
        self.reloads = Reloads(True, time.time())
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
        pages, targets = web_pages.Pages(sources), self.targets
        gate = Gate(lambda: web_config().users, secrets.token_bytes(32))
        entrance = Entrance(web_config, gate, self.address, time.monotonic)
        health = Health("Heartline exporter", self._unready, self.reload)
        return Site(
            {"api": self._api},
            {
                "": pages.landing,
                "metrics": pages.metrics,
                "-": health.answer,
                "probe": targets.probe,
                "probes": targets.results,
                "sd": targets.discover,
            },
            entrance,
            ("/ping/", self.pings.healthchecks),
        )

    def _unready(self) -> str | None:
        return None if self.receiver.ready else self.receiver.ledger.error or "loading"

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


async def serve(flags: Flags, config: Config, keys: Keys, own_url: str) -> None:
    """Run until SIGTERM or SIGINT; Unreachable, ConfigError and StorageInUse before anything was taken in."""
    sys.setswitchinterval(SWITCH)
    web_config, tls = web_configuration(flags.web_config)
    exporter = Exporter(flags, config, keys, own_url)
    server = Server(exporter.site(web_config), connections(), web_config)
    runner = await listen(server, flags.host, flags.port, tls)
    tasks = [
        asyncio.create_task(exporter.receiver.commit_forever()),
        asyncio.create_task(keep_up(exporter.receiver, lambda: exporter.config, exporter.clock)),
    ]
    on_hangup(exporter.reload)
    await stopped(tasks)
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

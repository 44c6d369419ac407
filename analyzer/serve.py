"""Puts the analyzer together and runs it until it is told to stop."""

import asyncio
import logging
import os
import random
import secrets
import time

from analyzer import config as configuration
from analyzer import means as parts
from analyzer import run, web_pages
from analyzer.config import SPOOLS, Config, Host
from analyzer.counts import Counts
from analyzer.fetch.syslog import Receiver
from analyzer.flags import Flags
from analyzer.glance import Glances
from analyzer.record import Run, SourceRun
from analyzer.redact.redactor import CannotRedact, Carry
from analyzer.reporting import Reporting
from analyzer.rounds import Rounds, Went
from analyzer.run import Means
from analyzer.store import StorageError, Store
from analyzer.web_findings import Findings
from analyzer.web_relay import Telling
from toolkit.gate import Gate
from toolkit.limits import Limit
from toolkit.own import Reloads
from toolkit.strict import ConfigError
from toolkit.web import Server, Site, client
from toolkit.web_entrance import Entrance
from toolkit.web_health import Health
from toolkit.web_run import WebConfig, connections, listen, on_hangup, stopped, web_configuration

log = logging.getLogger(__name__)

FORGET_SECONDS = 3600.0  # between two looks for what is too old


class Analyzer:
    """The parts, put together; `means` holds those of the configuration in force."""

    def __init__(self, flags: Flags, config: Config, key: bytes) -> None:
        self.flags, self.key = flags, key
        self.counts = Counts()
        self.store = Store(flags.storage)
        self.means = parts.build(config, self.store, self.counts, key)
        parts.expect(self.counts, config)
        self.reloads = Reloads(True, time.time())
        self.rounds = Rounds(self.review, time.time, random.SystemRandom())
        self.glances = Glances(self.rounds.now)
        self.storage_up = True
        self.receiver: Receiver[Carry] | None = None
        self._address = client(lambda: self.means.config.trusted_proxies)
        self._wrong = Limit(1.0, 60, 10_000)
        self.telling = Telling(
            flags.storage, self.store, self.glances.look, lambda: self.means.config, self._address, self._wrong
        )
        self.reporting = Reporting(self.store, self.telling.reach, self.telling.relay.counts, lambda: self.means.config)
        self._closing: set[asyncio.Task[None]] = set()
        self._reloading = asyncio.Lock()

    def site(self, web_config: WebConfig) -> Site:
        findings = Findings(self.store, lambda: self.means.config.api_key, self._hosts, self._address, self._wrong)
        gate = Gate(lambda: web_config().users, secrets.token_bytes(32))
        pages = web_pages.Pages(
            self.store.hosts,
            self.counts,
            lambda: parts.watched(self.means.config),
            lambda: len(self.rounds.running),
            lambda: self.storage_up,
            lambda: self.receiver,
            self.telling.families,
            self.reloads,
        )
        health = Health("Heartline analyzer", lambda: None, self.reload)
        return Site(
            {"findings": findings.findings, "hosts": findings.hosts, "alerts": self.telling.page},
            {"": pages.landing, "metrics": pages.metrics, "-": health.answer},
            Entrance(web_config, gate, self._address, time.monotonic),
        )

    def use(self) -> None:
        """Review the hosts of the configuration in force, each when its turn comes after its last run."""
        last = {name: state.finished for name, state in self.store.hosts().items()}
        self.rounds.use(self.means.config.hosts, last)
        self.telling.use(self.means.config)
        self.reporting.use(self.means.config)

    async def review(self, host: Host) -> Went:
        """One run; what goes wrong in it is logged and shown, and never ends the rounds."""
        try:
            told = await run.review(host, self.means, self.glances.found)
            self.storage_up = True
        except StorageError as e:
            self.storage_up = False
            log.error("%s: reviewed and not stored, so the same lines come again: %s", host.name, e)
            return Went(False)
        except Exception:  # the one broad one: whatever is wrong with one host, the others go on
            log.exception("%s: the review failed", host.name)
            await self._publish_failure(host)
            return Went(False)
        finally:
            self.glances.found(host.name, ())
        _say(told)
        return Went(told.reached, told.permanent)

    async def _publish_failure(self, host: Host) -> None:
        now = time.time()
        sources = tuple(SourceRun(source.name, False, "the review failed; the log says why") for source in host.sources)
        try:
            await asyncio.to_thread(self.store.record, Run(host.name, now, now, sources, ()))
        except StorageError:
            self.storage_up = False
            log.exception("%s: that it failed could not be stored", host.name)

    async def reload(self) -> str | None:
        """Take the configuration file over whole, or not at all and say why."""
        async with self._reloading:
            try:
                config = await asyncio.to_thread(
                    configuration.load, self.flags.config_file, os.environ, self.flags.storage
                )
                if config.syslog != self.means.config.syslog:
                    raise ConfigError(f"{config.name}: syslog: what listens changes with a restart")
                means = await asyncio.to_thread(parts.build, config, self.store, self.counts, self.key)
            except (ConfigError, StorageError) as e:
                log.error("configuration not taken over: %s", e)
                self.reloads.successful = False
                return str(e)
            before, self.means = self.means, means
            parts.expect(self.counts, config)
            self.use()
            self._closing.add(closing := asyncio.create_task(_close_later(before)))
            closing.add_done_callback(self._closing.discard)
            self.reloads.successful, self.reloads.at = True, time.time()
            log.info("configuration taken over: %d hosts", len(config.hosts))
            return None

    async def forget(self) -> None:
        """Delete what is too old, in slices, for ever."""
        while True:
            try:
                before = time.time() - self.means.config.keeping.age
                gone = 1
                while gone:
                    gone = await asyncio.to_thread(self.store.forget, before)
                    await asyncio.sleep(0.1)  # runs are recorded in between
            except StorageError as e:
                self.storage_up = False
                log.error("what is too old could not be forgotten: %s", e)
            await asyncio.sleep(FORGET_SECONDS)

    def _hosts(self) -> list[str]:
        return [host.name for host in self.means.config.hosts]


async def _close_later(means: Means) -> None:
    """Let go of models once the runs that may still ask them have ended."""
    await asyncio.sleep(means.config.run_seconds + run.MODEL_SECONDS)
    await means.reviewing.close()


def _say(told: run.Told) -> None:
    lines = sum(source.lines for source in told.run.sources)
    down = [f"{source.name}: {source.error}" for source in told.run.sources if not source.up]
    score = "no score" if told.recorded.score is None else f"score {told.recorded.score}"
    new = len(told.recorded.new)
    log.info("%s: %d lines, %d findings, %d new, %s", told.run.host, lines, len(told.run.findings), new, score)
    for text in down:
        log.warning("%s: %s", told.run.host, text)


async def serve(flags: Flags, config: Config, key: bytes) -> None:
    """Run until SIGTERM or SIGINT; Unreachable, ConfigError and StorageInUse before anything is reviewed."""
    web_config, tls = web_configuration(flags.web_config)
    analyzer = Analyzer(flags, config, key)
    if config.syslog:
        redact = analyzer.means.redactor().lines
        analyzer.receiver = Receiver(config.syslog, flags.storage / SPOOLS, redact, Carry, CannotRedact, time.time)
        await analyzer.receiver.open()
    runner = await listen(Server(analyzer.site(web_config), connections(), web_config), flags.host, flags.port, tls)
    tasks = [asyncio.create_task(analyzer.rounds.forever()), asyncio.create_task(analyzer.forget())]
    tasks.append(asyncio.create_task(analyzer.telling.relay.forever()))
    tasks.append(asyncio.create_task(analyzer.reporting.scheduled.forever()))
    if analyzer.receiver:
        tasks.append(asyncio.create_task(analyzer.receiver.forever()))
    analyzer.use()
    on_hangup(analyzer.reload)
    await stopped(tasks)
    await analyzer.reporting.close()
    await analyzer.telling.close()
    await runner.cleanup()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await analyzer.means.reviewing.close()
    analyzer.store.close()
    log.info("stopped")

"""Puts the relay together: its services, its page, and the look at a host's logs that a message may bring along."""

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from aiohttp import web

from analyzer.config import Config
from analyzer.finding import RANK, Finding
from analyzer.notify import declare, families, present
from analyzer.notify.declare import Reach
from analyzer.notify.relay import Relay
from analyzer.notify.store import Store as RelayStore
from analyzer.notify.web_alerts import Alerts
from analyzer.store import Store
from toolkit.families import Family
from toolkit.limits import Limit

LINES = 2  # of a host's findings in one message
SECONDS = 4.0  # that a message waits for the host's newest lines; what is open anyway is told after them
Glance = Callable[[str, float], Awaitable[Sequence[Finding]]]


class Telling:
    """The relay of one configuration after the other; `findings` is the store of the log review."""

    def __init__(
        self,
        folder: Path,
        findings: Store,
        glance: Glance,
        config: Callable[[], Config],
        address: Callable[[web.BaseRequest], str],
        wrong: Limit,
    ) -> None:
        self._findings, self._glance, self._config = findings, glance, config
        self.reach = Reach(time.monotonic)
        self.relay = Relay(RelayStore(folder), time.time, time.monotonic, self._at_logs, self._present)
        self.page = Alerts(self.relay, lambda: config().relay.secret, address, wrong).alerts

    def use(self, config: Config) -> None:
        """Deliver to the services of this configuration from now on."""
        self.relay.use(declare.services(config.notify, self.reach), config.relay.settings)

    def families(self) -> Iterator[Family]:
        """notify_*, where there is a service."""
        return families.collect(self.relay.counts, self.relay.pending) if self._config().notify else iter(())

    async def close(self) -> None:
        await self.relay.close()
        await self.reach.close()

    async def _present(self, url: str) -> frozenset[str] | None:
        return await present.fingerprints(self.reach.session(), url)

    async def _at_logs(self, host: str) -> str | None:
        """The gravest of what its newest lines say and what is open; None where that is nothing."""
        fresh = await self._glance(host, SECONDS)
        known = [found.finding for found in self._findings.findings(host=host, limit=LINES)]
        seen = {finding.fingerprint: finding for finding in (*known, *fresh)}
        gravest = sorted(seen.values(), key=lambda finding: -RANK[finding.severity])[:LINES]
        return "\n".join(f"{found.severity}: {found.title} ({found.source})" for found in gravest) or None

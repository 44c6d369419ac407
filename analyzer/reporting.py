"""Puts the digest together with what it needs: the store, Prometheus, the services that hear of it."""

import time
from collections.abc import Callable

from analyzer.config import Config
from analyzer.digest.make import make
from analyzer.digest.period import Period
from analyzer.digest.report import Digest
from analyzer.digest.scheduled import Scheduled
from analyzer.notify import declare
from analyzer.notify.counts import Counts
from analyzer.notify.declare import Reach
from analyzer.store import Store


class Reporting:
    """The digest of one configuration after the other; its deliveries are counted with those of the relay."""

    def __init__(self, store: Store, reach: Reach, counts: Counts, config: Callable[[], Config]) -> None:
        self._store, self._reach, self._config = store, reach, config
        self.scheduled = Scheduled(store, counts, self._gather, time.time)

    def use(self, config: Config) -> None:
        """Send it as this configuration says from now on."""
        names = config.digest.to if config.digest else ()
        chosen = tuple(one for one in config.notify if one.name in names)
        self.scheduled.use(config.digest, declare.services(chosen, self._reach))

    async def close(self) -> None:
        await self.scheduled.close()

    async def _gather(self, period: Period) -> Digest:
        config = self._config()
        hosts = [host.name for host in config.hosts]
        url = config.digest.prometheus if config.digest else None
        return await make(self._store, hosts, url, self._reach.session(), period, time.time())

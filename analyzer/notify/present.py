"""Which alerts does Alertmanager still have? It says nothing of what ends while it is muted, so somebody has to ask."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import aiohttp

from analyzer.notify.incident import Incident

log = logging.getLogger(__name__)

SECONDS = 5.0
# Longer than Alertmanager needs, once started anew, to hear of everything again: Prometheus repeats itself each minute.
GONE_AFTER = 300.0


async def fingerprints(session: aiohttp.ClientSession, url: str) -> frozenset[str] | None:
    """Of all alerts that the Alertmanager at this URL has, muted ones among them; None: it did not tell."""
    try:
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        async with session.get(f"{url.rstrip('/')}/api/v2/alerts", timeout=timeout) as answer:
            answer.raise_for_status()
            return frozenset(one["fingerprint"] for one in await answer.json())
    except (aiohttp.ClientError, TimeoutError, ValueError, TypeError, KeyError) as e:
        log.info("%s was not asked what it still has: %s", url, type(e).__name__)
        return None


@dataclass
class Missing:
    """Since when alerts that were told as firing are missing, by fingerprint."""

    clock: Callable[[], float]
    since: dict[str, float] = field(default_factory=dict)

    def gone(self, incident: Incident, there: frozenset[str]) -> Mapping[str, float]:
        """Those that have been missing for long enough, with the instant at which they were missed first."""
        now = self.clock()
        for alert in incident.wanted.alerts:
            if alert.fingerprint in there or alert.status == "resolved":
                self.since.pop(alert.fingerprint, None)
            else:
                self.since.setdefault(alert.fingerprint, now)
        names = (alert.fingerprint for alert in incident.wanted.of("firing"))
        return {name: at for name in names if (at := self.since.get(name, now)) <= now - GONE_AFTER}

    def keep(self, names: Collection[str]) -> None:
        """Forget all others."""
        self.since = {name: at for name, at in self.since.items() if name in names}

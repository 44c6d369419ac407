"""Since when did Prometheus say that an alert fires?"""

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

from stack.layout import HOST

NOBODYS = "Watchdog|MaintenanceActive|HostBehindOutage|HostAway"  # which are not to be told


@dataclass(frozen=True)
class Firing:
    """One alert; `since` is the Unix time of the evaluation at which it fired first."""

    labels: Mapping[str, str]
    since: float

    @property
    def name(self) -> str:
        return self.labels["alertname"]


def firing(port: int, since: float) -> list[Firing]:
    """All alerts that fired since then, but those that only mute others."""
    selector = f'ALERTS{{alertstate="firing",alertname!~"{NOBODYS}"}}[{time.time() - since:.0f}s]'
    query = urllib.parse.urlencode({"query": selector})
    with urllib.request.urlopen(f"http://{HOST}:{port}/api/v1/query?{query}", timeout=30) as answer:
        series = json.load(answer)["data"]["result"]
    return [Firing(one["metric"], one["values"][0][0]) for one in series]

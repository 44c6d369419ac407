"""What does Prometheus answer to a query, and since when did it say that an alert fires?"""

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    return [Firing(one["metric"], one["values"][0][0]) for one in query(port, selector)]


def query(port: int, expression: str) -> list[dict[str, Any]]:
    """Each series as Prometheus tells it."""
    keys = urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(f"http://{HOST}:{port}/api/v1/query?{keys}", timeout=30) as answer:
        return list(json.load(answer)["data"]["result"])

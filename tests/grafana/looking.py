"""One scenario for all: scraped, put into the past, and looked at by Prometheus with the shipped rules."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.grafana import built, engine, past, scenario
from tests.grafana.engine import Prometheus

SIGNS = (
    'ALERTS{alertname="HeartbeatLate",alertstate="firing"}',
    'ALERTS{alertname="ProbeFailed",alertstate="firing"}',
    'ALERTS{alertname="HostDown",alertstate="firing"}',
    'ALERTS{severity="warning",alertstate="firing"}',
    'ALERTS{severity="info",alertstate="firing"}',
    'alert:firing:shown{severity="info"}',
    "rate(prometheus_notifications_dropped_total[1m])",
    "rate(alertmanager_notifications_total[1m])",
    "alertmanager_alerts",
)
"""Once these have values, all has been scraped and every rule has been evaluated."""


@contextmanager
def looking(folder: Path, suite: str) -> Iterator[Prometheus]:
    """Prometheus with an hour of the scenario behind it, and its rules at work."""
    texts = [file.read_text() for file in engine.RULES]
    wanted = engine.words(*texts, *(built.asked(target) for target in built.everything()))
    scrapes = scenario.scraped(folder)
    past.write(folder / "past.txt", past.series(scrapes, wanted), time.time())
    engine.blocks(folder / "past.txt", folder / "data", suite)
    with engine.running(folder, suite) as prometheus:
        for sign in SIGNS:
            prometheus.until(sign)
        yield prometheus

"""The scenario in a running Prometheus: scraped once, put into the past, with the shipped rules at work."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.grafana import built, engine, past, scenario
from tests.grafana.engine import Prometheus

SUITE = "stable"
SIGNS = (
    'ALERTS{alertname="HeartbeatLate",alertstate="firing"}',
    'ALERTS{alertname="ProbeFailed",alertstate="firing"}',
    'ALERTS{alertname="HostDown",alertstate="firing"}',
    "rate(prometheus_notifications_dropped_total[1m])",
    "rate(alertmanager_notifications_total[1m])",
    "alertmanager_alerts",
)


@contextmanager
def running(folder: Path) -> Iterator[Prometheus]:
    """With an hour of it behind, and its rules at work."""
    texts = [file.read_text() for file in engine.RULES]
    wanted = engine.words(*texts, *(built.asked(target) for target in built.everything()))
    scrapes = scenario.scraped(folder)
    past.write(folder / "past.txt", past.series(scrapes, wanted), time.time())
    engine.blocks(folder / "past.txt", folder / "data", SUITE)
    with engine.running(folder, SUITE) as prometheus:
        for sign in SIGNS:
            prometheus.until(sign)
        yield prometheus

"""One scenario for all: scraped, put into the past, and looked at by Prometheus with the shipped rules."""

import time
from collections.abc import Iterator

import pytest

from tests.grafana import built, engine, past, scenario
from tests.grafana.engine import Prometheus

SUITE = "stable"


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """With an hour of the scenario behind it, and its rules at work."""
    folder = tmp_path_factory.mktemp("grafana")
    texts = [file.read_text() for file in engine.RULES]
    wanted = engine.words(*texts, *(built.asked(target) for target in built.everything()))
    scrapes = scenario.scraped(folder)
    past.write(folder / "past.txt", past.series(scrapes, wanted), time.time())
    engine.blocks(folder / "past.txt", folder / "data", SUITE)
    with engine.running(folder, SUITE) as prometheus:
        for sign in SIGNS:
            prometheus.until(sign)
        yield prometheus


SIGNS = (
    'ALERTS{alertname="HeartbeatLate",alertstate="firing"}',
    'ALERTS{alertname="ProbeFailed",alertstate="firing"}',
    'ALERTS{alertname="HostDown",alertstate="firing"}',
    "rate(prometheus_notifications_dropped_total[1m])",
    "rate(alertmanager_notifications_total[1m])",
    "alertmanager_alerts",
)

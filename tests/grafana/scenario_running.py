"""The scenario in a running Prometheus: scraped once, put into the past, with the shipped rules at work."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.grafana import built, engine, past, scenario
from tests.grafana.conftest import SIGNS, SUITE
from tests.grafana.engine import Prometheus


@contextmanager
def running(folder: Path) -> Iterator[Prometheus]:
    texts = [file.read_text() for file in engine.RULES]
    wanted = engine.words(*texts, *(built.asked(target) for target in built.everything()))
    scrapes = scenario.scraped(folder)
    past.write(folder / "past.txt", past.series(scrapes, wanted), time.time())
    engine.blocks(folder / "past.txt", folder / "data", SUITE)
    with engine.running(folder, SUITE) as prometheus:
        for sign in SIGNS:
            prometheus.until(sign)
        yield prometheus

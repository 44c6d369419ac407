"""One scenario for all that ask."""

from collections.abc import Iterator

import pytest

from tests.grafana.engine import Prometheus
from tests.grafana.scenario_running import running


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with running(tmp_path_factory.mktemp("grafana")) as prometheus:
        yield prometheus

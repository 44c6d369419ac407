"""The one Prometheus that all modules ask."""

from collections.abc import Iterator

import pytest

from tests.grafana.engine import Prometheus
from tests.grafana.looking import looking


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with looking(tmp_path_factory.mktemp("grafana"), "stable") as prometheus:
        yield prometheus

"""Do dashboards and alerts of the community find what they ask for?"""

import asyncio
import csv
from pathlib import Path

import psutil
import pytest

from exporter.host import COLLECTORS, DEFAULT_OFF, Host, Root
from tests.host.conftest import scrape
from tests.host.exposition import Exposition, read
from toolkit.families import render
from toolkit.own import process

METRICS = Path(__file__).parent.parent / "fixtures/node/metrics.tsv"
# Asked for, and served neither from the recorded trees nor from this machine nor from a running systemd.
EXPLAINED = {
    "node_hwmon_temp_alarm": "no sensor of the recorded ones has this alarm",
    "node_hwmon_temp_crit_hyst_celsius": "no sensor of the recorded ones has a hysteresis",
    "node_netstat_Tcp_MaxConn": "node_exporter's default pattern leaves it out too",
}


def asked(by: str = "") -> dict[str, str]:
    """The raw metrics those collections name, with their types."""
    with METRICS.open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return {row["metric"]: row["type"] for row in rows if row["type"] != "-" and by in row["used_by"]}


@pytest.fixture(scope="module")
def served(recorded: Exposition, flapped: Exposition) -> dict[str, str]:
    """All families with their types: of this machine, of our process, of the recorded trees, of a running systemd."""
    own = read(render(process(psutil.Process()), openmetrics=False).decode()).types
    live = Host(Root(), (set(COLLECTORS) - DEFAULT_OFF) | {"processes", "tcpstat", "interrupts"})
    return asyncio.run(scrape(live)).types | own | recorded.types | flapped.types


def test_of_the_238_all_are_served_or_explained(served: dict[str, str]) -> None:
    assert len(asked()) == 238
    assert asked().keys() - served.keys() <= EXPLAINED.keys()
    assert len(asked().keys() & served.keys()) >= 220


def test_all_45_of_node_mixin_are_served(served: dict[str, str]) -> None:
    assert len(asked("mixin")) == 45
    assert asked("mixin").keys() - served.keys() == set()


def test_they_have_the_types_that_are_expected(served: dict[str, str]) -> None:
    expected = {name: type.replace("untyped", "unknown") for name, type in asked().items() if type}
    assert {name: served[name] for name in expected if name in served} == {
        name: type for name, type in expected.items() if name in served
    }


def test_what_is_explained_is_really_missing(served: dict[str, str]) -> None:
    assert [name for name in EXPLAINED if name in served] == []

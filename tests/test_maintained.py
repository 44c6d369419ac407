"""Which hosts are under announced work, by the windows of the configuration and everything that names a host."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from exporter.config import Config, load
from exporter.maintained import collect

BEFORE, DURING, AFTER = (datetime(2026, 12, 1, hour, 30, tzinfo=UTC).timestamp() for hour in (20, 22, 23))
NAMED = """
host: watch
heartbeats:
  - {id: web01, host: web01, every: 5m, schedule: office}
  - {id: backup, host: nas, every: 1d, schedule: office}
  - {id: nowhere, every: 1d}
hosts:
  - {host: web02, address: "web02:9100"}
  - {host: db, address: "db:9100", schedule: office}
probes:
  - {name: shop, target: "https://shop.example.org/", host: shop}
schedules:
  office: {windows: ["Mon-Fri 08:00-18:00"]}
"""


def configured(folder: Path, *matchers: str) -> Config:
    windows = "".join(f'  - {{matchers: {one}, start: "2026-12-01 21:00", duration: 2h}}\n' for one in matchers)
    (folder / "exporter.yml").write_text(f"{NAMED}maintenance:\n{windows}" if windows else NAMED)
    return load(folder / "exporter.yml", {})


def shown(config: Config, now: float) -> dict[str, float]:
    return {sample.labels[0][1]: sample.value for sample in collect(config.maintained, now).samples}


def test_a_host_is_maintained_from_the_start_of_its_window_to_its_end(tmp_path: Path) -> None:
    config = configured(tmp_path, '{host: "web*"}')
    assert [shown(config, at) for at in (BEFORE, DURING, AFTER)] == [
        {"web01": 0, "web02": 0},
        {"web01": 1, "web02": 1},
        {"web01": 0, "web02": 0},
    ]


def test_a_star_is_every_host_that_anything_names_this_machine_included(tmp_path: Path) -> None:
    everyone = dict.fromkeys(("db", "nas", "shop", "watch", "web01", "web02"), 1.0)
    assert shown(configured(tmp_path, '{host: "*"}'), DURING) == everyone


@pytest.mark.parametrize("matchers", ["{heartbeat: backup}", '{host: nas, heartbeat: "*"}', '{name: "*"}'])
def test_work_on_single_heartbeats_mutes_no_host(matchers: str, tmp_path: Path) -> None:
    assert shown(configured(tmp_path, matchers), DURING) == {}


def test_a_schedule_is_that_of_the_host_or_of_the_heartbeat_named_like_it_and_of_no_other(tmp_path: Path) -> None:
    assert shown(configured(tmp_path, "{schedule: office}"), DURING) == {"db": 1, "web01": 1}


def test_two_windows_add_up_and_without_one_nothing_is_shown(tmp_path: Path) -> None:
    assert shown(configured(tmp_path, "{host: nas}", '{host: "d?"}'), DURING) == {"nas": 1, "db": 1}
    assert shown(configured(tmp_path), DURING) == {}

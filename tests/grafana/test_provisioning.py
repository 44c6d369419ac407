"""Does Grafana find its data sources and dashboards, in a container and on the machine itself?"""

import re
from pathlib import Path
from typing import Any

import yaml

from stack.grafana import grafana
from stack.layout import ROOT, Ports
from tests.grafana.built import DASHBOARDS
from tests.stack.compose import services

FOLDER = ROOT / "grafana" / "provisioning"
SERVICES = services({})
ENVIRONMENT: dict[str, str] = SERVICES["grafana"]["environment"]
READ = ("alerting", "dashboards", "datasources", "plugins")
"""Folders that Grafana looks for at its start, and complains about when they are missing."""


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name / "heartline.yml").read_text())


def test_all_folders_that_grafana_reads_are_there() -> None:
    assert {file.parent.name for file in FOLDER.glob("*/*.yml")} == set(READ)
    assert all(yaml.safe_load(file.read_text())["apiVersion"] == 1 for file in FOLDER.glob("*/*.yml"))


def test_data_sources_are_the_two_programs_where_the_environment_says_they_are() -> None:
    found = {one["uid"]: one for one in read("datasources")["datasources"]}
    assert [(uid, one["type"], one["url"]) for uid, one in found.items()] == [
        ("heartline-prometheus", "prometheus", "$HEARTLINE_PROMETHEUS"),
        ("heartline-alertmanager", "alertmanager", "$HEARTLINE_ALERTMANAGER"),
    ]
    assert [uid for uid, one in found.items() if one.get("isDefault")] == ["heartline-prometheus"]
    assert found["heartline-prometheus"]["jsonData"]["alertmanagerUid"] in found
    assert ENVIRONMENT["HEARTLINE_PROMETHEUS"] == "http://prometheus:9090"
    assert ENVIRONMENT["HEARTLINE_ALERTMANAGER"] == "http://alertmanager:9093"
    assert {"prometheus", "alertmanager"} <= SERVICES.keys()


def test_rates_are_made_of_at_least_four_of_the_longest_scrapes() -> None:
    (source, _) = read("datasources")["datasources"]
    config = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text())
    intervals = [config["global"], *config["scrape_configs"]]
    seconds = [int(one["scrape_interval"].removesuffix("s")) for one in intervals if "scrape_interval" in one]
    assert source["jsonData"]["timeInterval"] == f"{max(seconds)}s"


def test_the_dashboards_are_where_the_container_has_them() -> None:
    (provider,) = read("dashboards")["providers"]
    assert provider["options"] == {"path": "$HEARTLINE_DASHBOARDS"}
    assert provider["allowUiUpdates"] is False
    (mount,) = [one for one in SERVICES["grafana"]["volumes"] if "./grafana" in str(one)]
    inside = str(mount).split(":")[1]
    assert ENVIRONMENT["HEARTLINE_DASHBOARDS"] == f"{inside}/dashboards"
    assert ENVIRONMENT["GF_PATHS_PROVISIONING"] == f"{inside}/provisioning"
    assert ENVIRONMENT["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] == f"{inside}/dashboards/overview.json"
    assert "overview" in DASHBOARDS


def test_a_native_grafana_sets_every_variable_that_the_files_name(tmp_path: Path) -> None:
    (tmp_path / "grafana").write_text("#!/bin/sh\n")
    (tmp_path / "grafana").chmod(0o755)
    native = grafana(tmp_path, 3000, Ports(), str(tmp_path))
    assert native is not None
    named = {name for file in FOLDER.glob("*/*.yml") for name in re.findall(r"\$(\w+)", file.read_text())}
    assert named - {"__rate_interval"} <= native.program.environ.keys() & ENVIRONMENT.keys()
    assert Path(native.program.environ["HEARTLINE_DASHBOARDS"]) == ROOT / "grafana" / "dashboards"

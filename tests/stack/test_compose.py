"""docker-compose.yml says what the specification knows, and nothing that opens more than it must."""

import json
import re
from typing import Any

import jsonschema
import pytest
import yaml

from stack.layout import ROOT, Ports
from tests.stack.compose import FILE, interpolated, mounts, services

SCHEMA = json.loads((ROOT / "tests" / "fixtures" / "compose" / "compose-spec.json").read_text())
TREE: dict[str, Any] = yaml.safe_load(interpolated(FILE.read_text(), {}))
SERVICES = services({})
PROGRAMS = ("exporter", "analyzer", "prometheus", "alertmanager", "grafana")


def test_it_is_what_the_compose_specification_says() -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(TREE)


def test_a_misspelt_key_would_be_noticed() -> None:
    wrong = yaml.safe_load(interpolated(FILE.read_text().replace("cap_drop", "cap_dropp"), {}))
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(wrong)


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_may_do_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert re.match(r"[1-9]\d*:", service["user"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"cap_add", "privileged", "devices"} & service.keys()
    assert {"mem_limit", "pids_limit", "cpus"} <= service.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_the_hosts_own_alone(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port), port


@pytest.mark.parametrize("name", SERVICES)
def test_each_image_is_one_release(name: str) -> None:
    assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+\.\d+[a-z0-9.-]*", SERVICES[name]["image"])


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_of_the_host_can_be_written_to(name: str) -> None:
    for mount in mounts(SERVICES[name]):
        assert mount.tmpfs or not mount.writable or "/" not in mount.source, mount


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_mounted_of_this_repository_is_there(name: str) -> None:
    for mount in mounts(SERVICES[name]):
        if mount.source.startswith("."):
            assert (ROOT / mount.source).is_dir(), mount


def test_every_volume_is_declared_and_used() -> None:
    used = {m.source for service in SERVICES.values() for m in mounts(service) if not m.tmpfs and "/" not in m.source}
    assert used == TREE["volumes"].keys()


def test_none_waits_for_what_never_says_that_it_is_well() -> None:
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == {"setup"}
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            wanted = "service_healthy" if "healthcheck" in SERVICES[other] else "service_completed_successfully"
            assert how["condition"] == wanted


def test_ports_are_those_of_the_shipped_configurations() -> None:
    ports = {name: int(SERVICES[name]["ports"][0].rpartition(":")[2]) for name in PROGRAMS}
    assert {name: ports[name] for name in vars(Ports())} == vars(Ports())


def test_what_is_optional_meets_the_exporter_and_the_analyzer_alone() -> None:
    networks = {name: service.get("networks", ["default"]) for name, service in SERVICES.items()}
    assert {name for name, service in SERVICES.items() if "profiles" in service} == {
        name for name, own in networks.items() if own == ["optional"]
    }
    assert {name for name, own in networks.items() if len(own) > 1} == {"exporter", "analyzer"}


def test_no_secret_stands_in_it() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            is_secret = re.search(r"PASSWORD|SECRET|TOKEN|_KEY|WEBHOOK|WATCHDOG", variable)
            assert not is_secret or not value or "/run/heartline/" in value, f"{name}: {variable}"


def test_a_webhook_reaches_the_service_that_prepares_and_no_other() -> None:
    for name, service in services(
        {"DISCORD_WEBHOOK_URL": "https://discord.com/x", "WATCHDOG_URL": "https://w"}
    ).items():
        assert ("https://" in str(service.get("environment", {}))) == (name == "setup"), name

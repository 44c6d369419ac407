"""What Prometheus is told of the listed probes and of the internet monitor's."""

from pathlib import Path

from exporter.probes.discovery import everything, targets
from exporter.probes.listed import Listed, probes
from toolkit.strict import load

RESOLV_CONF = "nameserver 192.168.1.1\nnameserver 192.168.1.2\n"


def monitored(text: str, gateway: str | None = "192.168.1.1") -> dict[str, Listed]:
    found = everything(probes(load(text, "x.yml"), Path(), frozenset()), gateway, RESOLV_CONF)
    return {probe.name: probe for probe in found}


def test_prometheus_is_told_where_and_how_often_to_scrape() -> None:
    text = "probes: [{name: db, target: 'db.lan:5432', module: tcp_connect, interval: 1m30s, host: db}]"
    assert targets(monitored(text).values(), "127.0.0.1:9797") == [
        {
            "targets": ["127.0.0.1:9797"],
            "labels": {
                "__metrics_path__": "/probe",
                "__param_target": "db.lan:5432",
                "__param_module": "tcp_connect",
                "__scrape_interval__": "1m30s",
                "__scrape_timeout__": "10s",
                "instance": "db.lan:5432",
                "probe": "db",
                "host": "db",
            },
        }
    ]


def test_an_exporter_behind_tls_is_scraped_over_tls() -> None:
    (target,) = targets(monitored("probes: [{name: a, target: nas}]").values(), "watch.lan:9797", secure=True)
    assert target["labels"]["__scheme__"] == "https"


def test_without_the_internet_monitor_nothing_is_added() -> None:
    assert monitored("") == {}
    assert monitored("internet: false") == {}


def test_one_line_switches_the_whole_group_on() -> None:
    found = monitored("internet: true")
    assert {(probe.part, probe.target, probe.via) for probe in found.values()} == {
        ("gateway", "192.168.1.1", ""),
        ("resolver", "1.1.1.1", "internet"),
        ("resolver", "8.8.8.8", "internet"),
        ("system_resolver", "192.168.1.1", ""),
        ("by_name", "http://connectivitycheck.gstatic.com/generate_204", "internet"),
        ("by_name", "http://detectportal.firefox.com/success.txt", "internet"),
        ("by_address", "http://1.1.1.1/", "internet"),
    }
    assert all(probe.group == "internet" and probe.interval == 30 for probe in found.values())


def test_a_machine_without_ipv4_asks_addresses_that_it_can_reach() -> None:
    found = monitored("internet: true", "fe80::1%eth0")
    assert found["internet_gateway_1"].target == "fe80::1%eth0"
    assert found["internet_resolver_1"].target == "2606:4700:4700::1111"
    assert found["internet_by_address_1"].target == "http://[2606:4700:4700::1111]/"


def test_without_a_gateway_the_other_parts_are_asked() -> None:
    assert {probe.part for probe in monitored("internet: true", None).values()} == {
        "resolver",
        "system_resolver",
        "by_name",
        "by_address",
    }


def test_each_part_can_be_replaced() -> None:
    found = monitored("internet: {resolvers: [10.0.0.53], by_name: [http://in.test/], interval: 10s}")
    assert found["internet_resolver_1"].target == "10.0.0.53"
    assert found["internet_by_name_1"].target == "http://in.test/"
    assert found["internet_by_address_1"].target == "http://1.1.1.1/"
    assert {probe.interval for probe in found.values()} == {10}
    assert "internet_resolver_2" not in found


def test_the_throughput_test_has_its_own_slow_interval() -> None:
    found = monitored("internet: {throughput: {download: http://files.test/10MB}}")
    download = found["internet_download_1"]
    assert (download.module, download.part, download.interval, download.timeout) == (
        "internet_download",
        "download",
        21_600,
        61,
    )
    assert download.every == "6h"
    assert "internet_upload_1" not in found

"""Which hosts a configuration file lists, and what Prometheus is told of them."""

from typing import Any

import pytest

from exporter.host.listed import ListedHost, hosts, targets
from toolkit.strict import ConfigError, load


def read(text: str) -> tuple[ListedHost, ...]:
    return hosts(load(text, "exporter.yml"), frozenset({"office"}))


def told(text: str, secure: bool = False) -> list[dict[str, Any]]:
    return targets(read(text), "watch", "127.0.0.1:9797", secure)


OWN = {"targets": ["127.0.0.1:9797"], "labels": {"host": "watch", "__metrics_path__": "/metrics/host"}}


def test_this_machine_is_always_there() -> None:
    assert told("") == [OWN]


def test_over_tls_where_the_exporter_speaks_it() -> None:
    assert told("", secure=True)[0]["labels"]["__scheme__"] == "https"


def test_a_host_is_where_the_file_says() -> None:
    text = "hosts: [{host: web01, address: 'web01:9100'}, {host: v6, address: '[fd00::1]:9797', path: /metrics/host}]"
    assert told(text)[1:] == [
        {"targets": ["web01:9100"], "labels": {"host": "web01", "__metrics_path__": "/metrics"}},
        {"targets": ["[fd00::1]:9797"], "labels": {"host": "v6", "__metrics_path__": "/metrics/host"}},
    ]


def test_interval_schedule_and_scheme_are_passed_on() -> None:
    text = "{host: web01, address: 'web01:9100', interval: 1m, schedule: office, scheme: https}"
    assert told(f"hosts: [{text}]")[1]["labels"] == {
        "host": "web01",
        "__metrics_path__": "/metrics",
        "__scheme__": "https",
        "__scrape_interval__": "1m",
        "__scrape_timeout__": "10s",
        "every": "1m",
        "schedule": "office",
    }


def test_a_host_that_is_read_often_enough_for_the_rules_does_not_say_how_often() -> None:
    listed = read("hosts: [{host: a, address: 'a:1'}, {host: b, address: 'b:1', interval: 30s}]")
    assert [host.every for host in listed] == ["", ""]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("web01:9100", ""),
        ("nas.lan:9797", ""),
        ("192.168.1.5:9100", ""),
        ("[fd00::1]:9797", ""),
        ("web01.example.org:9100", "internet"),
        ("8.8.8.8:9100", "internet"),
        ("[2606:4700:4700::1111]:9100", "internet"),
    ],
)
def test_what_lies_behind_the_internet_is_known_by_address_or_name(address: str, expected: str) -> None:
    labels = told(f"hosts: [{{host: a, address: '{address}'}}]")[1]["labels"]
    assert labels.get("via", "") == expected


def test_the_file_may_know_better_what_lies_behind_the_internet() -> None:
    text = "{host: a, address: 'a.example.org:1', via: local}, {host: b, address: 'branch:1', via: internet}"
    assert [host.via for host in read(f"hosts: [{text}]")] == ["", "internet"]


def test_a_short_interval_shortens_the_timeout() -> None:
    labels = told("hosts: [{host: a, address: 'a:9100', interval: 5s}]")[1]["labels"]
    assert (labels["__scrape_interval__"], labels["__scrape_timeout__"]) == ("5s", "5s")


def test_a_listed_host_of_this_machines_name_replaces_it() -> None:
    assert [target["targets"] for target in told("hosts: [{host: watch, address: '127.0.0.1:9100'}]")] == [
        ["127.0.0.1:9100"]
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{address: 'a:1'}", "hosts[0].host: missing"),
        ("{host: a}", "hosts[0].address: missing"),
        ("{host: a, address: a}", "expected host:port"),
        ("{host: a, address: 'a:70000'}", "expected host:port"),
        ("{host: a, address: 'http://a:9100'}", "expected host:port"),
        ("{host: a, address: 'fd00::1:9100'}", "expected host:port"),
        ("{host: a, address: 'a:1', schedule: nope}", "there is no schedule 'nope'"),
        ("{host: a, address: 'a:1', interval: 10m}", "expected at most 2m"),
        ("{host: a, address: 'a:1', via: wifi}", "expected one of internet, local"),
        ("{host: a, address: 'a:1', adress: b}", "unknown key"),
        ("{host: a, address: 'a:1'}, {host: a, address: 'b:1'}", "hosts[1].host: 'a' is listed twice"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(f"hosts: [{text}]")
    assert message in str(caught.value)

"""Which probes a configuration file lists, and what is wrong in one."""

from pathlib import Path

import pytest

from exporter.probes.listed import Probes, gate, probes, via
from exporter.probes.outcome import Failure
from toolkit.strict import ConfigError, load

SCHEDULES = frozenset({"office"})


def read(text: str, folder: Path = Path("/nowhere")) -> Probes:
    top = load(text, "exporter.yml")
    found = probes(top, folder, SCHEDULES)
    top.end()
    return found


def test_a_probe_needs_no_more_than_a_name_and_a_target() -> None:
    (probe,) = read("probes: [{name: site, target: https://example.org/}]").listed
    assert (probe.module, probe.interval, probe.timeout) == ("http_2xx", 30, 10)
    assert (probe.host, probe.group, probe.schedule, probe.part, probe.every) == ("", "", "", "", "")
    assert probe.via == "internet"


def test_a_probe_has_all_that_the_file_says_of_it() -> None:
    text = "{name: db, target: db.lan:5432, module: tcp_connect, interval: 5s, host: db, group: shop, schedule: office}"
    (probe,) = read(f"probes: [{text}]").listed
    assert (probe.host, probe.group, probe.schedule, probe.via) == ("db", "shop", "office", "")
    # A scrape must be over before the next one begins.
    assert (probe.interval, probe.timeout) == (5, 5)


def test_a_module_that_takes_long_is_given_the_time_and_a_seldom_probe_says_how_seldom(tmp_path: Path) -> None:
    (tmp_path / "modules.yml").write_text("modules: {slow: {prober: http, timeout: 40s}}")
    listed = "[{name: a, target: x.lan, module: slow, interval: 6h}, {name: b, target: x.lan, module: slow}]"
    long, short = read(f"modules_file: modules.yml\nprobes: {listed}", tmp_path).listed
    assert (long.timeout, long.every) == (41, "6h")
    assert (short.timeout, short.every) == (30, "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("probes: [{target: x}]", "probes[0].name: missing"),
        ("probes: [{name: a}]", "probes[0].target: missing"),
        ("probes: [{name: a, target: ''}]", "probes[0].target: cannot be empty"),
        ("probes: [{name: '', target: x}]", "probes[0].name: cannot be empty"),
        ("probes: [{name: a, target: x, modul: tcp}]", 'unknown key; did you mean "module"?'),
        ("probes: [{name: a, target: x, module: nope}]", "there is no module 'nope'; known: dns_tcp"),
        ("probes: [{name: a, target: x, schedule: nope}]", "there is no schedule 'nope'"),
        ("probes: [{name: a, target: x}, {name: a, target: y}]", "probes[1].name: 'a' is listed twice"),
        ("probes: [{name: a, target: x, group: internet}]", "the group of the internet monitor"),
        ("probes: [{name: a, target: x, interval: 10ms}]", "expected at least 1s"),
        ("probes: [{name: a, target: x, interval: 1d}]", "expected at most 12h"),
        ("probes: [{name: a, target: x, via: wifi}]", "expected one of internet, local"),
        ("probes: [{name: a, target: 'x:99999'}]", "expected host:port, found 'x:99999'"),
        ("probe_targets: {networks: [10.0.0.1/8]}", "no network such as 10.0.0.0/8"),
        ("probe_targets: {network: [10.0.0.0/8]}", 'did you mean "networks"?'),
        ("modules_file: gone.yml", "gone.yml: cannot be read"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("https://example.org/x", "internet"),
        ("example.org:443", "internet"),
        ("8.8.8.8", "internet"),
        ("[2606:4700:4700::1111]:53", "internet"),
        ("192.168.1.5:80", ""),
        ("http://127.0.0.1/", ""),
        ("fe80::1%eth0", ""),
        ("[fd00::1]:22", ""),
        ("nas", ""),
        ("http://NAS.lan:8080/", ""),
        ("printer.local.", ""),
        ("http://user:x@router.home.arpa/", ""),
    ],
)
def test_what_lies_behind_the_internet_is_known_by_address_or_name(target: str, expected: str) -> None:
    assert via(target) == expected


def test_the_file_may_know_better_what_lies_behind_the_internet() -> None:
    text = "[{name: a, target: wiki.example.org, via: local}, {name: b, target: branch, via: internet}]"
    assert [probe.via for probe in read(f"probes: {text}").listed] == ["", "internet"]


def test_what_is_listed_is_admitted_with_its_module_and_the_rest_by_the_allow_list() -> None:
    found = read("probes: [{name: a, target: nas.lan}]\nprobe_targets: {networks: [10.0.0.0/8], names: ['*.ok.test']}")
    admitted = gate(found, found.listed)
    assert admitted.target("nas.lan", "http_2xx").host("nas.lan") == "nas.lan"
    assert admitted.target("10.1.1.1", "icmp").host("10.1.1.1") == "10.1.1.1"
    assert admitted.target("a.ok.test", "icmp").host("a.ok.test") == "a.ok.test"
    with pytest.raises(Failure, match="neither a configured target"):
        gate(read("probes: [{name: a, target: nas.lan}]"), found.listed).target("nas.lan", "icmp").host("nas.lan")

"""Who may be probed: the file's targets and the allow-list, at every address and every hop."""

from ipaddress import ip_address

import pytest

from exporter.probes.outcome import Failure
from exporter.probes.shown import shown_target
from exporter.probes.target import Gate, gate, host_of, inward, port_of, split_port, unmapped
from tests.probes.partners import Book, module, outcome, page, reading, saying, serving

HTTP = module()


def judged(admitted: Gate, text: str, *found: str, name: str = "m", hop: str = "") -> list[str]:
    """The addresses that may be reached for a target, or for a URL it redirects to; or the reason why none may."""
    target = admitted.target(text, name)
    port = port_of(hop) if hop else None
    try:
        host = target.host(host_of(hop or text), port)
        return [str(ip) for ip in target.addresses(host, [ip_address(ip) for ip in found], port)]
    except Failure as e:
        return [e.reason]


REFUSED = ["refused_target"]


@pytest.mark.parametrize(
    ("networks", "names", "text", "found", "expected"),
    [
        ([], [], "example.org:80", ["93.184.216.34"], REFUSED),
        ([], ["example.org"], "example.org:80", ["93.184.216.34"], ["93.184.216.34"]),
        ([], ["example.org"], "EXAMPLE.org.:80", ["93.184.216.34"], ["93.184.216.34"]),
        ([], ["example.org"], "www.example.org:80", ["93.184.216.34"], REFUSED),
        ([], ["*.example.org"], "www.example.org:80", ["93.184.216.34"], ["93.184.216.34"]),
        ([], ["*.example.org"], "www.example.org.evil.test:80", ["93.184.216.34"], REFUSED),
        ([], ["example.org"], "example.org:80", ["127.0.0.1"], REFUSED),
        ([], ["example.org"], "example.org:80", ["169.254.169.254"], REFUSED),
        ([], ["example.org"], "example.org:80", ["::ffff:127.0.0.1"], REFUSED),
        ([], ["example.org"], "example.org:80", ["0.0.0.0"], REFUSED),
        ([], ["example.org"], "example.org:80", ["10.1.1.1"], ["10.1.1.1"]),
        (["127.0.0.0/8"], ["example.org"], "example.org:80", ["127.0.0.1"], ["127.0.0.1"]),
        (["10.0.0.0/8"], [], "10.1.1.1:80", ["10.1.1.1"], ["10.1.1.1"]),
        (["10.0.0.0/8"], [], "11.1.1.1:80", ["11.1.1.1"], REFUSED),
        (["10.0.0.0/8"], [], "anything.test:80", ["10.1.1.1", "11.1.1.1", "10.1.1.2"], ["10.1.1.1", "10.1.1.2"]),
        (["10.0.0.0/8"], [], "anything.test:80", ["11.1.1.1"], REFUSED),
        (["10.0.0.0/8"], [], "[::ffff:10.1.1.1]:80", ["::ffff:10.1.1.1"], ["::ffff:a01:101"]),
        (["fd00::/8"], [], "[fd00::1]:80", ["fd00::1"], ["fd00::1"]),
        (["10.0.0.0/8"], [], "[2002:a01:101::1]:80", ["2002:a01:101::1"], ["2002:a01:101::1"]),
        (["2002::/16", "64:ff9b::/96"], [], "[64:ff9b::7f00:1]:80", ["64:ff9b::7f00:1"], REFUSED),
        ([], ["*"], "example.org:80", ["93.184.216.34"], ["93.184.216.34"]),
        ([], ["*"], "127.0.0.1:80", ["127.0.0.1"], REFUSED),
        ([], ["*"], "169.254.169.254", ["169.254.169.254"], REFUSED),
        ([], ["*"], "localhost:80", ["127.0.0.1"], REFUSED),
        ([], ["*"], "10.1.1.1:80", ["10.1.1.1"], REFUSED),
        ([], ["*"], "[::1]:80", ["::1"], REFUSED),
        ([], ["*"], "127.1:80", ["127.0.0.1"], REFUSED),
        ([], ["*"], "http://2130706433/", ["127.0.0.1"], REFUSED),
        ([], ["*"], "0x7f.0x1:80", ["127.0.0.1"], REFUSED),
        ([], ["1*"], "127.0.0.1:80", ["127.0.0.1"], REFUSED),
        ([], ["127.0.0.?"], "127.0.0.1:80", ["127.0.0.1"], REFUSED),
        ([], ["127.0.0.1"], "127.0.0.1:80", ["127.0.0.1"], ["127.0.0.1"]),
        ([], ["localhost"], "localhost:80", ["127.0.0.1", "::1"], ["127.0.0.1", "::1"]),
        ([], ["localhost"], "127.0.0.1:80", ["127.0.0.1"], REFUSED),
        ([], ["*"], "app.localhost:80", ["127.0.0.1"], REFUSED),
        (["10.0.0.0/8"], ["*"], "localhost:80", ["127.0.0.1"], REFUSED),
        ([], ["example.org"], "example.org:80", ["2002:7f00:1::1"], REFUSED),
        ([], ["example.org"], "example.org:80", ["64:ff9b::a9fe:a9fe"], REFUSED),
        ([], ["example.org"], "example.org:80", ["::127.0.0.1"], REFUSED),
        ([], ["example.org"], "example.org:80", ["fd00:ec2::254"], REFUSED),
        ([], ["example.org"], "example.org:80", ["100.100.100.200"], REFUSED),
        ([], ["example.org"], "example.org:80", ["64:ff9b::5db8:d822"], ["64:ff9b::5db8:d822"]),
    ],
)
def test_the_list_admits_names_and_networks(
    networks: list[str], names: list[str], text: str, found: list[str], expected: list[str]
) -> None:
    assert judged(gate([], networks, names), text, *found) == expected


@pytest.mark.parametrize(
    ("text", "name", "found", "expected"),
    [
        ("http://nas.lan/x", "m", ["192.168.1.5"], ["192.168.1.5"]),
        ("http://nas.lan/x", "other", ["192.168.1.5"], REFUSED),
        ("http://nas.lan/y", "m", ["192.168.1.5"], REFUSED),
        ("http://nas.lan/x", "m", ["127.0.0.1"], REFUSED),
        ("127.0.0.1:9100", "m", ["127.0.0.1"], ["127.0.0.1"]),
        ("localhost:9100", "m", ["127.0.0.1"], ["127.0.0.1"]),
        ("::1", "m", ["::1"], ["::1"]),
    ],
)
def test_the_files_own_targets_are_admitted_with_their_module(
    text: str, name: str, found: list[str], expected: list[str]
) -> None:
    listed = [(each, "m") for each in ("http://nas.lan/x", "127.0.0.1:9100", "localhost:9100", "::1")]
    assert judged(gate(listed, [], []), text, *found, name=name) == expected


@pytest.mark.parametrize(
    ("text", "hop", "expected"),
    [
        ("http://nas.lan/x", "http://nas.lan/y", ["192.168.1.5"]),
        ("http://nas.lan/x", "https://nas.lan/x", ["192.168.1.5"]),
        ("nas.lan", "https://nas.lan/", ["192.168.1.5"]),
        ("http://nas.lan/x", "http://nas.lan:8080/", REFUSED),
        ("http://nas.lan/x", "http://nas.lan:22/", REFUSED),
        ("http://nas.lan:8080/", "http://nas.lan:8080/y", ["192.168.1.5"]),
        ("http://nas.lan:8080/", "http://nas.lan/", REFUSED),
        ("http://nas.lan:8080/", "https://nas.lan/", REFUSED),
        ("https://nas.lan/", "https://nas.lan:443/y", ["192.168.1.5"]),
        ("https://nas.lan/", "http://nas.lan/", REFUSED),
    ],
)
def test_a_listed_target_admits_its_own_port_alone_and_https_where_it_is_http(
    text: str, hop: str, expected: list[str]
) -> None:
    assert judged(gate([(text, "m")], [], []), text, "192.168.1.5", hop=hop) == expected


@pytest.mark.parametrize(
    ("networks", "names", "expected"),
    [
        ([], ["nas.lan"], ["192.168.1.5"]),
        (["192.168.0.0/16"], [], ["192.168.1.5"]),
        (["10.0.0.0/8"], [], REFUSED),
    ],
)
def test_another_port_of_a_listed_target_is_the_allow_lists_to_admit(
    networks: list[str], names: list[str], expected: list[str]
) -> None:
    admitted = gate([("http://nas.lan/", "m")], networks, names)
    assert judged(admitted, "http://nas.lan/", "192.168.1.5", hop="http://nas.lan:22/") == expected


@pytest.mark.parametrize(
    ("names", "hostname", "expected"),
    [
        ([], "shop.example.org", False),
        ([], "nas.lan", False),
        (["*.example.org"], "shop.example.org", True),
        (["*.example.org"], "SHOP.example.org.", True),
        (["*.example.org"], "example.net", False),
        (["*"], "127.0.0.1", False),
    ],
)
def test_a_listed_target_may_be_called_only_what_the_allow_list_admits(
    names: list[str], hostname: str, expected: bool
) -> None:
    admitted = gate([("http://nas.lan/", "m")], [], names)
    assert admitted.target("http://nas.lan/", "m").may_be_called(hostname) == expected
    assert admitted.target("http://other.lan/", "m").may_be_called(hostname), "not listed: judged by its address alone"


@pytest.mark.parametrize(
    "text",
    [
        *("127.0.0.1", "::1", "::", "0.0.0.0", "169.254.169.254", "fe80::1", "fe80::1%2", "224.0.0.1", "ff02::1"),
        *("::ffff:127.0.0.1", "::127.0.0.1", "::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1"),
        *("64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254", "fd00:ec2::254", "100.100.100.200", "64:ff9b::6464:64c8"),
    ],
)
def test_what_means_this_machine_its_link_or_its_cloud_is_known_in_every_wrapping(text: str) -> None:
    assert inward(unmapped(ip_address(text)))


@pytest.mark.parametrize(
    "text", ["10.0.0.1", "1.1.1.1", "fd00::1", "100.100.100.201", "2606:4700:4700::1111", "2002:a00:1::", "::10.0.0.1"]
)
def test_others_are_not(text: str) -> None:
    assert not inward(unmapped(ip_address(text)))


async def test_an_unknown_target_is_refused_before_its_name_is_looked_up() -> None:
    asked: list[str] = []

    class Asked(Book):
        async def addresses(self, host: str) -> list[object]:  # type: ignore[override]  # only its call matters
            asked.append(host)
            return []

    found = await outcome("http://secret.evil.test/", HTTP, admitted=gate([], [], ["*.example.org"]), names=Asked())
    assert found.reason == "refused_target"
    assert asked == []
    assert reading(found, "probe_success") == 0


async def test_a_name_that_turns_to_this_machine_is_refused() -> None:
    rebound = Book(example_org=[ip_address("127.0.0.1")])
    async with serving(saying(page())) as port:
        target = f"http://example.org:{port}/"
        found = await outcome(target, HTTP, admitted=gate([(target, "m")], [], []), names=rebound)
    assert found.reason == "refused_target"


async def test_a_name_with_a_thousand_addresses_is_probed_at_one() -> None:
    many = Book(many_test=[ip_address("127.0.0.1") + number for number in range(1000)])
    async with serving(saying(page())) as port:
        found = await outcome(f"http://many.test:{port}/", HTTP, names=many, admitted=gate([], ["127.0.0.0/8"], []))
    assert found.success
    assert reading(found, "probe_ip_addr_hash") == 3668918509


async def test_a_name_without_an_address_does_not_exist() -> None:
    found = await outcome("http://name.invalid/", HTTP)
    assert found.reason in ("dns_nxdomain", "dns_failed")
    assert reading(found, "probe_ip_protocol") == 0


async def test_a_name_in_another_script_is_one_name() -> None:
    book = Book()
    book.entries["xn--bcher-kva.test"] = [ip_address("127.0.0.1")]
    async with serving(saying(page())) as port:
        target = f"http://Bücher.test:{port}/"
        admitted = gate([(target, "m")], ["127.0.0.0/8"], [])
        assert (await outcome(target, HTTP, admitted=admitted, names=book)).success
    assert judged(gate([], [], ["bücher.test"]), "bücher.test:80", "10.0.0.1") == ["10.0.0.1"]
    assert judged(gate([], [], ["x"]), "b" + "ü" * 100, "10.0.0.1") == ["target"]


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("http://a.test/", 80),
        ("https://a.test/", 443),
        ("https://a.test:8443/", 8443),
        ("a.test", 80),
        ("a.test:8080/x", 8080),
        ("[::1]:81", 81),
        ("http://a.test:99999/", 0),
    ],
)
def test_the_port_of_a_url_and_of_what_stands_for_one(text: str, port: int) -> None:
    assert port_of(text) == port


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("http://a.test:80/x", "a.test"),
        ("https://user:pw@a.test/", "a.test"),
        ("a.test:80", "a.test"),
        ("a.test", "a.test"),
        ("a.test/path", "a.test"),
        ("[::1]:80", "::1"),
        ("::1", "::1"),
        ("http://[::1", ""),
    ],
)
def test_the_host_of_every_kind_of_target(text: str, host: str) -> None:
    assert host_of(text) == host


def test_a_port_may_have_a_default() -> None:
    assert split_port("a.test", 53) == ("a.test", 53)
    assert split_port("::1", 53) == ("::1", 53)
    assert split_port("[::1]", 53) == ("::1", 53)
    assert split_port("[::1]:54", 53) == ("::1", 54)


def test_a_password_in_a_target_is_not_shown() -> None:
    assert shown_target("http://me:geheim@a.test/@x") == "http://me:<secret>@a.test/@x"

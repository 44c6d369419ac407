"""Who may be probed: the file's targets and the allow-list, at every address and every hop."""

from ipaddress import ip_address

import pytest

from exporter.probes.outcome import Failure
from exporter.probes.shown import shown_target
from exporter.probes.target import Gate, gate, host_of, split_port
from tests.probes.partners import Book, module, outcome, page, reading, saying, serving

HTTP = module()


def judged(admitted: Gate, text: str, *found: str, name: str = "m") -> list[str]:
    """The addresses that may be reached for a target, or the reason why none may."""
    target = admitted.target(text, name)
    try:
        host = target.host(host_of(text))
        return [str(ip) for ip in target.addresses(host, [ip_address(ip) for ip in found])]
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


async def test_a_redirect_to_an_admitted_name_is_followed() -> None:
    book = Book(a_test=[ip_address("127.0.0.1")], b_test=[ip_address("127.0.0.2")])
    async with serving(saying(page()), host="127.0.0.2") as second:
        moved = page(b"", "301 Moved", Location=f"http://b.test:{second}/")
        async with serving(saying(moved)) as first:
            for names, reason in ((["a.test"], "refused_target"), (["a.test", "b.test"], "refused_target")):
                found = await outcome(f"http://a.test:{first}/", HTTP, admitted=gate([], [], names), names=book)
                assert found.reason == reason
            admitted = gate([], ["127.0.0.0/8"], [])
            assert (await outcome(f"http://a.test:{first}/", HTTP, admitted=admitted, names=book)).success


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

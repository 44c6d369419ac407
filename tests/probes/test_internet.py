"""How the internet monitor is switched on, what it asks, and what it makes of stand-ins on the loopback."""

import dns.message
import pytest

from exporter.probes.internet import Internet, Throughput, internet
from tests.probes.nameserver import over_udp
from tests.probes.partners import outcome, page, saying, serving, steps
from toolkit.strict import ConfigError, load


def read(text: str) -> Internet | None:
    return internet(load(text, "exporter.yml"))


@pytest.mark.parametrize("text", ["", "internet: false"])
def test_it_is_off_until_it_is_wanted(text: str) -> None:
    assert read(text) is None


def test_one_word_switches_it_on() -> None:
    assert read("internet: true") == Internet()


def test_the_throughput_test_is_off_until_a_url_is_given() -> None:
    assert Internet().throughput is None
    found = read("internet: {throughput: {download: http://a.test/, upload: http://b.test/, bytes: 2MB, interval: 1h}}")
    assert found is not None
    assert found.throughput == Throughput("http://a.test/", "http://b.test/", 2_000_000, 3600)
    assert found.modules["internet_upload"].throughput.direction == "upload"
    assert found.modules["internet_upload"].throughput.bytes == 2_000_000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("internet: maybe", "expected true or false"),
        ("internet: {resolver: [1.1.1.1]}", 'did you mean "resolvers"?'),
        ("internet: {interval: 1s}", "expected at least 5s"),
        ("internet: {interval: 5m}", "expected at most 2m"),
        ("internet: {throughput: {}}", "give one of download, upload"),
        ("internet: {throughput: {dowload: x}}", 'did you mean "download"?'),
        ("internet: {throughput: {download: x, bytes: 10}}", "expected a size like 500kB, 10MB or 1GB"),
        ("internet: {throughput: {download: x, interval: 10s}}", "expected at least 10m"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert told in str(caught.value)


MODULES = Internet().modules


async def test_a_redirect_is_an_answer_from_an_address_but_not_from_a_name() -> None:
    moved = page(status="301 Moved", Location="https://login.example/")
    async with serving(saying(moved)) as port:
        by_name = await outcome(f"http://127.0.0.1:{port}/", MODULES["internet_by_name"])
    async with serving(saying(moved)) as port:
        by_address = await outcome(f"http://127.0.0.1:{port}/", MODULES["internet_by_address"])
    assert by_name.reason == "status", "a login page is not the internet"
    assert by_address.success, steps(by_address)


async def test_a_lost_question_is_asked_again() -> None:
    asked = 0

    def deaf_once(wire: bytes) -> bytes | None:
        nonlocal asked
        asked += 1
        return None if asked == 1 else dns.message.make_response(dns.message.from_wire(wire)).to_wire()

    async with over_udp(deaf_once) as (port, _):
        found = await outcome(f"127.0.0.1:{port}", MODULES["internet_dns"], seconds=2)
    assert found.success, steps(found)
    assert found.attempts == 2


async def test_the_gateway_is_pinged() -> None:
    found = await outcome("127.0.0.1", MODULES["internet_gateway"])
    assert found.success, steps(found)

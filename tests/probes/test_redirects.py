"""Where a redirect may lead: the gate is asked again at every hop."""

import asyncio
from ipaddress import ip_address

import pytest

from exporter.probes.target import gate
from tests.probes.partners import Book, module, outcome, page, reading, saying, serving

HTTP = module()


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


@pytest.mark.parametrize("to", ["127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]"])
async def test_a_redirect_to_this_machine_is_refused_whatever_names_are_admitted(to: str) -> None:
    asked: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(page())

    async with serving(talk) as second:
        moved = page(b"", "302 Found", Location=f"http://{to}:{second}/")
        async with serving(saying(moved), host="127.0.0.2") as first:
            target = f"http://127.0.0.2:{first}/"
            found = await outcome(target, HTTP, admitted=gate([(target, "m")], [], ["*"]))
    assert (found.reason, reading(found, "probe_http_status_code")) == ("refused_target", 302)
    assert asked == []


async def test_a_redirect_of_a_listed_target_to_another_port_of_its_host_is_refused() -> None:
    async with (
        serving(saying(page())) as second,
        serving(saying(page(b"", "302 Found", Location=f"http://127.0.0.1:{second}/"))) as first,
    ):
        target = f"http://127.0.0.1:{first}/"
        found = await outcome(target, HTTP, admitted=gate([(target, "m")], [], []))
        admitted = gate([(target, "m")], ["127.0.0.0/8"], [])
        assert (await outcome(target, HTTP, admitted=admitted)).success
    assert found.reason == "refused_target"

"""The tcp probe: connecting, dialogues, STARTTLS."""

import asyncio
import json
from ipaddress import ip_address
from pathlib import Path

import pytest

from tests.probes import certificates
from tests.probes.partners import Book, Conversation, module, names, outcome, reading, serving, silent, steps

DUAL = Book(dual_test=[ip_address("127.0.0.1"), ip_address("::1")])


def tcp(*entries: dict[str, object], **others: object) -> str:
    """A tcp module as YAML (which JSON is)."""
    return json.dumps({"prober": "tcp", "tcp": {"query_response": list(entries), **others}})


def greeting(text: bytes) -> Conversation:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        await reader.read(-1)

    return talk


async def test_an_open_port_is_a_success() -> None:
    async with serving(silent) as port:
        found = await outcome(f"127.0.0.1:{port}", module(tcp()))
    assert found.success
    assert reading(found, "probe_failed_due_to_regex") == 0


async def test_an_ipv6_target_is_written_in_brackets() -> None:
    async with serving(silent, host="::1") as port:
        found = await outcome(f"[::1]:{port}", module(tcp()))
    assert found.success
    assert reading(found, "probe_ip_protocol") == 6


async def test_a_name_with_both_kinds_of_addresses_goes_by_preference() -> None:
    async with serving(silent) as port:
        v4 = await outcome(f"dual.test:{port}", module(tcp(preferred_ip_protocol="ip4")), names=DUAL)
        v6 = await outcome(f"dual.test:{port}", module(tcp(preferred_ip_protocol="ip6")), names=DUAL)
    assert v4.success
    assert (v6.reason, reading(v6, "probe_ip_protocol")) == ("connect_refused", 6)


async def test_without_fallback_the_other_kind_of_address_is_none() -> None:
    found = await outcome("127.0.0.1:80", module(tcp(preferred_ip_protocol="ip6", ip_protocol_fallback=False)))
    assert found.reason == "dns_nxdomain"


async def test_the_source_address_is_bound() -> None:
    seen: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer.get_extra_info("peername")[0])
        writer.write(b"x\n")

    wanted = module(tcp({"expect": "x"}, source_ip_address="127.0.0.7"))
    async with serving(talk) as port:
        assert (await outcome(f"127.0.0.1:{port}", wanted)).success
    assert seen == ["127.0.0.7"]


async def test_groups_of_a_match_go_into_labels_and_into_the_answer() -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"noise\nPING :abc def\r\n")
        heard.append(await reader.readline())
        writer.write(b":server 001 hello\n")

    wanted = module(
        tcp(
            {
                "expect": "^PING :(?P<what>[^ ]+) (.*)$",
                "send": "PONG ${1} $2 ${what} $$",
                "labels": [{"name": "word", "value": "<${1}>"}, {"name": "rest", "value": "$2"}],
            },
            {"expect": "^:[^ ]+ 001"},
        )
    )
    async with serving(talk) as port:
        found = await outcome(f"127.0.0.1:{port}", wanted)
    assert found.success, steps(found)
    assert heard == [b"PONG abc def abc $\n"]
    assert reading(found, "probe_expect_info", word="<abc>", rest="def") == 1


@pytest.mark.parametrize(
    ("said", "entry", "reason"),
    [
        (b"hello\n", {"expect": "^SSH"}, "timeout"),
        (b"S", {"expect_bytes": "S"}, None),
        (b"N", {"expect_bytes": "S"}, "expect"),
        (b"a" * 100_000, {"expect": "^SSH"}, "size"),
        (b"last line without end", {"expect": "^SSH"}, "timeout"),
    ],
)
async def test_what_is_expected_must_come(said: bytes, entry: dict[str, object], reason: str | None) -> None:
    async with serving(greeting(said)) as port:
        assert (await outcome(f"127.0.0.1:{port}", module(tcp(entry)), seconds=0.3)).reason == reason


@pytest.mark.parametrize(
    ("said", "entry", "reason"),
    [
        (b"hello\n", {"expect": "^SSH"}, "expect"),
        (b"SSH-2.0", {"expect": "^SSH"}, None),
        (b"", {"expect_bytes": "S"}, "closed"),
    ],
)
async def test_a_target_that_hangs_up_is_told_apart(said: bytes, entry: dict[str, object], reason: str | None) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)

    async with serving(talk) as port:
        found = await outcome(f"127.0.0.1:{port}", module(tcp(entry)))
    assert found.reason == reason
    assert reading(found, "probe_failed_due_to_regex") == (reason == "expect")


async def test_a_flood_without_a_newline_is_refused_and_not_stored() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(bytes(65536))
            await writer.drain()

    async with serving(talk) as port:
        assert (await outcome(f"127.0.0.1:{port}", module(tcp({"expect": "x"})))).reason == "size"


async def test_a_flood_of_lines_ends_with_the_budget_and_keeps_few_steps() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"x\n" * 30_000)
            await writer.drain()

    async with serving(talk) as port:
        found = await outcome(f"127.0.0.1:{port}", module(tcp({"expect": "y"})), seconds=0.3)
    assert found.reason == "timeout"
    assert len(found.steps) <= 400
    assert steps(found).startswith("Beginning probe")
    assert steps(found).endswith("Probe failed: timeout")


async def test_starttls_shows_the_certificate_and_goes_on_in_tls(tmp_path: Path) -> None:
    context = certificates.server(tmp_path, certificates.GOOD)
    ca = certificates.authority_file(tmp_path)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail ESMTP\r\n")
        assert await reader.readline() == b"STARTTLS\r\n"
        writer.write(b"220 go\r\n")
        await writer.start_tls(context)
        assert await reader.readline() == b"EHLO prober\r\n"
        writer.write(b"250-AUTH LOGIN\r\n")
        await reader.read(-1)

    wanted = module(
        tcp(
            {"expect": "^220 ([^ ]+) ESMTP"},
            {"send": "STARTTLS\r"},
            {"expect": "^220"},
            {"starttls": True},
            {"send": "EHLO prober\r"},
            {"expect": "^250-AUTH"},
            tls_config={"ca_file": ca},
            preferred_ip_protocol="ip4",
        )
    )
    async with serving(talk) as port:
        found = await outcome(f"localhost:{port}", wanted)
    assert found.success, steps(found)
    assert reading(found, "probe_ssl_earliest_cert_expiry") == certificates.GOOD.expiry
    assert reading(found, "probe_tls_version_info", version="TLS 1.3") == 1


@pytest.mark.parametrize("target", ["127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", ":80", "", "[::1]"])
async def test_a_target_without_a_port_is_no_target(target: str) -> None:
    assert (await outcome(target, module(tcp()))).reason == "target"


async def test_a_dialogue_shows_no_password(tmp_path: Path) -> None:
    wanted = module(tcp({"send": "AUTH hunter2"}, {"expect": "OK"}))
    async with serving(greeting(b"+OK password is swordfish\n")) as port:
        found = await outcome(f"127.0.0.1:{port}", wanted)
    assert "hunter2" not in steps(found)
    assert "swordfish" not in steps(found)
    assert "probe_failure_info" not in names(found)

"""The dns probe against a real name server of ten lines."""

import json
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import pytest

from tests.probes import certificates
from tests.probes.nameserver import answer, over_tcp, over_udp
from tests.probes.partners import module, outcome, reading, steps


def asking(name: str = "www.test", kind: str = "A", **others: object) -> str:
    return json.dumps({"prober": "dns", "dns": {"query_name": name, "query_type": kind, **others}})


async def test_an_answer_over_udp_is_counted() -> None:
    async with over_udp() as (port, asked):
        found = await outcome(f"127.0.0.1:{port}", module(asking("test", "MX")))
    assert found.success, steps(found)
    assert reading(found, "probe_dns_answer_rrs") == 1
    assert reading(found, "probe_dns_authority_rrs") == 0
    assert reading(found, "probe_dns_additional_rrs") == 1
    assert reading(found, "probe_dns_query_succeeded") == 1
    assert reading(found, "probe_dns_duration_seconds", phase="request") > 0
    assert dns.message.from_wire(asked[0]).flags & dns.flags.RD


async def test_two_records_of_one_name_are_two() -> None:
    async with over_udp() as (port, _):
        assert reading(await outcome(f"127.0.0.1:{port}", module(asking())), "probe_dns_answer_rrs") == 2


async def test_recursion_may_be_left_undesired() -> None:
    async with over_udp() as (port, asked):
        await outcome(f"127.0.0.1:{port}", module(asking(recursion_desired=False)))
    assert not dns.message.from_wire(asked[0]).flags & dns.flags.RD


async def test_over_tcp() -> None:
    async with over_tcp() as port:
        found = await outcome(f"127.0.0.1:{port}", module(asking(transport_protocol="tcp")))
    assert found.success, steps(found)
    assert reading(found, "probe_dns_answer_rrs") == 2


async def test_over_tls_with_the_certificates_dates(tmp_path: Path) -> None:
    ca = certificates.authority_file(tmp_path)
    text = asking(transport_protocol="tcp", dns_over_tls=True, tls_config={"ca_file": ca}, preferred_ip_protocol="ip4")
    async with over_tcp(tls=certificates.server(tmp_path, certificates.GOOD)) as port:
        found = await outcome(f"localhost:{port}", module(text))
    assert found.success, steps(found)
    assert reading(found, "probe_ssl_earliest_cert_expiry") == certificates.GOOD.expiry


async def test_the_serial_of_a_zone() -> None:
    async with over_udp() as (port, _):
        found = await outcome(f"127.0.0.1:{port}", module(asking("test", "SOA")))
    assert reading(found, "probe_dns_serial") == 2026112101


async def test_over_ipv6() -> None:
    async with over_udp(host="::1") as (port, _):
        assert (await outcome(f"[::1]:{port}", module(asking()))).success


@pytest.mark.parametrize(
    ("name", "rules", "reason"),
    [
        ("nowhere.test", {}, "rcode"),
        ("nowhere.test", {"valid_rcodes": ["NXDOMAIN"]}, None),
        ("www.test", {"valid_rcodes": ["NXDOMAIN", "SERVFAIL"]}, "rcode"),
        ("www.test", {"validate_answer_rrs": {"fail_if_matches_regexp": [r"192\.0\.2\.2"]}}, "answer"),
        ("www.test", {"validate_answer_rrs": {"fail_if_matches_regexp": [r"192\.0\.2\.9"]}}, None),
        ("www.test", {"validate_answer_rrs": {"fail_if_not_matches_regexp": [r"^www\.test\.\t300\tIN\tA\t192"]}}, None),
        ("www.test", {"validate_answer_rrs": {"fail_if_not_matches_regexp": [r"192\.0\.2\.1"]}}, "answer"),
        ("www.test", {"validate_answer_rrs": {"fail_if_none_matches_regexp": [r"192\.0\.2\.1"]}}, None),
        ("www.test", {"validate_answer_rrs": {"fail_if_none_matches_regexp": [r"192\.0\.2\.9"]}}, "answer"),
        ("www.test", {"validate_answer_rrs": {"fail_if_all_match_regexp": [r"192\.0\.2"]}}, None),
        ("www.test", {"validate_answer_rrs": {"fail_if_all_match_regexp": [r"192\.0\.2\.1"]}}, "answer"),
        ("www.test", {"validate_additional_rrs": {"fail_if_none_matches_regexp": ["."]}}, "answer"),
        ("www.test", {"validate_authority_rrs": {"fail_if_not_matches_regexp": ["."]}}, "answer"),
    ],
)
async def test_each_rule_gives_its_reason(name: str, rules: dict[str, object], reason: str | None) -> None:
    async with over_udp() as (port, _):
        found = await outcome(f"127.0.0.1:{port}", module(asking(name, "A", **rules)))
    assert found.reason == reason
    assert reading(found, "probe_dns_query_succeeded") == 1


async def test_a_server_that_says_nothing_is_out_of_time() -> None:
    async with over_udp(lambda _: None) as (port, _):
        found = await outcome(f"127.0.0.1:{port}", module(asking()), seconds=0.2)
    assert found.reason == "timeout"
    assert reading(found, "probe_dns_query_succeeded") == 0


async def test_a_closed_port_is_refused() -> None:
    async with over_udp() as (port, _):
        pass
    assert (await outcome(f"127.0.0.1:{port}", module(asking()))).reason == "connect_refused"


@pytest.mark.parametrize("garbage", [b"", b"\0\0", b"\xff" * 10, bytes(12) + b"\xc0\x0c" * 40])
async def test_garbage_behind_the_right_number_is_no_dns(garbage: bytes) -> None:
    async with over_udp(lambda wire: wire[:2] + garbage) as (port, _):
        assert (await outcome(f"127.0.0.1:{port}", module(asking()))).reason == "protocol"


async def test_an_answer_to_another_question_is_not_taken() -> None:
    other = dns.message.make_query("other.test", "A").to_wire()
    async with over_udp(lambda wire: wire[:2] + answer(other)[2:]) as (port, _):
        assert (await outcome(f"127.0.0.1:{port}", module(asking()))).reason == "protocol"


async def test_datagrams_with_another_number_are_waited_past() -> None:
    async with over_udp(lambda wire: bytes([wire[0] ^ 1]) + answer(wire)[1:]) as (port, _):
        assert (await outcome(f"127.0.0.1:{port}", module(asking()), seconds=0.2)).reason == "timeout"


async def test_a_tcp_answer_that_stops_in_the_middle_is_closed() -> None:
    async with over_tcp(lambda wire: b"") as port:
        found = await outcome(f"127.0.0.1:{port}", module(asking(transport_protocol="tcp")))
    assert found.reason == "protocol"

"""The icmp probe: real echo requests to this machine."""

import asyncio
import socket
import time

import pytest

from exporter.probes.echoes import Echoes, checksum, opened, request
from exporter.probes.names import literal
from tests.probes.partners import LOOPBACK, means, module, names, outcome, reading, steps


@pytest.mark.parametrize(("target", "version"), [("127.0.0.1", 4), ("::1", 6)])
async def test_an_answer_has_its_times_and_hop_limit(target: str, version: int) -> None:
    found = await outcome(target, module("{prober: icmp}"))
    assert found.success, steps(found)
    assert reading(found, "probe_ip_protocol") == version
    assert reading(found, "probe_icmp_duration_seconds", phase="rtt") > 0
    assert reading(found, "probe_icmp_reply_hop_limit") == 64
    assert reading(found, "probe_icmp_packet_loss_ratio") == 0


async def test_several_packets_have_a_shortest_mean_and_longest_round_trip() -> None:
    found = await outcome("127.0.0.1", module("{prober: icmp, icmp: {packets: 5, interval: 10ms}}"))
    assert reading(found, "probe_icmp_packets_sent") == 5
    assert reading(found, "probe_icmp_packets_received") == 5
    shortest, mean, longest = (reading(found, f"probe_icmp_rtt_{word}_seconds") for word in ("min", "mean", "max"))
    assert 0 < shortest <= mean <= longest
    assert reading(found, "probe_icmp_duration_seconds", phase="rtt") == mean


async def test_a_short_budget_brings_packets_closer_together() -> None:
    found = await outcome("127.0.0.1", module("{prober: icmp, icmp: {packets: 10, interval: 10s}}"), seconds=0.5)
    assert found.success
    assert reading(found, "probe_icmp_packets_sent") == 10


async def test_no_answer_is_a_timeout_with_all_lost() -> None:
    # A time to live of 1 does not get past the gateway; 240.0.0.1 is nobody's address at all.
    found = await outcome("240.0.0.1", module("{prober: icmp}"), seconds=0.2, admitted=RESERVED)
    assert found.reason in ("timeout", "connect_unreachable")
    assert not found.success
    assert "probe_icmp_reply_hop_limit" not in names(found)


RESERVED = LOOPBACK.__class__(networks=(*LOOPBACK.networks,), names=("240.0.0.1",))


@pytest.mark.parametrize("size", [0, 1, 7, 8, 1000, 60_000])
async def test_payloads_of_every_size_come_back(size: int) -> None:
    found = await outcome("127.0.0.1", module(f"{{prober: icmp, icmp: {{payload_size: {size}}}}}"))
    assert found.success, steps(found)


async def test_the_source_address_is_the_modules() -> None:
    assert (await outcome("127.0.0.1", module("{prober: icmp, icmp: {source_ip_address: 127.0.0.9}}"))).success


async def test_dont_fragment_is_a_socket_of_its_own() -> None:
    found = await outcome("127.0.0.1", module("{prober: icmp, icmp: {dont_fragment: true, ttl: 5}}"))
    assert found.success, steps(found)


async def test_a_thousand_hosts_are_pinged_over_one_socket_and_nobody_gets_anothers_reply() -> None:
    echoes = Echoes(1, time.time_ns)
    line = echoes.line(4, False)
    asked = {number: literal(f"127.0.{number // 250}.{number % 250 + 1}") for number in range(1000)}
    waiting = {number: line.send(ip, 8 + number % 50, 64, None) for number, ip in asked.items() if ip}
    replies = await asyncio.wait_for(asyncio.gather(*(one.reply for one in waiting.values())), 10)
    assert len(replies) == 1000
    assert all(0 <= reply.seconds < 10 for reply in replies)
    assert echoes.line(4, False) is line
    assert not line._waiting
    echoes.close()


async def test_an_unprivileged_socket_is_tried_first() -> None:
    tried: list[int] = []

    class Watching(socket.socket):
        pass

    sock, raw = opened(4)
    tried.append(sock.type)
    sock.close()
    assert tried == [socket.SOCK_RAW if raw else socket.SOCK_DGRAM]
    assert raw is not unprivileged_works()


def unprivileged_works() -> bool:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).close()
    except PermissionError:
        return False
    return True


def test_a_request_sums_up_to_nothing() -> None:
    packet = request(4, 0x1234, 7, b"odd")
    assert packet[:2] == b"\x08\0"
    assert checksum(packet) == 0


async def test_the_gate_stands_before_the_first_packet() -> None:
    async with means() as shared:
        assert shared is not None
    found = await outcome("10.0.0.1", module("{prober: icmp}"))
    assert found.reason == "refused_target"
    assert reading(found, "probe_icmp_packets_sent") == 0

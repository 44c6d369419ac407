"""The icmp probe: real echo requests to this machine."""

import asyncio
import subprocess
import sys
import time
from ipaddress import ip_address

import pytest

from exporter.probes import icmp_errors
from exporter.probes.echoes import Echoes, Reply, Waiting, checksum, request
from exporter.probes.icmp import judge
from exporter.probes.modules import IcmpModule
from exporter.probes.names import literal
from exporter.probes.outcome import Failure
from tests.probes.partners import module, outcome, reading, steps


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


@pytest.mark.parametrize(
    ("got", "most", "reason"),
    [(0, None, "timeout"), (1, None, None), (3, 0.25, None), (2, 0.25, "loss"), (0, 1.0, "timeout")],
)
async def test_loss_fails_by_the_modules_measure(got: int, most: float | None, reason: str | None) -> None:
    loop = asyncio.get_running_loop()
    sent = [Waiting(ip_address("127.0.0.1"), b"", 0, loop.create_future()) for _ in range(4)]
    for waiting in sent[:got]:
        waiting.reply.set_result(Reply(0.001, 64))
    assert reason_of(sent, IcmpModule(packets=4, max_loss_ratio=most)) == reason


def reason_of(sent: list[Waiting], wanted: IcmpModule) -> str | None:
    try:
        judge(sent, wanted)
    except Failure as e:
        return e.reason
    return None


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


GRANT = "echo '0 0' > /proc/sys/net/ipv4/ping_group_range; "


def in_namespace(before: str, *targets: str) -> list[str]:
    """Pings in a new network namespace, which grants datagram sockets to nobody, and where 192.0.2.1 is unreachable."""
    script = f'{before}ip link set lo up; ip route add unreachable 192.0.2.1; exec "$@"'
    command = ["unshare", "-rn", "sh", "-ec", script, "-", sys.executable, "-m", "tests.probes.ping_in_namespace"]
    done = subprocess.run([*command, *targets], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


def test_an_unprivileged_socket_is_taken_where_the_system_grants_it() -> None:
    assert in_namespace(GRANT, "127.0.0.1", "::1", "192.0.2.1") == [
        "127.0.0.1 success datagram",
        "::1 success datagram",
        "192.0.2.1 connect_unreachable datagram",
    ]


def test_else_a_raw_socket_does_it() -> None:
    assert in_namespace("", "127.0.0.1", "::1") == ["127.0.0.1 success raw", "::1 success raw"]


# Nobody answers for 192.0.2.99 on this wire, which the kernel finds out within a fraction of a second.
WIRE = (
    "ip link add name near type veth peer name far; ip link set near up; ip link set far up; "
    "ip addr add 192.0.2.9/24 dev near; ip addr add 2001:db8::9/64 dev near nodad; "
    "for at in /proc/sys/net/ipv*/neigh/near; do echo 1 > $at/mcast_solicit; echo 100 > $at/retrans_time_ms; done; "
)


@pytest.mark.parametrize(("before", "kind"), [(WIRE, "raw"), (GRANT + WIRE, "datagram")])
def test_a_host_that_the_network_cannot_reach_is_told_before_time_runs_out(before: str, kind: str) -> None:
    found = in_namespace(before, "192.0.2.99", "2001:db8::99")
    assert found == [f"{target} connect_unreachable {kind}" for target in ("192.0.2.99", "2001:db8::99")]


def test_an_error_about_somebody_elses_packet_is_none_of_ours() -> None:
    assert icmp_errors.in_message(4, b"") is None
    assert icmp_errors.in_message(4, bytes([3, 1]) + bytes(30)) is None
    assert icmp_errors.in_message(6, bytes([1, 0]) + bytes(60)) is None
    inner = bytes([0x45]) + bytes(15) + bytes([192, 0, 2, 1]) + request(4, 7, 9, b"")
    assert icmp_errors.in_message(4, bytes([3, 1]) + bytes(6) + inner) == (
        7,
        9,
        ip_address("192.0.2.1"),
        "destination unreachable",
    )


def test_a_request_sums_up_to_nothing() -> None:
    packet = request(4, 0x1234, 7, b"odd")
    assert packet[:2] == b"\x08\0"
    assert checksum(packet) == 0


async def test_the_gate_stands_before_the_first_packet() -> None:
    found = await outcome("10.0.0.1", module("{prober: icmp}"))
    assert found.reason == "refused_target"
    assert reading(found, "probe_icmp_packets_sent") == 0
